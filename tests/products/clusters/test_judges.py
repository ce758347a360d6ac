"""The judges of jobs, against a slow and obvious recount of the raw rows, and against the indicators."""

import io
import random
import re
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
import time_machine
from handmade import NOON, Job, bring, listing
from keeper import Keeper, work_off

from hortus.access.models import Person, Team
from hortus.products.clusters import actions as clusters_actions
from hortus.products.clusters import judges as clusters_judges
from hortus.products.clusters import measures
from hortus.products.clusters.models import Promise
from hortus.products.clusters.rules import OWN_REASON_PATTERN, OWN_REASONS, promised
from hortus.telemetry import actions
from hortus.telemetry.batch import rules
from hortus.telemetry.batch.sample import invent, write_sacct
from hortus.telemetry.counts import judges as registry
from hortus.telemetry.counts.judges import Judged, judge, minute_of
from hortus.telemetry.history import History
from hortus.telemetry.models import Cluster
from hortus.values.evidence import Slice
from hortus.values.refused import Refused

pytestmark = pytest.mark.django_db
HOUR, MINUTE, SECOND = timedelta(hours=1), timedelta(minutes=1), timedelta(seconds=1)
NOW = datetime(2026, 11, 1, tzinfo=UTC)
ALWAYS = (0, minute_of(NOW) + 1440)
ALL = Slice(0, 1000)
Tally = dict[int, tuple[int, int]]


@pytest.fixture(autouse=True)
def _later(data_dir: Path) -> Iterator[None]:
    with time_machine.travel(NOW, tick=False):
        yield


def promise(cluster: Cluster, seconds: int, partition: str = "", size: str = "") -> None:
    Promise.objects.create(
        team=cluster.team, cluster=cluster, partition=partition, size_class=size, wait_seconds=seconds, source="test"
    )


def asked(team: Team, slug: str, since: int = ALWAYS[0], until: int = ALWAYS[1], **given: Any) -> Judged:
    one = judge(slug)
    return one.judge(team, one.check(team, {"cluster": "alder"} | given), since, until)


def tally(found: Judged) -> Tally:
    return dict(zip(found.minute.tolist(), zip(found.good.tolist(), found.total.tolist(), strict=True), strict=True))


# The slow, obvious version: one job at a time, from the raw columns, with the words of telemetry.batch.rules.


def recount_starts(cluster: Cluster, threshold: int | None = None, **only: str) -> Tally:
    rows = raw(cluster)
    moments = [row[name] for row in rows for name in ("submit_at", "start_at", "end_at") if row[name]]
    heard = max((moment for moment in moments if moment <= NOW), default=NOW)
    promises = {(p.partition, p.size_class): p.wait_seconds for p in Promise.objects.filter(cluster=cluster)}
    cells = []
    for row in rows:
        wait = promised(promises, row["partition"] or "", row["size"]) if threshold is None else threshold
        if wait is None or not _is_chosen(row, only) or not _could_start(row):
            continue
        ready = max(filter(None, (row["submit_at"], row["eligible_at"])))
        deadline = ready + timedelta(seconds=wait)
        ended_waiting = row["start_at"] or row["end_at"]
        if row["start_at"] and row["start_at"] <= min(deadline, heard):
            cells.append((minute_of(row["start_at"]), True))
        elif min(ended_waiting or heard, heard) > deadline:
            cells.append((minute_of(deadline), False))
    return _summed(cells)


def _could_start(row: dict[str, Any]) -> bool:
    if row["started"]:
        ready = max(filter(None, (row["submit_at"], row["eligible_at"])))
        return row["start_at"] is not None and row["start_at"] >= ready and row["state"] != "REVOKED"
    reason = row["reason"] or ""
    is_own = reason in OWN_REASONS or re.search(OWN_REASON_PATTERN, reason)
    return not is_own and row["eligible_at"] is not None and row["state"] != "REVOKED"


def recount_ends(cluster: Cluster, **only: str) -> Tally:
    cells = []
    for row in raw(cluster):
        is_lost = rules.lost_to_us(row["state"])
        is_over = rules.phase(row["state"]) == 2 and row["end_at"] is not None
        is_pilots_end = rules.is_pilot(row["name"]) and row["state"] == "CANCELLED"
        counts = is_over and (row["started"] or is_lost) and row["state"] not in ("REVOKED", "REQUEUED")
        if counts and not is_pilots_end and _is_chosen(row, only):
            cells.append((minute_of(row["end_at"]), not is_lost))
    return _summed(cells)


def raw(cluster: Cluster) -> list[dict[str, Any]]:
    rows = History.of([cluster]).ask("SELECT * FROM {jobs}")
    for row in rows:
        cpus = row["allocated_cpus"] if row["allocated_cpus"] is not None else row["requested_cpus"]
        row["size"] = rules.size_class(cpus)
    return rows


def _is_chosen(row: dict[str, Any], only: dict[str, str]) -> bool:
    return all(row[{"size_class": "size"}.get(name, name)] == value for name, value in only.items())


def _summed(cells: list[tuple[int, bool]]) -> Tally:
    total, good = Counter(minute for minute, _ in cells), Counter(minute for minute, is_good in cells if is_good)
    return {minute: (good[minute], total[minute]) for minute in sorted(total)}


def any_job(chance: random.Random, n: int) -> Job:
    """Draw a job with any of the traps: held, dependent, impossible, cancelled, revoked, requeued, backwards, pilot."""
    submit = NOON + timedelta(seconds=chance.randrange(5 * 86_400))
    eligible: datetime | None = submit + chance.choice([0, 0, 0, 1, 3600, 86_400]) * SECOND
    waited = chance.choice([0, 1, 59, 600, 3599, 3600, 3601, 7200, 90_000]) * SECOND
    start: datetime | None = submit + waited if chance.random() < 0.1 else (eligible or submit) + waited
    end: datetime | None = start + chance.randrange(1, 20_000) * SECOND if start else None
    words = ["COMPLETED", "FAILED", "NODE_FAIL", "BOOT_FAIL", "TIMEOUT", "CANCELLED by 7", "REQUEUED", "REVOKED", "FOO"]
    state, reason = chance.choice(words), "None"
    fate = chance.random()
    if fate < 0.15:
        start, end, state = None, None, "PENDING"
        reason = chance.choice(["Priority", "Resources", "Dependency", "PartitionConfig", "QOSMaxCpuPerJobLimit"])
    elif fate < 0.25:
        start = None
    elif fate < 0.3:
        end, state = None, "RUNNING"
    if chance.random() < 0.1:
        eligible = None
    return Job(
        n, submit, eligible, start, end, state, partition=chance.choice(["short", "long", "gpu"]),
        cpus=chance.choice([1, 4, 64, 2000]), reason=reason,
        name=chance.choice(["job", "job", "dask-worker", "parsl.x.block-1"]),
    )  # fmt: skip


@pytest.mark.parametrize("seed", range(4))
def test_any_jobs_are_judged_as_one_by_one(team: Team, seed: int) -> None:
    chance = random.Random(seed)
    cluster = bring(team, *(any_job(chance, n) for n in range(400)))
    promise(cluster, 3600)
    promise(cluster, 7200, "long")
    promise(cluster, 60, "gpu", "one")
    starts, ends = recount_starts(cluster), recount_ends(cluster)
    assert min(len(starts), len(ends)) > 100
    assert 0 < sum(good for good, _ in starts.values()) < sum(total for _, total in starts.values())
    assert tally(asked(team, "job_in_time")) == starts
    assert tally(asked(team, "job_not_lost")) == ends
    assert tally(asked(team, "job_in_time", partition="gpu")) == recount_starts(cluster, partition="gpu")
    assert tally(asked(team, "job_not_lost", partition="gpu")) == recount_ends(cluster, partition="gpu")
    assert tally(asked(team, "job_in_time", size_class="small")) == recount_starts(cluster, size_class="small")
    for threshold in (1, 599, 3600, 100_000):
        found = asked(team, "job_in_time", threshold_seconds=threshold, partition="long")
        assert tally(found) == recount_starts(cluster, threshold, partition="long")


@pytest.mark.parametrize("slug", ["job_in_time", "job_not_lost"])
def test_spans_put_together_are_the_whole(team: Team, slug: str) -> None:
    chance = random.Random(slug)
    cluster = bring(team, *(any_job(chance, n) for n in range(300)))
    promise(cluster, 3600)
    first, last = minute_of(NOON) - 60, minute_of(NOON) + 9 * 1440
    whole = asked(team, slug, first, last)
    edges = sorted({first, last, *(chance.randrange(first, last) for _ in range(7))})
    parts = [asked(team, slug, since, until) for since, until in pairwise(edges)]
    assert [cell for part in parts for cell in tally(part).items()] == list(tally(whole).items())
    spans = [span for part in parts for span in part.measured]
    assert clusters_judges.united(spans, first, last) == list(whole.measured)
    for (since, until), part in zip(pairwise(edges), parts, strict=True):
        assert all(since <= minute < until for minute in tally(part))


def sample(team: Team, weeks: int, until: datetime = NOW) -> Cluster:
    text = io.StringIO()
    write_sacct(invent(jobs=weeks * 700, weeks=weeks, seed=weeks, until=until), text, cluster="alder")
    made = actions.import_batch(
        team, "alder", io.BytesIO(text.getvalue().encode()), by=None, source_name="s", door="cli", zone="UTC"
    )
    clusters_actions.derive(made.cluster, by=None, door="cli")
    return made.cluster


def test_an_invented_history_agrees_with_the_recount_and_with_the_indicators(team: Team) -> None:
    cluster = sample(team, 3)
    starts, ends = asked(team, "job_in_time"), asked(team, "job_not_lost")
    assert tally(starts) == recount_starts(cluster)
    assert tally(ends) == recount_ends(cluster)
    today = NOW.astimezone(team.zoneinfo).date()
    reading = measures.started_in_time(team, today)  # of 28 days, which hold all three weeks
    assert reading is not None
    assert (reading.hits, reading.n) == (starts.good.sum(), starts.total.sum())
    lost = measures.jobs_lost(team, today)
    week = datetime.combine(today - timedelta(days=6), datetime.min.time(), team.zoneinfo)
    last_week = asked(team, "job_not_lost", minute_of(week), minute_of(NOW))
    assert lost is not None
    assert (lost.hits, lost.n) == ((last_week.total - last_week.good).sum(), last_week.total.sum())
    assert lost.hits or (ends.total - ends.good).sum() > 0


HEARD = Job(999, NOON + 9 * HOUR, NOON + 9 * HOUR, NOON + 9 * HOUR, NOON + 10 * HOUR)  # so that later is known
N = minute_of(NOON)
# job, the minute it belongs to (None: it does not count), whether it is good; the promise is one hour
FATES = [
    (Job(1), N + 1, True),
    (Job(2, start=NOON + HOUR, end=NOON + 2 * HOUR), N + 60, True),
    (Job(3, start=NOON + HOUR + SECOND, end=NOON + 3 * HOUR), N + 60, False),
    (Job(4, start=NOON + 5 * HOUR, end=NOON + 6 * HOUR), N + 60, False),
    (Job(5, eligible=NOON + 3 * HOUR, start=NOON + 3 * HOUR, end=NOON + 4 * HOUR), N + 180, True),
    (Job(6, start=None, end=None, state="PENDING", reason="Priority"), N + 60, False),
    (Job(7, start=None, end=None, state="PENDING", reason="Resources").at(NOON + 9 * HOUR + 30 * MINUTE), None, False),
    (Job(8, start=None, end=None, state="PENDING", reason="Dependency"), None, False),
    (Job(9, eligible=None, start=None, end=None, state="PENDING", reason="JobHeldUser"), None, False),
    (Job(10, start=None, end=None, state="PENDING", reason="PartitionConfig"), None, False),
    (Job(11, start=None, end=NOON + 30 * MINUTE, state="CANCELLED by 7"), None, False),
    (Job(12, start=None, end=NOON + 2 * HOUR, state="CANCELLED by 7"), N + 60, False),
    (Job(13, state="REVOKED"), None, False),
    (Job(14, state="NODE_FAIL"), N + 1, True),
]  # fmt: skip


@pytest.mark.parametrize(("job", "minute", "good"), FATES, ids=lambda v: f"job{v.n}" if isinstance(v, Job) else None)
def test_each_job_counts_in_the_minute_of_its_fate(team: Team, job: Job, minute: int | None, good: bool) -> None:
    promise(bring(team, HEARD, job), 3600)
    heard = {N + 540: (1, 1)}
    assert tally(asked(team, "job_in_time")) == heard | ({} if minute is None else {minute: (int(good), 1)})


def test_a_late_job_stays_in_its_minute_when_it_starts_or_is_cancelled_at_last(team: Team) -> None:
    waits = Job(1, start=None, end=None, state="PENDING", reason="Priority")
    promise(bring(team, HEARD, waits), 3600)
    before = tally(asked(team, "job_in_time"))
    bring(team, replace(waits, start=NOON + 8 * HOUR, end=NOON + 9 * HOUR, state="COMPLETED", reason="None"))
    assert tally(asked(team, "job_in_time")) == before == {N + 60: (0, 1), N + 540: (1, 1)}


def test_a_promise_that_runs_out_after_the_newest_record_is_not_decided(team: Team) -> None:
    waits = Job(1, start=None, end=None, state="PENDING", reason="Priority").at(NOON + 9 * HOUR + 30 * MINUTE)
    cluster = bring(team, HEARD, waits)
    promise(cluster, 3600)
    assert tally(asked(team, "job_in_time")) == {N + 540: (1, 1)}
    bring(team, Job(2).at(NOON + 12 * HOUR))
    assert tally(asked(team, "job_in_time")) == {N + 540: (1, 1), N + 630: (0, 1), N + 721: (1, 1)}


def test_requeued_attempts_count_each_for_itself_and_array_tasks_too(team: Team) -> None:
    again = NOON + 2 * HOUR
    jobs = [
        Job(1, state="REQUEUED", end=again),
        Job(1, submit=again, eligible=again + 2 * MINUTE, start=again + 3 * MINUTE, end=again + HOUR),
        Job(2, state="NODE_FAIL", end=again),
        Job(2, submit=again, eligible=again + 2 * MINUTE, start=again + 2 * HOUR, end=again + 3 * HOUR),
    ]
    promise(bring(team, *jobs), 3600)
    tasks = listing(*(Job(n) for n in (35, 36, 37))).replace(b"35|35|", b"35|35_0|").replace(b"36|36|", b"36|35_1|")
    source = io.BytesIO(tasks.replace(b"37|37|", b"37|35_2|"))
    actions.import_batch(team, "alder", source, by=None, source_name="array", door="cli", zone="UTC")
    assert tally(asked(team, "job_in_time")) == {N + 1: (5, 5), N + 123: (1, 1), N + 182: (0, 1)}
    # the requeued attempt tells nothing, its next one does; the one that lost its node was lost to us
    assert tally(asked(team, "job_not_lost")) == {N + 60: (3, 3), N + 120: (0, 1), N + 180: (1, 1), N + 300: (1, 1)}


LOSSES = [
    ("COMPLETED", "job", (1, 1)), ("FAILED", "job", (1, 1)), ("TIMEOUT", "job", (1, 1)), ("NODE_FAIL", "job", (0, 1)),
    ("BOOT_FAIL", "job", (0, 1)), ("CANCELLED by 7", "job", (1, 1)), ("CANCELLED by 7", "dask-worker", None),
    ("CANCELLED by 7", "parsl.htex.block-3", None), ("NODE_FAIL", "dask-worker", (0, 1)), ("REVOKED", "job", None),
    ("REQUEUED", "job", None), ("RUNNING", "job", None), ("FOO", "job", (1, 1)),
]  # fmt: skip


@pytest.mark.parametrize(("state", "name", "counts"), LOSSES, ids=lambda v: v if isinstance(v, str) else None)
def test_each_way_to_end(team: Team, state: str, name: str, counts: tuple[int, int] | None) -> None:
    end = None if state == "RUNNING" else NOON + HOUR
    bring(team, Job(1, state=state, name=name, end=end))
    assert tally(asked(team, "job_not_lost")) == ({} if counts is None else {N + 60: counts})


def test_a_job_that_never_ran_counts_only_if_we_kept_it_from_running(team: Team) -> None:
    for n, state in ((1, "CANCELLED by 7"), (2, "BOOT_FAIL")):
        bring(team, Job(n, start=None, state=state))
    assert tally(asked(team, "job_not_lost")) == {N + 60: (0, 1)}


def test_a_late_import_changes_only_its_own_minutes(team: Team) -> None:
    chance = random.Random(5)
    cluster = bring(team, *(any_job(chance, n) for n in range(300)))
    promise(cluster, 3600)
    before = {slug: tally(asked(team, slug)) for slug in ("job_in_time", "job_not_lost")}
    late = Job(5000, start=NOON + 26 * HOUR + 7 * MINUTE, end=NOON + 30 * HOUR, state="NODE_FAIL").at(NOON + 2 * HOUR)
    bring(team, late)
    assert late.start is not None
    assert late.end is not None
    for slug, minute in (("job_in_time", N + 180), ("job_not_lost", minute_of(late.end))):
        after = tally(asked(team, slug))
        good, total = before[slug].get(minute, (0, 0))
        assert after == before[slug] | {minute: (good, total + 1)}


def test_a_changed_threshold_judges_history_anew(team: Team) -> None:
    bring(team, *(Job(n, start=NOON + n * MINUTE, end=NOON + HOUR + n * MINUTE) for n in range(1, 31)))
    for longest in (1, 10, 29, 30, 1000):
        found = asked(team, "job_in_time", threshold_seconds=longest * 60)
        assert (found.good.sum(), found.total.sum()) == (min(longest, 30), 30)
        if longest < 30:  # all that were late were so when the time ran out
            assert tally(found)[N + longest] == (1, 31 - longest)


def test_a_silence_of_more_than_twelve_hours_is_not_measured(team: Team) -> None:
    def moved(hours: float, n: int) -> Job:
        return Job(n, start=NOON + MINUTE, end=NOON + 2 * MINUTE).at(NOON + timedelta(hours=hours))

    bring(team, *(moved(hours, n) for n, hours in enumerate((0, 12, 24, 48, 50))))
    found = asked(team, "job_not_lost")
    assert list(found.measured) == [(N, N + 24 * 60 + 3), (N + 48 * 60, N + 50 * 60 + 3)]
    bring(team, moved(72, 80), moved(84 + 1 / 30, 81))  # two minutes after the first, its job ended
    assert list(asked(team, "job_not_lost", N + 70 * 60).measured) == [(N + 72 * 60, N + 84 * 60 + 5)]
    bring(team, moved(99, 82), moved(111 + 1 / 20, 83))  # a minute more is too much
    assert len(asked(team, "job_not_lost", N + 98 * 60).measured) == 2
    bring(team, moved(36, 90), moved(47, 91))
    assert list(asked(team, "job_not_lost", N, N + 60 * 60).measured) == [(N, N + 50 * 60 + 3)]
    assert list(asked(team, "job_in_time", N + 100, N + 200, threshold_seconds=9).measured) == [(N + 100, N + 200)]
    assert list(asked(team, "job_not_lost", N - 500, N).measured) == []


def test_moments_in_the_future_are_not_believed(team: Team) -> None:
    bring(team, Job(1), Job(2, end=NOW + 5 * HOUR, start=NOW - HOUR).at(NOON))
    assert max(until for _, until in asked(team, "job_not_lost").measured) <= minute_of(NOW) + 1


def test_a_cluster_that_is_gone_or_empty_is_unmeasured(team: Team, other_team: Team) -> None:
    bring(team, Job(1))
    one = judge("job_not_lost")
    given = one.check(team, {"cluster": "alder"})
    assert tally(one.judge(team, given, 9, 9)) == {}
    assert tally(one.judge(other_team, given, *ALWAYS)) == {}
    Cluster.objects.all().delete()
    gone = one.judge(team, given, *ALWAYS)
    assert (tally(gone), list(gone.measured)) == ({}, [])
    assert one.rows(team, given, *ALWAYS, ALL, persons=True).total == 0
    Cluster.objects.create(team=team, name="alder")
    assert list(one.judge(team, given, *ALWAYS).measured) == []


@pytest.mark.parametrize("slug", ["job_in_time", "job_not_lost"])
def test_the_rows_are_what_was_counted_bad_ones_first(team: Team, slug: str) -> None:
    chance = random.Random(9)
    cluster = bring(team, *(any_job(chance, n) for n in range(200)))
    promise(cluster, 3600)
    one = judge(slug)
    given = one.check(team, {"cluster": "alder"})
    for since, until in (ALWAYS, (N + 600, N + 4000)):
        counts = one.judge(team, given, since, until)
        pages = [one.rows(team, given, since, until, Slice(at, 60), persons=False) for at in range(0, 240, 60)]
        assert {page.total for page in pages} == {counts.total.sum()}
        verdicts = [row[-1] in ("in time", "not lost") for page in pages for row in page.rows]
        assert verdicts == sorted(verdicts)
        assert sum(verdicts) == counts.good.sum()
        assert len(verdicts) == counts.total.sum()


@pytest.mark.parametrize("slug", ["job_in_time", "job_not_lost"])
def test_the_rows_name_nobody_unless_they_may(team: Team, slug: str) -> None:
    promise(bring(team, Job(1, user="beatrice", account="secretlab")), 60)
    for persons in (True, False):
        told = str(judge(slug).rows(team, {"cluster": "alder"}, *ALWAYS, ALL, persons=persons))
        assert ("beatrice" in told) is persons
        assert ("secretlab" in told) is persons


REFUSALS = [
    ({}, "cluster", "choose one of alder"),
    ({"cluster": "beech"}, "cluster", "no cluster 'beech'; choose one of alder"),
    ({"cluster": ["alder"]}, "cluster", "choose one of alder"),
    ({"cluster": "alder", "partition": "shrt"}, "partition", "'shrt'; known are long, short"),
    ({"cluster": "alder", "partiton": "short"}, "partiton", "known are cluster, partition"),
    ({"cluster": "alder", "size_class": "big"}, "size_class", "choose one of one, small"),
    *(({"cluster": "alder", "threshold_seconds": value}, "threshold_seconds", "whole number of seconds")
      for value in (0, -1, 1.5, "soon", "nan", "inf", True, 10**9, [60])),
    ({"cluster": "alder"}, "threshold_seconds", "Nothing is promised"),
]  # fmt: skip


@pytest.mark.parametrize(("given", "field", "says"), REFUSALS, ids=range(len(REFUSALS)))
def test_what_cannot_be_is_refused_with_its_field(team: Team, given: dict[str, Any], field: str, says: str) -> None:
    bring(team, Job(1), Job(2, partition="long"))
    with pytest.raises(Refused, match=re.escape(says)) as caught:
        judge("job_in_time").check(team, given)
    assert caught.value.field == field


def test_what_can_be_is_cleaned(team: Team, other_team: Team) -> None:
    check: Callable[..., dict[str, Any]] = judge("job_in_time").check
    with pytest.raises(Refused, match="import its accounting records first"):
        check(team, {"cluster": "alder"})
    cluster = bring(team, Job(1))
    given = {"cluster": "alder", "partition": "short", "size_class": "", "threshold_seconds": "3600"}
    assert check(team, given) == {"cluster": "alder", "partition": "short", "threshold_seconds": 3600}
    assert check(team, {"cluster": "alder", "threshold_seconds": 60.0}) == {"cluster": "alder", "threshold_seconds": 60}
    promise(cluster, 60, "night")
    assert check(team, {"cluster": "alder", "partition": "night", "threshold_seconds": None})["partition"] == "night"
    with pytest.raises(Refused, match="Nothing is promised"):  # only to the partition night
        check(team, {"cluster": "alder", "partition": "short"})
    with pytest.raises(Refused, match="cluster"):
        check(other_team, {"cluster": "alder"})
    with pytest.raises(Refused, match="no parameter here"):
        judge("job_not_lost").check(team, {"cluster": "alder", "threshold_seconds": 60})


def test_a_wait_across_the_change_of_clocks_is_counted_in_real_seconds(team: Team) -> None:
    before = datetime(2026, 10, 31, 23, 30, tzinfo=UTC)
    with time_machine.travel(datetime(2026, 11, 3, tzinfo=UTC), tick=False):
        job = Job(1, start=NOON + 3 * HOUR, end=NOON + 4 * HOUR).at(before)
        bring(team, job)
        found = asked(team, "job_in_time", 0, minute_of(before) + 1440, threshold_seconds=3 * 3600)
    assert tally(found) == {minute_of(before) + 180: (1, 1)}


@pytest.mark.parametrize("seed", range(2))
def test_counts_follow_every_import_and_every_promise(
    team: Team, member: Person, monkeypatch: pytest.MonkeyPatch, seed: int
) -> None:
    """Records come in pieces: as they stood each day, some days late, some live; judged anew is only what is told."""
    chance = random.Random(seed)
    monkeypatch.setattr(registry, "_LISTENERS", [])
    jobs = [any_job(chance, n) for n in range(150)]
    first = Job(0).at(NOON - HOUR)
    cluster = bring(team, first, Job(1, partition="gpu").at(NOON - HOUR), Job(2, partition="long").at(NOON - HOUR))
    keepers = [
        Keeper(team, "job_not_lost"), Keeper(team, "job_in_time", threshold_seconds=3600),
        Keeper(team, "job_in_time", partition="gpu", threshold_seconds=60),
    ]  # fmt: skip
    held = promised_by(cluster, member, "short", 7200)
    keepers.append(Keeper(team, "job_in_time", partition="short"))
    for keeper in keepers:
        registry.on_change(keeper.hear)
    bring(team, replace(first, n=9))
    days = [1, 2, 3, 4, 5, 6, 9]
    late = chance.choice(days[:4])
    for day in [day for day in days if day != late] + [late]:
        with time_machine.travel(NOON + timedelta(days=9 if day == late else day), tick=False):
            shown = [as_of(job, NOON + timedelta(days=day)) for job in jobs if job.submit < NOON + timedelta(days=day)]
            recent = [job for job in shown if job.end is None or job.end > NOON + timedelta(days=day - 1.2)]
            span = (NOON + timedelta(days=day - 1.2), NOON + timedelta(days=day)) if chance.random() < 0.5 else None
            actions.import_batch(
                team, "alder", io.BytesIO(listing(*recent)), by=None, source_name="day", door="cli", zone="UTC",
                speaks_for=span,
            )  # fmt: skip
            work_off()
            if day == 4:
                clusters_actions.promise(cluster, "short", "", 600, reason="busy", by=member, door="web", but=held)
                work_off()
    work_off()
    with time_machine.travel(NOON + timedelta(days=9), tick=False):
        for keeper in keepers:
            keeper.agrees(N - 1440, N + 20 * 1440)
    assert len(tally(asked(team, "job_not_lost"))) > 50


def test_an_import_reaches_back_to_what_it_may_change(team: Team, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(registry, "_LISTENERS", [])
    waits = Job(1, start=None, end=None, state="PENDING", reason="Priority")
    bring(team, HEARD, waits)
    keeper = Keeper(team, "job_in_time", threshold_seconds=12 * 3600)
    registry.on_change(keeper.hear)
    # Seen to wait nine hours; that its twelve ran out is only known from records of other jobs, days later.
    bring(team, replace(HEARD, n=2).at(NOON + timedelta(days=4)))
    work_off()
    keeper.agrees(N - 1440, N + 20 * 1440)
    assert tally(asked(team, "job_in_time", threshold_seconds=12 * 3600))[N + 720] == (0, 1)
    # A silence over midnight, closed by a record of the next day.
    evening = NOON + timedelta(days=10, hours=8)
    for hours in (0, 20, 10):
        bring(team, Job(50 + hours).at(evening + hours * HOUR))
        work_off()
        keeper.agrees(N - 1440, N + 20 * 1440)


def test_polls_of_a_quiet_cluster_judge_only_what_time_alone_changed(
    team: Team, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(registry, "_LISTENERS", [])
    waits = [Job(n, start=None, end=None, state="PENDING", submit=NOON + n * HOUR) for n in range(1, 4)]
    cluster = bring(team, HEARD, *waits)
    keepers = [
        Keeper(team, "job_in_time", threshold_seconds=86_400),
        Keeper(team, "job_in_time", threshold_seconds=40 * 86_400, partition="short"),
    ]
    changes: list[registry.Change] = []
    for hear in (*(keeper.hear for keeper in keepers), changes.append):
        registry.on_change(hear)
    bring(team, replace(HEARD, n=9))
    before = NOON
    for hours in (2, 3, 20, 26, 49, 24 * 30, 24 * 40 + 2, 24 * 41):
        asked_at = NOON + hours * HOUR
        span = before - HOUR, asked_at
        with time_machine.travel(asked_at, tick=False):
            if hours % 2:
                actions.import_batch(
                    team, "alder", io.BytesIO(listing(*waits)), by=None, source_name="poll", door="worker", zone="UTC",
                    speaks_for=span,
                )  # fmt: skip
            else:
                actions.heard_of_no_jobs(
                    cluster, span, source_name="poll", door="worker", zone="UTC", format="sacct"
                )  # fmt: skip
            work_off()
            for keeper in keepers:
                keeper.agrees(N - 1440, N + 60 * 1440)
        before = asked_at
    with time_machine.travel(before, tick=False):
        for days in (1, 40):
            found = tally(asked(team, "job_in_time", 0, N + 60 * 1440, threshold_seconds=days * 86_400))
            assert found[N + 60 + days * 1440] == (0, 1)
    assert changes[-1].since >= N + 38 * 1440


def as_of(job: Job, at: datetime) -> Job:
    """Return a job as the scheduler showed it at an instant."""
    if job.end is None or job.end > at:
        is_running = job.start is not None and job.start <= at
        state = "RUNNING" if is_running else "PENDING"
        eligible = job.eligible if job.eligible and job.eligible <= at else None
        return replace(job, end=None, state=state, start=job.start if is_running else None, eligible=eligible)
    return job


def promised_by(cluster: Cluster, by: Person, partition: str, seconds: int) -> Promise:
    return clusters_actions.promise(cluster, partition, "", seconds, reason="agreed", by=by, door="web")


def test_a_scheduler_that_starts_nothing_is_seen_up_to_the_moment_it_was_asked(team: Team) -> None:
    stuck = Job(1, start=None, end=None, state="PENDING", reason="Priority")
    for hours in (2, 20):
        asked_at = NOON + hours * HOUR
        with time_machine.travel(asked_at, tick=False):
            actions.import_batch(
                team, "alder", io.BytesIO(listing(stuck)), by=None, source_name="sacct", door="cli", zone="UTC",
                speaks_for=(NOON - HOUR, asked_at),
            )  # fmt: skip
            found = asked(team, "job_in_time", threshold_seconds=3 * 3600)
            assert tally(found) == ({} if hours == 2 else {N + 180: (0, 1)})
            assert list(found.measured) == [(N - 60, N + hours * 60)]
            promise_holds = measures.started_in_time(team, asked_at.date())
            assert promise_holds is None  # nothing is promised: only the threshold judges


def test_the_reference_of_kinds_tells_what_is_registered() -> None:
    page = (Path(__file__).parents[3] / "docs" / "reference" / "sli-kinds.md").read_text()
    assert registry.told(page) == page, "run `make docs`"
