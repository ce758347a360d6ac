"""A scheduler that is asked every few minutes: sacct by a small program that stands for it, slurmrestd as recorded."""

import json
import os
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import time_machine
from django.utils import timezone

from hortus.access.models import Team
from hortus.ledger.queue_models import QueuedTask
from hortus.telemetry.batch.formats.sacct import ADVISED
from hortus.telemetry.counts import judges
from hortus.telemetry.counts.judges import minute_of
from hortus.telemetry.engines import actions
from hortus.telemetry.engines.models import Poll
from hortus.telemetry.engines.polling import LONGEST, OVERLAP, poll
from hortus.telemetry.models import BatchImport, Cluster
from tests.telemetry.slurm import Slurm, slurm, wait_for  # type: ignore[import-not-found]  # noqa: F401
from tests.web.fetch_servers import Server, body, serving  # type: ignore[import-not-found]

pytestmark = [pytest.mark.usefixtures("loopback", "data_dir"), pytest.mark.django_db]

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)


@pytest.fixture
def alder(team: Team) -> Cluster:
    return Cluster.objects.create(team=team, name="alder")


class Sacct:
    """A program called sacct, first in the PATH, that notes how it was called and prints what it is told."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        program = folder / "sacct"
        program.write_text(f'#!/bin/sh\necho "$@" >> {folder}/asked\ncat {folder}/said\nexit $(cat {folder}/code)\n')
        program.chmod(0o755)
        self.says()

    def says(self, *jobs: int, code: int = 0, ended: bool = True) -> None:
        """Have it print these jobs by number."""
        names = ADVISED.split(",")
        lines = ["\x1f".join(names)]
        for n in jobs:
            began = int(NOW.timestamp()) - 600
            known = {
                "JobID": n, "JobIDRaw": n, "Cluster": "alder", "User": "ada", "Partition": "short", "Submit": began,
                "Eligible": began, "Start": began + 10, "End": began + 70 if ended else "Unknown", "AllocCPUS": 1,
                "State": "COMPLETED" if ended else "RUNNING", "ExitCode": "0:0", "JobName": "job",
            }  # fmt: skip
            lines.append("\x1f".join(str(known.get(name, "")) for name in names))
        (self.folder / "said").write_text("\n".join([*lines, ""]) if not code else "")
        (self.folder / "code").write_text(str(code))

    def asked(self) -> list[str]:
        """Return how it was called, each time."""
        return (self.folder / "asked").read_text().splitlines()


@pytest.fixture
def sacct(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Sacct:
    folder = tmp_path / "bin"
    folder.mkdir()
    monkeypatch.setenv("PATH", f"{folder}:{os.environ['PATH']}")
    return Sacct(folder)


def asking(cluster: Cluster, source: str = "sacct", **more: object) -> Poll:
    given = {"period_minutes": 10, "since": NOW - timedelta(hours=2), "by": None, "door": "cli"} | more
    return actions.set_poll(cluster, source=source, **given)  # type: ignore[arg-type]


def test_jobs_are_known_once_however_often_they_are_told(alder: Cluster, sacct: Sacct) -> None:
    held = asking(alder)
    sacct.says(1, 2, ended=False)
    first = poll(held, NOW)
    assert first is not None
    assert (first.result["new"], first.source_name) == (2, "sacct on this machine, polled")
    assert held.polled_until == NOW
    sacct.says(1, 2, 3)
    again = poll(held, NOW + timedelta(minutes=10))
    assert again is not None
    assert (again.result["new"], again.result["updated"]) == (1, 2)
    same = poll(held, NOW + timedelta(minutes=20))
    assert same is not None
    assert (same.result["new"], same.result["known"]) == (0, 3)
    spans = [(call.split("--starttime=")[1][:19], call.split("--endtime=")[1][:19]) for call in sacct.asked()]
    assert spans[0] == ("2026-11-22T09:00:00", "2026-11-22T12:00:00")
    assert spans[1] == ("2026-11-22T11:00:00", "2026-11-22T12:10:00")
    assert "--clusters=alder" in sacct.asked()[0]


def test_what_could_not_be_asked_is_asked_later(alder: Cluster, sacct: Sacct) -> None:
    held = asking(alder)
    sacct.says(code=1)
    assert poll(held, NOW) is None
    assert "sacct refused (exit code 1)" in held.finding
    assert held.polled_until is None
    assert not BatchImport.objects.exists()
    sacct.says(1)
    assert poll(held, NOW + timedelta(hours=5)) is not None
    held.refresh_from_db()
    assert held.finding == ""
    assert held.polled_until == NOW + timedelta(hours=5)
    assert f"--starttime={NOW - timedelta(hours=2) - OVERLAP:%Y-%m-%dT%H:%M:%S}" in sacct.asked()[1]


def test_a_quiet_time_is_no_fault_and_is_spoken_for(alder: Cluster, sacct: Sacct) -> None:
    held = asking(alder)
    sacct.says(1)
    with time_machine.travel(NOW, tick=False):
        poll(held, NOW)
    sacct.says()
    later = NOW + timedelta(days=2)
    with time_machine.travel(later, tick=False):
        made = poll(held, later)
    assert made is not None
    assert (made.result["read"], made.result["since"], made.result["until"]) == (0, told(NOW - OVERLAP), told(later))
    assert (held.finding, held.polled_until) == ("", later)
    assert list(judges.judge("job_not_lost").judge(alder.team, {"cluster": "alder"}, 0, minute_of(later)).measured) == [
        (minute_of(NOW - timedelta(hours=3)), minute_of(later))
    ]
    queued = QueuedTask.objects.filter(path=judges.tell.module_path)
    assert max(row.args[4] for row in queued) == minute_of(later) + 1


def test_a_stuck_scheduler_is_measured_up_to_the_poll(alder: Cluster, sacct: Sacct) -> None:
    held = asking(alder)
    for hours in (0, 30):
        sacct.says(1, ended=False)  # nothing starts or ends any more, and nobody submits
        with time_machine.travel(NOW + timedelta(hours=hours), tick=False):
            made = poll(held, timezone.now())
    assert made is not None
    assert made.result["until"] == told(NOW + timedelta(hours=30))
    found = judges.judge("job_not_lost").judge(alder.team, {"cluster": "alder"}, 0, minute_of(NOW) + 2000)
    assert found.measured[-1][1] == minute_of(NOW) + 1800


def told(at: datetime) -> str:
    return at.isoformat().replace("+00:00", "Z")


def test_a_long_time_is_asked_for_in_pieces(alder: Cluster, sacct: Sacct) -> None:
    held = asking(alder, since=NOW - timedelta(days=20))
    poll(held, NOW)
    assert held.polled_until == NOW - timedelta(days=20) + LONGEST


def rest(alder: Cluster, server: Server, monkeypatch: pytest.MonkeyPatch) -> Poll:
    url = server.url("/slurmdb/v0.0.38/jobs")
    monkeypatch.setenv("ENGINE_TOKEN_SLURM", f"{server.url('')} a.jwt.token")
    return asking(alder, "slurmrestd", url=url, user_name="hortus", token_name="SLURM")


def test_a_recorded_slurmrestd(alder: Cluster, data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    recorded = data / "slurm" / "slurmrestd_dbv0.0.38_jobs.json"
    if not recorded.is_file():
        pytest.skip("there is no recorded answer of slurmrestd here")
    with serving(body(recorded.read_bytes(), "Content-Type: application/json")) as server:
        held = rest(alder, server, monkeypatch)
        made = poll(held, NOW)
        assert held.finding == ""
        assert made is not None
        assert made.result["read"] == 57
        again = poll(held, NOW + timedelta(minutes=10))
        assert again is not None
        assert again.result["new"] == 0
        asked = server.requests[0]
    assert "x-slurm-user-name: hortus" in asked
    assert "x-slurm-user-token: a.jwt.token" in asked
    assert f"start_time=uts{int((NOW - timedelta(hours=3)).timestamp())}" in asked
    assert "a.jwt.token" not in json.dumps(made.result) + str(vars(held))


WRONG = {
    "no token": (b"HTTP/1.1 401 No\r\nContent-Length: 0\r\n\r\n", "refused the token"),
    "an error": (b"HTTP/1.1 500 Oh\r\nContent-Length: 0\r\n\r\n", "HTTP status 500"),
    "its own error": (body(b'{"jobs": [], "errors": [{"description": "no such time"}]}'), "no such time"),
    "errors of no kind": (body(b'{"jobs": [], "errors": "many"}'), "many"),
    "rubbish": (body(b"<html>"), "no list of jobs"),
    "a list": (body(b"[]"), "no list of jobs"),
    "strange jobs": (body(b'{"jobs": [1, "x"], "errors": []}'), ""),
    "an odd error": (body(b'{"jobs": [], "errors": ["down"]}'), "down"),
}  # fmt: skip


@pytest.mark.parametrize("name", sorted(WRONG))
def test_what_slurmrestd_may_say_instead(alder: Cluster, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    answer, sentence = WRONG[name]
    with serving(answer) as server:
        held = rest(alder, server, monkeypatch)
        poll(held, NOW)
    assert sentence in held.finding
    if sentence:
        assert held.polled_until is None
        assert not BatchImport.objects.exists()


@pytest.mark.slurm
@pytest.mark.slow
def test_a_real_slurm(team: Team, slurm: Slurm, monkeypatch: pytest.MonkeyPatch) -> None:  # noqa: F811
    """Jobs of a real cluster, polled twice."""
    for name in ("PATH", "SLURM_CONF"):
        monkeypatch.setenv(name, slurm.environment[name])
    ids = {slurm.submit("-J", "good"), slurm.submit("-J", "failing", wrap="exit 3")}
    wait_for(lambda: not slurm.run("squeue", "-h", "-o", "%A").split(), "the queue to empty", 120)
    wait_for(lambda: "RUNNING" not in slurm.run("sacct", "-anX", "-o", "state"), "the accounting", 60)
    cluster = Cluster.objects.create(team=team, name="demo")
    held = actions.set_poll(cluster, source="sacct", period_minutes=5, by=None, door="cli")
    first = poll(held)
    assert held.finding == ""
    assert first is not None
    assert first.result["new"] >= len(ids)
    again = poll(held)
    assert again is not None
    assert again.result["new"] == 0
    slurm.submit("-J", "later")
    wait_for(lambda: not slurm.run("squeue", "-h", "-o", "%A").split(), "the queue to empty", 120)
    # The accounting hears of it a moment later than the queue.
    wait_for(lambda: "later" in slurm.run("sacct", "-anX", "-o", "jobname"), "the accounting of the later job", 60)
    later = poll(held)
    assert later is not None
    assert later.result["new"] == 1


def test_a_quiet_slurmrestd(alder: Cluster, monkeypatch: pytest.MonkeyPatch) -> None:
    with serving(body(b'{"meta": {}, "jobs": [], "errors": []}')) as server:
        held = rest(alder, server, monkeypatch)
        made = poll(held, NOW)
    assert made is not None
    assert made.result["until"] == told(NOW)
    assert (held.finding, held.polled_until) == ("", NOW)
