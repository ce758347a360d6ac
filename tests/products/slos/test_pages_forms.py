"""Forms of objectives: make over every source, preview without a trace, change, retire, exclude, withdraw, import."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
import time_machine
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from shelf import DAY, NOW, count, now, objective, sli, steady

from hortus.access.models import Person, Team
from hortus.catalogue import planned_work
from hortus.catalogue.models import Function, Service
from hortus.catalogue.planned_work import Plan
from hortus.ledger.models import Event
from hortus.products.slos.models import Exclusion, Objective, Sli
from hortus.telemetry.counts.actions import add
from hortus.telemetry.counts.counting import Counts
from hortus.telemetry.counts.models import Series
from hortus.telemetry.engines.models import Engine, EngineQuery
from hortus.telemetry.models import Cluster

TOLD = {
    "name": "It answers", "promise": "Nearly always.", "target": "99.5", "window": "28",
    "leaves_out_planned_work": "on",
}  # fmt: skip
COUNTED = TOLD | {"sentence": "Requests that were answered.", "service": ""}


@pytest.fixture(autouse=True)
def at_noon(db: None, data_dir: object):  # type: ignore[no-untyped-def]
    with time_machine.travel(NOW, tick=False):
        yield


def url(name: str, *more: object) -> str:
    return reverse(f"slos:{name}", args=["rcd", *more])


def add_page(over: str) -> str:
    return f"{url('objective-add')}?over={over}"


def said(answer: Any, status: int = 200) -> str:
    assert answer.status_code == status, answer.content.decode()[:2000]
    return str(answer.content.decode()).replace("\xa0", " ")


def rows() -> tuple[int, ...]:
    return tuple(model.objects.count() for model in (Objective, Sli, Series, Event, Exclusion))


def test_the_first_step_lists_what_can_be_counted(team: Team, as_member: Client) -> None:
    sli(team, name="Scratch answers")
    Series.objects.create(team=team, name="hub-starts", source="hub")
    shown = said(as_member.get(url("objective-add")))
    for key in ("judge%3Ajob_in_time", "sli%3Aanswers", "series%3Ahub-starts", "?over=events"):
        assert key in shown.replace("judge:", "judge%3A").replace("sli:", "sli%3A").replace("series:", "series%3A")


def test_make_one_over_events_that_are_sent(team: Team, as_member: Client, member: Person) -> None:
    page = add_page("events")
    assert "What counts as good" in said(as_member.get(page))
    answer = as_member.post(page, COUNTED | {"owner": str(member.pk)})
    made = Objective.objects.whole().get()
    assert answer.headers["Location"] == url("objective", made.slug)
    assert (made.target_ratio, made.window_days, made.owner) == (Decimal("0.995"), 28, member)
    assert made.slis[0].sentence == "Requests that were answered."
    assert made.slis[0].series.source == "push"
    assert "not measured" in said(as_member.get(url("objective", made.slug))).lower()


def test_make_one_over_a_judge(team: Team, as_member: Client) -> None:
    Cluster.objects.create(team=team, name="alder")
    page = add_page("judge:job_in_time")
    shown = said(as_member.get(page))
    assert "Longest wait in seconds" in shown
    assert "Who can read" in shown or "can read this" in shown
    told = COUNTED | {"judge-cluster": "alder", "judge-threshold_seconds": "600"}
    assert as_member.post(page, told).status_code == 302
    made = Sli.objects.get()
    assert (made.judge, made.parameters["threshold_seconds"]) == ("job_in_time", 600)


@pytest.mark.parametrize(
    "wrong",
    [{"judge-cluster": "gone"}, {"judge-cluster": ""}, {"judge-threshold_seconds": "-1"},
     {"judge-threshold_seconds": "x"}, {"judge-threshold_seconds": "nan"}, {"judge-threshold_seconds": "1e400"},
     {"judge-partition": "x" * 301}, {"judge-size_class": "giant"}],
    ids=["cluster", "no-cluster", "negative", "word", "nan", "huge", "long", "size"],
)  # fmt: skip
def test_what_a_judge_does_not_take_is_said_in_the_form(team: Team, as_member: Client, wrong: dict[str, str]) -> None:
    Cluster.objects.create(team=team, name="alder")
    told = COUNTED | {"judge-cluster": "alder"} | wrong
    assert 'role="alert"' in said(as_member.post(add_page("judge:job_in_time"), told))
    assert not Objective.objects.exists()
    assert not Sli.objects.exists()


def test_make_one_over_an_sli_that_is_counted(team: Team, as_member: Client) -> None:
    steady(sli(team))
    shown = said(as_member.get(add_page("sli:answers")))
    assert "What counts as good" not in shown
    assert as_member.post(add_page("sli:answers"), TOLD | {"window": "quarter"}).status_code == 302
    assert Objective.objects.get().calendar_unit == "quarter"
    assert Sli.objects.count() == 1


def test_make_one_over_a_series_that_something_fills(team: Team, as_member: Client) -> None:
    series = Series.objects.create(team=team, name="hub-starts", source="hub")
    minute = int(NOW.timestamp()) // 60
    add(team, Counts.of([(series.pk, minute - n, 9, 10) for n in range(1, 100)]), source="test")
    before = rows()
    shown = said(as_member.post(add_page("series:hub-starts"), COUNTED | {"preview": "1"}))
    assert "99 bad of 990" in shown
    assert rows() == before
    assert as_member.post(add_page("series:hub-starts"), COUNTED).status_code == 302
    assert Sli.objects.get().series == series


@pytest.mark.parametrize("over", ["events", "sli:answers", "judge:job_in_time"])
def test_a_preview_keeps_nothing(team: Team, as_member: Client, over: str) -> None:
    one = sli(team)
    steady(one)
    count(one, [(DAY + back, 50, 50) for back in range(60)])
    Cluster.objects.create(team=team, name="alder")
    before = rows()
    told = (
        TOLD if over.startswith("sli") else COUNTED | {"judge-cluster": "alder", "judge-threshold_seconds": "60"}
    ) | {"preview": "1"}
    shown = said(as_member.post(add_page(over), told))
    assert "Would have paged" in shown
    if over.startswith("sli"):
        assert "3,000 bad of 43,320" in shown
    assert rows() == before


BAD = [
    {"name": ""}, {"name": "x" * 121}, {"name": "a\x00b"}, {"target": ""}, {"target": "0"}, {"target": "100"},
    {"target": "101"}, {"target": "NaN"}, {"target": "99.99999999999"}, {"target": "x"}, {"target": "1e-400"},
    {"window": "year"}, {"window": "0"}, {"promise": "x" * 601}, {"slice_minutes": "5"}, {"slice_target": "99"},
    {"slice_minutes": "61", "slice_target": "99"}, {"slice_minutes": "0", "slice_target": "99"},
    {"slice_minutes": "5", "slice_target": "100.5"}, {"function": "gone"}, {"owner": "gone"}, {"owner": "1" * 40},
]  # fmt: skip


@pytest.mark.parametrize("wrong", BAD, ids=range(len(BAD)))
@pytest.mark.parametrize("more", [{}, {"preview": "1"}], ids=["save", "preview"])
def test_what_cannot_be_promised_is_said_in_the_form(
    team: Team, as_member: Client, wrong: dict[str, str], more: dict[str, str]
) -> None:
    one = objective(sli(team), slug="held")
    before = rows()
    for page in (add_page("sli:answers"), url("objective-change", "held")):
        assert 'role="alert"' in said(as_member.post(page, TOLD | {"reason": "So."} | wrong | more)), page
    assert rows() == before
    assert now(one).case.terms.target == Decimal("0.99")


def test_a_change_of_the_target_asks_for_a_reason(team: Team, as_member: Client, as_lead: Client) -> None:
    one = objective(sli(team), slug="held", name="It answers")
    page = url("objective-change", "held")
    shown = said(as_member.get(page))
    assert 'value="99"' in shown
    assert "Say in a few words why" in said(as_member.post(page, TOLD))
    assert Objective.objects.get().target_ratio == one.target_ratio
    assert as_member.post(page, TOLD | {"reason": "The users asked."}).status_code == 302
    assert Objective.objects.get().target_ratio == Decimal("0.995")
    assert "The users asked." in said(as_member.get(url("objective", "held")))
    assert as_member.post(page, TOLD | {"name": "Renamed"}).status_code == 302  # words alone need none
    assert url("retire", "held") in said(as_lead.get(page))
    assert url("retire", "held") not in said(as_member.get(page))


def test_a_change_keeps_what_the_form_does_not_show(team: Team, as_member: Client) -> None:
    one = objective(sli(team), slug="held", window_days=21, least_bad=7)
    page = url("objective-change", "held")
    assert "The last 21 days" in said(as_member.get(page))
    assert as_member.post(page, TOLD | {"window": "21", "reason": "Agreed."}).status_code == 302
    held = Objective.objects.get(pk=one.pk)
    assert (held.window_days, held.least_bad, held.pairs) == (21, 7, one.pairs)


def test_retire_asks_for_a_reason(team: Team, as_lead: Client) -> None:
    objective(sli(team), slug="held")
    assert 'role="alert"' in said(as_lead.post(url("retire", "held"), {"reason": " "}))
    assert as_lead.post(url("retire", "held"), {"reason": "The service ended."}).status_code == 302
    assert not Objective.objects.kept().exists()
    assert "is retired already" in said(as_lead.post(url("retire", "held"), {"reason": "Again."}))
    gone = said(as_lead.post(url("objective-change", "held"), TOLD | {"reason": "Back."}))
    assert "is retired" in gone


OUT = {"sort": "agreed", "reach": "", "began_at": "2026-10-13T08:00", "lasts": "2", "unit": "60", "repeat": "",
       "rule": "", "reason": "The first Tuesday."}  # fmt: skip


def test_an_exclusion_is_given_in_the_teams_zone(team: Team, as_member: Client) -> None:
    """08:00 in New York, in summer time, is 12:00 in UTC; the list says 08:00 again."""
    assert as_member.post(url("exclude"), OUT).status_code == 302
    held = Exclusion.objects.get()
    assert (held.began_at, held.minutes, held.zone) == (datetime(2026, 10, 13, 12, tzinfo=UTC), 120, team.zone)
    assert "13 Oct 2026, 08:00" in said(as_member.get(url("exclusions")))


def test_it_takes_bad_events_out_of_one_objective(team: Team, as_member: Client, as_lead: Client) -> None:
    one, two = sli(team), sli(team, "other")
    for each in (one, two):
        steady(each)
        count(each, [(DAY + back, 1, 1) for back in range(60)])  # 13 Oct, 07:01 to 08:00 in New York
    first, second = objective(one, slug="first", name="First"), objective(two, slug="second")
    form = said(as_member.get(url("exclude") + "?objective=first"))
    assert '<option value="objective:first" selected>' in form
    told = OUT | {"reach": "objective:first", "began_at": "2026-10-13T06:59"}
    before = rows()
    shown = said(as_member.post(url("exclude"), told | {"preview": "1"}))
    assert "First" in shown
    assert "60 bad" in shown
    assert rows() == before
    assert as_member.post(url("exclude"), told).status_code == 302
    assert (now(first).bad, now(second).bad) == (0, 60)
    assert "The first Tuesday." in said(as_member.get(url("objective", "first")))
    held = Exclusion.objects.get()
    page = url("withdraw", held.pk)
    assert as_member.get(page).status_code == 404
    assert 'role="alert"' in said(as_lead.post(page, {"reason": ""}))
    assert as_lead.post(page, {"reason": "It did happen."}).status_code == 302
    assert now(first).bad == 60
    assert "withdrawn already" in said(as_lead.post(page, {"reason": "Again."}))
    assert "withdrawn" in said(as_lead.get(url("exclusions")))


def test_it_reaches_a_service_or_the_whole_team(team: Team, as_member: Client) -> None:
    Service.objects.create(team=team, slug="peat", name="Peat storage", sentence="Keep data.")
    one, two = sli(team, service="peat"), sli(team, "other")
    for each in (one, two):
        count(each, [(DAY + back, 1, 1) for back in range(60)])
    first, second = objective(one, slug="first"), objective(two, slug="second")
    told = OUT | {"began_at": "2026-10-13T06:59"}
    assert as_member.post(url("exclude"), told | {"reach": "service:peat"}).status_code == 302
    assert (now(first).bad, now(second).bad) == (0, 60)
    assert as_member.post(url("exclude"), told).status_code == 302
    assert (now(first).bad, now(second).bad) == (0, 0)
    shown = said(as_member.get(url("exclusions")))
    assert "2 exclusions hold" in shown
    assert "Peat storage" in shown


@pytest.mark.parametrize(
    ("how", "rule", "words"),
    [({"repeat": "FREQ=WEEKLY"}, "FREQ=WEEKLY", "every week"),
     ({"repeat": "FREQ=MONTHLY"}, "FREQ=MONTHLY", "every month"),
     ({"rule": "FREQ=MONTHLY;BYDAY=2TU"}, "FREQ=MONTHLY;BYDAY=2TU", "FREQ=MONTHLY;BYDAY=2TU")],
    ids=["weekly", "monthly", "rule"],
)  # fmt: skip
def test_it_repeats(team: Team, as_member: Client, how: dict[str, str], rule: str, words: str) -> None:
    one = sli(team)
    for weeks in (1, 2):
        count(one, [(weeks * 7 * DAY - back, 1, 1) for back in range(60)])  # Wednesdays, 08:00 to 08:59 in New York
    first = objective(one, slug="first")
    told = OUT | {"began_at": "2026-09-30T08:00"} | how
    assert as_member.post(url("exclude"), told).status_code == 302
    assert Exclusion.objects.get().rule == rule
    assert now(first).bad == {"FREQ=WEEKLY": 0, "FREQ=MONTHLY": 60}.get(rule, 120)
    assert words in said(as_member.get(url("exclusions")))


WRONG = [
    {"sort": "x"}, {"reach": "service:gone"}, {"reach": "objective:gone"}, {"began_at": ""}, {"began_at": "yesterday"},
    {"began_at": "0001-01-01T00:00"}, {"began_at": "9999-12-31T23:59"}, {"began_at": "1999-01-01T00:00"},
    {"began_at": "2026-03-08T02:30"}, {"lasts": "0"}, {"lasts": "-1"}, {"lasts": "x"}, {"lasts": "9" * 40},
    {"lasts": "93", "unit": "1440"}, {"unit": "7"}, {"unit": ""}, {"repeat": "FREQ=HOURLY"}, {"rule": "nonsense"},
    {"rule": "FREQ=SECONDLY"}, {"rule": "FREQ=DAILY;COUNT=99999999999"}, {"rule": "FREQ=DAILY;UNTIL=99999999"},
    {"rule": "x" * 301}, {"rule": "FREQ=DAILY\x00"}, {"reason": ""}, {"reason": "x" * 2001}, {"reason": "a\x00"},
    {"repeat": "FREQ=WEEKLY", "rule": "FREQ=DAILY"}, {"reason": "a\x01b"},
    {"began_at": "2026-10-13T06:59Z"}, {"began_at": " 2026-10-13 06:59-04:00 "}, {"began_at": "20261013T065900+02"},
]  # fmt: skip


@pytest.mark.parametrize("wrong", WRONG, ids=range(len(WRONG)))
def test_what_cannot_be_excluded_is_said_in_the_form(team: Team, as_member: Client, wrong: dict[str, str]) -> None:
    objective(sli(team))
    for more in ({}, {"preview": "1"}):
        assert 'role="alert"' in said(as_member.post(url("exclude"), OUT | wrong | more))
    assert not Exclusion.objects.exists()


SLOTH = """version: prometheus/v1
service: portal
slos:
  - name: answers
    objective: 99.9
    description: The portal answers.
    sli:
      events:
        error_query: sum(rate(http_errors_total[{{.window}}]))
        total_query: sum(rate(http_total[{{.window}}]))
    alerting:
      page_alert: {disable: true}
      ticket_alert: {disable: true}
"""


def test_import_tells_findings_first_and_then_makes(team: Team, as_member: Client) -> None:
    page = url("import")
    assert "Import objectives" in said(as_member.get(page))
    before = rows()
    tried = said(as_member.post(page, {"text": SLOTH, "try": "1"}))
    assert "would be made. The" in tried
    assert ".." not in tried
    assert "error_query" in tried  # what was pasted stays in the form
    assert rows() == before
    made = said(as_member.post(page, {"text": SLOTH}))
    assert url("objective", Objective.objects.get().slug) in made
    again = said(as_member.post(page, {"text": SLOTH}))
    assert "not made" in again
    assert Objective.objects.count() == 1


def test_a_file_that_was_looked_at_need_not_be_chosen_again(team: Team, as_member: Client) -> None:
    tried = said(as_member.post(url("import"), {"file": SimpleUploadedFile("sloth.yaml", SLOTH.encode()), "try": "1"}))
    assert "would be made" in tried
    assert "error_query" in tried
    answer = said(as_member.post(url("import"), {"file": SimpleUploadedFile("sloth.yaml", SLOTH.encode())}))
    assert "Everything was taken" in answer


@pytest.mark.parametrize(
    "given",
    [b"", b"\xff\xfe\x00bad", b"a: [", b"a: &x [*x, *x]", b"just words", b"---\n---\n", b"[" * 5000,
     b"slos: 7\nversion: 1", SLOTH.replace("99.9", ".nan").encode(), SLOTH.replace("99.9", "1e999").encode()],
    ids=["empty", "binary", "broken", "anchors", "words", "nothing", "deep", "shape", "nan", "huge"],
)  # fmt: skip
@pytest.mark.parametrize("more", [{}, {"strict": "on"}, {"try": "1"}], ids=["lenient", "strict", "try"])
def test_no_file_breaks_the_page(team: Team, as_member: Client, given: bytes, more: dict[str, str]) -> None:
    shown = said(as_member.post(url("import"), {"file": SimpleUploadedFile("it.yaml", given)} | more))
    assert "Line" in shown or 'role="alert"' in shown or "No objective was found" in shown
    assert not Objective.objects.exists()


def test_an_empty_import_is_refused(team: Team, as_member: Client) -> None:
    assert "Choose a file, or paste its text" in said(as_member.post(url("import"), {}))


def test_what_was_made_can_be_exported(team: Team, as_member: Client) -> None:
    objective(sli(team), slug="held", name="It answers")
    answer = as_member.get(url("openslo"))
    assert answer.headers["Content-Type"].startswith("application/yaml")
    assert "kind: SLO" in answer.content.decode()
    assert "It answers" in answer.content.decode()


@pytest.mark.parametrize(("which", "hour"), [("first", 5), ("second", 6)])
def test_time_that_comes_twice_in_autumn_is_asked_about(team: Team, as_member: Client, which: str, hour: int) -> None:
    """On 1 Nov 2026, 01:30 comes twice in New York: the form does not guess, it asks which."""
    told = OUT | {"began_at": "2026-11-01T01:30"}
    for unsaid in ({}, {"which": ""}, {"which": "third"}, {"preview": "1"}):
        shown = said(as_member.post(url("exclude"), told | unsaid))
        assert "the clocks show 01:30 twice" in shown
        assert "The first, 01:30-0400" in shown
        assert "The second, 01:30-0500" in shown
    assert not Exclusion.objects.exists()
    assert as_member.post(url("exclude"), told | {"which": which}).status_code == 302
    assert Exclusion.objects.get().began_at == datetime(2026, 11, 1, hour, 30, tzinfo=UTC)


def test_which_of_two_is_asked_only_where_there_are_two(team: Team, as_member: Client) -> None:
    assert "Which of the two" not in said(as_member.get(url("exclude")))
    assert as_member.post(url("exclude"), OUT | {"which": "second"}).status_code == 302
    assert Exclusion.objects.get().began_at == datetime(2026, 10, 13, 12, tzinfo=UTC)
    never = said(as_member.post(url("exclude"), OUT | {"began_at": "2027-03-14T02:30"}))
    assert "go forward over 02:30, so it never comes" in never


@pytest.mark.parametrize("more", [{}, {"repeat": "FREQ=WEEKLY"}], ids=["once", "weekly"])
def test_planned_work_is_not_entered_afterwards(team: Team, as_member: Client, more: dict[str, str]) -> None:
    """It is noon in UTC, eight in the morning in New York; what begins now is still planned."""
    late = OUT | {"sort": "planned", "began_at": "2026-10-14T07:59"} | more
    for preview in ({}, {"preview": "1"}):
        shown = said(as_member.post(url("exclude"), late | preview))
        assert "this began on 14 Oct 2026 at 07:59" in shown
        assert "choose “Agreed correction”" in shown
        assert ("let it begin with the next time" in shown) == bool(more)
    assert not Exclusion.objects.exists()
    assert as_member.post(url("exclude"), late | {"began_at": "2026-10-14T08:00"}).status_code == 302
    assert as_member.post(url("exclude"), late | {"sort": "agreed"}).status_code == 302


# What most leave as it is: several SLIs, own alerts, the rule for few events.

PAIRS = {
    "alerts": "own", "pair-0-name": "wake-up", "pair-0-urgency": "page", "pair-0-share": "2", "pair-0-long": "1h",
    "pair-0-short": "5m", "pair-1-name": "later", "pair-1-urgency": "ticket", "pair-1-share": "12.5",
    "pair-1-long": "2d", "pair-1-short": "90m", "pair-1-keep": "30", "pair-2-name": "", "pair-2-share": "7",
}  # fmt: skip


def test_own_alerts_and_the_rule_for_few_events(team: Team, as_member: Client) -> None:
    steady(sli(team))
    told = TOLD | PAIRS | {"target": "90", "least_bad": "7", "confidence": "95.5"}
    shown = said(as_member.post(add_page("sli:answers"), told | {"preview": "1"}))
    assert "wake-up" in shown
    assert "so it could never hold; it is capped" in shown  # 13.44 times 10 % is more than everything
    assert as_member.post(add_page("sli:answers"), told).status_code == 302
    one = Objective.objects.get()
    assert (one.least_bad, one.confidence) == (7, 0.955)
    names = [(pair["name"], pair["budget_share"], pair["long_minutes"], pair["short_minutes"]) for pair in one.pairs]
    assert names == [("wake-up", "0.02", 60, 5), ("later", "0.125", 2880, 90)]
    assert [pair.get("keep_firing_minutes") for pair in one.pairs] == [None, 30]
    page = url("objective-change", one.slug)
    held = said(as_member.get(page))
    for value in ('value="wake-up"', 'value="12.5"', 'value="2d"', 'value="90m"', 'value="95.5"', 'name="pair-2-name"'):
        assert value in held
    assert "<details open><summary>Alerts" in held
    back = TOLD | PAIRS | {"target": "90", "alerts": "standard", "reason": "Simpler."}
    assert as_member.post(page, back).status_code == 302
    assert Objective.objects.get().pairs == []
    assert "<details><summary>Alerts" in said(as_member.get(page))


WRONG_PAIRS: list[tuple[dict[str, str], str]] = [
    ({"pair-0-long": "yesterday"}, "Write a number and m, h, d or w"), ({"pair-0-long": ""}, "needs share and both"),
    ({"pair-0-long": "1M"}, "Write a number and m, h, d or w"), ({"pair-0-short": "2h"}, "The short window must have"),
    ({"pair-0-share": "0"}, "greater than or equal"), ({"pair-0-share": "101"}, "less than or equal"),
    ({"pair-0-share": "NaN"}, "Enter a number"), ({"pair-0-urgency": "x"}, "not one of the available"),
    ({"pair-0-long": "60d"}, "take a shorter one"), ({"pair-0-name": "x" * 41}, "at most 40"),
    ({"pair-1-name": "wake-up", "pair-1-long": "1h", "pair-1-short": "5m", "pair-1-keep": ""}, "same name and windows"),
    ({"pair-0-name": "", "pair-1-name": " "}, "Write at least one alert"), ({"pair-1-keep": "99999"}, "kept"),
    ({"pair-0-long": "9" * 12}, "Write a number"), ({"alerts": "x"}, "not one of the available"),
    ({"least_bad": "0"}, "greater than or equal"), ({"least_bad": "101"}, "less than or equal"),
    ({"confidence": "100"}, "less than or equal"), ({"confidence": "x"}, "Enter a number"),
]  # fmt: skip


@pytest.mark.parametrize(("wrong", "words"), WRONG_PAIRS, ids=range(len(WRONG_PAIRS)))
def test_a_wrong_alert_is_said_beside_its_field(
    team: Team, as_member: Client, wrong: dict[str, str], words: str
) -> None:  # fmt: skip
    one = objective(sli(team), slug="held")
    for page in (add_page("sli:answers"), url("objective-change", "held")):
        shown = said(as_member.post(page, TOLD | PAIRS | {"reason": "So."} | wrong))
        assert 'role="alert"' in shown
        assert words in shown
        assert "<details open><summary>Alerts" in shown
    assert Objective.objects.get() == one


def test_several_slis_with_weights(team: Team, as_member: Client) -> None:
    one, two = sli(team), sli(team, "opens")
    steady(one)
    steady(two, bad=1)
    told = TOLD | {"weight": "3", "part-0-sli": "opens", "part-0-weight": "1.5"}
    shown = said(as_member.post(add_page("sli:answers"), told | {"preview": "1"}))
    assert "4,032 bad of 80,640" in shown
    assert as_member.post(add_page("sli:answers"), told).status_code == 302
    made = Objective.objects.whole().get()
    assert [(part.sli.slug, part.weight) for part in made.parts.all()] == [("answers", 3), ("opens", Decimal("1.5"))]
    page = url("objective-change", made.slug)
    held = said(as_member.get(page))
    assert "<details open><summary>Several things" in held
    assert '<option value="opens" selected>' in held
    alone = TOLD | {"part-0-sli": "opens", "part-0-weight": "1", "part-1-sli": "", "reason": "The rest is gone."}
    assert as_member.post(page, alone).status_code == 302
    assert [part.sli.slug for part in Objective.objects.whole().get().parts.all()] == ["opens"]
    assert "<details><summary>Several things" in said(as_member.get(page))


@pytest.mark.parametrize(
    ("wrong", "words"),
    [({"part-0-sli": "gone"}, "not one of the available"), ({"part-0-sli": ""}, "Choose at least one"),
     ({"part-0-sli": "answers", "part-1-sli": "answers"}, "stands twice"),
     ({"part-0-sli": "answers", "part-0-weight": "0"}, "greater than or equal"),
     ({"part-0-sli": "answers", "part-0-weight": "1.2345"}, "3 decimal places"),
     ({"part-0-sli": "answers", "part-0-weight": "1e9"}, "less than or equal"),
     ({"part-0-sli": "theirs"}, "not one of the available")],
    ids=["gone", "none", "twice", "zero", "fine", "heavy", "theirs"],
)  # fmt: skip
def test_wrong_parts_are_said_in_the_form(
    team: Team, other_team: Team, as_member: Client, wrong: dict[str, str], words: str
) -> None:
    sli(other_team, "theirs")
    objective(sli(team), slug="held")
    shown = said(as_member.post(url("objective-change", "held"), TOLD | {"reason": "So."} | wrong))
    assert words in shown
    assert "<details open><summary>Several things" in shown


def test_what_an_engine_is_asked_can_be_promised(team: Team, as_member: Client) -> None:
    engine = Engine.objects.create(team=team, slug="main", name="Main Prometheus", url="http://127.0.0.1:9090")
    series = Series.objects.create(team=team, name="portal", source="engine")
    EngineQuery.objects.create(engine=engine, series=series, good="http_good", total="http_all")
    shown = said(as_member.get(url("objective-add")))
    assert "Main Prometheus counts good and total events: http_good of http_all" in shown
    assert as_member.post(add_page("series:portal"), COUNTED).status_code == 302
    assert Sli.objects.get().series == series
    assert "http_good" not in said(as_member.get(url("objective-add")))


def test_announced_work_may_be_made_to_count(team: Team, as_member: Client, lead: Person) -> None:
    one = objective(sli(team), slug="held", function="")
    page = url("objective-change", "held")
    assert 'name="leaves_out_planned_work" ' in said(as_member.get(page))
    counts = TOLD | {"target": "99", "reason": "The contract says so."}
    del counts["leaves_out_planned_work"]
    assert as_member.post(page, counts).status_code == 302
    assert not Objective.objects.get(pk=one.pk).leaves_out_planned_work
    assert "<details open><summary>Which time counts" in said(as_member.get(page))
    given = {"team": team, "slug": "scratch", "name": "Scratch", "sentence": "Write.", "confirm_every_seconds": 3600}
    works = Function.objects.create(**given, added_at=NOW)
    plan = Plan("Firmware", (works,), NOW - timedelta(hours=3), NOW - timedelta(hours=2))
    planned_work.announce(team, plan, by=lead, door="test", at=NOW - timedelta(days=2))
    shown = said(as_member.get(url("exclusions"))).split("Announced work</h2>")[1]
    for words in ("Firmware", "Scratch", "14 Oct 2026, 05:00", "12 Oct 2026, 08:00", lead.name):
        assert words in shown


def test_import_asks_which_engine_where_there_is_one(team: Team, as_member: Client, as_lead: Client) -> None:
    assert 'name="engine"' not in said(as_lead.get(url("import")))
    Engine.objects.create(team=team, slug="main", name="Main Prometheus", url="http://127.0.0.1:9090")
    page = said(as_lead.get(url("import")))
    assert '<option value="main">Main Prometheus</option>' in page
    assert 'name="keep_in_engine"' in page
    assert 'role="alert"' in said(as_lead.post(url("import"), {"text": SLOTH, "engine": "gone"}))
    tried = said(as_lead.post(url("import"), {"text": SLOTH, "engine": "main", "keep_in_engine": "on", "try": "1"}))
    assert '<option value="main" selected>' in tried
    assert 'name="keep_in_engine" id="id_keep_in_engine" checked' in tried or "checked" in tried


def test_the_preview_stands_there_before_anything_is_typed(team: Team, as_member: Client) -> None:
    one = sli(team, name="Answers")
    steady(one, days=2)
    count(one, [(back, 1, 1) for back in range(1, 61)])
    held = objective(one, slug="held")
    shown = said(as_member.get(url("objective-change", held.slug)))
    assert "60 bad of" in shown
    assert "Would have paged" in shown
    assert "The last 28 days: 2 pages, 2 tickets." in shown  # in short, beside the button
    shown = said(as_member.get(add_page("sli:answers")))  # by what the form begins with, 95 %
    assert "60 bad of" in shown
    bare = said(as_member.get(add_page("events")))
    assert "Nothing was ever measured" in bare
    assert 'role="alert"' not in bare
