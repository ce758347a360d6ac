"""What every command promises: --json, exit codes, help, completion, and the texts that are printed to be saved."""

import json
import shutil
import subprocess

import click
import pytest
from click.testing import CliRunner

import hortus
from hortus.cli import COMMANDS, main
from tests.place import HORTUS, Place


def test_it_tells_its_version(place: Place) -> None:
    assert place.run("--version").stdout.strip() == f"hortus, version {hortus.__version__}"


def test_help_is_a_process_away(place: Place) -> None:
    shown = place.run("--help")
    assert shown.returncode == 0
    assert all(f"\n  {name} " in shown.stdout for name in COMMANDS)
    assert "--json" in place.run("outbox", "list", "--help").stdout


@pytest.mark.parametrize("name", [name for name in COMMANDS if name != "django"])
def test_every_command_has_help_and_json(name: str) -> None:
    """Asked within one process: each start takes half a second, and there are some hundred words to ask for."""
    command = main.get_command(click.Context(main), name)
    assert command is not None
    below = command.commands if isinstance(command, click.Group) else {"": command}
    assert below
    for word in below:
        shown = CliRunner().invoke(main, [name, *filter(None, [word]), "--help"])
        assert shown.exit_code == 0, word
        assert "--json" in shown.stdout, word


def test_an_unknown_command_or_option_is_bad_input(place: Place) -> None:
    assert place.run("dig").returncode == 2
    assert place.run("doctor", "--deep").returncode == 2


def test_an_error_is_json_when_json_was_asked_for(place: Place) -> None:
    done = place.run("restore", "/no/such/file", "--json")
    assert done.returncode == 2
    assert json.loads(done.stdout)["error"]["code"] == "no-file"


def test_a_place_without_tables_says_what_to_do(place: Place) -> None:
    done = place.run("tasks")
    assert (done.returncode, "`hortus up`" in done.stderr) == (2, True)


def test_the_queue_can_be_drained_by_hand(place: Place) -> None:
    place.ready().python("from hortus.ledger.tasks import sweep; sweep.enqueue(); sweep.enqueue()")
    assert place.json("worker", "--drain") == {"ran": 2}
    assert place.json("worker", "--drain") == {"ran": 0}
    assert place.json("tasks")["counts"] == {"done": 2}


def test_the_unit_is_one_that_systemd_accepts(place: Place) -> None:
    text = place.run("unit").stdout
    assert f"Environment=HORTUS_DATA_DIR={place.folder}" in text
    assert "$USER" in text
    checker = shutil.which("systemd-analyze")
    if checker is None:
        pytest.skip("systemd-analyze is absent, so the unit was only read")
    unit = place.scratch / "hortus.service"
    unit.write_text(text)
    done = subprocess.run([checker, "verify", "--user", str(unit)], capture_output=True, text=True, check=False)
    assert "hortus.service" not in done.stderr


@pytest.mark.parametrize("proxy", ["nginx", "apache", "caddy"])
def test_lines_for_a_proxy_name_what_is_set(place: Place, proxy: str) -> None:
    env = {"HORTUS_PUBLIC_URL": "https://garden.example.edu", "HORTUS_BASE_PATH": "/hortus", "HORTUS_PORT": "8123"}
    text = place.run("unit", "--proxy", proxy, **env).stdout
    assert "garden.example.edu" in text
    assert "127.0.0.1:8123" in text
    assert "/hortus/" in text
    over_socket = place.run("unit", "--proxy", proxy, **env, HORTUS_UDS="/run/hortus/h.sock").stdout
    assert "/run/hortus/h.sock" in over_socket
    assert "HORTUS_TRUSTED_PROXIES=unix" in over_socket


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_shells_learn_to_complete(place: Place, shell: str) -> None:
    script = place.run("completion", shell).stdout
    assert "_HORTUS_COMPLETE" in script
    asked = {"_HORTUS_COMPLETE": "bash_complete", "COMP_WORDS": "hortus do", "COMP_CWORD": "1"}
    found = subprocess.run([str(HORTUS)], env=place.env | asked, capture_output=True, text=True, check=False)
    assert "doctor" in found.stdout
