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
from hortus.telemetry.engines.polling import LONGEST, NODES, OVERLAP, poll
from hortus.telemetry.models import BatchImport, Cluster, NodeOutage
from tests.telemetry.slurm import NODES as NODES_OF_SLURM  # type: ignore[import-not-found]
from tests.telemetry.slurm import Slurm, slurm, slurmrestd, wait_for  # type: ignore[import-not-found]  # noqa: F401
from tests.web.fetch_servers import Server, body, serving  # type: ignore[import-not-found]

pytestmark = [pytest.mark.usefixtures("loopback", "data_dir"), pytest.mark.django_db]

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)


@pytest.fixture
def alder(team: Team) -> Cluster:
    return Cluster.objects.create(team=team, name="alder")


class Sacct:
    """Programs called sacct, sacctmgr and sinfo, first in the PATH: they note how they were called, print what they
    are told, and end with the code they are told."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        for name, prefix in (("sacct", ""), ("sacctmgr", "nodes-"), ("sinfo", "sinfo-")):
            stem, program = f"{folder}/{prefix}", folder / name
            program.write_text(f'#!/bin/sh\necho "$@" >> {stem}asked\ncat {stem}said\nexit $(cat {stem}code)\n')
            program.chmod(0o755)
        self.says()
        self.tells()
        self.counts("a1", "a1", "a2")

    def tells(self, *events: str, code: int = 0) -> None:
        """Have sacctmgr print these rows of node events."""
        head = "Cluster|NodeName|TimeStart|TimeEnd|State|Reason|User"
        (self.folder / "nodes-said").write_text("\n".join([head, *events, ""]) if not code else "")
        (self.folder / "nodes-code").write_text(str(code))

    def counts(self, *nodes: str, code: int = 0) -> None:
        """Have sinfo print these nodes, one for each partition."""
        (self.folder / "sinfo-said").write_text("\n".join([*nodes, ""]))
        (self.folder / "sinfo-code").write_text(str(code))

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

    def asked(self, what: str = "asked") -> list[str]:
        """Return how sacct was called, each time; how sacctmgr was for "nodes-asked"."""
        return (self.folder / what).read_text().splitlines()


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
    slurm.run("scontrol", "update", "NodeName=n3", "State=DRAIN", "Reason=fan | too loud")
    slurm.submit("-J", "later")
    wait_for(lambda: not slurm.run("squeue", "-h", "-o", "%A").split(), "the queue to empty", 120)
    # The accounting hears of it a moment later than the queue.
    wait_for(lambda: "later" in slurm.run("sacct", "-anX", "-o", "jobname"), "the accounting of the later job", 60)
    wait_for(lambda: "too loud" in slurm.run("sacctmgr", "-nP", "show", "event", "node=n3"), "the node event", 60)
    later = poll(held)
    slurm.run("scontrol", "update", "NodeName=n3", "State=RESUME")
    assert held.finding == ""
    assert later is not None
    assert later.result["new"] == 1
    outage = NodeOutage.objects.get(cluster=cluster, node="n3", ended_at=None)
    assert outage.reason == "fan | too loud"
    cluster.refresh_from_db()
    assert cluster.node_count == NODES_OF_SLURM


NOTHING = b'{"jobs": [], "errors": [{"error_number": 9003, "error": "Nothing found with query"}]}'


@pytest.mark.parametrize("said", [b'{"meta": {}, "jobs": [], "errors": []}', NOTHING], ids=["empty", "as 22.05"])
def test_a_quiet_slurmrestd(alder: Cluster, monkeypatch: pytest.MonkeyPatch, said: bytes) -> None:
    with serving(body(said)) as server:
        held = rest(alder, server, monkeypatch)
        made = poll(held, NOW)
    assert made is not None
    assert made.result["until"] == told(NOW)
    assert (held.finding, held.polled_until) == ("", NOW)


def test_the_silence_of_a_cluster_that_is_not_known_is_a_fault(alder: Cluster, monkeypatch: pytest.MonkeyPatch) -> None:
    names = [b"birch", b"fir"]

    def answer(path: str) -> bytes:
        listed = b",".join(b'{"name": "%s"}' % name for name in names)
        return body(b'{"clusters": [%s]}' % listed) if path.endswith("/v0.0.38/clusters") else body(NOTHING)

    with serving(answer) as server:
        held = rest(alder, server, monkeypatch)
        assert poll(held, NOW) is None
        assert "knows no cluster 'alder', but birch, fir" in held.finding
        assert held.polled_until is None
        names.append(b"alder")
        assert poll(held, NOW) is not None
        assert held.finding == ""
    assert any("cluster=alder" in asked for asked in server.requests)


EVENT = "alder|n7|{began}|{ended}|DRAIN|fan | too loud|root(0)"


def test_node_events_are_read_with_the_jobs(alder: Cluster, sacct: Sacct) -> None:
    held = asking(alder)
    began = int(NOW.timestamp()) - 900
    sacct.tells(EVENT.format(began=began, ended="Unknown"))
    poll(held, NOW)
    assert (held.finding, held.nodes_until) == ("", NOW)
    (outage,) = NodeOutage.objects.all()
    assert (outage.node, outage.reason, outage.ended_at) == ("n7", "fan | too loud", None)
    asked = sacct.asked("nodes-asked")[0]
    assert f"start={NOW - timedelta(hours=3):%Y-%m-%dT%H:%M:%S}" in asked
    assert "cluster=alder" in asked
    alder.refresh_from_db()
    assert alder.node_count == 2
    sacct.tells(EVENT.format(began=began, ended=began + 1200))
    poll(held, NOW + timedelta(minutes=10))
    assert NodeOutage.objects.get().ended_at == NOW + timedelta(minutes=5)
    assert "sinfo" not in held.finding
    assert len(sacct.asked("sinfo-asked")) == 1


def test_jobs_count_without_node_events(alder: Cluster, sacct: Sacct) -> None:
    held = asking(alder)
    sacct.says(1)
    sacct.tells(code=1)
    made = poll(held, NOW)
    assert made is not None
    assert made.result["new"] == 1
    assert (held.polled_until, held.nodes_until) == (NOW, None)
    assert held.finding.startswith("Jobs were read, node events were not: sacctmgr refused")
    sacct.tells(EVENT.format(began=int(NOW.timestamp()), ended="Unknown"))
    sacct.counts(code=1)
    later = NOW + timedelta(hours=4)
    poll(held, later)
    assert (held.finding, held.nodes_until) == ("", later)
    assert f"start={NOW - timedelta(hours=3):%Y-%m-%dT%H:%M:%S}" in sacct.asked("nodes-asked")[-1]
    alder.refresh_from_db()
    assert alder.node_count == 0


def test_a_poll_that_was_stopped_meanwhile_stays_stopped(alder: Cluster, sacct: Sacct) -> None:
    held = asking(alder)
    under_way = Poll.objects.get()
    actions.stop_poll(held, by=None, door="cli")
    sacct.says(1)
    made = poll(under_way, NOW)
    assert made is not None
    assert made.result["new"] == 1
    assert not Poll.objects.exists()


def test_polls_of_healthy_nodes_are_one_import(alder: Cluster, sacct: Sacct) -> None:
    held = asking(alder)
    imports = BatchImport.objects.filter(format=BatchImport.NODE_EVENTS)
    for minutes in (0, 10, 20):
        poll(held, NOW + timedelta(minutes=minutes))
    (one,) = imports.all()
    assert one.source_name == NODES
    assert (one.result["since"], one.result["until"]) == (
        told(NOW - timedelta(hours=3)),
        told(NOW + timedelta(minutes=20)),
    )
    sacct.tells(EVENT.format(began=int(NOW.timestamp()), ended="Unknown"))
    for minutes in (30, 40, 50):
        poll(held, NOW + timedelta(minutes=minutes))
        assert held.finding == ""
    assert sorted((row.result["new"], row.result["until"]) for row in imports.all()) == [
        (0, told(NOW + timedelta(minutes=20))), (0, told(NOW + timedelta(minutes=50))),
        (1, told(NOW + timedelta(minutes=30))),
    ]  # fmt: skip


@pytest.mark.slurm
@pytest.mark.slow
def test_real_rest(team: Team, slurm: Slurm, slurmrestd: str, monkeypatch: pytest.MonkeyPatch) -> None:  # noqa: F811
    """Jobs of a real cluster through its REST: quiet, good and failing, a wrong token, a wrong name."""
    cluster = Cluster.objects.create(team=team, name="demo")
    token = slurm.token("nobody")
    monkeypatch.setenv("ENGINE_TOKEN_SLURM", f"{slurmrestd} {token}")
    given = {"url": f"{slurmrestd}/slurmdb/v0.0.38/jobs", "user_name": "nobody", "token_name": "SLURM"}
    long_ago = timezone.now() - timedelta(days=3000)
    held = asking(cluster, "slurmrestd", **given, since=long_ago)
    quiet = poll(held)
    assert (held.finding, held.polled_until) == ("", long_ago + LONGEST)
    assert quiet is not None
    assert quiet.result["read"] == 0

    ids = {slurm.submit("-J", "good"), slurm.submit("-J", "failing", wrap="exit 3")}
    wait_for(lambda: not slurm.run("squeue", "-h", "-o", "%A").split(), "the queue to empty", 120)
    wait_for(lambda: _known(slurm) >= ids, "the accounting", 60)
    Poll.objects.update(polled_until=timezone.now() - timedelta(minutes=30))
    held.refresh_from_db()
    told_by_now = [poll(held)]
    # slurmdbd may tell of a job a moment later than sacct does.
    wait_for(lambda: bool(told_by_now.append(poll(held))) or _new(cluster) >= len(_known(slurm)), "all jobs", 60)
    assert held.finding == ""
    assert all(made is not None and made.result["rejected"] == 0 for made in told_by_now)
    again = poll(held)
    assert again is not None
    assert (again.result["new"], again.result["known"]) == (0, len(_known(slurm)))

    monkeypatch.setenv("ENGINE_TOKEN_SLURM", f"{slurmrestd} {token}x")
    assert poll(held) is None
    assert "refused the token" in held.finding
    assert token not in held.finding
    monkeypatch.setenv("ENGINE_TOKEN_SLURM", f"{slurmrestd} {token}")
    other = asking(Cluster.objects.create(team=team, name="elsewhere"), "slurmrestd", **given)
    assert poll(other) is None
    assert "knows no cluster 'elsewhere', but demo" in other.finding


def _known(cluster: Slurm) -> set[int]:
    """Return the ids of the jobs that the accounting knows and that ended."""
    rows = cluster.run("sacct", "-anXP", "-o", "jobidraw,state", may_fail=True).split()
    return {int(number) for number, state in (row.split("|") for row in rows) if state in {"COMPLETED", "FAILED"}}


def _new(cluster: Cluster) -> int:
    """Return how many jobs were brought into a cluster."""
    return sum(row.result["new"] for row in BatchImport.objects.filter(cluster=cluster))
