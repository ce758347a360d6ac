"""Spans and exclusions agree with asking minute by minute; rules of recurrence keep wall time and always end."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import icalendar
import pytest
import recurring_ical_events
from dateutil.rrule import rrulestr
from hypothesis import assume, given
from hypothesis import strategies as st

from hortus.products.slos.rules.exclusions import Exclusion, OneOff, Recurring, counted, spans_of
from hortus.products.slos.rules.spans import clipped, length, merged, without
from hortus.values.refused import Refused
from tests.products.slos.rules.events import Spans, is_in, pure, spans_near, wall

MIDDLE = 29_500_000


def _are_disjoint(spans: Spans) -> bool:
    return all(since < until for since, until in spans) and all(one[1] < other[0] for one, other in pairwise(spans))


@pure
@given(spans_near(100, 60), spans_near(100, 60, most=1))
def test_spans_agree_with_asking_every_minute(spans: Spans, one: Spans) -> None:
    within = one[0] if one else (100, 100)
    together, inside, rest = merged(spans), clipped(spans, within), without(within, spans)
    for minute in range(240):
        held = is_in(minute, spans)
        assert is_in(minute, together) == held
        assert is_in(minute, inside) == (held and is_in(minute, [within]))
        assert is_in(minute, rest) == (not held and is_in(minute, [within]))
    assert _are_disjoint(together)
    assert _are_disjoint(inside)
    assert _are_disjoint(rest)
    assert length(inside) + length(rest) == within[1] - within[0]


RULES = st.sampled_from(
    [
        "FREQ=DAILY;INTERVAL=3",
        "FREQ=WEEKLY;BYDAY=TU,TH",
        "FREQ=WEEKLY;INTERVAL=2;COUNT=9",
        "FREQ=MONTHLY;BYDAY=2TU",
        "FREQ=MONTHLY;BYMONTHDAY=-1",
        "FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=-1",
        "FREQ=YEARLY;BYMONTH=3,10;BYDAY=-1SU",
        "FREQ=DAILY;UNTIL=20260401T000000Z",
    ]
)
PLACES = st.sampled_from(["UTC", "Europe/Berlin", "America/New_York", "Australia/Lord_Howe"])
STARTS = st.datetimes(wall("2024-01-01"), wall("2026-06-01")).map(lambda at: at.replace(second=0, microsecond=0))


@pure
@given(RULES, PLACES, STARTS, st.integers(1, 5000), st.integers(-200_000, 200_000))
def test_recurring_spans_are_those_of_a_calendar(
    rule: str, place: str, starts: datetime, minutes: int, at: int
) -> None:
    assume("UNTIL" not in rule or starts < wall("2026-03-31"))
    within = (MIDDLE + at, MIDDLE + at + 60_000)
    found = Recurring(starts, minutes, rule, place).spans(within)
    zone = ZoneInfo(place)
    event = icalendar.Event()
    event.add("uid", "1")
    event.add("dtstart", starts.replace(tzinfo=zone))
    event.add("duration", timedelta(minutes=1))
    event["rrule"] = icalendar.vRecur.from_ical(rule)
    calendar = icalendar.Calendar()
    calendar.add_component(event)
    begins = [
        int(each["dtstart"].dt.timestamp()) // 60
        for each in recurring_ical_events.of(calendar).between(
            datetime.fromtimestamp((within[0] - minutes) * 60, UTC), datetime.fromtimestamp(within[1] * 60, UTC)
        )
    ]
    if not _follows(starts, rule):
        # RFC 5545 leaves open whether a first start that its own rule does not meet counts; the library says yes.
        begins = [begin for begin in begins if begin != int(starts.replace(tzinfo=zone).timestamp()) // 60]
    assert found == clipped(((begin, begin + minutes) for begin in begins), within)


def _follows(starts: datetime, rule: str) -> bool:
    return rrulestr(rule.partition(";COUNT")[0].partition(";UNTIL")[0], dtstart=starts)[0] == starts


@pure
@given(spans_near(MIDDLE, 5000), st.integers(1, 300))
def test_a_window_minus_exclusions_agrees_with_asking_every_minute(once: Spans, minutes: int) -> None:
    window = (MIDDLE - 2000, MIDDLE + 2000)
    daily = Recurring(wall("2025-01-01 02:30"), minutes, "FREQ=DAILY", "Europe/Berlin")
    exclusions: list[Exclusion] = [daily, *(OneOff(*span) for span in once)]
    left, out = counted(window, exclusions), spans_of(exclusions, window)
    zone = ZoneInfo("Europe/Berlin")
    days = (datetime(2026, 1, 25, 2, 30, tzinfo=zone) + timedelta(days=n) for n in range(20))
    begins = [int(day.timestamp()) // 60 for day in days]
    for minute in range(*window, 7):
        is_out = is_in(minute, once) or any(begin <= minute < begin + minutes for begin in begins)
        assert is_in(minute, left) == (not is_out)
        assert is_in(minute, out) == is_out


def test_maintenance_stays_at_its_hour_on_the_wall() -> None:
    eight = Recurring(wall("2026-03-03 08:00"), 60, "FREQ=WEEKLY", "Europe/Berlin")
    zone = ZoneInfo("Europe/Berlin")
    begins = [datetime.fromtimestamp(since * 60, zone) for since, _ in eight.spans((29_500_000, 29_640_000))]
    assert {(at.isoweekday(), at.hour, at.minute) for at in begins} == {(2, 8, 0)}
    assert {at.utcoffset() for at in begins} == {timedelta(hours=1), timedelta(hours=2)}


def test_a_skipped_start_falls_out() -> None:
    spans = (29_500_000, 29_540_000)
    every = Recurring(wall("2026-02-03 08:00"), 60, "FREQ=WEEKLY", "Europe/Berlin")
    but_one = Recurring(wall("2026-02-03 08:00"), 60, "FREQ=WEEKLY", "Europe/Berlin", (wall("2026-02-10 08:00"),))
    assert len(every.spans(spans)) == len(but_one.spans(spans)) + 1


def test_a_span_that_began_before_the_window_reaches_into_it() -> None:
    long = Recurring(wall("2026-01-01"), 3 * 1440, "FREQ=MONTHLY;BYMONTHDAY=1", "UTC")
    day = int(datetime(2026, 2, 3, tzinfo=UTC).timestamp()) // 60
    assert long.spans((day, day + 2880)) == [(day, day + 1440)]


@pytest.mark.parametrize(
    ("rule", "said"),
    [
        ("", "no rule that iCalendar knows"),
        ("every second Tuesday", "no rule that iCalendar knows"),
        ("FREQ=HOURLY", "FREQ must be DAILY, WEEKLY, MONTHLY or YEARLY, got 'HOURLY'"),
        ("FREQ=DAILY;BYHOUR=1,2,3", "The rule has BYHOUR"),
        ("FREQ=DAILY;FREQ=DAILY", "no rule that iCalendar knows"),
        ("FREQ=DAILY;INTERVAL=0", "INTERVAL must be a whole number from 1 to 1000, got '0'"),
        ("FREQ=DAILY;INTERVAL=-1", "INTERVAL must be"),
        ("FREQ=DAILY;INTERVAL=99999999999999999999", "INTERVAL must be"),
        ("FREQ=DAILY;COUNT=many", "COUNT must be"),
        ("FREQ=MONTHLY;BYDAY=6TU", "BYDAY has '6TU'"),
        ("FREQ=WEEKLY;BYDAY=2TU", "BYDAY has '2TU'"),
        ("FREQ=MONTHLY;BYMONTHDAY=,", "no rule that iCalendar knows"),
        ("FREQ=DAILY;UNTIL=tomorrow", "no rule that iCalendar knows"),
        ("FREQ=DAILY;BYMONTH=2;BYMONTHDAY=30", "never happens"),
        ("FREQ=WEEKLY;UNTIL=20200101", "never happens"),
        ("FREQ=MONTHLY;BYDAY=TU;BYSETPOS=9", "never happens"),
        ("FREQ=DAILY;" + "BYMONTH=1," * 40, "characters; at most 200"),
    ],
    ids=lambda text: text[:30].replace(" ", "-"),
)
def test_a_rule_that_is_none_or_never_ends_is_refused(rule: str, said: str) -> None:
    with pytest.raises(Refused, match=said) as refused:
        Recurring(wall("2026-01-01 08:00"), 60, rule)
    assert refused.value.field == "rule"


@pure
@given(st.text(alphabet="FREQDAILYWKMONTHUSB=;,0123456789-+Z", max_size=60))
def test_any_text_is_a_rule_or_refused(text: str) -> None:
    try:
        found = Recurring(wall("2026-01-01 08:00"), 60, f"FREQ=YEARLY;{text}").spans((MIDDLE, MIDDLE + 40_000))
    except Refused:
        return
    assert _are_disjoint(found)


@pytest.mark.parametrize(
    ("made", "field"),
    [
        (lambda: OneOff(5, 5), "until"),
        (lambda: Recurring(wall("2026-01-01"), 0, "FREQ=DAILY"), "minutes"),
        (lambda: Recurring(wall("2026-01-01"), 44_641, "FREQ=DAILY"), "minutes"),
        (lambda: Recurring(wall("1999-01-01"), 60, "FREQ=DAILY"), "starts"),
        (lambda: Recurring(datetime(2026, 1, 1, tzinfo=UTC), 60, "FREQ=DAILY"), "starts"),
        (lambda: Recurring(wall("2026-01-01"), 60, "FREQ=DAILY", "Nowhere"), "zone"),
    ],
    ids=["empty", "no-minutes", "too-long", "too-old", "aware", "no-zone"],
)
def test_a_bad_exclusion_names_its_field(made, field: str) -> None:  # type: ignore[no-untyped-def]
    with pytest.raises(Refused) as refused:
        made()
    assert refused.value.field == field
