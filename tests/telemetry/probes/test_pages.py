"""Pages of probes: who sees and changes what, empty states, and what bad input is told."""

import random
from datetime import timedelta
from pathlib import Path

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from hortus.access.models import Person, Team
from hortus.catalogue import actions as catalogue
from hortus.ledger.models import Event
from hortus.ledger.queue_worker import drain
from hortus.telemetry.probes import actions, kinds
from hortus.telemetry.probes.actions import Details
from hortus.telemetry.probes.models import Probe, ProbeResult
from tests.conftest import signed_in  # type: ignore[import-not-found]


def url(name: str, *args: str) -> str:
    return reverse(f"probes:{name}", args=["rcd", *args])


FORM = {
    "name": "Login node", "host": "login.example.org", "port": "22", "service": "", "period_seconds": "60",
    "limit_seconds": "10", "latency_seconds": "",
}  # fmt: skip
CHANGES = [("change", FORM), ("remove", {}), ("pause", {}), ("resume", {}), ("run", {})]


def test_the_team_reads_guests_and_strangers_do_not(
    door: Probe, as_member: Client, reader: Person, guest: Person, as_stranger: Client
) -> None:
    for page in (url("probes"), url("probe", door.slug)):
        for client in (as_member, signed_in(reader)):
            answer = client.get(page)
            assert answer.status_code == 200
            assert "Front door" in answer.content.decode()
            assert "Add a probe" not in answer.content.decode()
            assert "Change</a>" not in answer.content.decode()
        for client in (signed_in(guest), as_stranger):
            assert client.get(page).status_code == 404
        assert Client().get(page).status_code == 302


@pytest.mark.parametrize(("name", "form"), [*CHANGES, ("add", FORM)])
def test_who_may_not_write_changes_nothing(
    door: Probe, as_member: Client, reader: Person, as_stranger: Client, name: str, form: dict[str, str]
) -> None:
    page = url("add", "ssh") if name == "add" else url(name, door.slug)
    before = list(Probe.objects.values())
    for client in (as_member, signed_in(reader), as_stranger):
        assert client.post(page, form).status_code == 404
    assert list(Probe.objects.values()) == before


def test_a_lead_adds_changes_pauses_runs_and_removes(as_lead: Client, lead: Person, opened: Path, port: int) -> None:
    form = FORM | {"host": "127.0.0.1", "port": str(port)}
    assert as_lead.post(url("add", "tcp"), form).headers["Location"] == url("probe", "login-node")
    probe = Probe.objects.get()
    assert (probe.kind, probe.parameters, probe.by) == ("tcp", {"host": "127.0.0.1", "port": port}, lead)
    assert "was not asked yet" in as_lead.get(url("probe", "login-node")).content.decode()
    as_lead.post(url("run", "login-node"))
    drain()
    page = as_lead.get(url("probe", "login-node")).content.decode()
    assert "Login node answers" in page
    assert "Half of the answers took at most" in page
    as_lead.post(url("pause", "login-node"))
    assert "Login node is paused" in as_lead.get(url("probe", "login-node")).content.decode()
    assert "already" in as_lead.post(url("pause", "login-node"), follow=True).content.decode()
    as_lead.post(url("resume", "login-node"))
    as_lead.post(url("change", "login-node"), form | {"latency_seconds": "0.5", "name": "Door"})
    assert Probe.objects.get().latency_seconds == 0.5
    assert as_lead.get(url("remove", "login-node")).status_code == 200
    as_lead.post(url("remove", "login-node"))
    assert not Probe.objects.exists()
    assert list(Event.objects.order_by("id").values_list("verb", flat=True)) == [
        "added", "paused", "resumed", "changed", "removed",
    ]  # fmt: skip


def test_nothing_yet(team: Team, as_lead: Client, as_member: Client) -> None:
    assert "Add a probe" in as_lead.get(url("probes")).content.decode()
    assert "A lead or an admin of the team adds probes" in as_member.get(url("probes")).content.decode()


@pytest.mark.parametrize("kind", list(kinds.KINDS))
def test_every_kind_has_a_form_with_a_promise(as_lead: Client, team: Team, kind: str) -> None:
    assert kinds.KINDS[kind].name in as_lead.get(url("choose")).content.decode()
    page = as_lead.get(url("add", kind)).content.decode()
    assert "can read this" in page
    for parameter in kinds.KINDS[kind].parameters:
        assert f'name="{parameter.name}"' in page


def test_an_unknown_kind_is_no_page(as_lead: Client, team: Team) -> None:
    assert as_lead.get(url("add", "smoke-signal")).status_code == 404


@pytest.mark.parametrize(
    ("kind", "change", "told"),
    [
        ("tcp", {"host": ""}, "required"),
        ("tcp", {"host": "http://x"}, "is no host"),
        ("tcp", {"host": "0x7f.1"}, "spelled oddly"),
        ("tcp", {"port": "70000"}, "from 1 to 65535"),
        ("tcp", {"port": "ssh"}, "from 1 to 65535"),
        ("tcp", {"period_seconds": "9"}, "must be 10 to 86400 s"),
        ("tcp", {"period_seconds": "20", "limit_seconds": "21"}, "must be 1 to 20 s"),
        ("tcp", {"latency_seconds": "11"}, "at most the limit of 10 s"),
        ("tcp", {"service": "nothing"}, "valid choice"),
        ("tcp", {"name": "x" * 121}, "120"),
        ("http", {"url": "https://me:secret@example.org/"}, "user name or password"),
        ("http", {"url": "ftp://example.org/"}, "not fetched"),
        ("http", {"url": "https://example.org/", "status": "700"}, "no statuses"),
        ("http", {"url": "https://example.org/", "status": "ok"}, "no statuses"),
        ("dns", {"domain": "a b"}, "no name"),
        ("dns", {"domain": "example.org", "record": "ANY"}, "valid choice"),
        ("dns", {"domain": "example.org", "record": "A", "server": "ns.example.org"}, "no address"),
        ("file_system", {"path": "scratch"}, "no whole path"),
        ("file_system", {"path": "/"}, "no whole path"),
        ("file_system", {"path": "/etc"}, "may not be probed"),
        ("batch", {"partition": "--wrap=rm", "period_seconds": "900", "limit_seconds": "600"}, "no name in Slurm"),
        ("batch", {"period_seconds": "30"}, "must be 60 to"),
    ],
)
def test_bad_input_is_told_beside_its_field(
    as_lead: Client, team: Team, opened: Path, kind: str, change: dict[str, str], told: str
) -> None:
    answer = as_lead.post(url("add", kind), FORM | {"record": "A", "port": "53"} | change)
    assert answer.status_code == 200
    assert told in answer.content.decode()
    assert not Probe.objects.exists()


def test_a_hostile_name_is_shown_as_text(as_lead: Client, team: Team) -> None:
    probe = actions.add(
        team, "http", Details("<b>x</b>", parameters={"url": "https://example.org/?a=<script>"}), by=None, door="web"
    )
    ProbeResult.objects.create(
        probe=probe, at=timezone.now(), ok=False, period_seconds=60, code="text", sentence="It said <script>."
    )
    for page in (url("probes"), url("probe", probe.slug)):
        text = as_lead.get(page).content.decode()
        assert "<script>." not in text
        assert "<b>x" not in text
        assert "&lt;script&gt;." in text


@pytest.fixture
def history(door: Probe, data_dir: Path) -> Probe:
    chance, now = random.Random(3), timezone.now()
    ProbeResult.objects.bulk_create(
        ProbeResult(
            probe=door, at=now - timedelta(minutes=n), ok=n % 50 != 0, value_seconds=chance.random(),
            period_seconds=60, code="ok", sentence="It answered." if n % 50 else "It refused.",
        )
        for n in range(300)
    )  # fmt: skip
    return door


def test_results_by_day_only_bad_ones_and_by_page(history: Probe, as_member: Client) -> None:
    page = url("probe", history.slug)
    assert as_member.get(page).content.decode().count("It answered.</td>") == 98
    bad = as_member.get(f"{page}?which=bad").content.decode()
    assert (bad.count("It refused.</td>"), bad.count("It answered.</td>")) == (6, 0)
    assert "1 to" not in as_member.get(f"{page}?day=2020-01-01").content.decode()
    assert "nothing was asked in this time" in as_member.get(f"{page}?day=2020-01-01").content.decode()
    for odd in ("?day=soon", "?day=9999-12-31", "?reach=9", "?which=x", "?page=99", "?reach=28", "?day=0001-01-01"):
        assert as_member.get(f"{page}{odd}").status_code == 200, odd


def test_the_service_page_and_the_search_know_the_probe(
    team: Team, lead: Person, as_member: Client, opened: Path
) -> None:
    service = catalogue.add(team, catalogue.Details("Alder", "cluster", "Runs jobs."), by=lead, door="web")
    actions.add(team, "ssh", Details("Login node", service.slug, {"host": "login.example.org"}), by=lead, door="web")
    assert "Login node" in as_member.get(reverse("catalogue:service", args=["rcd", "alder"])).content.decode()
    assert (
        url("probe", "login-node")
        in as_member.get(f"{reverse('ledger:search', args=['rcd'])}?q=login").content.decode()
    )


def test_the_list_takes_as_many_queries_for_30_as_for_one(
    door: Probe, team: Team, as_member: Client, django_assert_max_num_queries
) -> None:  # type: ignore[no-untyped-def]
    as_member.get(url("probes"))
    with django_assert_max_num_queries(20) as counted:
        as_member.get(url("probes"))
    few = len(counted)
    for n in range(29):
        actions.add(team, "tcp", Details(f"Probe {n}", parameters=door.parameters), by=None, door="web")
    with django_assert_max_num_queries(few) as counted:
        as_member.get(url("probes"))


def test_results_as_csv(door: Probe, as_member: Client, as_stranger: Client, guest: Person) -> None:
    now = timezone.now()
    given = {"probe": door, "period_seconds": 60, "code": "ok"}
    ProbeResult.objects.create(at=now - timedelta(hours=1), ok=True, value_seconds=0.25, sentence="=1+1", **given)
    ProbeResult.objects.create(
        at=now - timedelta(days=3), ok=False, value_seconds=None, sentence="It is gone.", **given
    )
    page = url("results-csv", door.slug)
    answer = as_member.get(page)
    assert answer.headers["Content-Type"] == "text/csv; charset=utf-8"
    assert answer.headers["Content-Disposition"] == 'attachment; filename="front-door-1d.csv"'
    head, row = answer.content.decode().splitlines()
    assert head == "at,counts_as,value_seconds,ok,code,sentence"
    assert row.endswith(",good,0.25,True,ok,'=1+1")
    (_, *rows) = as_member.get(page, {"reach": "7"}).content.decode().splitlines()
    assert [line.split(",")[1] for line in rows] == ["good", "bad"]
    day = timezone.localtime(now - timedelta(days=3), door.team.zoneinfo).date()
    of_day = as_member.get(page, {"day": day.isoformat(), "reach": "1"})
    assert f"front-door-{day}.csv" in of_day.headers["Content-Disposition"]
    assert len(of_day.content.decode().splitlines()) == 2
    bad = as_member.get(page, {"reach": "28", "which": "bad"}).content.decode().splitlines()
    assert len(bad) == 2
    assert ",bad,,False,ok,It is gone." in bad[1]
    shown = as_member.get(url("probe", door.slug), {"reach": "7"}).content.decode()
    assert f'href="{page}?reach=7" download>Results of the last 7 days as CSV' in shown
    for client in (as_stranger, signed_in(guest)):
        assert client.get(page).status_code == 404


def test_a_long_csv_ends_and_says_so(door: Probe, as_member: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    given = {"probe": door, "period_seconds": 60, "code": "ok", "ok": True, "sentence": ""}
    for hours in (0, 1, 2):
        ProbeResult.objects.create(at=timezone.now() - timedelta(hours=hours), value_seconds=hours, **given)
    page = url("results-csv", door.slug)
    monkeypatch.setattr("hortus.telemetry.probes.views.MOST_CSV", 2)
    cut = as_member.get(page)
    assert 'filename="front-door-1d-newest-2.csv"' in cut.headers["Content-Disposition"]
    assert [line.split(",")[2] for line in cut.content.decode().splitlines()[1:]] == ["0.0", "1.0"]
    monkeypatch.setattr("hortus.telemetry.probes.views.MOST_CSV", 3)
    assert 'filename="front-door-1d.csv"' in as_member.get(page).headers["Content-Disposition"]


def test_sources_are_found_from_every_page(door: Probe, as_member: Client, reader: Person, guest: Person) -> None:
    link = f'<a href="{url("probes")}">Sources</a>'
    engines = reverse("engines:engines", args=["rcd"])
    home = reverse("garden:garden", args=["rcd"])
    for client in (as_member, signed_in(reader)):
        assert link in client.get(home).content.decode()
    assert "Sources" not in signed_in(guest).get(home).content.decode()
    here = f'<a href="{url("probes")}" aria-current="page">Sources</a>'
    assert here in as_member.get(engines).content.decode()
    assert f'<a href="{engines}">Engines, hubs and schedulers</a>' in as_member.get(url("probes")).content.decode()
    assert engines not in signed_in(reader).get(url("probes")).content.decode()
