"""Pages of the catalogue: who sees and changes what, and what bad input is told."""

from datetime import date

import pytest
from django.test import Client
from django.urls import reverse

from hortus.access.models import Person, Team
from hortus.catalogue import actions
from hortus.catalogue.actions import Details
from hortus.catalogue.models import Service
from hortus.ledger.models import Event
from tests.conftest import signed_in  # type: ignore[import-not-found]

FORM = {"name": "Alder", "sort": "cluster", "sentence": "Run batch jobs."}


@pytest.fixture
def service(team: Team, lead: Person, member: Person) -> Service:
    return actions.add(team, Details("Alder cluster", "cluster", "Run jobs.", lead, member), by=lead, door="web")


def _url(name: str, *args: str) -> str:
    return reverse(f"catalogue:{name}", args=["rcd", *args])


def test_the_team_reads_strangers_do_not(
    service: Service, as_member: Client, as_lead: Client, as_stranger: Client, guest: Person
) -> None:
    for page in (_url("services"), _url("service", service.slug)):
        for client in (as_member, as_lead, signed_in(guest)):
            answer = client.get(page)
            assert answer.status_code == 200
            assert b"Alder cluster" in answer.content
        assert as_stranger.get(page).status_code == 404
        assert Client().get(page).status_code == 302


def test_a_guest_does_not_read_the_events(service: Service, as_member: Client, guest: Person) -> None:
    page = _url("service", service.slug)
    assert b": added" in as_member.get(page).content
    assert b": added" not in signed_in(guest).get(page).content


@pytest.mark.parametrize("name", ["add", "change", "retire", "reopen"])
def test_who_may_not_write_finds_no_form(service: Service, reader: Person, as_stranger: Client, name: str) -> None:
    page = _url(name) if name == "add" else _url(name, service.slug)
    for client in (signed_in(reader), as_stranger):
        assert client.post(page, FORM).status_code == 404
    assert Event.objects.count() == 1


def test_a_member_changes_but_does_not_retire(service: Service, as_member: Client) -> None:
    assert as_member.get(_url("change", service.slug)).status_code == 200
    assert as_member.get(_url("retire", service.slug)).status_code == 404
    assert b"Retire" not in as_member.get(_url("service", service.slug)).content


def test_a_lead_adds_changes_retires_and_reopens(as_lead: Client, lead: Person) -> None:
    answer = as_lead.post(_url("add"), FORM | {"owner": str(lead.pk)})
    assert answer.headers["Location"] == _url("service", "alder")
    as_lead.post(_url("change", "alder"), FORM | {"sentence": "Run many jobs."})
    as_lead.post(_url("retire", "alder"), {"on": "2026-10-01"})
    assert Service.objects.get().retired_on == date(2026, 10, 1)
    assert b"No longer offered" in as_lead.get(_url("services")).content
    as_lead.post(_url("reopen", "alder"))
    service = Service.objects.get()
    assert (service.sentence, service.owner, service.retired_on) == ("Run many jobs.", None, None)
    assert list(Event.objects.order_by("id").values_list("verb", "service", "source")) == [
        (verb, "alder", "web") for verb in ("added", "changed", "retired", "reopened")
    ]


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"name": ""}, b"required"),
        ({"name": "x" * 121}, b"120"),
        ({"name": "\x00"}, b"Null characters"),
        ({"name": "a\x01b"}, b"U+0001 cannot be shown"),
        ({"sentence": "a\x1bb"}, b"U+001B cannot be shown"),
        ({"sort": "castle"}, b"valid choice"),
        ({"owner": "4711"}, b"not a valid"),
        ({"owner": "lead", "deputy": "lead"}, b"same person"),
        ({"owner": "stranger"}, b"valid choice"),
    ],
)
def test_bad_input_is_told_beside_its_field(
    as_lead: Client, lead: Person, stranger: Person, change: dict[str, str], told: bytes
) -> None:
    ids = {"lead": str(lead.pk), "stranger": str(stranger.pk)}
    answer = as_lead.post(_url("add"), FORM | {key: ids.get(value, value) for key, value in change.items()})
    assert answer.status_code == 200
    assert told in answer.content
    assert not Service.objects.exists()


def test_two_services_of_one_name_get_two_addresses(team: Team, lead: Person) -> None:
    slugs = [actions.add(team, Details("Größe & Co", "data", "x"), by=lead, door="web").slug for _ in range(3)]
    assert slugs == ["groe-co", "groe-co-2", "groe-co-3"]


def test_a_change_that_changes_nothing_tells_nothing(service: Service, lead: Person, member: Person) -> None:
    same = Details("Alder cluster", "cluster", "Run jobs.", lead, member)
    assert actions.change(service, same, by=lead, door="web") == []
    assert Event.objects.count() == 1


def test_the_list_takes_as_many_queries_for_30_as_for_one(
    service: Service, team: Team, lead: Person, as_member: Client, django_assert_max_num_queries
) -> None:  # type: ignore[no-untyped-def]
    for n in range(29):
        actions.add(team, Details(f"Service {n}", "data", "x", lead), by=lead, door="web")
    as_member.get(_url("services"))
    with django_assert_max_num_queries(9) as counted:
        as_member.get(_url("services"))
    many = len(counted)
    Service.objects.exclude(pk=service.pk).delete()
    with django_assert_max_num_queries(many) as counted:
        as_member.get(_url("services"))
    assert len(counted) == many
