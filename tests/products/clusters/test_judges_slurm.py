"""Real jobs of a real Slurm, imported live, judged and counted: what became of each is known beforehand.

Jobs that time out are left out: Slurm ends them a minute late and more, which the hand-made jobs need not wait for.
"""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from keeper import Keeper, work_off

from hortus.access.models import Team
from hortus.products.clusters.live import bring_live
from hortus.telemetry.counts import judges
from hortus.telemetry.counts.judges import minute_of
from hortus.telemetry.counts.reading import sums
from tests.telemetry.slurm import Slurm, slurm, wait_for  # noqa: F401 -- a fixture

pytestmark = [pytest.mark.slurm, pytest.mark.slow, pytest.mark.timeout(400), pytest.mark.django_db]

SHOWN = 13  # records that sacct gives: a job that is still held is not among them


def _runs(cluster: Slurm, job: int) -> bool:
    return cluster.run("squeue", "-h", "-j", str(job), "-o", "%T", may_fail=True).strip() == "RUNNING"


def _is_written(cluster: Slurm) -> bool:
    """Tell whether slurmdbd has heard of everything: until then sacct shows half-filled records."""
    span = ("-s", "PD,R,CD,F,CA,RQ,NF,TO", "-S", "now-1hours", "-E", "now+1days")
    shown = cluster.run("sacct", "-anXD", "-P", *span, "-o", "state,jobid").split()
    states = [row.split("|", 1)[0] for row in shown if "|" in row]
    return len(states) == SHOWN and not {"RUNNING", "COMPLETING"} & set(states)


@pytest.fixture
def began(slurm: Slurm, monkeypatch: pytest.MonkeyPatch) -> datetime:  # noqa: F811
    """Let jobs succeed, fail, be killed, cancelled, requeued, lose their node, wait; return when it began."""
    at = datetime.now(UTC) - timedelta(minutes=1)
    slurm.submit("-J", "good", "-n", "2")
    slurm.submit("-J", "failing", wrap="exit 3")
    slurm.submit("-J", "killed", wrap="kill -9 $$")
    slurm.submit("-J", "array", "--array=0-2", wrap="exit $SLURM_ARRAY_TASK_ID")
    waiting = [slurm.submit("-J", "held", "-H"), slurm.submit("-J", "toobig", "-n", "64", "-N", "4-4")]
    withdrawn = slurm.submit("-J", "withdrawn", "-H")
    long = {
        "pilot": slurm.submit("-J", "dask-worker", wrap="sleep 600"),
        "cancelled": slurm.submit("-J", "cancelled", wrap="sleep 600"),
        "requeued": slurm.submit("-J", "requeued", "--requeue", "-w", "n4", wrap="sleep 600"),
        "lost": slurm.submit("-J", "lost", "--no-requeue", "-w", "n2", wrap="sleep 600"),
    }
    for name, job in long.items():
        wait_for(lambda job=job: _runs(slurm, job), f"{name} to run", 120)
    for job in (withdrawn, long["pilot"], long["cancelled"]):
        slurm.run("scancel", str(job))
    slurm.run("scontrol", "requeue", str(long["requeued"]))
    slurm.run("scontrol", "update", "NodeName=n2", "State=DOWN", "Reason=power")
    waiting.append(long["requeued"])
    left = {str(job) for job in waiting}
    wait_for(lambda: set(slurm.run("squeue", "-h", "-o", "%A").split()) <= left, "the queue to empty", 120)
    wait_for(lambda: _is_written(slurm), "the accounting of all jobs", 120)
    for name, value in slurm.environment.items():
        monkeypatch.setenv(name, value)
    return at


def test_every_fate_of_a_real_job_is_counted_right(
    began: datetime, team: Team, data_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(judges, "_LISTENERS", [])
    bring_live(team, "demo", by=None, door="cli", since=began)
    keepers = {
        "in time": Keeper(team, "job_in_time", cluster="demo", threshold_seconds=300),
        "not lost": Keeper(team, "job_not_lost", cluster="demo"),
    }
    for keeper in keepers.values():
        judges.on_change(keeper.hear)
    bring_live(team, "demo", by=None, door="cli", since=began)
    work_off()
    ends = minute_of(datetime.now(UTC)) + 1
    span = (minute_of(began), ends)
    found = sums([keepers["in time"].series.pk, keepers["not lost"].series.pk], [span])
    # started: good, failing, killed, three of the array, pilot, cancelled, requeued, lost; not held, withdrawn, too big
    assert (found.good[0, 0], found.total[0, 0]) == (10, 10)
    # ended: good, failing, killed, three of the array, cancelled by its user; lost with its node; no pilot, no requeue
    assert (found.good[1, 0], found.total[1, 0]) == (7, 8)
    # from when sacct was asked for until when it was asked, and the minutes with an event anyway
    assert set(found.measured[:, 0].tolist()) <= {ends - span[0] - 1, ends - span[0]}
