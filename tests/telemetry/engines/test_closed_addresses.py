"""What the settings keep closed is refused when it is saved, at every door, with the setting that opens it."""

import json

import pytest
from django.test import Client
from django.urls import reverse

from hortus.access.models import Team
from hortus.telemetry.counts.models import Series
from hortus.telemetry.engines import actions
from hortus.telemetry.engines.models import Engine, Hub, Poll
from hortus.telemetry.models import Cluster
from tests.telemetry.engines.conftest import engine_at  # type: ignore[import-not-found]

pytestmark = pytest.mark.django_db
SAID = "10.20.30.40 is at a private address, which is not asked; an administrator can open it: add 10.20.30.40/32"
AT = "http://10.20.30.40:9090"


def at(name: str) -> str:
    return reverse(f"engines:{name}", args=["rcd"])


def test_the_forms_refuse_a_closed_address(team: Team, as_lead: Client) -> None:
    Cluster.objects.create(team=team, name="alder")
    rest = {"cluster": "alder", "source": "slurmrestd", "period_minutes": "10", "user_name": "h", "token_name": "S"}
    forms: dict[str, dict[str, str]] = {
        "add": {"name": "Metrics", "url": AT, "kind": "prometheus"},
        "hub-add": {"name": "Hub", "url": f"{AT}/hub/metrics", "threshold_seconds": "30"},
        "poll-add": rest | {"url": f"{AT}/slurmdb/v0.0.38/jobs"},
    }
    for name, given in forms.items():
        answer = as_lead.post(at(name), given)
        assert answer.status_code == 200
        assert SAID in answer.content.decode()
    assert not any(table.objects.exists() for table in (Engine, Hub, Poll))


def test_the_api_refuses_this_machine(team: Team, as_lead: Client) -> None:
    given = json.dumps({"name": "Metrics", "url": "http://localhost:9090"})
    answer = as_lead.post("/api/v1/teams/rcd/engines", given, content_type="application/json")
    assert (answer.status_code, answer.json()["field"]) == (422, "url")
    assert "add 127.0.0.1/32 and ::1/128 to HORTUS_FETCH_NETWORKS" in answer.json()["detail"]


def test_what_stands_can_be_changed_after_its_address_was_closed(team: Team, as_lead: Client, settings) -> None:  # type: ignore[no-untyped-def]
    closed = settings.HORTUS
    settings.HORTUS = closed.model_copy(update={"fetch_networks": "10.20.30.40/32"})
    engine_at(team, AT)
    series = Series.objects.create(team=team, name="hub-notebooks", source="hub")
    Hub.objects.create(
        team=team, slug="hub", name="Hub", url=f"{AT}/hub/metrics", threshold_seconds=30, series=series
    )  # fmt: skip
    rest = {"source": "slurmrestd", "user_name": "h", "token_name": "S"}
    alder, jobs = Cluster.objects.create(team=team, name="alder"), "/slurmdb/v0.0.38/jobs"
    actions.set_poll(alder, period_minutes=10, url=AT + jobs, by=None, door="cli", **rest)  # type: ignore[arg-type]
    settings.HORTUS = closed
    forms: list[tuple[str, str, str, dict[str, str]]] = [
        ("change", "metrics", "/", {"name": "Renamed", "kind": "thanos"}),
        ("hub-change", "hub", "/hub/metrics", {"name": "Renamed", "threshold_seconds": "30"}),
        ("poll", "alder", jobs, rest | {"cluster": "alder", "period_minutes": "30"}),
    ]
    for name, slug, path, given in forms:
        here = reverse(f"engines:{name}", args=["rcd", slug])
        assert SAID in as_lead.post(here, given | {"url": f"http://10.20.30.40:9999{path}"}).content.decode()
        assert as_lead.post(here, given | {"url": AT + path}).status_code == 302
    assert (Engine.objects.get().name, Hub.objects.get().name) == ("Renamed", "Renamed")
    assert Poll.objects.get().period_minutes == 30
    assert (Engine.objects.get().url, Hub.objects.get().url, Poll.objects.get().url) == (
        AT, f"{AT}/hub/metrics", AT + jobs,
    )  # fmt: skip


@pytest.mark.parametrize(("name", "path"), [("hub-add", "the path of its metrics"), ("add", "before /api/v1")])
def test_a_wrong_address_is_told_in_the_words_of_what_is_asked(
    team: Team, as_lead: Client, name: str, path: str
) -> None:
    given = {"name": "x", "url": "hub.example.org/hub/metrics", "kind": "prometheus", "threshold_seconds": "30"}
    shown = as_lead.post(at(name), given).content.decode()
    assert f"a host, and {path}" in shown or f"a host, and what stands {path}" in shown
    assert ("/api/v1" in shown.partition("a host, and")[2][:60]) is (name == "add")
