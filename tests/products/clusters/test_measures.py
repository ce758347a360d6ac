"""Measures against a slow, obvious count on hand-made jobs, with every trap of waiting and losing."""

import itertools
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
import time_machine
from handmade import NOON, Events, Job, bring

from hortus.access.models import Team
from hortus.products.clusters import measures
from hortus.products.clusters.models import Promise
from hortus.telemetry.models import Cluster
from hortus.values.evidence import Slice

pytestmark = pytest.mark.django_db
DAY = date(2026, 10, 14)
HOUR, MINUTE = timedelta(hours=1), timedelta(minutes=1)
ALL = Slice(0, 1000)


@pytest.fixture(autouse=True)
def _later(data_dir: Path):  # type: ignore[no-untyped-def]
    with time_machine.travel(datetime(2026, 11, 1, tzinfo=UTC), tick=False):
        yield


def promise(cluster: Cluster, seconds: int, partition: str = "", size: str = "") -> None:
    Promise.objects.create(
        team=cluster.team, cluster=cluster, partition=partition, size_class=size, wait_seconds=seconds, source="test"
    )


HEARD = Job(999, NOON + 9 * HOUR, NOON + 9 * HOUR, NOON + 9 * HOUR, NOON + 10 * HOUR)  # so that later is known

# job, whether it counts at all, whether it is in time; the promise is one hour
WAITS = [
    (Job(1), True, True),
    (Job(2, start=NOON + HOUR, end=NOON + 2 * HOUR), True, True),
    (Job(3, start=NOON + HOUR + timedelta(seconds=1), end=NOON + 3 * HOUR), True, False),
    # it was held for three hours, then started at once: the wait begins when it was free to start
    (Job(4, eligible=NOON + 3 * HOUR, start=NOON + 3 * HOUR, end=NOON + 4 * HOUR), True, True),
    # still waiting past the promise is late; still waiting with time left is not decided
    (Job(5, start=None, end=None, state="PENDING", reason="Priority"), True, False),
    (Job(6, start=None, end=None, state="PENDING", reason="Resources").at(NOON + 9 * HOUR + 30 * MINUTE), False, False),
    # nobody could have started these
    (Job(7, start=None, end=None, state="PENDING", reason="Dependency"), False, False),
    (Job(8, eligible=None, start=None, end=None, state="PENDING", reason="JobHeldUser"), False, False),
    (Job(9, start=None, end=None, state="PENDING", reason="PartitionConfig"), False, False),
    (Job(10, start=None, end=None, state="PENDING", reason="QOSMaxCpuPerJobLimit"), False, False),
    # cancelled while waiting: before the promise ran out it says nothing, after it it was late
    (Job(11, start=None, end=NOON + 30 * MINUTE, state="CANCELLED by 7"), False, False),
    (Job(12, start=None, end=NOON + 2 * HOUR, state="CANCELLED by 7"), True, False),
    (Job(13, eligible=None, start=None, end=NOON + 5 * HOUR, state="CANCELLED by 7"), False, False),
    # old Slurm writes start = end = cancel time for a job that never started
    (Job(14, start=None, end=NOON + 2 * HOUR, state="REVOKED"), False, False),
    (Job(15, state="NODE_FAIL"), True, True),
    (Job(16, state="FAILED"), True, True),
]


@pytest.mark.parametrize(("job", "counts", "in_time"), WAITS, ids=lambda v: str(v.n) if isinstance(v, Job) else None)
def test_each_trap_of_waiting(team: Team, job: Job, counts: bool, in_time: bool) -> None:
    promise(bring(team, HEARD, job), 3600)
    reading = measures.started_in_time(team, DAY)
    assert reading is not None
    assert (reading.n - 1, (reading.hits or 0) - 1) == (int(counts), int(counts and in_time))
    evidence = measures.started_in_time_evidence(team, DAY, ALL, persons=False)
    assert evidence.total == reading.n
    verdicts = [row[-1] for row in evidence.rows]
    assert verdicts.count("in time") == reading.hits


def test_the_share_is_that_of_all_traps_together(team: Team) -> None:
    promise(bring(team, HEARD, *(job for job, *_ in WAITS)), 3600)
    reading = measures.started_in_time(team, DAY)
    assert reading is not None
    assert reading.n == 1 + sum(counts for _, counts, _ in WAITS)
    assert reading.hits == 1 + sum(counts and ok for _, counts, ok in WAITS)
    assert reading.evidence_until == NOON + 10 * HOUR


def test_a_past_day_is_seen_as_it_was_then(team: Team) -> None:
    """A job that started two days later was still waiting that night, and late."""
    late = Job(1, start=NOON + timedelta(days=2), end=NOON + timedelta(days=2, hours=1))
    promise(bring(team, HEARD, late), 3600)
    evidence = measures.started_in_time_evidence(team, DAY, ALL, persons=False)
    assert evidence.rows[0][-1] == "late, still waiting"
    patient = bring(team, replace(late, n=2, partition="slow"))
    promise(patient, 30 * 3600, "slow")
    on_day, after = (measures.started_in_time(team, DAY + timedelta(days=n)) for n in (0, 2))
    assert on_day is not None
    assert after is not None
    assert (on_day.n, after.n) == (2, 3)


def test_the_closest_promise_holds(team: Team) -> None:
    minutes = {"any": 1, "size": 2, "place": 3, "both": 4}
    wait = 150  # seconds: longer than "any" and "size", shorter than "place" and "both"
    job = Job(1, start=NOON + timedelta(seconds=wait))
    cluster = bring(team, job)
    for held in (chosen for r in range(5) for chosen in itertools.combinations(minutes, r)):
        Promise.objects.all().delete()
        for name in held:
            place, size = ("short" if name in ("place", "both") else ""), ("one" if name in ("size", "both") else "")
            promise(cluster, minutes[name] * 60, place, size)
        best = next((name for name in ("both", "place", "size", "any") if name in held), None)
        reading = measures.started_in_time(team, DAY)
        if best is None:
            assert reading is None
        else:
            assert reading is not None
            assert reading.value == float(minutes[best] * 60 >= wait), held


def test_the_window_is_28_days_of_the_teams_zone(team: Team) -> None:
    edge = datetime(2026, 10, 14, 3, 59, 59, tzinfo=UTC)  # New York: the last second of 13 October
    job = Job(1, start=NOON)
    promise(bring(team, job.at(edge), replace(job, n=2).at(edge + timedelta(seconds=1))), 3600)
    counts = {
        day: found.n if found else 0
        for day, found in measures.started_in_time_many(
            team, [date(2026, 10, n) for n in (12, 13, 14)] + [date(2026, 11, n) for n in (9, 10, 11)]
        ).items()
    }
    assert list(counts.values()) == [0, 1, 2, 2, 1, 0]


def test_many_days_are_the_same_as_one_by_one(team: Team) -> None:
    jobs = [Job(n, user=f"u{n % 5}", account=f"g{n % 3}").at(NOON - timedelta(days=n, hours=n)) for n in range(90)]
    states = itertools.cycle(["COMPLETED", "FAILED", "NODE_FAIL"])
    cluster = bring(team, *(replace(job, state=next(states)) for job in jobs))
    promise(cluster, 30)
    days = [DAY - timedelta(days=n) for n in range(0, 40, 3)]
    for name in ("started_in_time", "jobs_lost", "new_users", "groups_helped"):
        many = getattr(measures, f"{name}_many")(team, days)
        assert many == {day: getattr(measures, name)(team, day) for day in days}
        assert any(many.values())


LOSSES = [
    ("COMPLETED", "job", True, False), ("FAILED", "job", True, False), ("NODE_FAIL", "job", True, True),
    ("BOOT_FAIL", "job", True, True), ("TIMEOUT", "job", True, False), ("OUT_OF_MEMORY", "job", True, False),
    ("PREEMPTED", "job", True, False), ("CANCELLED by 7", "job", True, False),
    ("CANCELLED by 7", "dask-worker", False, False), ("NODE_FAIL", "dask-worker", True, True),
    ("REVOKED", "job", False, False), ("RUNNING", "job", False, False), ("FOO", "job", True, False),
]  # fmt: skip


@pytest.mark.parametrize(("state", "name", "counts", "lost"), LOSSES)
def test_each_trap_of_losing(team: Team, state: str, name: str, counts: bool, lost: bool) -> None:
    end = None if state == "RUNNING" else NOON + HOUR
    bring(team, HEARD, Job(1, state=state, name=name, end=end))
    reading = measures.jobs_lost(team, DAY)
    assert reading is not None
    assert (reading.n, reading.hits) == (1 + counts, int(lost))
    evidence = measures.jobs_lost_evidence(team, DAY, ALL, persons=False)
    assert evidence.total == reading.n
    assert [row[-1] for row in evidence.rows].count("lost to us") == reading.hits


def test_a_job_cancelled_before_it_ran_is_no_loss_and_not_counted(team: Team) -> None:
    bring(team, HEARD, Job(1, start=None, state="CANCELLED by 7"), Job(2, start=None, state="BOOT_FAIL"))
    reading = measures.jobs_lost(team, DAY)
    assert reading is not None
    assert (reading.n, reading.hits) == (2, 1)


def test_new_users_wait_for_eight_weeks_of_history(team: Team) -> None:
    bring(team, Job(1, user="ada").at(NOON - timedelta(days=57)), Job(2, user="bea"), Job(3, user="ada"))
    reading = measures.new_users(team, DAY)
    assert reading is not None
    assert (reading.value, reading.n) == (1.0, 2)
    assert measures.new_users(team, DAY - timedelta(days=3)) is None  # nobody was active
    Cluster.objects.all().delete()
    bring(team, Job(1, user="ada").at(NOON - timedelta(days=50)), Job(2, user="bea"))
    assert measures.new_users(team, DAY) is None


def test_new_users_evidence_names_nobody_unless_it_may(team: Team) -> None:
    bring(team, Job(1, user="ada").at(NOON - timedelta(days=57)), Job(2, user="beatrice", account="secretlab"))
    for persons in (True, False):
        told = str(measures.new_users_evidence(team, DAY, ALL, persons=persons))
        assert ("beatrice" in told) is persons
        assert ("secretlab" in told) is persons
    for rows in (measures.jobs_lost_evidence, measures.started_in_time_evidence, measures.groups_helped_evidence):
        promise(Cluster.objects.get(), 60, str(rows)[:20])
        assert "beatrice" not in str(rows(team, DAY, ALL, persons=False))
        assert "secretlab" not in str(rows(team, DAY, ALL, persons=False))
    assert "secretlab" in str(measures.groups_helped_evidence(team, DAY, ALL, persons=True))


def test_groups_count_once_and_only_with_a_completed_job(team: Team) -> None:
    bring(
        team, Job(1, account="a"), Job(2, account="a", user="x"), Job(3, account="b", state="FAILED"),
        Job(4, account="c").at(NOON - timedelta(days=40)), Job(5, account="d", state="RUNNING", end=None),
    )  # fmt: skip
    reading = measures.groups_helped(team, DAY)
    assert reading is not None
    assert (reading.value, reading.n) == (1.0, 2)


def test_nodes_that_are_out_now_are_counted_once(team: Team) -> None:
    since, until = NOON - timedelta(days=60), datetime(2026, 11, 1, tzinfo=UTC)
    events = Events().out("n1", NOON - 2 * HOUR, NOON).out("n1", NOON - HOUR, NOON + HOUR, "DRAIN")
    events.out("n2", NOON + 2 * HOUR, None, "DRAIN").bring(team, 4, since, until)
    end = datetime(2026, 10, 15, 4, tzinfo=UTC)  # midnight in New York
    now = measures.nodes_out_now(team, DAY)
    assert now is not None
    assert (now.value, now.n, now.evidence_until) == (1.0, 4, end)
    assert measures.nodes_out_now_evidence(team, DAY, ALL, persons=True).total == 1


def test_nodes_are_unknown_before_anybody_asked(team: Team) -> None:
    Events().bring(team, 4, NOON, NOON + timedelta(days=5))
    assert measures.nodes_out_now(team, date(2026, 10, 12)) is None
    found = measures.nodes_out_now(team, date(2026, 10, 16))
    assert found is not None
    assert found.value == 0.0
    stale = measures.nodes_out_now(team, date(2026, 10, 31))
    assert stale is not None
    assert stale.evidence_until == NOON + timedelta(days=5)


def test_without_any_job_there_is_no_reading(team: Team) -> None:
    for name in ("started_in_time", "jobs_lost", "new_users", "groups_helped", "nodes_out_now"):
        assert getattr(measures, name)(team, DAY) is None
        assert getattr(measures, f"{name}_evidence")(team, DAY, ALL, persons=True).total == 0


def test_another_teams_jobs_do_not_count(team: Team, other_team: Team) -> None:
    bring(other_team, Job(1, state="NODE_FAIL"))
    assert measures.jobs_lost(team, DAY) is None
    assert measures.jobs_lost_evidence(team, DAY, ALL, persons=True).total == 0


def test_evidence_pages_tell_the_same_total(team: Team) -> None:
    bring(team, *(Job(n) for n in range(7)))
    pages = [measures.jobs_lost_evidence(team, DAY, Slice(n, 3), persons=False) for n in (0, 3, 6, 9)]
    assert [page.total for page in pages] == [7] * 4
    assert [len(page.rows) for page in pages] == [3, 3, 1, 0]
