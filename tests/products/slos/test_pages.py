"""Pages of objectives: who sees what, figures with their rows, lists with a constant number of queries."""

import csv
import io
from datetime import timedelta
from decimal import Decimal

import pytest
import time_machine
from django.test import Client
from django.urls import reverse
from shelf import DAY, NOW, count, exclude, objective, sli, steady

from hortus.access.models import Person, Team
from hortus.catalogue.models import Service
from hortus.products.slos import actions
from hortus.products.slos.models import AlertEpisode, Objective
from tests.conftest import signed_in  # type: ignore[import-not-found]


@pytest.fixture(autouse=True)
def at_noon(db: None):  # type: ignore[no-untyped-def]
    with time_machine.travel(NOW, tick=False):
        yield


@pytest.fixture
def answers(team: Team) -> Objective:
    """An objective of 99 % over 40,320 events in 28 days, 60 of them bad, in one hour of the day before."""
    one = sli(team, service=service(team).slug)
    steady(one)
    count(one, [(DAY + back, 1, 1) for back in range(60)])
    return objective(one, name="Scratch answers", promise="Nearly always.", slug="scratch")


def service(team: Team) -> Service:
    return Service.objects.get_or_create(team=team, slug="peat", name="Peat storage", sentence="Keep data.")[0]


def url(name: str, *more: object) -> str:
    return reverse(f"slos:{name}", args=["rcd", *more])


def text(client: Client, page: str) -> str:
    answer = client.get(page)
    assert answer.status_code == 200, page
    return answer.content.decode().replace("\xa0", " ")


OF_ALL = ["objectives", "objective", "burn", "backtest", "exclusions", "openslo"]
OF_ALL += ["alerts", "alerts-atom", "alertmanager"]
WITH_ROWS = ["behind", "behind-csv"]
TO_CHANGE = ["objective-add", "import", "objective-change", "exclude"]


def page(name: str) -> str:
    if name in WITH_ROWS:
        return url(name, "scratch", "answers")
    of_one = ("objective", "burn", "backtest", "objective-change", "retire")
    return url(name, "scratch") if name in of_one else url(name)


@pytest.mark.parametrize("name", [*OF_ALL, *WITH_ROWS, *TO_CHANGE, "retire"])
def test_each_page_opens_for_whom_the_policy_names(
    answers: Objective, member: Person, lead: Person, reader: Person, guest: Person, stranger: Person, name: str
) -> None:
    persons = {"lead": lead, "member": member, "reader": reader, "guest": guest, "stranger": stranger}
    allowed = {"lead"} if name == "retire" else {"lead", "member"}
    if name in OF_ALL + WITH_ROWS:
        allowed |= {"reader"}
    if name in OF_ALL:
        allowed |= {"guest"}
    seen = {who for who, person in persons.items() if signed_in(person).get(page(name)).status_code == 200}
    assert seen == allowed
    assert signed_in(stranger).get(page(name)).status_code == 404
    assert Client().get(page(name)).status_code == 302


def test_the_list_counts_and_says_who_promises_nothing(answers: Objective, team: Team, as_member: Client) -> None:
    Service.objects.create(team=team, slug="hedge", name="Hedgerow", sentence="Move data.")
    said = text(as_member, url("objectives"))
    assert "The one objective is inside its budget" in said
    assert said.index("Peat storage") < said.index("Scratch answers") < said.index("Nothing is promised for")
    assert "Hedgerow" in said.split("Nothing is promised for")[1]
    assert "99 %" in said


def test_worst_first(answers: Objective, team: Team, as_member: Client) -> None:
    bad = sli(team, "lost")
    steady(bad, bad=5)
    objective(bad, name="Nothing is lost", slug="lost")
    said = text(as_member, url("objectives"))
    assert "One of two objectives has spent its budget" in said
    assert said.index("Nothing is lost") < said.index("Scratch answers")
    assert "overdrawn by" in said


def test_nothing_is_promised_yet(team: Team, as_member: Client, guest: Person) -> None:
    said = text(as_member, url("objectives"))
    assert "Nothing is promised yet" in said
    assert url("objective-add") in said
    assert url("objective-add") not in text(signed_in(guest), url("objectives"))
    assert "No alert yet" in text(as_member, url("alerts"))
    assert "Nothing was taken out" in text(as_member, url("exclusions"))


def test_the_worked_sum_stands_on_the_page(answers: Objective, as_member: Client, guest: Person) -> None:
    said = text(as_member, url("objective", "scratch"))
    rows = url("behind", "scratch", "answers") + "?at=2026-10-14T12:00Z"
    # 4,032 tens of good events and 60 bad ones; 1 % of 40,380 may be bad.
    for words in (f'<a href="{rows}">40,380</a>', f'<a href="{rows}">60</a>', ">403.8</a>", ">343.8<", "Nearly always"):
        assert words in said
    assert "<svg" in said
    asked = text(signed_in(guest), url("objective", "scratch"))
    assert "40,380" in asked
    assert url("behind", "scratch", "answers") not in asked
    assert url("objective-change", "scratch") not in asked


def test_an_objective_without_any_event(team: Team, as_member: Client) -> None:
    objective(sli(team), slug="empty")
    for name in ("objective", "backtest", "objective-change"):
        assert "deprecat" not in text(as_member, url(name, "empty"))
    assert "not known" in text(as_member, url("objectives"))
    assert "Nothing happened" in text(as_member, url("behind", "empty", "answers"))


def test_slices_and_several_parts_are_summed(team: Team, as_member: Client) -> None:
    one, two = sli(team), sli(team, "opens")
    steady(one)
    steady(two, bad=1)
    objective(one, two, slug="both")
    objective(one, two, slug="slices", slice_minutes=10, slice_target_ratio=Decimal("0.95"))
    assert "Several things count together" in text(as_member, url("objective", "both"))
    assert "All slices" in text(as_member, url("objective", "slices"))
    for slug in ("both", "slices"):
        for name in ("answers", "opens"):
            assert text(as_member, url("behind", slug, name))


def test_the_rows_are_the_minutes_the_bad_ones_first(answers: Objective, as_member: Client) -> None:
    said = text(as_member, url("behind", "scratch", "answers"))
    assert "4,092 rows" in said or "4,086 rows" in said
    table = list(csv.DictReader(io.StringIO(as_member.get(url("behind-csv", "scratch", "answers")).content.decode())))
    assert sum(int(row["bad"]) for row in table) == 60
    assert sum(int(row["bad"]) + int(row["good"]) for row in table) == 40_380
    assert [int(row["bad"]) for row in table[:61]] == [1] * 60 + [0]


@pytest.mark.parametrize("query", ["page=0", "page=x", "page=-1", "page=" + "9" * 60, "page=2"])
def test_every_page_of_rows_opens(answers: Objective, as_member: Client, query: str) -> None:
    assert as_member.get(f"{url('behind', 'scratch', 'answers')}?{query}").status_code == 200


def test_what_is_not_there(answers: Objective, as_lead: Client) -> None:
    for name in ("objective", "backtest", "objective-change", "retire"):
        assert as_lead.get(url(name, "gone")).status_code == 404
    assert as_lead.get(url("behind", "scratch", "gone")).status_code == 404
    assert as_lead.get(url("objective-add") + "?over=judge:gone").status_code == 404
    assert as_lead.get(url("withdraw", "00000000-0000-0000-0000-000000000000")).status_code == 404


def test_another_teams_objective_is_not_there(answers: Objective, other_team: Team, as_lead: Client) -> None:
    objective(sli(other_team, "theirs"), slug="theirs", name="Theirs")
    assert as_lead.get(url("objective", "theirs")).status_code == 404
    assert "Theirs" not in text(as_lead, url("objectives"))


def test_what_if_shows_the_other_target(answers: Objective, as_member: Client) -> None:
    own = text(as_member, url("backtest", "scratch"))
    assert "It would" in own
    assert "if it were" not in own
    other = text(as_member, url("backtest", "scratch") + "?target=99.9")
    assert "99.9 %, if it were" in other
    assert "overdrawn by" in other
    assert Objective.objects.get().target_ratio * 100 == 99


@pytest.mark.parametrize(
    "target", ["", "0", "100", "-1", "x", "NaN", "Infinity", "1e-30", "99.99999999999999", "9" * 500, "1e999999"]
)
def test_no_what_if_breaks_the_page(answers: Objective, as_member: Client, target: str) -> None:
    assert "It would" in text(as_member, url("backtest", "scratch") + f"?target={target}")


def test_alerts_open_ones_first(team: Team, as_member: Client, guest: Person) -> None:
    one = sli(team)
    steady(one)
    count(one, [(back, 50, 50) for back in range(1, 60)])
    objective(one, name="Scratch answers", slug="scratch")
    assert AlertEpisode.objects.open().count() == 4
    for client in (as_member, signed_in(guest)):
        said = text(client, url("alerts"))
        assert "4 alerts stand" in said
        assert said.index("Standing now") < said.index("Scratch answers")
    assert 'scope="row">page</th>' in text(as_member, url("objective", "scratch"))
    exclude(team, 59, 59)
    said = text(as_member, url("alerts"))
    assert "No alert stands" in said
    assert "Over</h2>" in said


def test_a_retired_objective_still_tells_its_history(answers: Objective, lead: Person, as_lead: Client) -> None:
    actions.retire(answers, why="The disk is gone.", by=lead, door="test")
    assert "Scratch answers" not in text(as_lead, url("objectives"))
    said = text(as_lead, url("objective", "scratch"))
    assert "No longer promised" in said
    assert url("objective-change", "scratch") not in said
    assert "The disk is gone." in said


def test_lists_take_as_many_queries_for_30_as_for_one(
    answers: Objective, team: Team, as_member: Client, django_assert_max_num_queries
) -> None:  # type: ignore[no-untyped-def]
    exclude(team, 100, 10)
    pages = [url(name) for name in ("objectives", "alerts", "exclusions", "alerts-atom")]

    def asked(page: str) -> int:
        with django_assert_max_num_queries(40) as counted:
            as_member.get(page)
        return len(counted)

    count(answers.slis[0], [(back, 50, 50) for back in range(1, 60)])
    made = [objective(answers.slis[0], slug="burning"), objective(sli(team, "silent"), slug="silent")]
    before = [asked(page) for page in pages]
    more = [sli(team, f"sli-{n}", service="peat") for n in range(27)]
    made += [objective(one, slug=f"objective-{n}", name=f"Objective {n}") for n, one in enumerate(more)]
    exclude(team, 300, 10, objectives=made)
    count(made[-1].slis[0], [(back, 50, 50) for back in range(1, 60)])
    hour = {"severity": "page", "urgency": "page", "long_minutes": 60, "short_minutes": 5}
    for one in made[1:4]:
        AlertEpisode.objects.create(
            team=team, objective=one, opened_at=NOW - timedelta(hours=1), numbers={"sentence": "It burns."}, **hour
        )
    assert [asked(page) for page in pages] == before


def test_alerts_that_are_over_come_in_pages(answers: Objective, team: Team, as_member: Client) -> None:
    for n in range(30):
        AlertEpisode.objects.create(
            team=team, objective=answers, severity=f"alert {n}", urgency="page", long_minutes=60, short_minutes=5,
            opened_at=NOW - timedelta(hours=n + 1), closed_at=NOW - timedelta(hours=n), numbers={"sentence": "It."},
        )  # fmt: skip
    assert "1 to 25 of 30 alerts" in text(as_member, url("alerts"))
    last = text(as_member, url("alerts") + "?page=2")
    assert "alert 29" in last
    assert "alert 3<" not in last
    beyond = text(as_member, url("alerts") + "?page=9999999")
    assert "There is no page 9,999,999: there are 2 pages of alerts." in beyond
    assert '<a href="?page=2">Show the last</a>' in beyond
    assert "<table" not in beyond


def test_a_page_of_rows_that_is_not_there_leads_to_the_last(answers: Objective, as_member: Client) -> None:
    rows = url("behind", "scratch", "answers")
    beyond = text(as_member, rows + "?page=99999")
    assert "There is no page 99,999" in beyond
    assert "Nothing happened" not in beyond
    last = beyond.split('">Show the last</a>')[0].rsplit('"', 1)[1]
    assert "There is no page" not in text(as_member, rows + last)
    assert "<tbody><tr>" in text(as_member, rows + last)
    assert "Nothing was taken out" in text(as_member, rows + "?page=3&part=excluded")  # no page at all


def test_a_single_page_is_named_as_such(answers: Objective, as_member: Client) -> None:
    beyond = text(as_member, url("behind", "scratch", "answers") + "?page=2&back=30")
    assert "There is no page 2: there is one page of rows." in beyond


def title(client: Client, slug: str) -> str:
    return text(client, url("objective", slug)).split("<figure")[1].split("</figure>")[0]


def test_the_burn_down_is_titled_by_the_state(team: Team, as_member: Client) -> None:
    calm, fast, spent, few = (sli(team, name) for name in ("calm", "fast", "spent", "few"))
    for one in (calm, fast):
        steady(one)
    count(fast, [(back, 3, 3) for back in range(1, 61)])  # 180 of the 405 that may be bad
    steady(spent, bad=1)
    steady(few, every=DAY, total=1)
    for one in (calm, fast, spent, few):
        objective(one, slug=one.slug)
    assert "The budget lasts" in title(as_member, "calm")
    assert "44 % of the budget went in the last day" in title(as_member, "fast")
    assert "The budget was spent by 19 Sep" in title(as_member, "spent")
    assert "is not known: too few events, 28 of at least 100" in title(as_member, "few")


@pytest.mark.parametrize("page", ["objectives", "objective", "backtest"])
def test_what_is_left_has_no_bar_where_nobody_can_tell(team: Team, as_member: Client, page: str) -> None:
    few, mute = sli(team, "few"), sli(team, "mute")
    steady(few, every=DAY, total=1)
    count(mute, [(20 * DAY + back, 0, 10) for back in range(60)])
    for one in (few, mute):
        objective(one, slug=one.slug)
    for at in [url(page)] if page == "objectives" else [url(page, "few"), url(page, "mute")]:
        said = text(as_member, at)
        assert "not known" in said
        assert 'class="left"' not in said
        assert "Everything could fail" not in said


def test_an_alert_may_stand_where_what_is_left_is_not_known(team: Team, as_member: Client) -> None:
    one = sli(team)
    rows = [(back, 10, 10) for back in range(1, 121)]
    count(one, rows)  # two hours of 28 days are measured
    objective(one, slug="answers")
    assert "How much budget is left is not known" in text(as_member, url("objective", "answers"))
    assert "How much of the budget is left is not known" in title(as_member, "answers")
    assert 'class="left"' not in text(as_member, url("objectives"))


def test_a_pair_that_is_not_measured_now_still_stands(team: Team, as_member: Client, answers: Objective) -> None:
    rest = sli(team, "rest")
    count(rest, [(2 * DAY + back, 0, 10) for back in range(60)])
    quiet = objective(rest, slug="quiet")
    rule = {"severity": "page", "urgency": "page", "long_minutes": 60, "short_minutes": 5}
    assert "stands, not measured now" not in plain(as_member, "quiet")
    AlertEpisode.objects.create(team=team, objective=quiet, opened_at=NOW - timedelta(days=1), **rule)
    assert plain(as_member, "quiet").count("stands, not measured now") == 1


def plain(client: Client, slug: str) -> str:
    return text(client, url("objective", slug)).replace("<strong>", "").replace("</strong>", "")


def test_the_alerts_of_one_objective_say_how_many_there_are(answers: Objective, team: Team, as_member: Client) -> None:
    for n in range(11):
        assert "of 11;" not in text(as_member, url("objective", "scratch"))
        AlertEpisode.objects.create(
            team=team, objective=answers, severity="page", urgency="page", long_minutes=60, short_minutes=5,
            opened_at=NOW - timedelta(hours=n + 1), closed_at=NOW - timedelta(hours=n), numbers={"sentence": "It."},
        )  # fmt: skip
    assert "The newest 10 of 11;" in text(as_member, url("objective", "scratch"))
