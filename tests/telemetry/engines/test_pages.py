"""Pages and API of engines: what a lead does, what a member sees, what a stranger never learns."""

import json
import socket
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
from django.test import Client
from django.urls import reverse

from hortus.access.models import Person, Team
from hortus.ledger.models import Event
from hortus.ledger.queue_models import QueuedTask
from hortus.telemetry.counts.models import Series
from hortus.telemetry.engines import actions, tasks
from hortus.telemetry.engines.hub_reading import read_hub
from hortus.telemetry.engines.models import Engine, EngineQuery, Hub, Poll
from hortus.telemetry.models import Cluster
from tests.conftest import signed_in  # type: ignore[import-not-found]
from tests.telemetry.engines.conftest import engine_at  # type: ignore[import-not-found]
from tests.telemetry.engines.test_hub_metrics import page  # type: ignore[import-not-found]
from tests.telemetry.engines.test_lying_engines import Fake  # type: ignore[import-not-found]
from tests.web.fetch_servers import body, serving  # type: ignore[import-not-found]

pytestmark = [pytest.mark.usefixtures("loopback"), pytest.mark.django_db]

API = "/api/v1/teams/rcd/engines"
QUERY = {
    "name": "Web requests", "sort": "good", "good": "events_total", "total": "events_total", "is_kept_here": "yes",
    "backfill_days": "1",
}  # fmt: skip


def at(name: str, *place: object) -> str:
    return reverse(f"engines:{name}", args=["rcd", *place])


def work() -> None:
    """Do what is in the queue, as a worker would."""
    for row in QueuedTask.objects.filter(path="hortus.telemetry.engines.tasks.check_one"):
        tasks.check_one.func(*row.args)
        row.delete()


def test_from_adding_to_seeing(team: Team, as_lead: Client, as_member: Client) -> None:
    with serving(Fake()) as server:
        empty = as_lead.get(at("engines")).content.decode()
        assert "No metric engine yet" in empty
        given = {"name": "Campus metrics", "url": server.url(""), "kind": "victoriametrics"}
        sent = as_lead.post(at("add"), given)
        assert sent.headers["Location"] == at("engine", "campus-metrics")
        assert as_lead.post(at("ask", "campus-metrics"), QUERY).status_code == 302
        work()
        shown = as_member.get(at("engine", "campus-metrics")).content.decode()
        assert "Campus metrics is trusted" in shown
        assert "events_total" in shown
        assert "The samples of that hour allow between 118 and 120; the engine says 120." in shown
        assert "Try a query" not in shown
        listed = as_member.get(at("engines")).content.decode()
        assert "1 source is asked, nothing wrong the last time" in listed
        tried = as_lead.get(at("try", "campus-metrics"), {"expression": "up"}).content.decode()
        assert "1 series came back" in tried
        assert "60.0" in tried
    gone = as_lead.get(at("try", "campus-metrics"), {"expression": "up"}).content.decode()
    assert "does not take connections" in gone
    verbs = set(Event.objects.filter(team=team, object_kind="engine").values_list("verb", flat=True))
    assert verbs == {"added", "asked", "checked"}


def test_changing_and_removing(team: Team, lead: Person, as_lead: Client) -> None:
    with serving(Fake()) as server:
        engine = engine_at(team, server.url(""))
        as_lead.post(at("ask", "metrics"), QUERY)
        work()
        engine.refresh_from_db()
        assert engine.state == Engine.State.TRUSTED
    form = as_lead.get(at("change", "metrics")).content.decode()
    assert server.url("") in form
    given = {"name": "Metrics", "url": "http://elsewhere.example.org", "kind": "thanos"}
    assert as_lead.post(at("change", "metrics"), given).status_code == 302
    engine.refresh_from_db()
    assert (engine.kind, engine.state, engine.checks) == ("thanos", Engine.State.UNCHECKED, [])
    series = Series.objects.get(name="web-requests")
    assert as_lead.post(at("drop", "metrics", series.pk)).status_code == 302
    assert as_lead.post(at("remove", "metrics")).status_code == 302
    assert not Engine.objects.exists()
    assert Series.objects.filter(pk=series.pk).exists()


@pytest.mark.parametrize(
    ("field", "given", "said"),
    [
        ("good", "sum(x)", "is no selector of a counter"),
        ("total", "", "is no selector of a counter"),
        ("name", "...", "letters or digits"),
        ("backfill_days", "401", "less than or equal to 400"),
        ("sort", "raw", "Select a valid choice"),
    ],
)
def test_a_wrong_query_is_shown_again(team: Team, as_lead: Client, field: str, given: str, said: str) -> None:
    engine_at(team, "http://metrics.example.org")
    answer = as_lead.post(at("ask", "metrics"), QUERY | {field: given})
    assert answer.status_code == 200
    assert said in answer.content.decode()
    assert not EngineQuery.objects.exists()
    assert not Series.objects.exists()


def test_a_threshold_needs_its_bound(team: Team, as_lead: Client) -> None:
    engine_at(team, "http://metrics.example.org")
    given = QUERY | {"sort": "threshold", "good": "sum(x)", "comparison": "lte"}
    assert "Give the bound as a number" in as_lead.post(at("ask", "metrics"), given).content.decode()
    away = given | {"bound": "5", "is_kept_here": "no"}
    assert "has to be kept here" in as_lead.post(at("ask", "metrics"), away).content.decode()
    assert as_lead.post(at("ask", "metrics"), given | {"bound": "5"}).status_code == 302


def test_what_keeps_counts_there_is_not_removed(team: Team, as_lead: Client) -> None:
    engine_at(team, "http://metrics.example.org")
    as_lead.post(at("ask", "metrics"), QUERY | {"is_kept_here": "no"})
    assert "1 of its queries keep their counts" in as_lead.post(at("remove", "metrics")).content.decode()


@pytest.mark.parametrize("name", ["same", "SAME"])
def test_a_name_is_taken_once(team: Team, as_lead: Client, name: str) -> None:
    engine_at(team, "http://metrics.example.org", "Same")
    given = {"name": name, "url": "http://other.example.org", "kind": "other"}
    assert "choose another name" in as_lead.post(at("add"), given).content.decode()
    assert Engine.objects.count() == 1


def test_no_secret_on_any_page(team: Team, as_lead: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ENGINE_TOKEN_METRICS", "http://metrics.example.org s3cret")
    given = {
        "name": "Metrics",
        "url": "http://metrics.example.org",
        "kind": "other",
        "token_name": "ENGINE_TOKEN_METRICS",
    }
    as_lead.post(at("add"), given)
    for path in (at("engines"), at("engine", "metrics"), at("change", "metrics"), API, f"{API}/metrics"):
        shown = as_lead.get(path).content.decode()
        assert "s3cret" not in shown
    assert Engine.objects.get().token_name == "METRICS"


def test_who_may_not(team: Team, reader: Person, as_member: Client, as_stranger: Client) -> None:
    engine_at(team, "http://metrics.example.org")
    pages = [at("engines"), at("engine", "metrics"), API, f"{API}/metrics", f"{API}/metrics/queries"]
    for path in pages:
        assert as_member.get(path).status_code == 200
        assert as_stranger.get(path).status_code == 404
        assert signed_in(reader).get(path).status_code == 404
    for name in ("change", "ask", "try", "remove"):
        assert as_member.get(at(name, "metrics")).status_code == 404
    assert as_member.post(at("check", "metrics")).status_code == 404


def test_the_api(team: Team, as_lead: Client) -> None:
    def post(path: str, given: dict[str, object]) -> tuple[int, dict[str, object]]:
        answer = as_lead.post(path, json.dumps(given), content_type="application/json")
        return answer.status_code, answer.json()

    with serving(Fake()) as server:
        status, made = post(API, {"name": "Metrics", "url": server.url("/prometheus/"), "kind": "mimir"})
        assert (status, made["slug"], made["state"]) == (201, "metrics", "unchecked")
        assert made["url"] == server.url("/prometheus")
        given = {"name": "Web", "sort": "bad", "good": "events_total", "total": "events_total"}
        status, query = post(f"{API}/metrics/queries", given)
        assert (status, query["series"], query["finding"]) == (201, "web", "")
        assert post(f"{API}/metrics/check", {})[0] == 202
        work()
        tried = as_lead.get(f"{API}/metrics/try", {"expression": "up"}).json()
        assert (tried["count"], [row["value"] for row in tried["rows"]]) == (1, [60])
        assert as_lead.get(f"{API}/metrics/try", {"expression": ""}).json()["field"] == "expression"
    assert as_lead.get(f"{API}/metrics").json()["state"] == "trusted"
    assert [row["series"] for row in as_lead.get(f"{API}/metrics/queries").json()] == ["web"]
    status, refused = post(API, {"name": "x", "url": "http://user:pass@host"})
    assert (status, refused["field"]) == (422, "url")
    assert "pass" not in str(refused["detail"])
    assert post(f"{API}/metrics/queries", given | {"name": "y", "sort": "raw"})[1]["field"] == "sort"
    assert as_lead.get("/api/v1/teams/rcd/hubs").json() == []
    assert as_lead.get("/api/v1/teams/rcd/schedulers").json() == []


def sent(client: Client, method: str, path: str, given: object = None) -> tuple[int, dict[str, object]]:
    """Send JSON to the API; return the status and what came back."""
    answer = client.generic(method, f"/api/v1/teams/rcd/{path}", json.dumps(given), content_type="application/json")
    return answer.status_code, answer.json() if answer.content else {}


def test_an_engine_is_changed_and_removed_by_the_api(team: Team, as_lead: Client, as_member: Client) -> None:
    engine = engine_at(team, "http://metrics.example.org")
    asked = actions.ask(engine, name="x", sort="good", good="x", total="x", by=None, door="cli")
    given = {"name": "Campus", "url": "http://other.example.org/", "kind": "mimir", "token_name": "METRICS"}
    assert sent(as_member, "PUT", "engines/metrics", given)[0] == 404
    status, told = sent(as_lead, "PUT", "engines/metrics", given)
    assert (status, told["name"], told["url"], told["state"]) == (
        200,
        "Campus",
        "http://other.example.org",
        "unchecked",
    )
    assert sent(as_lead, "PUT", "engines/metrics", given | {"kind": "graphite"})[1]["field"] == "kind"
    (query,) = as_lead.get(f"{API}/metrics/queries").json()
    assert query["series_id"] == asked.series_id
    assert sent(as_member, "DELETE", f"engines/metrics/queries/{asked.series_id}")[0] == 404
    assert sent(as_lead, "DELETE", f"engines/metrics/queries/{asked.series_id}")[0] == 204
    assert sent(as_lead, "DELETE", "engines/metrics")[0] == 204
    assert not Engine.objects.exists()


def spawns(path: str) -> bytes:
    return body(page(("success/", 3, 2, 1.0), ("error/exited", 1, 0, 1.0)).encode())


def test_a_hub_by_the_api(team: Team, as_lead: Client, as_member: Client, as_stranger: Client) -> None:
    with serving(spawns) as server:
        given = {"name": "Notebooks", "url": server.url("/hub/metrics"), "threshold_seconds": 20}
        status, told = sent(as_lead, "POST", "hubs", given)
        assert (status, told["field"]) == (422, "threshold_seconds")
        assert "choose one of 10, 30 seconds" in str(told["detail"])
        assert sent(as_member, "POST", "hubs", given)[0] == 404
        status, made = sent(as_lead, "POST", "hubs", given | {"threshold_seconds": 30})
        assert (status, made["slug"], made["series"], made["read_at"]) == (
            201,
            "notebooks",
            "notebooks-notebooks",
            None,
        )
        assert sent(as_lead, "POST", "hubs", given | {"threshold_seconds": 30})[1]["field"] == "name"
        assert sent(as_lead, "POST", "hubs/notebooks/check")[0] == 202
        for row in QueuedTask.objects.filter(path="hortus.telemetry.engines.tasks.read_one_hub"):
            tasks.read_one_hub.func(*row.args)
        read = sent(as_member, "GET", "hubs/notebooks")[1]
        assert read["read_at"] is not None
        assert read["starts"] == [
            {"status": "error", "reason": "exited", "count": 1, "counts_as": "not counted"},
            {
                "status": "success",
                "reason": "",
                "count": 3,
                "counts_as": "good when within the threshold, bad when later",
            },
        ]
        status, told = sent(as_lead, "PUT", "hubs/notebooks", given | {"name": "Hub", "threshold_seconds": 10})
        assert (status, told["name"], told["threshold_seconds"]) == (200, "Hub", 10)
        hub = Hub.objects.get()
        assert hub.last  # at the same address it counts on
        moved = given | {"url": server.url("/elsewhere/hub/metrics"), "threshold_seconds": 10}
        assert sent(as_lead, "PUT", "hubs/notebooks", moved)[0] == 200
        hub.refresh_from_db()
        assert hub.last == {}
    status, told = sent(as_lead, "PUT", "hubs/notebooks", moved | {"threshold_seconds": 30})
    assert (status, "does not take connections" in str(told["detail"])) == (422, True)
    assert sent(as_lead, "PUT", "hubs/notebooks", moved | {"name": "Only a name"})[0] == 200
    for method, path in (("GET", "hubs/notebooks"), ("DELETE", "hubs/notebooks"), ("POST", "hubs/notebooks/check")):
        assert sent(as_stranger, method, path)[0] == 404
    assert sent(as_lead, "DELETE", "hubs/notebooks")[0] == 204
    verbs = Event.objects.filter(object_kind="hub").order_by("recorded_at").values_list("verb", flat=True)
    assert list(verbs) == ["added", "changed", "changed", "changed", "removed"]


def test_a_hub_that_was_removed_goes_on_in_its_series(team: Team) -> None:
    with serving(spawns) as server:
        given = {"name": "Notebooks", "url": server.url("/hub/metrics"), "threshold_seconds": 30.0}
        first = actions.add_hub(team, by=None, door="cli", **given)  # type: ignore[arg-type]
        actions.remove_hub(first, by=None, door="cli")
        again = actions.add_hub(team, by=None, door="cli", **given)  # type: ignore[arg-type]
    assert again.series == first.series
    assert Series.objects.count() == 1


def test_a_reading_of_a_hub_that_was_changed_meanwhile_counts_nothing(team: Team) -> None:
    with serving(spawns) as server:
        given = {"name": "Notebooks", "url": server.url("/hub/metrics"), "threshold_seconds": 30.0}
        hub = actions.add_hub(team, by=None, door="cli", **given)  # type: ignore[arg-type]
        stale = Hub.objects.get()
        moved = given | {"url": server.url("/new/hub/metrics")}
        actions.change_hub(hub, by=None, door="cli", **moved)  # type: ignore[arg-type]
        assert read_hub(stale) is None
        hub.refresh_from_db()
        assert (hub.last, hub.read_at) == ({}, None)


def test_a_scheduler_by_the_api(team: Team, as_lead: Client, as_member: Client, as_stranger: Client) -> None:
    given = {"source": "slurmrestd", "period_minutes": 10, "url": "http://slurm.example.org:6820/slurmdb/v0.0.38/jobs"}
    assert sent(as_lead, "PUT", "schedulers/alder", given)[0] == 404  # there is no such cluster
    Cluster.objects.create(team=team, name="alder")
    assert sent(as_member, "PUT", "schedulers/alder", given)[0] == 404
    assert sent(as_lead, "PUT", "schedulers/alder", given)[1]["field"] == "user_name"
    status, told = sent(as_lead, "PUT", "schedulers/alder", given | {"user_name": "hortus", "token_name": "SLURM"})
    assert (status, told["source"], told["user_name"], told["token_name"]) == (200, "slurmrestd", "hortus", "SLURM")
    status, told = sent(as_lead, "PUT", "schedulers/alder", {"period_minutes": 7})
    assert (status, told["field"]) == (422, "period_minutes")
    assert sent(as_lead, "PUT", "schedulers/alder", {"since": "2026-11-22T10:00:00"})[0] == 422  # of no zone
    status, told = sent(as_lead, "PUT", "schedulers/alder", {"period_minutes": 5})
    assert (status, told["source"], told["url"]) == (200, "sacct", "")
    assert sent(as_lead, "POST", "schedulers/alder/check")[0] == 202
    queued = QueuedTask.objects.filter(path="hortus.telemetry.engines.tasks.poll_one")
    assert [row.args for row in queued] == [[str(Poll.objects.get().pk)]]
    assert sent(as_member, "GET", "schedulers/alder")[1]["period_minutes"] == 5
    assert sent(as_stranger, "GET", "schedulers/alder")[0] == 404
    assert sent(as_lead, "DELETE", "schedulers/alder")[0] == 204
    assert sent(as_lead, "GET", "schedulers/alder")[0] == 404


def test_hub_pages(team: Team, as_lead: Client, as_member: Client) -> None:
    with serving(lambda path: body(page(("success/", 3, 2, 1.0), ("error/exited", 1, 0, 1.0)).encode())) as server:
        given = {"name": "Notebooks", "url": server.url("/hub/metrics"), "threshold_seconds": "20"}
        assert "choose one of 10, 30 seconds" in as_lead.post(at("hub-add"), given).content.decode()
        assert as_lead.post(at("hub-add"), given | {"threshold_seconds": "30"}).status_code == 302
        tasks.read_one_hub.func(str(Hub.objects.get().pk))
    shown = as_member.get(at("hub", "notebooks")).content.decode()
    assert "opened within 30 seconds" in shown
    assert "good when within the threshold, bad when later" in shown
    assert "The hub counts the same start once more" in shown
    tasks.read_one_hub.func(str(Hub.objects.get().pk))
    assert "Until it is read again nothing is measured." in as_member.get(at("hub", "notebooks")).content.decode()
    listed = as_member.get(at("engines")).content.decode()
    assert "Notebooks" in listed
    assert "1 source is asked, 1 with something to look at" in listed
    assert as_lead.get("/api/v1/teams/rcd/hubs").json()[0]["series"] == "notebooks-notebooks"
    assert as_lead.post(at("hub-check", "notebooks")).headers["Location"] == at("hub", "notebooks")
    assert as_member.post(at("hub-check", "notebooks")).status_code == 404
    form = as_lead.get(at("hub-change", "notebooks")).content.decode()
    assert "a hub keeps no histogram of the past" in form
    renamed = given | {"name": "Our notebooks", "threshold_seconds": "30"}
    assert as_lead.post(at("hub-change", "notebooks"), renamed).headers["Location"] == at("hub", "notebooks")
    assert Hub.objects.get().name == "Our notebooks"
    assert as_lead.post(at("hub-remove", "notebooks")).status_code == 302
    assert not Hub.objects.exists()


def test_scheduler_pages(team: Team, as_lead: Client, as_member: Client) -> None:
    Cluster.objects.create(team=team, name="alder")
    given = {"cluster": "alder", "source": "slurmrestd", "period_minutes": "10"}
    assert "write http:// or https://" in as_lead.post(at("poll-add"), given).content.decode()
    given |= {"url": "http://slurm.example.org:6820/slurmdb/v0.0.38/jobs", "user_name": "hortus"}
    assert "name the variable that holds it" in as_lead.post(at("poll-add"), given).content.decode()
    named = given | {"token_name": "SLURM"}
    assert "in the future" in as_lead.post(at("poll-add"), named | {"since": "2999-01-01T10:00"}).content.decode()
    assert as_lead.post(at("poll-add"), named | {"since": "2026-03-02T10:00"}).status_code == 302
    assert Poll.objects.get().since == datetime(2026, 3, 2, 15, tzinfo=UTC)  # the team is in New York
    assert 'name="since"' not in as_lead.get(at("poll", "alder")).content.decode()
    assert "slurmrestd by HTTP" in as_member.get(at("engines")).content.decode()
    assert "ENGINE_TOKEN" in as_lead.get(at("poll", "alder")).content.decode()
    assert as_lead.post(at("poll", "alder"), given | {"source": "sacct", "period_minutes": "5"}).status_code == 302
    held = Poll.objects.get()
    assert (held.source, held.period_minutes, held.token_name) == ("sacct", 5, "")
    assert as_lead.get("/api/v1/teams/rcd/schedulers").json()[0]["cluster"] == "alder"
    assert as_lead.post(at("poll-check", "alder")).headers["Location"] == at("engines")
    assert as_member.post(at("poll-check", "alder")).status_code == 404
    assert as_lead.post(at("poll-stop", "alder")).status_code == 302
    assert not Poll.objects.exists()


def test_the_list_asks_as_often_for_many(team: Team, as_lead: Client, django_assert_max_num_queries) -> None:  # type: ignore[no-untyped-def]
    for n in range(12):
        engine = engine_at(team, "http://metrics.example.org", f"Engine {n}")
        for m in range(3):
            given = {"name": f"s {n} {m}", "sort": "good", "good": "x", "total": "x"}
            actions.ask(engine, by=None, door="cli", **given)  # type: ignore[arg-type]
    with django_assert_max_num_queries(14):
        as_lead.get(at("engines"))
    with django_assert_max_num_queries(14):
        as_lead.get(at("engine", "engine-1"))


@pytest.fixture
def nobody() -> Iterator[str]:
    """A URL of this machine where nobody takes connections."""
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        yield f"http://127.0.0.1:{held.getsockname()[1]}"


def test_every_minute_queues_what_is_due(team: Team, nobody: str, transactional_db: None) -> None:
    engine = engine_at(team, nobody)
    idle = engine_at(team, nobody, "Idle")
    query = actions.ask(engine, name="x", sort="good", good="x", total="x", by=None, door="cli")
    actions.set_poll(
        Cluster.objects.create(team=team, name="alder"), source="sacct", period_minutes=10, by=None, door="cli"
    )
    tasks.every_minute.func()
    tasks.every_minute.func()
    queued = list(QueuedTask.objects.order_by("path").values_list("path", "args"))
    assert [path.rpartition(".")[2] for path, _ in queued] == ["keep_engine", "poll_one"]
    assert queued[0][1] == [str(engine.pk)]
    tasks.keep_engine.func(str(engine.pk))
    query.refresh_from_db()
    assert "is not asked: it is not checked yet" in query.finding
    QueuedTask.objects.all().delete()
    Poll.objects.all().delete()
    tasks.every_minute.func()  # it rests after a fault
    assert not QueuedTask.objects.exists()
    Engine.objects.filter(pk=engine.pk).update(state=Engine.State.TRUSTED)
    actions.check(Engine.objects.get(pk=engine.pk), by=None, door="cli")  # another state, so it is asked at once
    tasks.every_minute.func()
    assert [row.args for row in QueuedTask.objects.all()] == [[str(engine.pk)]]
    QueuedTask.objects.all().delete()
    tasks.check_engines.func()
    assert {row.args[0] for row in QueuedTask.objects.all()} == {str(engine.pk), str(idle.pk)}
