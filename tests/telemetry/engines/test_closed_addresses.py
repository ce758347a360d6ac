"""What the settings keep closed is refused when it is saved, at every door, with the setting that opens it."""

import json

import pytest
from django.test import Client
from django.urls import reverse

from hortus.access.models import Team
from hortus.telemetry.engines.models import Engine, Hub, Poll
from hortus.telemetry.models import Cluster

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
    assert "add 127.0.0.1/32 to HORTUS_FETCH_NETWORKS" in answer.json()["detail"]


@pytest.mark.parametrize(("name", "path"), [("hub-add", "the path of its metrics"), ("add", "before /api/v1")])
def test_a_wrong_address_is_told_in_the_words_of_what_is_asked(
    team: Team, as_lead: Client, name: str, path: str
) -> None:
    given = {"name": "x", "url": "hub.example.org/hub/metrics", "kind": "prometheus", "threshold_seconds": "30"}
    shown = as_lead.post(at(name), given).content.decode()
    assert f"a host, and {path}" in shown or f"a host, and what stands {path}" in shown
    assert ("/api/v1" in shown.partition("a host, and")[2][:60]) is (name == "add")
