"""Asking Slurm live, where it is absent, refuses, hangs, or answers; the programs here are small shell scripts."""

import os
from datetime import UTC, datetime
from pathlib import Path

import pytest

from hortus.telemetry.batch.live import DELIMITER, read_live, read_live_events, sacct_command
from hortus.telemetry.batch.unreadable import SourceMissing
from tests.telemetry.batch.shelf import COLUMNS, Shelf, line

SINCE = datetime(2026, 3, 1, tzinfo=UTC)


def program(folder: Path, body: str) -> str:
    """Write a program and give its path."""
    path = folder / "sacct"
    path.write_text(f"#!/bin/sh\n{body}\n")
    path.chmod(0o755)
    return str(path)


def asked(sacct: str, **options: object) -> str:
    with read_live(since=SINCE, sacct=sacct, **options) as output:  # type: ignore[arg-type]
        return output.path.read_text()


def test_an_absent_program() -> None:
    with pytest.raises(SourceMissing, match="no program /nowhere/sacct"):
        asked("/nowhere/sacct")
    with pytest.raises(SourceMissing, match="no program sacctmgr-not-here"):
        read_live_events(since=SINCE, sacctmgr="sacctmgr-not-here")


def test_a_program_that_may_not_be_run(tmp_path: Path) -> None:
    path = tmp_path / "sacct"
    path.write_text("#!/bin/sh\n")
    with pytest.raises(SourceMissing, match="may not be run"):
        asked(str(path))


def test_a_refusal_is_passed_on_in_one_line(tmp_path: Path) -> None:
    sacct = program(tmp_path, "echo 'Slurm accounting storage is disabled' >&2; echo more >&2; exit 1")
    with pytest.raises(SourceMissing, match=r"refused \(Slurm accounting storage is disabled\)") as caught:
        asked(sacct)
    assert "\n" not in str(caught.value)
    with pytest.raises(SourceMissing, match="exit code 3"):
        asked(program(tmp_path, "exit 3"))


def test_a_hanging_program_is_ended(tmp_path: Path) -> None:
    sacct = program(tmp_path, f"echo $$ > {tmp_path}/pid; exec sleep 60")
    with pytest.raises(SourceMissing, match=r"no answer within 0\.5 seconds"):
        asked(sacct, timeout_seconds=0.5)
    with pytest.raises(ProcessLookupError):
        os.kill(int((tmp_path / "pid").read_text()), 0)


def test_what_is_printed_can_be_imported_and_the_file_goes_away(tmp_path: Path, shelf: Shelf) -> None:
    text = f"{COLUMNS}\n{line(jobname='a;b')}".replace("|", DELIMITER)
    (tmp_path / "out").write_text(text + "\n")
    with read_live(since=SINCE, sacct=program(tmp_path, f"cat {tmp_path}/out")) as output:
        report = shelf.bring(output.path, delimiter=output.delimiter)
        path = output.path
    assert report.new == 1
    assert not path.exists()


def test_the_environment_makes_times_plain(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SLURM_TIME_FORMAT", "relative")
    monkeypatch.setenv("TZ", "Asia/Tokyo")
    assert asked(program(tmp_path, 'echo "$TZ $SLURM_TIME_FORMAT"')) == "UTC %s\n"
    assert asked(program(tmp_path, 'echo "$TZ $SLURM_TIME_FORMAT"'), as_json=True) == "UTC \n"


def test_the_command_asks_for_every_attempt_and_state() -> None:
    berlin = datetime.fromisoformat("2026-03-01T01:00:00+01:00")
    command = sacct_command("sacct", since=berlin, until=None, clusters=["a", "b"], as_json=False)
    assert {
        "--duplicates",
        "--allusers",
        "--starttime=2026-03-01T00:00:00",
        "--endtime=now+1days",
        "--clusters=a,b",
    } <= set(command)
    assert any(part.startswith("--state=") and "NODE_FAIL" in part for part in command)
    assert sacct_command("sacct", since=berlin, until=berlin, clusters=None, as_json=True)[-1] == "--json"


def test_no_node_events_are_no_trouble(tmp_path: Path) -> None:
    names = "Cluster|NodeName|TimeStart|TimeEnd|State|Reason|User"
    assert read_live_events(since=SINCE, sacctmgr=program(tmp_path, f"echo '{names}'")).events == ()
    row = "reed|n1|1772445600|Unknown|DRAIN|loud | fan|root(0)"
    (event,) = read_live_events(since=SINCE, sacctmgr=program(tmp_path, f"echo '{names}'; echo '{row}'")).events
    assert (event.node, event.start_at, event.end_at) == ("n1", datetime(2026, 3, 2, 10, tzinfo=UTC), None)
