"""The question to a batch system: a real Slurm where one can be started, and plain answers where there is none."""

from pathlib import Path

import pytest

from hortus.telemetry.probes import kinds
from hortus.telemetry.probes.asking import Found, Means, ask
from tests.telemetry.slurm import Slurm, slurm  # type: ignore[import-not-found]  # noqa: F401 -- a fixture


def asked(limit: float = 60, **given: str) -> Found:
    return ask("batch", kinds.checked(kinds.KINDS["batch"], given), limit, Means())


@pytest.fixture
def programs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of programs, alone on the path."""
    monkeypatch.setenv("PATH", str(tmp_path))
    return tmp_path


def program(folder: Path, name: str, text: str) -> None:
    path = folder / name
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(0o755)


def test_without_slurm_nothing_is_measured(programs: Path) -> None:
    found = asked()
    assert (found.ok, found.code) == (None, "no-slurm")
    (programs / "sbatch").write_text("x")
    found = asked()
    assert (found.ok, found.code) == (None, "no-slurm")


def test_a_refusal_a_silence_and_an_odd_answer_are_told(programs: Path) -> None:
    program(programs, "sbatch", "echo 'sbatch: error: invalid partition specified: x' >&2; exit 1")
    found = asked(partition="x")
    assert (found.ok, found.code) == (False, "refused")
    assert "invalid partition" in found.sentence
    program(programs, "sbatch", "exec /bin/sleep 20")
    assert asked(limit=0.5).code == "too-slow"
    program(programs, "sbatch", "echo hello")
    assert asked().ok is None


def test_a_job_that_does_not_start_is_taken_out_again(programs: Path) -> None:
    program(programs, "sbatch", f'echo "$@" > {programs}/given; echo 17')
    program(programs, "scontrol", "echo 'JobId=17 JobState=PENDING Reason=Resources Dependency=(null)'")
    program(programs, "scancel", f'echo "$@" > {programs}/cancelled')
    found = asked(limit=1, partition="short", account="rc")
    assert (found.ok, found.code) == (False, "not-started")
    assert "waits for Resources" in found.sentence
    assert (programs / "cancelled").read_text() == "--quiet 17\n"
    assert "--partition=short --account=rc" in (programs / "given").read_text()
    program(programs, "scontrol", "echo 'JobId=17 JobState=FAILED Reason=NonZeroExitCode'")
    assert asked(limit=5).code == "lost"


@pytest.mark.slurm
@pytest.mark.slow
@pytest.mark.timeout(400)
def test_a_real_slurm_starts_the_job_or_says_why_not(
    slurm: Slurm,  # noqa: F811
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name in ("PATH", "SLURM_CONF"):
        monkeypatch.setenv(name, slurm.environment[name])
    monkeypatch.setenv("SBATCH_PARTITION", "nowhere")
    found = asked()
    assert (found.ok, found.code) == (True, "ok"), found
    assert found.seconds is not None
    found = asked(partition="nowhere")
    assert (found.ok, found.code) == (False, "refused")
    assert "partition" in found.sentence.lower()
    slurm.run("scontrol", "update", "PartitionName=short", "State=DOWN")
    found = asked(limit=5)
    assert (found.ok, found.code) == (False, "not-started"), found
    assert "waits for PartitionDown" in found.sentence
    assert not slurm.run("squeue", "--noheader", "--states=PENDING").strip()
