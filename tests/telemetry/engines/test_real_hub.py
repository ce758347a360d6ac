"""A real JupyterHub whose spawner fails, dawdles or dies on demand: what is counted is what was done."""

from collections.abc import Iterator

import pytest

from hortus.access.models import Team
from hortus.telemetry.counts.reading import sums
from hortus.telemetry.engines import actions
from hortus.telemetry.engines.hub_reading import read_hub, scrape
from hortus.telemetry.engines.models import Hub
from hortus.telemetry.engines.rules.answers import EngineFault
from hortus.telemetry.engines.rules.hub_metrics import Opened
from hortus.values.refused import Refused
from tests.telemetry.engines.hub_process import RunningHub, needs  # type: ignore[import-not-found]

pytestmark = [pytest.mark.hub, pytest.mark.slow, pytest.mark.usefixtures("loopback"), pytest.mark.django_db]

THRESHOLD = 5.0
MINUTE_MS = 60_000
T0 = 29_923_200 * MINUTE_MS


@pytest.fixture(scope="module")
def process(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningHub]:
    needs()
    hub = RunningHub(tmp_path_factory.mktemp("hub"))
    try:
        hub.start()
        yield hub
    finally:
        hub.stop()


@pytest.fixture
def running(process: RunningHub, monkeypatch: pytest.MonkeyPatch) -> RunningHub:
    """The hub, and the environment as its administrator would set it."""
    monkeypatch.setenv("ENGINE_TOKEN_HUB", f"{process.url} {process.metrics_token}")
    return process


def followed(team: Team, running: RunningHub) -> Hub:
    """Have the hub read, for the first time in minute T0."""
    given = {"name": "Notebooks", "url": running.url, "threshold_seconds": THRESHOLD, "token_name": "HUB"}
    hub = actions.add_hub(team, by=None, door="cli", **given)  # type: ignore[arg-type]
    assert read_hub(hub, T0) is None  # the first reading is only where counting begins
    assert hub.finding == ""
    return hub


def seen(hub: Hub, minute: int) -> Opened:
    found = read_hub(hub, T0 + minute * MINUTE_MS)
    assert hub.finding == ""
    assert found is not None
    return found


def test_counts_are_what_was_done(team: Team, running: RunningHub) -> None:
    """Good and late starts, broken ones, servers that die, and a restart of the hub."""
    hub = followed(team, running)
    assert running.spawn("ann")
    found = seen(hub, 1)
    assert (found.good, found.total) == (1, 1)

    assert not running.spawn("fail-1")
    assert not running.spawn("gone-1")
    assert running.spawn("late-1")
    assert running.spawn("ben")
    found = seen(hub, 2)
    assert (found.good, found.total) == (1, 4)

    running.stop()
    gone = read_hub(hub, T0 + 3 * MINUTE_MS)
    assert gone is None
    assert "does not take connections" in hub.finding
    running.start()
    assert not running.spawn("fail-2")
    assert running.spawn("cat")
    found = seen(hub, 4)
    assert (found.good, found.total, found.has_reset) == (1, 2, True)

    first = T0 // MINUTE_MS
    told = sums([hub.series_id], [(first, first + 4), (first, first + 1), (first + 1, first + 2)])
    assert told.good.tolist() == [[3, 1, 1]]
    assert told.total.tolist() == [[7, 1, 4]]
    assert told.measured.tolist() == [[4, 1, 1]]


def test_metrics_behind_a_token(team: Team, running: RunningHub) -> None:
    with pytest.raises(EngineFault, match=r"scope read:metrics, or set JupyterHub\.authenticate_prometheus = False"):
        scrape(running.url)
    assert THRESHOLD in scrape(running.url, "HUB").edges
    given = {"name": "Hub", "url": running.url, "threshold_seconds": 7, "token_name": "HUB"}
    with pytest.raises(Refused, match=r"choose one of 0\.5, 1, 2\.5, 5, 10, .* seconds instead of 7") as refused:
        actions.add_hub(team, by=None, door="cli", **given)  # type: ignore[arg-type]
    assert refused.value.field == "threshold_seconds"


def test_a_long_time_without_reading_is_unmeasured(team: Team, running: RunningHub) -> None:
    hub = followed(team, running)
    assert not running.spawn("fail-3")
    assert read_hub(hub, T0 + 6 * MINUTE_MS) is None
    assert not running.spawn("fail-4")
    found = seen(hub, 7)
    assert (found.good, found.total) == (0, 1)
    first = T0 // MINUTE_MS
    told = sums([hub.series_id], [(first, first + 7)])
    assert (told.total.item(), told.measured.item()) == (1, 1)
