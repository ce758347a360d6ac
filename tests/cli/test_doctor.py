"""`hortus doctor` at its door: healthy, and each illness that can be made here."""

import socket
from typing import Any

import pytest

from tests.place import Place, until


@pytest.fixture
def garden(place: Place) -> Place:
    return place.with_team()


def _findings(place: Place, *arguments: str, code: int = 0, **env: str) -> dict[str, dict[str, Any]]:
    import json

    done = place.run("doctor", "--json", *arguments, **env)
    assert done.returncode == code, done.stdout + done.stderr
    return {finding["check"]: finding for finding in json.loads(done.stdout)["findings"]}


def test_a_healthy_place(garden: Place) -> None:
    garden.up()
    until(lambda: garden.rows("SELECT count(*) FROM ledger_queueworker") == [(1,)])
    found = _findings(garden)
    assert all(finding["state"] != "trouble" for finding in found.values())
    assert found["worker"]["sentence"] == "1 worker is alive."


def test_open_rights_are_mended(garden: Place) -> None:
    key = garden.folder / "secret.key"
    key.chmod(0o644)
    garden.folder.chmod(0o755)
    found = _findings(garden, code=1)
    assert found["secret key"]["state"] == found["data folder"]["state"] == "trouble"
    assert found["secret key"]["can_fix"] is True
    _findings(garden, "--fix")
    assert key.stat().st_mode & 0o077 == garden.folder.stat().st_mode & 0o077 == 0
    _findings(garden)


def test_a_changed_security_event_is_found(garden: Place) -> None:
    if not garden.is_sqlite:
        pytest.skip("looked at on SQLite; the chain is the same")
    garden.python(
        "from django.db import connection\n"
        "with connection.cursor() as c:\n"
        " c.execute('DROP TRIGGER access_securityevent_no_update')\n"
        " c.execute(\"UPDATE access_securityevent SET verb = 'nothing'\")"
    )
    assert "was changed after it was written" in _findings(garden, code=1)["security events"]["sentence"]


def test_missing_tables_are_found(place: Place) -> None:
    assert "run `hortus upgrade`" in _findings(place, code=1)["tables"]["sentence"]


def test_dead_letters_and_late_tasks_are_found(garden: Place) -> None:
    garden.python(
        "from datetime import timedelta; from django.utils import timezone\n"
        "from hortus.ledger.queue_models import QueuedTask\n"
        "QueuedTask.objects.create(path='x.y', state='dead')\n"
        "QueuedTask.objects.create(path='x.y', run_after=timezone.now() - timedelta(hours=1))"
    )
    found = _findings(garden, code=1)
    assert found["dead letters"]["state"] == found["queue"]["state"] == "trouble"


def test_a_stale_socket_is_mended(garden: Place) -> None:
    folder = garden.scratch / "run"
    folder.mkdir(mode=0o700)
    path = folder / "hortus.sock"
    with socket.socket(socket.AF_UNIX) as left:
        left.bind(str(path))
    assert _findings(garden, HORTUS_UDS=str(path))["socket"]["can_fix"] is True
    _findings(garden, "--fix", HORTUS_UDS=str(path))
    assert not path.exists()


@pytest.mark.parametrize(
    ("env", "check", "words"),
    [
        ({"HORTUS_HOST": "0.0.0.0"}, "proxy", "set HORTUS_PUBLIC_URL"),
        (
            {"HORTUS_HOST": "10.0.0.1", "HORTUS_PUBLIC_URL": "http://garden.example.org"},
            "proxy",
            "Passwords travel open",
        ),
        ({"HORTUS_EMAIL_URL": "smtp://127.0.0.1:1"}, "mail", "does not answer"),
    ],
)
def test_settings_that_do_not_fit_are_found(garden: Place, env: dict[str, str], check: str, words: str) -> None:
    assert words in _findings(garden, code=1, **env)[check]["sentence"]


def test_it_is_short_when_asked(garden: Place) -> None:
    (garden.folder / "secret.key").chmod(0o644)
    done = garden.run("doctor", "--quiet")
    assert "secret key" in done.stdout
    assert "disk space" not in done.stdout
