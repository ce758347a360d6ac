"""What could only ever fail is refused when it is saved, with the setting that opens it."""

from ipaddress import ip_network

import pytest
from click.testing import CliRunner
from django.test import Client

from hortus.access.models import Person, Team
from hortus.cli import main
from hortus.telemetry.probes import actions
from hortus.telemetry.probes.actions import Details
from hortus.telemetry.probes.asking import Means
from hortus.telemetry.probes.models import Probe
from hortus.telemetry.probes.reach import refuse_closed_address
from hortus.values.refused import Refused

PRIVATE = ["10.20.30.40"]
FORM = {"name": "Login node", "port": "22", "period_seconds": "60", "limit_seconds": "10"}


@pytest.mark.parametrize(
    ("kind", "field", "value"),
    [
        ("tcp", "host", "10.20.30.40"), ("ssh", "host", "localhost"), ("tls", "host", "fd12::1"),
        ("http", "url", "http://192.168.1.1:8080/"), ("http", "url", "https://[::1]/"), ("dns", "server", "10.0.0.53"),
    ],
)  # fmt: skip
def test_a_closed_address_is_refused_beside_its_field(
    as_lead: Client, team: Team, kind: str, field: str, value: str
) -> None:
    given = {field: value, **({"domain": "example.org", "record": "A"} if kind == "dns" else {})}
    form = FORM | {"status": "200", "days": "14"} | given
    answer = as_lead.post(f"/t/rcd/probes/+add/{kind}/", form)
    assert answer.status_code == 200
    assert answer.context["form"].errors[field][0].endswith("to HORTUS_FETCH_NETWORKS.")
    parameters = dict(given)
    if kind in {"tcp", "ssh", "tls"}:
        parameters["port"] = "22"
    told = as_lead.post(
        "/api/v1/teams/rcd/probes", {"kind": kind, "name": "x", "parameters": parameters}, "application/json"
    )
    assert (told.status_code, told.json()["field"], told.json()["code"]) == (422, field, "closed-address")
    assert not Probe.objects.exists()


@pytest.mark.parametrize("kind", ["host", "url", "server"])
def test_a_name_is_looked_up(kind: str) -> None:
    value = "http://login.hpc.example.org/" if kind == "url" else "login.hpc.example.org"
    with pytest.raises(Refused, match=r"login\.hpc.* is at a private address.*HORTUS_FETCH_NETWORKS") as refused:
        refuse_closed_address({kind: value}, Means(resolve=lambda _: ["93.184.216.34", *PRIVATE]))
    assert refused.value.field == kind
    assert "10.20" not in refused.value.sentence.replace("10.20.0.0/16", "")
    refuse_closed_address({kind: value}, Means((ip_network("10.20.0.0/16"),), resolve=lambda _: PRIVATE))
    refuse_closed_address({kind: value}, Means(resolve=lambda _: ["93.184.216.34"]))


def test_a_name_is_looked_up_at_every_door(as_lead: Client, team: Team) -> None:
    form = as_lead.post("/t/rcd/probes/+add/ssh/", FORM | {"host": "inside.example.org"}).context["form"]
    assert form.errors["host"][0].startswith("inside.example.org is at a private address")
    given = {"kind": "ssh", "name": "Login", "parameters": {"host": "inside.example.org"}}
    told = as_lead.post("/api/v1/teams/rcd/probes", given, "application/json")
    assert (told.status_code, told.json()["code"]) == (422, "closed-address")
    command = ["probe", "add", "ssh", "Login", "--set", "host=inside.example.org"]
    assert "is at a private address" in CliRunner().invoke(main, command).stderr
    assert not Probe.objects.exists()
    given["parameters"] = {"host": "login.example.org"}
    assert as_lead.post("/api/v1/teams/rcd/probes", given, "application/json").status_code == 201


def test_a_name_without_an_address_passes() -> None:
    def unknown(_: str) -> list[str]:
        raise OSError

    refuse_closed_address({"host": "soon.example.org"}, Means(resolve=unknown))
    refuse_closed_address({"path": "/scratch/probe"}, Means(resolve=unknown))


def test_what_stands_may_be_changed_in_all_but_its_address(door: Probe, lead: Person, settings) -> None:  # type: ignore[no-untyped-def]
    settings.HORTUS = settings.HORTUS.model_copy(update={"fetch_networks": ""})
    kept = Details("Another name", parameters=door.parameters, period_seconds=120, limit_seconds=5)
    assert set(actions.change(door, kept, by=lead, door="test")) == {"name", "period_seconds"}
    moved = Details("Another name", parameters={"host": "127.0.0.9", "port": 22}, period_seconds=120, limit_seconds=5)
    with pytest.raises(Refused, match="HORTUS_FETCH_NETWORKS"):
        actions.change(door, moved, by=lead, door="test")
    assert Probe.objects.get().parameters == door.parameters
