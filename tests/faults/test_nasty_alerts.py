"""Notices as no sender should send them, at a real web server with a worker, in hours that pass in a moment."""

import json
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx

from tests.faults.inside import Inside
from tests.faults.shifted_clock import ShiftedClock
from tests.place import Place, free_port, tree
from tests.place import until as wait_until
from tests.telemetry.alerts.conftest import alert, notice  # type: ignore[import-not-found]
from tests.telemetry.alerts.test_intake import UGLY  # type: ignore[import-not-found]
from tests.telemetry.alerts.test_processes import Address  # type: ignore[import-not-found]

SOURCE = """
from hortus.access import actions as access
from hortus.access.models import Person, Team
from hortus.telemetry.alerts import actions
team, ada = Team.objects.get(), Person.objects.get()
made, token = actions.add_source(team, actions.Details("Alertmanager", "alertmanager"), by=None, door="cli")
answer = [str(made.pk), token, access.make_token(team, ada, name="reader", scopes=["read"])[1]]
"""
MINUTE = 60


class Garden:
    """A Hortus with a source of alerts, in a time that the test sets: `at` seconds after its beginning."""

    def __init__(self, place: Place) -> None:
        self.place, port = place, free_port()
        self.clock = ShiftedClock(place.with_team())
        source, token, self.token = Inside(place, self.clock).do(SOURCE)
        self.began = datetime.now(UTC).replace(microsecond=0)
        self.process = self.clock.start("up", "--port", port, "--json")
        assert self.process.stdout is not None
        assert self.process.stdout.readline(), place.log()
        self.url = f"http://127.0.0.1:{port}"
        self.address = Address(self.url, source, token)

    def when(self, **passed: float) -> str:
        """Return so much time after the beginning as senders write it."""
        return f"{self.began + timedelta(**passed):%Y-%m-%dT%H:%M:%SZ}"

    def hear(self, *alerts: Any, **more: Any) -> dict[str, Any]:
        """Have a notice taken; return the answer."""
        status, answer = self.address.post(notice(*alerts, **more))
        assert status == 200, answer
        return answer

    def told(self, what: str) -> Any:
        """Return what the API tells of the team's alerts."""
        headers = {"Authorization": f"Bearer {self.token}"}
        answer = httpx.get(f"{self.url}/api/v1/teams/alder/{what}", headers=headers, timeout=30)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def lives(self, name: str) -> list[str]:
        """Return the life of each episode of an alert, the oldest first."""
        query = f"SELECT life FROM alerts_episode WHERE title = '{name} on n1' ORDER BY first_at"
        return [life for (life,) in self.place.rows(query)]


def test_what_senders_do_at_a_real_intake(place: Place) -> None:
    """One `hortus up` for all cases, since it takes seconds to start."""
    garden = Garden(place)
    before = {one.pid for one in tree(garden.process)}
    _whatever_comes_is_stored(garden)
    _a_sender_that_cut_its_list(garden)
    _clocks_that_are_wrong(garden)
    _firing_after_resolved(garden)
    _a_new_beginning(garden)
    _no_word_is_silence(garden)
    assert before <= {one.pid for one in tree(garden.process)}, "no process fell and was started anew"


def _whatever_comes_is_stored(garden: Garden) -> None:
    """Half a document, NUL, lone surrogates, no list, no labels: each is answered with 200, so none comes again."""
    for body in UGLY.values():
        status, answer = garden.address.post(body)
        assert (status, answer["stored"]) == (200, True)
    assert garden.place.rows("SELECT count(*) FROM alerts_notice") == [(len(UGLY),)]


def _a_sender_that_cut_its_list(garden: Garden) -> None:
    garden.hear(alert("Cut", start=garden.when()), truncatedAlerts=7)
    assert "left 7 alerts out" in json.dumps(garden.told("alert-notices"))


def _clocks_that_are_wrong(garden: Garden) -> None:
    """40 minutes ahead and 3 days behind: kept as they came, doubted, ordered by when they came."""
    ahead, behind = garden.when(minutes=40), garden.when(days=-3)
    garden.hear(alert("Ahead", start=ahead))
    garden.hear(alert("Behind", start=behind))
    query = (
        "SELECT starts_text, doubt FROM alerts_episode WHERE title IN ('Ahead on n1', 'Behind on n1') ORDER BY first_at"
    )
    (first, doubt), (second, other_doubt) = garden.place.rows(query)
    assert (first, second) == (ahead, behind)
    assert "after it came" in doubt
    assert "3 days before it came" in other_doubt


def _firing_after_resolved(garden: Garden) -> None:
    """The two overtook one another: one late word reopens nothing, another a group interval after it does."""
    garden.hear(alert("Late", "resolved", garden.when()))
    garden.hear(alert("Late", start=garden.when()))
    garden.clock.set(4 * MINUTE)
    garden.hear(alert("Late", start=garden.when()))
    assert garden.lives("Late") == ["resolved"]
    garden.clock.set(6 * MINUTE)
    garden.hear(alert("Late", start=garden.when()))
    assert garden.lives("Late") == ["firing"]


def _a_new_beginning(garden: Garden) -> None:
    garden.hear(alert("Again", start=garden.when()))
    garden.hear(alert("Again", "resolved", garden.when()))
    garden.hear(alert("Again", start=garden.when(minutes=5)))
    assert garden.lives("Again") == ["resolved", "firing"]
    query = "SELECT id, earlier_id FROM alerts_episode WHERE title = 'Again on n1' ORDER BY first_at"
    (old, _), (_, earlier) = garden.place.rows(query)
    assert earlier == old


def _no_word_is_silence(garden: Garden) -> None:
    """Twelve hours without a word: the worker calls it silent, and never over. It looks once a minute."""
    garden.hear(alert("Silent", start=garden.when(minutes=6)))
    garden.clock.set(12 * 60 * MINUTE)
    time.sleep(1)
    assert garden.lives("Silent") == ["firing"]
    garden.clock.set(12 * 60 * MINUTE + 8 * MINUTE)
    until(lambda: garden.lives("Silent") == ["silent"], "the worker finds its sender silent")
    garden.hear(alert("Silent", start=garden.when(minutes=6)))
    assert garden.lives("Silent") == ["firing"]


def until(true: Callable[[], Any], why: str) -> None:
    """Wait longer than most tests: real processes start here while others use the machine, and no time decides."""
    wait_until(true, 240, why)
