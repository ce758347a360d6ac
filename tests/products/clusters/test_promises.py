"""Promises: derived once and kept, made by persons with a reason, told in the ledger."""

from datetime import UTC, datetime, timedelta
from io import BytesIO
from pathlib import Path

import pytest
import time_machine
from django.test import Client
from django.urls import reverse
from handmade import NOON, Job, bring, listing

from hortus.access.models import Person, Team
from hortus.ledger.models import Event
from hortus.products.clusters import actions
from hortus.products.clusters.models import Promise
from hortus.telemetry.models import Cluster
from hortus.values.refused import Refused
from tests.conftest import signed_in  # type: ignore[import-not-found]


@pytest.fixture(autouse=True)
def _later(data_dir: Path):  # type: ignore[no-untyped-def]
    with time_machine.travel(datetime(2026, 11, 1, tzinfo=UTC), tick=False):
        yield


def waits(first: int, weeks: int, minutes: int, **more: object) -> list[Job]:
    """Return ten jobs a week that wait up to so many minutes, from some weeks before noon on."""
    made = []
    for n in range(weeks * 10):
        start = NOON + timedelta(minutes=minutes * (n % 10 + 1) / 10)
        job = Job(first + n, start=start, end=start + timedelta(minutes=5), **more)  # type: ignore[arg-type]
        made.append(job.at(NOON - timedelta(weeks=20) + timedelta(weeks=n // 10)))
    return made


def test_are_derived_with_the_first_import_and_do_not_drift(team: Team) -> None:
    given = {"by": None, "source_name": "x", "door": "cli", "zone": "UTC"}
    actions.receive(team, "alder", BytesIO(listing(*waits(1, 12, 50))), **given)
    held = {(p.partition, p.size_class): p for p in Promise.objects.all()}
    assert set(held) == {("", ""), ("short", "one")}
    assert held["short", "one"].wait_seconds == 45 * 60
    told = held["short", "one"].source
    assert told.startswith("from history: 90 of 100 jobs (80 in all)")
    assert told.endswith("started within 45 min")
    actions.receive(team, "alder", BytesIO(listing(*waits(1000, 20, 500))), **given)
    assert {p.wait_seconds for p in Promise.objects.all()} == {45 * 60}
    assert Event.objects.filter(verb="derived").count() == 1


def test_too_few_jobs_give_no_promise_for_their_group(team: Team) -> None:
    cluster = bring(team, *waits(1, 4, 10), *waits(100, 2, 10, partition="gpu"))
    made = actions.derive(cluster, by=None, door="cli")
    assert {(p.partition, p.size_class) for p in made} == {("", ""), ("short", "one")}
    assert actions.derive(bring(team, Job(1), cluster="tiny"), by=None, door="cli") == []


def test_deriving_again_leaves_what_persons_promised(team: Team, lead: Person) -> None:
    cluster = bring(team, *waits(1, 20, 10))
    actions.promise(cluster, "short", "one", 60, reason="agreed in May", by=lead, door="web")
    actions.derive(cluster, by=lead, door="web", again=True)
    held = {(p.partition, p.size_class): p for p in Promise.objects.all()}
    assert held["short", "one"].source == "promised by Lena: agreed in May"
    assert held["", ""].is_from_history
    assert Event.objects.filter(verb__in=["made", "derived"]).count() == 2
    assert Event.objects.get(verb="made").payload["reason"] == "agreed in May"


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"size_class": "giant"}, "size_class"),
        ({"wait_seconds": 0}, "wait_seconds"),
        ({"wait_seconds": 10**12}, "wait_seconds"),
        ({"reason": "  "}, "reason"),
        ({"reason": "x" * 201}, "reason"),
        ({"reason": "a\x01b"}, "reason"),
        ({"partition": "x" * 81}, "partition"),
        ({"partition": "taken"}, "partition"),
    ],
)
def test_refuses_what_is_not_allowed(team: Team, lead: Person, change: dict[str, object], field: str) -> None:
    cluster = bring(team, Job(1))
    given = {"partition": "x", "size_class": "", "wait_seconds": 60, "reason": "r", "by": lead, "door": "web"}
    actions.promise(cluster, **(given | {"partition": "taken"}))  # type: ignore[arg-type]
    with pytest.raises(Refused) as caught:
        actions.promise(cluster, **(given | change))  # type: ignore[arg-type]
    assert caught.value.field == field
    assert Promise.objects.count() == 1


FORM = {"partition": "short", "size_class": "one", "amount": "1.5", "unit": "3600", "reason": "agreed"}


@pytest.fixture
def cluster(team: Team) -> Cluster:
    return bring(team, Job(1))


def url(name: str, *more: object) -> str:
    return reverse(f"clusters:{name}", args=["rcd", "alder", *more])


def test_a_lead_makes_changes_and_withdraws(cluster: Cluster, as_lead: Client) -> None:
    assert as_lead.post(url("promise-add"), FORM).status_code == 302
    held = Promise.objects.get()
    assert held.wait_seconds == 5400
    assert b'value="90"' in as_lead.get(url("promise", held.pk)).content
    as_lead.post(url("promise", held.pk), FORM | {"amount": "2", "reason": "more nodes"})
    assert Promise.objects.get().wait_seconds == 7200
    assert b"more nodes" in as_lead.get(url("promises")).content
    assert b"required" in as_lead.post(url("promise-withdraw", held.pk), {}).content
    as_lead.post(url("promise-withdraw", held.pk), {"reason": "no more"})
    assert not Promise.objects.exists()
    assert list(Event.objects.filter(plot="products-care").order_by("id").values_list("verb", flat=True)) == [
        "imported", "made", "changed", "withdrawn",
    ]  # fmt: skip


@pytest.mark.parametrize(
    "change",
    [{"amount": "nan"}, {"amount": "inf"}, {"amount": "-1"}, {"amount": "1e300"}, {"unit": "7"}, {"reason": ""}],
)
def test_bad_input_keeps_the_form(cluster: Cluster, as_lead: Client, change: dict[str, str]) -> None:
    answer = as_lead.post(url("promise-add"), FORM | change)
    assert answer.status_code == 200
    assert b'role="alert"' in answer.content
    assert not Promise.objects.exists()


def test_members_read_and_do_not_write(
    cluster: Cluster, as_member: Client, as_stranger: Client, reader: Person, guest: Person, lead: Person
) -> None:
    held = actions.promise(cluster, "", "", 60, reason="r", by=lead, door="web")
    for client in (as_member, signed_in(reader)):
        page = client.get(url("promises"))
        assert page.status_code == 200
        assert b"Withdraw" not in page.content
    for client in (as_member, as_stranger, signed_in(reader), signed_in(guest)):
        assert client.post(url("promise-add"), FORM).status_code == 404
        assert client.post(url("promise", held.pk), FORM).status_code == 404
        assert client.post(url("promise-withdraw", held.pk), {"reason": "x"}).status_code == 404
        assert client.post(url("promise-derive")).status_code == 404
    assert signed_in(guest).get(url("promises")).status_code == 404
    assert as_stranger.get(url("promises")).status_code == 404
