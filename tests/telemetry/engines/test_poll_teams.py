"""Which teams may have sacct of this machine asked."""

import json

import pytest
from django.test import Client

from hortus.access.models import Team
from hortus.config.declared import Declared
from hortus.telemetry.engines import actions
from hortus.telemetry.engines.models import Poll
from hortus.telemetry.engines.polling import poll
from hortus.telemetry.models import Cluster

pytestmark = pytest.mark.django_db

PATH = "/api/v1/teams/rcd/schedulers/alder"


def listed(settings, teams: str) -> None:  # type: ignore[no-untyped-def]
    settings.HORTUS = settings.HORTUS.model_copy(update={"poll_teams": teams})


@pytest.mark.parametrize(("teams", "status"), [("", 200), ("biology, rcd", 200), ("biology", 422)])
def test_only_listed_teams_have_sacct_asked(  # type: ignore[no-untyped-def]
    settings, team: Team, as_lead: Client, teams: str, status: int
) -> None:
    Cluster.objects.create(team=team, name="alder")
    listed(settings, teams)
    answer = as_lead.put(PATH, json.dumps({"source": "sacct"}), content_type="application/json")
    assert answer.status_code == status, answer.content
    if status == 422:
        assert answer.json()["field"] == "source"
        assert not Poll.objects.exists()


def test_a_poll_from_before_is_asked_no_more(settings, team: Team) -> None:  # type: ignore[no-untyped-def]
    cluster = Cluster.objects.create(team=team, name="alder")
    held = actions.set_poll(cluster, source="sacct", period_minutes=10, by=None, door="cli")
    listed(settings, "biology")
    assert poll(held) is None
    held.refresh_from_db()
    assert "rcd may not have sacct asked" in held.finding
    assert held.polled_until is None


def test_what_is_no_slug_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HORTUS_POLL_TEAMS", "biology, earth sciences")
    with pytest.raises(ValueError, match="earth sciences is none"):
        Declared()
