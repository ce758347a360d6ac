"""Settings that open loopback for probes, and a probe of a port that answers."""

import socket
from collections.abc import Iterator
from ipaddress import ip_address
from pathlib import Path
from typing import Any

import pytest

from hortus.access.models import Person, Team
from hortus.telemetry.probes import actions
from hortus.telemetry.probes.actions import Details
from hortus.telemetry.probes.models import Probe
from tests.telemetry.probes import servers  # type: ignore[import-not-found]

PUBLIC = "93.184.216.34"
INSIDE = "inside.example.org"  # a name at a private address


@pytest.fixture(autouse=True)
def _names(monkeypatch: pytest.MonkeyPatch) -> None:
    """Answer for names from a script: what a test finds must not hang on a name server, and on where it runs."""
    by_system = socket.getaddrinfo

    def scripted(host: Any, *args: Any, **more: Any) -> Any:
        if host == INSIDE:
            return by_system("10.20.30.40", *args, **more)
        if f".{host}".endswith(".example.org"):
            return by_system(PUBLIC, *args, **more)
        assert not host or host == "localhost" or ip_address(host), host
        return by_system(host, *args, **more)

    monkeypatch.setattr(socket, "getaddrinfo", scripted)


@pytest.fixture
def opened(settings, tmp_path: Path) -> Path:  # type: ignore[no-untyped-def]
    """Let probes ask loopback and write to a folder, which is returned."""
    folder = tmp_path / "scratch"
    folder.mkdir()
    changed = {"fetch_networks": "127.0.0.0/8", "probe_folders": str(folder)}
    settings.HORTUS = settings.HORTUS.model_copy(update=changed)
    return folder


@pytest.fixture
def port() -> Iterator[int]:
    """A port that takes connections."""
    with servers.listening(servers.silent) as found:
        yield found


@pytest.fixture
def door(team: Team, lead: Person, opened: Path, port: int) -> Probe:
    """A probe of the port."""
    details = Details("Front door", parameters={"host": "127.0.0.1", "port": port}, period_seconds=60, limit_seconds=5)
    return actions.add(team, "tcp", details, by=lead, door="web")
