"""Alerts of which nothing came, because who listens failed: told by the auditor, and told again until it is heard."""

from collections.abc import Callable, Sequence
from datetime import datetime

import pytest

from hortus.access.models import Team
from hortus.ledger.outbox.auditing import findings
from hortus.processes.incidents.models import Incident
from hortus.telemetry.alerts import standing, tasks
from hortus.telemetry.alerts.models import Episode
from hortus.telemetry.alerts.standing import Change, Changed
from tests.telemetry.alerts.conftest import (  # type: ignore[import-not-found]
    MINUTE,
    NOON,
    Sender,
    alert,
    notice,
    source_of,
)


class Ear:
    """Somebody who listens, and who can be made to fail."""

    def __init__(self) -> None:
        self.is_deaf = False
        self.heard: list[tuple[str, list[Change]]] = []

    def __call__(self, team: Team, changes: Sequence[Changed]) -> None:
        if self.is_deaf:
            raise ValueError("a fault of our own")
        self.heard.append((team.slug, [one.change for one in changes]))


@pytest.fixture
def ear(monkeypatch: pytest.MonkeyPatch) -> Ear:
    found = Ear()
    monkeypatch.setattr(standing, "_LISTENERS", [*standing._LISTENERS, found])
    return found


def told() -> list[str]:
    return [one.sentence for one in findings() if one.check == "alerts received"]


def test_what_nobody_heard_is_found_and_told_again(
    sender: Sender, ear: Ear, clock_at: Callable[[datetime], None], caplog: pytest.LogCaptureFixture
) -> None:
    clock_at(NOON)
    sender.sent(notice(alert()))
    assert (told(), tasks.tell_again.func()) == ([], 0)
    ear.is_deaf, ear.heard = True, []
    clock_at(NOON + MINUTE)
    sender.sent(notice(alert("A"), alert("B"), alert(status="resolved")))
    assert "what listens to alerts failed" in caplog.text
    (sentence,) = told()
    assert sentence.startswith("3 alerts came to nobody since 2026-11-23 12:01 UTC, as what makes incidents")
    assert tasks.tell_again.func() == 0
    assert len(told()) == 1
    ear.is_deaf = False
    assert tasks.tell_again.func() == 3
    ((team, changes),) = ear.heard
    assert (team, sorted(changes)) == ("rcd", [Change.ENDED, Change.OPENED, Change.OPENED])
    assert (told(), tasks.tell_again.func(), Episode.objects.untold().count()) == ([], 0, 0)


def test_an_incident_is_proposed_after_all_and_once(team: Team, ear: Ear) -> None:
    sender = source_of(team, proposes=True)
    ear.is_deaf = True
    sender.sent(notice(alert()))
    assert Incident.objects.count() == 1  # who hears is not undone with who does not
    ear.is_deaf = False
    assert tasks.tell_again.func() == 1
    assert Incident.objects.count() == 1


def test_the_trouble_of_one_source_keeps_no_other_waiting(team: Team, other_team: Team, ear: Ear) -> None:
    ear.is_deaf = True
    for one in (team, other_team):
        source_of(one).sent(notice(alert()))
    ear.is_deaf = False
    Team.objects.filter(pk=team.pk).update(slug="no slug")  # a row that was damaged
    with pytest.raises(RuntimeError, match="nobody can be told of the alerts of no slug/"):
        tasks.tell_again.func()
    assert ear.heard == [(other_team.slug, [Change.OPENED])]
