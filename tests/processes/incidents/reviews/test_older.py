"""Older texts are read as they are: times, sections and faults, on texts of our own and on real ones where they are."""

from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hortus.processes.incidents.reviews.older import log, stamps, text

PACIFIC = ZoneInfo("America/Los_Angeles")
NOW = datetime(2026, 8, 1, tzinfo=UTC)
REVIEW = """# 2024-03-01, Nobody could log in

The gate refused every key.

## Timeline

All times in PST

### 2024-03-01 22:50
Calls come in.

### 23:40 - 23:55
We look.

```
# this is no heading
```

### 00:10
It works again.

## Lessons learned

### What went well
The phone list.

### What went wrong
No log.

## Action items
1. Keep a log.
"""
LOG = """### March 1-2, 2024

#### <span class="incident-title">Storage failed</span>

**Resolved**: It is back.
<br><span class="timestamp">March 2, 10:00 PT</span>

<!--
period: 2024-03-01T10:00:00/2024-03-01T12:00:00 (2.0 hours)
period: 2024-03-02T08:00:00/2024-03-02T10:00:00 (9 hours)
severity: major-outage
affected: jobs, beegfs, *
reason: internal, external
-->

#### <span class="incident-title">Backwards</span>
<!--
start: 2024-04-02T10:00:00
stop: 2024-04-01T10:00:00
reason: internal
-->
<!--
start: 2024-05-01T10:00:00
stop:
-->
<!--
start: soon
stop: later
-->
<!--
start: 2024-06-01T10:00:00+02:00
stop: 2024-06-01T11:00:00+02:00
reason: external
-->
#### Planned
<!--
start: 2024-07-01T10:00:00
stop: 2024-07-01T11:00:00
reason: scheduled
-->
"""


def test_a_text_gives_its_times_in_the_zone_it_names_past_midnight() -> None:
    found = text.read("x.md", REVIEW, None, ZoneInfo("UTC")).stories[0]
    span = found.spans[0]
    assert found.title == "Nobody could log in"
    assert span.began_at == datetime(2024, 3, 1, 22, 50, tzinfo=PACIFIC)
    assert span.ended_at == datetime(2024, 3, 2, 0, 10, tzinfo=PACIFIC)
    assert found.answers["helped"] == "### What went well\n\nThe phone list."
    assert found.answers["hard"] == "### What went wrong\n\nNo log."
    assert "Keep a log" in found.answers["how"]
    assert "believe" not in found.answers
    given_zone = text.read("x.md", REVIEW, ZoneInfo("Europe/Paris"), ZoneInfo("UTC")).stories[0].spans[0]
    assert given_zone.began_at == datetime(2024, 3, 1, 21, 50, tzinfo=UTC)


@pytest.mark.parametrize(
    ("words", "why"),
    [("No heading at all.", "no heading"), ("# Something broke\n\n### 10:00\nIt did.", "No date")],
)
def test_a_text_without_title_or_date_is_refused(words: str, why: str) -> None:
    found = text.read("x.md", words, None, ZoneInfo("UTC"))
    assert not found.stories
    assert why in found.left[0].why


def test_a_date_alone_begins_and_ends_at_midnight_and_says_so() -> None:
    span = text.read("2024-02-29-x.md", "# It broke\nOnce.", None, ZoneInfo("UTC")).stories[0].spans[0]
    assert span.began_at == span.ended_at == datetime(2024, 2, 29, tzinfo=UTC)
    assert "No time of day" in " ".join(span.notes)
    assert "names no zone" in " ".join(span.notes)


def test_a_log_gives_spans_and_says_what_contradicts_itself() -> None:
    found = log.read(LOG, PACIFIC, NOW)
    storage, backwards = found.stories
    assert [span.line for span in storage.spans] == [9, 10]
    assert storage.spans[0].began_at == datetime(2024, 3, 1, 18, tzinfo=UTC)
    assert (storage.spans[0].tags, storage.spans[0].origin) == (("jobs", "beegfs"), "mixed")
    assert storage.spans[1].notes == ("Line 10: it says that it lasted 9 hours, from start to stop it is 2 hours.",)
    assert "It is back." in storage.answers["how"]
    assert "<" not in storage.answers["how"]
    assert backwards.spans[0].began_at == datetime(2024, 6, 1, 8, tzinfo=UTC)
    assert backwards.spans[0].origin == "outside"
    said = [(one.what, one.is_fault, one.why) for one in found.left]
    assert [what for what, _, _ in said] == ["Backwards", "Backwards", "Backwards", "Planned"]
    for (_, is_fault, why), words in zip(
        said, ("before it starts", "has no stop", "cannot be read", "planned work"), strict=True
    ):
        assert words in why
        assert is_fault == (words != "planned work")


def test_a_week_in_which_clocks_change_is_as_long_as_it_was() -> None:
    words = "#### X\n<!--\nperiod: 2026-03-03T18:45:00/2026-03-10T18:30:00 (166.75 hours)\n-->\n"
    assert log.read(words, PACIFIC, NOW).stories[0].spans[0].notes == ()


@given(st.text(max_size=400))
def test_no_text_makes_a_reader_fall_over(words: str) -> None:
    for shown in (words, f"# 2024-01-02\n{words}", f"#### X\n<!--\nstart: {words}\nstop: {words}\n-->"):
        text.read("x.md", shown, None, ZoneInfo("UTC"))
        log.read(shown, PACIFIC, NOW)


@given(st.dates(date(1990, 1, 1), date(2090, 1, 1)), st.integers(0, 1439))
def test_dates_and_times_are_read_back_however_they_are_written(day: date, minute: int) -> None:
    at = (datetime.combine(day, time()) + timedelta(minutes=minute)).time()
    for written in (f"{day:%Y-%m-%d}", f"{day:%b} {day.day} {day.year}", f"{day.day}. {day:%B} {day.year}",
                    f"{day:%B} {day.day}, {day.year}"):  # fmt: skip
        assert stamps.day_in(f"{written} {at:%H:%M}") == day, written
    for written in (f"{at:%H:%M}", f"{at:%I:%M%p}", f"{at:%I:%M %p}"):
        assert stamps.clocks_in(f"{written} - something") == [at], written


def test_real_reviews_are_read_whole(data: Path) -> None:
    files = sorted((data / "incidents" / "mybinder").glob("*.md"))
    if not files:
        pytest.skip("no real reviews here")
    for path in files:
        words = path.read_text()
        story = text.read(path.name, words, None, ZoneInfo("UTC")).stories[0]
        assert story.spans[0].ended_at - story.spans[0].began_at < timedelta(days=2), path.name
        told = "\n".join(story.answers.values())
        frames = {part.line for part in text.parts_of(words) if not part.body.strip()} | {1}
        for number, line in enumerate(words.splitlines(), start=1):
            if number not in frames:
                assert line.strip() in told, f"{path.name}:{number}"


def test_a_real_log_is_read_with_its_faults(data: Path) -> None:
    files = sorted((data / "incidents" / "wynton").glob("incidents-20*.md"))
    if not files:
        pytest.skip("no real log here")
    found = {path.stem[-4:]: log.read(path.read_text(), PACIFIC, NOW) for path in files}
    spans = {year: sum(len(story.spans) for story in read.stories) for year, read in found.items()}
    assert spans == {"2018": 4, "2019": 13, "2020": 9, "2021": 5, "2026": 9}
    faults = [one for read in found.values() for one in read.left if one.is_fault]
    assert sorted(one.what for one in faults) == ["Nodes down", "Partial shutdown"]
