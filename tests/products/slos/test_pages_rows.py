"""What lies behind each number of an objective's page: follow the link, add up the rows, and meet the number again."""

import csv
import html
import io
import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import numpy as np
import pytest
import time_machine
from django.test import Client
from django.urls import reverse
from shelf import DAY, HOUR, MINUTE, NOW, count, exclude, now, objective, sli, steady

from hortus.access.models import Person, Team
from hortus.products.slos import slis
from hortus.products.slos.drafts import SliDraft
from hortus.products.slos.models import Objective
from hortus.products.slos.rules.budgets import WorkedSum
from hortus.telemetry.counts import judges
from hortus.telemetry.counts.actions import add
from hortus.telemetry.counts.counting import Counts
from hortus.telemetry.counts.judges import Judge, Judged
from hortus.telemetry.counts.models import Series
from hortus.telemetry.counts.thinning import thin
from hortus.telemetry.counts.tiers import Kept
from hortus.telemetry.engines.models import Engine, EngineQuery
from hortus.values.evidence import Evidence, Head, Slice
from tests.conftest import signed_in  # type: ignore[import-not-found]


@pytest.fixture(autouse=True)
def at_noon(db: None) -> Iterator[None]:
    with time_machine.travel(NOW, tick=False):
        yield


def url(name: str, *more: object) -> str:
    return reverse(f"slos:{name}", args=["rcd", *more])


def text(client: Client, page: str) -> str:
    answer = client.get(page)
    assert answer.status_code == 200, page
    return str(answer.content.decode()).replace("\xa0", " ")


def table(client: Client, page: str) -> list[dict[str, str]]:
    """Follow a link to rows, then their link to the CSV."""
    found = re.search(r'href="([^"]+\.csv[^"]*)" download', text(client, page))
    assert found, page
    answer = client.get(html.unescape(found[1]))
    assert answer.status_code == 200
    return list(csv.DictReader(io.StringIO(answer.content.decode())))


def links(page: str, words: str) -> list[str]:
    """Return where links with these words lead."""
    return [
        html.unescape(path) for path, said in re.findall(r'<a href="([^"]+)"[^>]*>([^<]*)</a>', page) if said == words
    ]


def events(rows: list[dict[str, str]]) -> tuple[int, int]:
    """Return bad and all events of rows of minutes."""
    bad = sum(int(row["bad"]) for row in rows)
    return bad, bad + sum(int(row["good"]) for row in rows)


@pytest.fixture
def scratch(team: Team) -> Objective:
    """99 % over 28 days: ten events each ten minutes, 120 bad ones of yesterday, of which 60 were taken out."""
    one = sli(team)
    steady(one)
    count(one, [(DAY + back, 1, 1) for back in range(1, 121)])
    count(one, [(back, 1, 2) for back in range(1, 5)])
    exclude(team, DAY + HOUR, HOUR, reason="The first Tuesday.")
    exclude(team, DAY + HOUR // 2, 10, reason="Twice told.")
    exclude(team, 2 * DAY, HOUR, reason="Another one.")
    return objective(one, name="Scratch answers", slug="scratch")


def test_every_number_of_the_worked_sum_leads_to_as_many_rows(scratch: Objective, as_member: Client) -> None:
    page = text(as_member, url("objective", "scratch"))
    # 40,320 steady events, 60 of them in each excluded hour; 120 bad ones, 60 left; 8 young ones, 4 bad.
    total, bad, out = 40_320 - 120 + 60 + 8, 64, 180
    for words in (f"{total:,}", f"{bad}"):
        for path in links(page, words):
            assert events(table(as_member, path)) == (bad, total)
    (path,) = {one for one in links(page, str(out)) if "part=excluded" in one}
    assert events(table(as_member, path)) == (60, out)
    by_reason = {"The first Tuesday.": (60, 120), "Twice told.": (10, 20), "Another one.": (0, 60)}
    for reason, numbers in by_reason.items():
        row = page.split(reason)[1].split("</tr>")[0]
        (path,) = links(row, str(numbers[1]))
        assert events(table(as_member, path)) == numbers
    for allowed in links(page, "402.68"):
        assert f'id="{allowed[1:]}"' in page
    assert "1 % of" in page
    assert "40,448 events were seen" in page


def test_every_burn_rate_leads_to_its_sum_and_its_rows(scratch: Objective, as_member: Client) -> None:
    page = text(as_member, url("objective", "scratch")).split("How fast it burns")[1]
    # In five minutes 2 of 4 x 1 events and no ten: 4 bad of 8. The hour before holds 60 more.
    for words, numbers in (("4 bad of 8", (4, 8)), ("4 bad of 68", (4, 68))):
        (path,) = set(links(page, words))
        assert events(table(as_member, path)) == numbers
    (path,) = set(links(page, "50"))
    said = text(as_member, path)
    assert "Over the last 5 minutes the budget burned 50 times as fast as allowed" in said
    assert {events(table(as_member, one)) for one in links(said, "8")} == {(4, 8)}


def test_an_alert_leads_to_the_sum_that_raised_it(team: Team, as_member: Client) -> None:
    one = sli(team)
    steady(one)
    count(one, [(back, 50, 50) for back in range(1, 60)])
    objective(one, slug="answers")
    alerts = text(as_member, url("objective", "answers")).split("<h2>Alerts</h2>")[1]
    paths = [html.unescape(path) for path in re.findall(r'<a href="([^"]+/burn/[^"]+)"', alerts)]
    assert len(paths) == 4
    for path in paths:
        rate = re.findall(r"the budget burned ([\d.]+) times", text(as_member, path))[0]
        assert float(rate) > 0.9


def test_a_link_stays_true_when_time_goes_on(scratch: Objective, as_member: Client) -> None:
    (path,) = set(links(text(as_member, url("objective", "scratch")), "4 bad of 8"))
    with time_machine.travel(NOW + timedelta(hours=3), tick=False):
        count(scratch.slis[0], [(-100, 7, 7)])
        assert events(table(as_member, path)) == (4, 8)


def test_what_nobody_measured_is_listed(team: Team, as_member: Client) -> None:
    one = sli(team)
    cells = Counts.of([(one.series_id, MINUTE - 30 * HOUR, 5, 5)])
    add(team, cells, source="test", measured=[(one.series_id, MINUTE - 28 * DAY, MINUTE - 20 * HOUR),
                                              (one.series_id, MINUTE - 10 * HOUR, MINUTE)])  # fmt: skip
    exclude(team, 20 * HOUR, HOUR)
    objective(one, slug="answers")
    (path,) = {one for one in links(text(as_member, url("objective", "answers")), "98.7 %") if "unmeasured" in one}
    (row,) = table(as_member, path)
    assert row == {"from": "2026-10-13T17:00:00+00:00", "to": "2026-10-14T02:00:00+00:00", "seconds": "32400"}
    assert "It was measured all the time" in text(as_member, f"{path}&back=60")


def test_slices_lead_to_slices(team: Team, as_member: Client) -> None:
    one, two = sli(team), sli(team, "opens")
    for each in (one, two):
        steady(each, days=8)
    count(one, [(DAY + back, 1, 1) for back in range(1, 61)])
    exclude(team, DAY + HOUR, 30)
    objective(one, two, slug="both", window_days=7, slice_minutes=10, slice_target_ratio=Decimal("0.95"))
    page = text(as_member, url("objective", "both"))
    # 6 slices an hour for 7 days; half an hour is taken out, half of the bad hour remains.
    (path,) = set(links(page.split("All slices")[1].split("</tr>")[0], "1,005"))
    rows = table(as_member, path)
    assert (len(rows), [row["counts_as"] for row in rows].count("bad")) == (1005, 3)
    assert {row["answers_bad"] for row in rows[:3]} == {"10"}
    (path,) = {one for one in links(page, "3") if "excluded" in one}
    assert [row["counts_as"] for row in table(as_member, path)] == ["bad"] * 3
    assert "10.05" in page
    for path in links(page.split("How fast it burns")[1], "0"):
        assert "as fast as allowed" in text(as_member, path)


def test_a_slice_that_counts_only_when_its_gap_is_taken_out_was_not_taken_out(team: Team, as_member: Client) -> None:
    one = sli(team)
    quiet = (one.series_id, MINUTE - 2 * HOUR, MINUTE - HOUR + 5)  # nobody looked from 11:05 to 11:10
    add(team, Counts.of([(one.series_id, MINUTE - HOUR + 10, 0, 1)]), source="test",
        measured=[quiet, (one.series_id, MINUTE - HOUR + 10, MINUTE)])  # fmt: skip
    exclude(team, HOUR - 5, 15)
    given = {"window_days": 1, "slice_minutes": 10, "slice_target_ratio": Decimal("0.9")}
    promise = objective(one, slug="sliced", **given)
    worked = now(promise).worked
    assert isinstance(worked, WorkedSum)
    taken = worked.excluded
    rows = table(as_member, url("slices", "sliced") + "?part=excluded")
    assert (taken.events, taken.bad) == (1, 1)
    assert [row["counts_as"] for row in rows] == ["bad"]


def test_several_parts_add_up_to_the_burn_rate(team: Team, as_member: Client) -> None:
    one, two = sli(team), sli(team, "opens")
    steady(one)
    steady(two, bad=1)
    objective(one, two, slug="both")
    page = text(as_member, url("objective", "both"))
    assert "100 % − 50 % × 0 ÷ 403.2 − 50 % × 4,032 ÷ 403.2" in page
    path = next(one for one in links(page, "5") if "burn" in one)
    said = text(as_member, path)
    assert said.count(">5</td>") == 1  # 0 from one part, 10 times one half from the other
    assert "page while more than" in said or "Page while more than" in said


def test_rows_are_for_those_who_may_see_them(scratch: Objective, guest: Person) -> None:
    client = signed_in(guest)
    page = text(client, url("objective", "scratch"))
    assert "/rows/" not in page
    for path in links(page.split("How fast it burns")[1], "50"):
        assert "/rows/" not in text(client, path)
    assert client.get(f"{url('behind', 'scratch', 'answers')}?part=excluded").status_code == 404


@pytest.mark.parametrize(
    "query",
    ["at=x", "at=1970-01-01T00:00Z", "at=2026-10-14", "back=0", "back=-1", "back=x", "back=" + "9" * 30, "back=570000",
     "part=x", "exclusion=x", "exclusion=00000000-0000-0000-0000-000000000000", "at=0001-01-01T00:00Z", "back=٣"],
    ids=range(13),
)  # fmt: skip
def test_what_cannot_be_asked_is_not_there(scratch: Objective, as_member: Client, query: str) -> None:
    for name in ("behind", "behind-csv"):
        assert as_member.get(f"{url(name, 'scratch', 'answers')}?{query}").status_code == 404


def test_a_time_to_come_is_now(scratch: Objective, as_member: Client) -> None:
    rows = table(as_member, f"{url('behind', 'scratch', 'answers')}?at=2999-01-01T00:00Z&back=5")
    assert events(rows) == (4, 8)


def test_burn_rates_of_other_windows_are_not_there(scratch: Objective, as_member: Client) -> None:
    assert as_member.get(f"{url('burn', 'scratch')}?back=61").status_code == 404
    assert "the last 5 minutes" in text(as_member, url("burn", "scratch"))
    for name in ("slices", "slices-csv"):
        assert as_member.get(url(name, "scratch")).status_code == 404


SAID = {False: "bad", 0.5: "not known", True: "good"}
UNKNOWN = [MINUTE - 50 * n for n in range(1, 60)]
FATES: dict[int, float] = {MINUTE - 7 * n: n % 5 > 0 for n in range(1, 600)}  # minute: whether it went well


def _look(team: Team, given: dict[str, Any], since: int, until: int) -> Judged:
    minute = np.array(sorted(m for m in FATES if since <= m < until), np.int64)
    good = np.array([FATES[m] for m in minute.tolist()], np.int64)
    return Judged(minute, good, np.ones(len(minute), np.int64), [(since, until)])


def _rows(team: Team, given: dict[str, Any], since: int, until: int, part: Slice, /, *, persons: bool) -> Evidence:
    found = [(FATES[m], -m) for m in FATES if since <= m < until]
    found += [(0.5, -m) for m in UNKNOWN if since <= m < until]  # listed, but not counted
    found.sort()
    shown = [(str(-m), SAID[good]) for good, m in found[part.offset : part.offset + part.limit]]
    return Evidence([Head("minute", "Minute"), Head("fate", "Fate")], shown, len(found), "Every fate.")


def test_judged_events_around_exclusions_come_bad_ones_first_each_once(team: Team, as_member: Client) -> None:
    judges.register(Judge("fates", "Fates", "How many went well.", (), check=lambda _, given: given, judge=_look,
                          rows=_rows))  # fmt: skip
    try:
        one = slis.create(team, SliDraft("Fates", "It went well.", judge="fates"), by=None, door="test", slug="fates")
        objective(one, slug="fates")
        for back in (500, 1000, 2000):
            exclude(team, back, 100)
        page = url("behind", "fates", "fates")
        rows = table(as_member, page)
        out = {m for back in (500, 1000, 2000) for m in range(MINUTE - back, MINUTE - back + 100)}
        kept = [(good, -m) for m, good in FATES.items() if m not in out]
        assert [(row["fate"] == "good", -int(row["minute"])) for row in rows] == sorted(kept)
        shown = [
            cell for n in range(1, 13) for cell in re.findall(r"<td>(\d+)</td>", text(as_member, f"{page}?page={n}"))
        ]
        assert shown == [row["minute"] for row in rows]
        taken = table(as_member, f"{page}?part=excluded")
        assert {int(row["minute"]) for row in taken} == {m for m in FATES if m in out}
    finally:
        del judges._JUDGES["fates"]


@pytest.fixture
def fates(team: Team, monkeypatch: pytest.MonkeyPatch) -> Objective:
    """Return an objective over judged events, kept as the judge found them when it was made."""
    told = Judge("fates", "Fates", "How many went well.", (), check=lambda _, given: given, judge=_look, rows=_rows)
    monkeypatch.setitem(judges._JUDGES, "fates", told)
    one = slis.create(team, SliDraft("Fates", "It went well.", judge="fates"), by=None, door="test", slug="fates")
    return objective(one, slug="fates")


@pytest.mark.parametrize("part", ["", "excluded"])
def test_rows_that_add_up_to_another_number_say_so(
    fates: Objective, team: Team, as_member: Client, monkeypatch: pytest.MonkeyPatch, part: str
) -> None:
    exclude(team, 500, 100)
    page = f"{url('behind', 'fates', 'fates')}?part={part}"
    assert "The sum counted" not in text(as_member, page)
    whole = [m for m in FATES if (MINUTE - 500 <= m < MINUTE - 400) == bool(part)]
    bad = sum(FATES[m] == 0 for m in whole)
    late = MINUTE - 401 if part else MINUTE - 3
    monkeypatch.setitem(FATES, late, False)  # came in after the count
    said = text(as_member, page)
    sum_of, rows_of = f"{len(whole)}, of them {bad} bad", f"{len(whole) + 1}, of them {bad + 1} bad"
    assert f"The sum counted {sum_of}; these rows add up to {rows_of}. They are counted anew: what came in" in said
    assert len(table(as_member, page)) == len(whole) + 1


def test_rows_say_where_counts_are_kept_by_the_hour(fates: Objective, team: Team, as_member: Client) -> None:
    thin(Kept(1, 100))
    exclude(team, 2 * DAY + 30, 60)  # from 11:30 to 12:30, of hours whose minutes are gone
    said = text(as_member, url("behind", "fates", "fates") + "?part=excluded")
    # Of each hour the counts stand in its first minute: the sum took out those of 12:00 to 13:00.
    assert "What is that old is counted by the hour" in said
    rows = table(as_member, url("behind", "fates", "fates") + "?part=excluded")
    assert len(rows) == sum(MINUTE - 2 * DAY - 30 <= m < MINUTE - 2 * DAY + 30 for m in FATES)


def test_times_of_rows_are_those_of_the_minutes(scratch: Objective, as_member: Client) -> None:
    rows = table(as_member, f"{url('behind', 'scratch', 'answers')}?back=5")
    assert {datetime.fromisoformat(row["at"]) for row in rows} == {
        datetime(2026, 10, 14, 11, 60 - back, tzinfo=UTC) for back in range(1, 5)
    }


def test_the_burn_down_shows_bands_and_gaps_and_says_them(team: Team, as_member: Client) -> None:
    one = sli(team)
    cells = Counts.of([(one.series_id, MINUTE - 27 * DAY, 500, 500), (one.series_id, MINUTE - 100, 0, 4)])
    add(team, cells, source="test", measured=[(one.series_id, MINUTE - 28 * DAY, MINUTE - 20 * DAY),
                                              (one.series_id, MINUTE - 10 * DAY, MINUTE - 60)])  # fmt: skip
    exclude(team, 5 * DAY, DAY)  # and the last hour is too short a gap to be seen
    objective(one, slug="answers")
    page = text(as_member, url("objective", "answers")).split("<figure")[1].split("</figure>")[0]
    assert page.count('class="line line-1"') == 2  # before the gap and after it
    assert page.count('class="bed target"') == 1
    label = re.findall(r'aria-label="(Budget[^"]+)"', page)[0]
    assert "taken out 1 time, 1 d; not measured 1 time, 10 d" in label
    assert "Grey bands do not count: 9 Oct, 08:00 (1 d)." in page
    assert "nobody measured: 24 Sep, 08:00 (10 d)." in page


def test_what_an_engine_keeps_is_asked_for_and_a_refusal_is_said(team: Team, as_member: Client) -> None:
    engine = Engine.objects.create(team=team, slug="main", name="Main Prometheus", url="http://127.0.0.1:1")
    series = Series.objects.create(team=team, name="portal", source="engine")
    asked = {"good": "http_good", "total": "http_all", "is_kept_here": False}
    EngineQuery.objects.create(engine=engine, series=series, **asked)
    draft = SliDraft("Portal", "It answers.", series="portal")
    objective(slis.create(team, draft, by=None, door="test", slug="portal"), slug="portal")
    exclude(team, 3 * HOUR, HOUR)
    page = text(as_member, url("objective", "portal"))
    assert "Main Prometheus keeps the counts" in page
    assert "It is not known: the counts stay in an engine" in page
    assert "Allowed" not in page
    assert "in the engine" in page.split("What does not count", 1)[1]
    assert "Main Prometheus keeps the counts" in text(as_member, url("burn", "portal"))
    for query in ("", "?part=unmeasured", "?part=excluded"):
        assert "Main Prometheus is not asked" in text(as_member, url("behind", "portal", "portal") + query)
    answer = as_member.get(url("behind-csv", "portal", "portal"))
    assert (answer.status_code, b"Main Prometheus is not asked" in answer.content) == (503, True)
    assert "is not known now" in text(as_member, url("backtest", "portal"))
