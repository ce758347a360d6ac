"""A token that is kept for teams: who may use it, at each door that takes one."""

import pytest
from django.test import Client as Browser
from django.urls import reverse

from hortus.access.models import Team
from hortus.telemetry.engines import actions
from hortus.telemetry.engines.client import token
from hortus.telemetry.engines.models import Engine
from hortus.telemetry.engines.polling import poll
from hortus.telemetry.engines.rules.answers import EngineFault
from hortus.telemetry.models import Cluster
from tests.telemetry.engines.test_hub_metrics import page  # type: ignore[import-not-found]
from tests.telemetry.engines.test_lying_engines import Fake  # type: ignore[import-not-found]
from tests.web.fetch_servers import body, serving  # type: ignore[import-not-found]

pytestmark = [pytest.mark.usefixtures("loopback"), pytest.mark.django_db]

URL = "https://metrics.example.org"


@pytest.mark.parametrize(
    ("words", "team", "may"),
    [
        ("", "rcd", True),
        ("", "", True),
        (" team=rcd", "rcd", True),
        ("  team=biology,rcd", "rcd", True),
        (" team=rcd", "", False),
        (" team=rcd2,rc", "rcd", False),
        (" team=", "", False),
        (" teams=rcd", "rcd", False),
        (" team=rcd team=biology", "rcd", False),
        (" team=rcd, biology", "rcd", False),
    ],
)
def test_who_may_use_a_token(monkeypatch: pytest.MonkeyPatch, words: str, team: str, may: bool) -> None:
    monkeypatch.setenv("ENGINE_TOKEN_X", f"{URL} s3cret{words}")
    if may:
        assert token("X", URL, team) == "s3cret"
        return
    with pytest.raises(EngineFault, match="for this server and team") as fault:
        token("X", URL, team)
    assert "s3cret" not in fault.value.sentence


@pytest.mark.parametrize("bound", ["rcd", "biology"])
def test_engines_of_other_teams_do_not_get_it(
    team: Team, as_lead: Browser, monkeypatch: pytest.MonkeyPatch, bound: str
) -> None:
    with serving(Fake()) as server:
        monkeypatch.setenv("ENGINE_TOKEN_X", f"{server.url('')} s3cret team={bound}")
        engine = actions.add_engine(
            team, name="Metrics", url=server.url(""), kind="other", token_name="X", by=None, door="cli"
        )
        state = actions.check(engine, by=None, door="cli").state
        shown = as_lead.get(reverse("engines:try", args=["rcd", "metrics"]), {"expression": "up"}).content.decode()
        if bound == "rcd":
            assert state == Engine.State.TRUSTED
            assert "1 series came back" in shown
        else:
            assert state == Engine.State.DISTRUSTED
            assert "for this server and team" in shown
            assert server.requests == []


def test_hubs_and_schedulers_of_other_teams_do_not_get_it(team: Team, monkeypatch: pytest.MonkeyPatch) -> None:
    with serving(lambda path: body(page(("success/", 3, 2, 1.0)).encode())) as server:
        given = {"name": "Hub", "url": server.url("/hub/metrics"), "threshold_seconds": 30.0, "token_name": "X"}
        monkeypatch.setenv("ENGINE_TOKEN_X", f"{server.url('')} s3cret team=biology")
        with pytest.raises(EngineFault, match="for this server and team"):
            actions.add_hub(team, by=None, door="cli", **given)  # type: ignore[arg-type]
        alder = Cluster.objects.create(team=team, name="alder")
        held = actions.set_poll(
            alder, source="slurmrestd", period_minutes=10, url=server.url("/slurmdb/v0.0.38/jobs"), user_name="ada",
            token_name="X", by=None, door="cli",
        )  # fmt: skip
        assert poll(held) is None
        assert "for this server and team" in held.finding
        assert server.requests == []
        monkeypatch.setenv("ENGINE_TOKEN_X", f"{server.url('')} s3cret team=biology,rcd")
        actions.add_hub(team, by=None, door="cli", **given)  # type: ignore[arg-type]
        assert "authorization: Bearer s3cret" in server.requests[-1]
