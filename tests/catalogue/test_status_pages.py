"""The team's own status pages: what each role sees and does, what is refused and how it is told."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import DatabaseError, transaction
from django.test import Client
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from hortus.access.models import Person, Team
from hortus.catalogue import proposals
from hortus.catalogue.models import Function, PlannedWork, Statement
from hortus.catalogue.proposals import Proposal
from hortus.catalogue.rules import Condition
from hortus.ledger.models import Event
from tests.catalogue.speech import a_function, a_work, opened, said  # type: ignore[import-not-found]
from tests.conftest import signed_in  # type: ignore[import-not-found]

STATUS = "/t/rcd/status/"
FUNCTION = {"name": "Scratch", "sentence": "Read and write fast files.", "confirm_every_seconds": "86400"}
DEGRADED = {"condition": "degraded", "can": "", "cannot": "Write files.", "instead": ""}


@pytest.fixture
def scratch(team: Team, member: Person) -> Function:
    return a_function(team)


@pytest.fixture
def proposed(scratch: Function) -> Any:
    told = [Proposal("scratch", Condition.DEGRADED, "Writes take 9 s.", "/t/rcd/services/", scratch.added_at)]
    proposals.register("test", lambda _: told)
    yield told
    proposals.unregister("test")


def test_everybody_of_the_team_reads_it(
    scratch: Function, member: Person, lead: Person, admin: Person, reader: Person, guest: Person, as_stranger: Client
) -> None:
    said(scratch, member)
    for page in (STATUS, f"{STATUS}scratch/"):
        for person in (member, lead, admin, reader, guest):
            answer = signed_in(person).get(page)
            assert answer.status_code == 200
            assert b"Scratch" in answer.content
        assert as_stranger.get(page).status_code == 404
        assert Client().get(page).status_code == 302


def test_names_are_for_those_who_read_the_activity(
    scratch: Function, member: Person, reader: Person, guest: Person
) -> None:
    said(scratch, member, "degraded")
    assert b"said by Mira" in signed_in(reader).get(STATUS).content
    assert b"Mira" not in signed_in(guest).get(STATUS).content


def test_who_may_not_speak_finds_no_form(scratch: Function, reader: Person, guest: Person, as_stranger: Client) -> None:
    work = a_work(scratch, Person.objects.get(name="Mira"))
    before = Event.objects.count()
    pages = ["+add/", "+planned-work/", f"+planned-work/{work.pk}/change/", f"+planned-work/{work.pk}/cancel/"]
    pages += [f"scratch/{verb}/" for verb in ("say", "confirm", "change", "retire", "reopen")]
    for client in (signed_in(reader), signed_in(guest), as_stranger):
        for page in pages:
            assert client.post(STATUS + page, DEGRADED).status_code == 404, page
    assert b"Say something" not in signed_in(guest).get(STATUS).content
    assert Event.objects.count() == before


def test_a_member_adds_speaks_and_confirms(as_member: Client, member: Person, team: Team) -> None:
    answer = as_member.post(f"{STATUS}+add/", FUNCTION)
    assert answer["Location"] == f"{STATUS}scratch/"
    assert "not confirmed" in as_member.get(STATUS).content.decode()
    assert as_member.post(f"{STATUS}scratch/say/", DEGRADED)["Location"] == STATUS
    assert as_member.post(f"{STATUS}scratch/confirm/")["Location"] == STATUS
    first, second = Statement.objects.order_by("id")
    assert (first.condition, first.cannot, first.by, first.source) == ("degraded", "Write files.", member, "person")
    assert (second.condition, second.cannot, second.is_confirmation) == ("degraded", "Write files.", True)
    verbs = list(Event.objects.filter(object_kind="function").order_by("id").values_list("verb", "source", "plot"))
    assert verbs == [
        ("added", "web", "products-growth"), ("described", "web", "products-urgent"),
        ("confirmed", "web", "products-urgent"),
    ]  # fmt: skip
    assert as_member.get(f"{STATUS}scratch/retire/").status_code == 404


def test_the_same_words_once_more_are_no_news(scratch: Function, member: Person) -> None:
    told = [said(scratch, member, "degraded", timedelta(hours=ago)) for ago in (5, 4)]
    told.append(said(scratch, member, "degraded", timedelta(hours=3), cannot="Write big files."))
    told.append(said(scratch, member, ago=timedelta(hours=2)))
    a_work(scratch, member, timedelta(hours=-1), timedelta(hours=1))
    told += [said(scratch, member), said(scratch, member)]
    assert [one.is_confirmation for one in told] == [False, True, False, False, False, True]


def test_a_lead_changes_retires_and_reopens(as_lead: Client, scratch: Function) -> None:
    as_lead.post(f"{STATUS}scratch/change/", FUNCTION | {"name": "Fast files", "place": "7"})
    scratch.refresh_from_db()
    assert (scratch.slug, scratch.name, scratch.place, scratch.confirm_every_seconds) == (
        "scratch",
        "Fast files",
        7,
        86400,
    )
    as_lead.post(f"{STATUS}scratch/change/", FUNCTION)
    scratch.refresh_from_db()
    assert scratch.place == 7
    as_lead.post(f"{STATUS}scratch/retire/", {"on": "2026-10-01"})
    assert b"No longer listed" in as_lead.get(STATUS).content
    assert as_lead.post(f"{STATUS}scratch/say/", DEGRADED).status_code == 200
    assert Statement.objects.count() == 0
    as_lead.post(f"{STATUS}scratch/reopen/")
    assert b"No longer listed" not in as_lead.get(STATUS).content


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"condition": "glorious"}, "valid choice"),
        ({"cannot": ""}, "needs words"),
        ({"condition": "working"}, "clear this"),
        ({"cannot": "x" * 301}, "at most 300"),
        ({"cannot": "a\x07b"}, "U+0007"),
        ({"cannot": "a\x00b"}, "Null characters"),
        ({"next_update_at": "2020-01-01T10:00"}, "coming 90 days"),
        ({"next_update_at": "9999-12-31T23:59"}, "coming 90 days"),
        ({"next_update_at": "0001-01-01T00:00"}, "coming 90 days"),
        ({"next_update_at": "soon"}, "valid date/time"),
    ],
)
def test_bad_words_are_told_and_nothing_is_said(
    as_member: Client, scratch: Function, change: dict[str, str], told: str
) -> None:
    answer = as_member.post(f"{STATUS}scratch/say/", DEGRADED | change)
    assert answer.status_code == 200
    assert told in answer.content.decode()
    assert Statement.objects.count() == 0


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"name": ""}, "required"),
        ({"name": "x" * 81}, "80"),
        ({"sentence": " "}, "required"),
        ({"confirm_every_seconds": "7"}, "valid choice"),
        ({"place": "-1"}, "greater than or equal to 0"),
        ({"service": "4711"}, "not a valid"),
    ],
)
def test_a_bad_function_is_told(as_member: Client, team: Team, change: dict[str, str], told: str) -> None:
    answer = as_member.post(f"{STATUS}+add/", FUNCTION | change)
    assert answer.status_code == 200
    assert told in answer.content.decode()
    assert Function.objects.count() == 0


def test_nothing_is_confirmed_that_was_not_said(as_member: Client, scratch: Function, member: Person) -> None:
    answer = as_member.post(f"{STATUS}scratch/confirm/", follow=True)
    assert "nothing to confirm" in answer.content.decode()
    said(scratch, member, ago=timedelta(hours=2))
    a_work(scratch, member, timedelta(hours=-1), timedelta(hours=1))
    answer = as_member.post(f"{STATUS}scratch/confirm/", follow=True)
    assert "has begun since the last word" in answer.content.decode()
    assert Statement.objects.count() == 1


def test_a_promised_update_that_is_late_shows(as_member: Client, scratch: Function, member: Person) -> None:
    due = timezone.localtime(timezone.now() + timedelta(hours=1))
    as_member.post(f"{STATUS}scratch/say/", DEGRADED | {"next_update_at": f"{due:%Y-%m-%dT%H:%M}"})
    assert "<strong>Next word:</strong> by" in as_member.get(STATUS).content.decode()
    late = timezone.now() - timedelta(minutes=1)
    Statement.objects.create(
        team=scratch.team, function=scratch, condition="degraded", cannot="Write.", by=member, source="person",
        said_at=timezone.now(), next_update_at=late,
    )  # fmt: skip
    assert "and is late" in as_member.get(STATUS).content.decode()


def test_a_proposal_is_shown_to_members_and_says_nothing_by_itself(
    proposed: Any, scratch: Function, as_member: Client, guest: Person, team: Team
) -> None:
    page = as_member.get(STATUS).content.decode()
    assert "Writes take 9 s." in page
    assert f"{STATUS}scratch/say/?proposal=degraded" in page
    assert "Writes take 9 s." not in signed_in(guest).get(STATUS).content.decode()
    opened(team)
    assert "Writes take 9 s." not in Client().get("/status/rcd/").content.decode()
    assert "degraded" not in Client().get("/status/rcd/").content.decode()
    form = as_member.get(f"{STATUS}scratch/say/?proposal=degraded").content.decode()
    assert '<option value="degraded" selected>' in form
    assert Statement.objects.count() == 0


def test_who_says_so_accepts_the_proposal(proposed: Any, scratch: Function, as_member: Client) -> None:
    as_member.post(f"{STATUS}scratch/say/", DEGRADED | {"proposal": "degraded"})
    assert Statement.objects.get().source == "proposal"
    assert "Writes take 9 s." not in as_member.get(STATUS).content.decode()


def test_other_words_or_a_proposal_that_is_gone_are_a_persons_own(
    proposed: Any, scratch: Function, as_member: Client
) -> None:
    as_member.post(f"{STATUS}scratch/say/", DEGRADED | {"proposal": "degraded", "condition": "unavailable"})
    proposed.clear()
    as_member.post(f"{STATUS}scratch/say/", DEGRADED | {"proposal": "degraded"})
    assert set(Statement.objects.values_list("source", flat=True)) == {"person"}


def test_a_proposal_that_it_works_again_empties_the_form(
    proposed: Any, scratch: Function, as_member: Client, member: Person
) -> None:
    said(scratch, member, "degraded", cannot="Write at all.")
    proposed[:] = [Proposal("scratch", Condition.WORKING, "Writes are quick.", "", scratch.added_at)]
    form = as_member.get(f"{STATUS}scratch/say/?proposal=working").content.decode()
    assert '<option value="working" selected>' in form
    assert "Write at all." not in form


def test_a_measurement_keeps_a_word_fresh(scratch: Function, as_member: Client, member: Person) -> None:
    said(scratch, member, ago=timedelta(hours=13))
    assert "Scratch is not confirmed to work" in as_member.get(STATUS).content.decode()
    proposals.register("test", lambda _: [], lambda _: {"scratch": timezone.now() + timedelta(minutes=5)})
    try:
        assert "Scratch works" in as_member.get(STATUS).content.decode()
    finally:
        proposals.unregister("test")


def test_planned_work_is_announced_changed_and_cancelled(as_member: Client, scratch: Function) -> None:
    begins = timezone.localtime(timezone.now() + timedelta(days=3))
    given = {
        "title": "Maintenance", "functions": [str(scratch.pk)], "begins_at": f"{begins:%Y-%m-%dT}08:00",
        "ends_at": f"{begins:%Y-%m-%dT}17:00", "cannot": "Reach it.", "notice_reason": "A disk is failing.",
    }  # fmt: skip
    assert as_member.post(f"{STATUS}+planned-work/", given)["Location"] == STATUS
    work = PlannedWork.objects.get()
    assert timezone.localtime(work.begins_at, scratch.team.zoneinfo).hour == 8
    form = as_member.get(f"{STATUS}+planned-work/{work.pk}/change/").content.decode()
    assert "T08:00" in form
    assert as_member.post(f"{STATUS}+planned-work/{work.pk}/change/", given | {"title": "Rest"}).status_code == 302
    assert as_member.get(f"{STATUS}+planned-work/{work.pk}/cancel/").status_code == 200
    assert as_member.post(f"{STATUS}+planned-work/{work.pk}/cancel/").status_code == 302
    assert as_member.post(f"{STATUS}+planned-work/{work.pk}/cancel/").status_code == 200
    work.refresh_from_db()
    assert (work.title, work.sequence) == ("Rest", 2)
    assert work.cancelled_at is not None
    told = Event.objects.filter(object_kind="planned-work").exclude(verb="published").order_by("id")
    assert list(told.values_list("verb", flat=True)) == ["announced", "changed", "cancelled"]


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"title": ""}, "required"),
        ({"functions": []}, "required"),
        ({"functions": ["4711"]}, "not a valid"),
        ({"ends_at": "2030-01-01T08:00"}, "end after it begins"),
        ({"begins_at": "2020-01-01T08:00", "ends_at": "2020-01-01T09:00"}, "over already"),
        ({"ends_at": "2031-01-01T08:00"}, "more than 90 days"),
        ({"begins_at": "9999-12-31T08:00", "ends_at": "9999-12-31T23:59"}, "three years"),
        ({"begins_at": "0001-01-01T00:00"}, "more than 90 days"),
        ({"begins_at": "2029-03-11T02:30"}, "so it never comes"),  # the hour that the clocks leave out
    ],
)
def test_bad_work_is_told(as_member: Client, scratch: Function, change: dict[str, Any], told: str) -> None:
    given = {
        "title": "Maintenance", "functions": [str(scratch.pk)], "begins_at": "2030-01-01T08:00",
        "ends_at": "2030-01-01T17:00",
    }  # fmt: skip
    answer = as_member.post(f"{STATUS}+planned-work/", given | change)
    assert answer.status_code == 200
    assert told in answer.content.decode()
    assert PlannedWork.objects.count() == 0


def test_work_of_another_team_is_not_there(scratch: Function, member: Person, stranger: Person) -> None:
    work = a_work(scratch, member)
    client = signed_in(stranger)
    assert client.post(f"/t/others/status/+planned-work/{work.pk}/cancel/").status_code == 404
    assert client.post("/t/others/status/scratch/say/", DEGRADED).status_code == 404
    other = a_function(stranger.memberships.get().team, "Theirs")
    given = {
        "title": "x",
        "functions": [str(scratch.pk)],
        "begins_at": "2030-01-01T08:00",
        "ends_at": "2030-01-01T09:00",
    }
    assert client.post("/t/others/status/+planned-work/", given).status_code == 200
    assert PlannedWork.objects.count() == 1
    assert other.team.slug == "others"


def test_what_was_said_is_found(scratch: Function, member: Person, as_member: Client) -> None:
    said(scratch, member, "degraded", cannot="Write tarballs.")
    a_work(scratch, member)
    for word, found in (("tarballs", "/t/rcd/status/scratch/"), ("Maintenance", "/t/rcd/status/")):
        assert f'href="{found}"' in as_member.get(f"/t/rcd/search/?q={word}").content.decode()


def test_the_database_refuses_to_change_what_was_said(scratch: Function, member: Person) -> None:
    statement = said(scratch, member)
    for attempt in (
        lambda: Statement.objects.filter(pk=statement.pk).update(condition="unavailable"),
        lambda: Statement.objects.filter(pk=statement.pk).delete(),
    ):
        with pytest.raises(DatabaseError, match="never changed or removed"), transaction.atomic():
            attempt()


@pytest.mark.parametrize("count", [1, 30])
def test_queries_do_not_grow(
    team: Team, member: Person, as_member: Client, django_assert_max_num_queries: DjangoAssertNumQueries, count: int
) -> None:
    for number in range(count):
        one = a_function(team, f"Function {number}")
        said(one, member, "degraded")
        a_work(one, member)
    with django_assert_max_num_queries(23):
        assert as_member.get(STATUS).status_code == 200
