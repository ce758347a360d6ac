"""What the tests of engines share: loopback may be asked, an engine of the team."""

import pytest

from hortus.access.models import Team
from hortus.telemetry.engines import actions
from hortus.telemetry.engines.models import Engine


@pytest.fixture
def loopback(settings) -> None:  # type: ignore[no-untyped-def]
    """Let the fetcher ask this machine, as an administrator would for an engine beside Hortus."""
    settings.HORTUS = settings.HORTUS.model_copy(update={"fetch_networks": "127.0.0.0/8"})


def engine_at(team: Team, url: str, name: str = "Metrics") -> Engine:
    """Add an engine to a team."""
    return actions.add_engine(team, name=name, url=url, kind="prometheus", by=None, door="cli")
