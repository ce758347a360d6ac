"""What probes found, over time: rows and Parquet read as one, judged by any threshold, killed at any moment."""

import os
import random
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from django.utils import timezone

from hortus.access.models import Team
from hortus.ledger.queue_worker import drain
from hortus.telemetry.counts import judges
from hortus.telemetry.counts import reading as counts
from hortus.telemetry.probes import actions, archive, feeding, reading, running
from hortus.telemetry.probes.actions import Details
from hortus.telemetry.probes.models import Probe, ProbeResult, ProbeSegment, probes_folder
from hortus.telemetry.probes.reading import EPOCH
from hortus.values.evidence import Slice
from hortus.values.refused import Refused
from tests.place import Place  # type: ignore[import-not-found]

BEGIN = datetime(2026, 9, 28, 22, 0, tzinfo=UTC)
FIRST = (BEGIN - EPOCH) // timedelta(minutes=1)
MINUTES = 4 * 24 * 60  # over the end of a month


@pytest.fixture
def asked(door: Probe, data_dir: Path) -> list[ProbeResult]:
    """Four days of results, one a minute, with gaps, wrong ones, slow ones and ones that could not be asked."""
    chance = random.Random(7)
    made = []
    for minute in range(MINUTES):
        ok = chance.choices([True, False, None], [90, 6, 2])[0]
        if 1000 <= minute < 1100:
            continue
        seconds = round(chance.expovariate(4), 3) if ok is not None else None
        made.append(
            ProbeResult(
                probe=door, at=BEGIN + timedelta(minutes=minute, seconds=17), ok=ok, value_seconds=seconds,
                period_seconds=60, code="ok" if ok else "status", sentence='It said "x", and a comma.',
            )
        )  # fmt: skip
    return ProbeResult.objects.bulk_create(made)


def brute(rows: list[ProbeResult], threshold: float | None, since: int, until: int) -> dict[int, tuple[int, int]]:
    found: dict[int, tuple[int, int]] = {}
    for row in rows:
        minute = int(row.at.timestamp()) // 60
        if row.ok is None or not since <= minute < until:
            continue
        good = row.ok and (threshold is None or (row.value_seconds is not None and row.value_seconds <= threshold))
        before = found.get(minute, (0, 0))
        found[minute] = before[0] + int(good), before[1] + 1
    return found


def as_dict(judged: judges.Judged) -> dict[int, tuple[int, int]]:
    return {int(m): (int(g), int(t)) for m, g, t in zip(judged.minute, judged.good, judged.total, strict=True)}


@pytest.mark.parametrize("threshold", [None, 0.25])
def test_judged_as_by_a_count_of_every_row_before_and_after_compacting(
    asked: list[ProbeResult], door: Probe, team: Team, threshold: float | None
) -> None:
    given: dict[str, Any] = {"probe": "front-door"} | ({"latency_seconds": threshold} if threshold else {})
    judge = judges.judge("probe_answers")
    for since, until in ((FIRST, FIRST + MINUTES), (FIRST + 990, FIRST + 1105), (FIRST - 50, FIRST + 1)):
        before = judge.judge(team, given, since, until)
        assert as_dict(before) == brute(asked, threshold, since, until)
        seen = {m for span in before.measured for m in range(*span)}
        watched = {int(r.at.timestamp()) // 60 for r in asked if r.ok is not None}
        assert seen == {m for m in watched if since <= m < until}
    assert archive.compact(team, BEGIN + timedelta(days=3)) > 4000
    again = judge.judge(team, given, FIRST, FIRST + MINUTES)
    assert as_dict(again) == brute(asked, threshold, FIRST, FIRST + MINUTES)


def test_compacting_moves_old_rows_into_one_file_a_month_and_nothing_is_lost(
    asked: list[ProbeResult], door: Probe, team: Team
) -> None:
    whole = reading.results(door, BEGIN, BEGIN + timedelta(days=5))
    assert len(whole.at) == len(asked)
    words = reading.told(door, BEGIN, BEGIN + timedelta(days=5))
    for day in (1, 2, 3, 5):
        archive.compact(team, BEGIN + timedelta(days=day))
        now = reading.results(door, BEGIN, BEGIN + timedelta(days=5))
        for before, after in zip(vars(whole).values(), vars(now).values(), strict=True):
            assert np.array_equal(before, after, equal_nan=True)
        assert reading.told(door, BEGIN, BEGIN + timedelta(days=5)) == words
        assert reading.told(door, BEGIN, BEGIN + timedelta(days=5), 1700) == words[:1700]
    assert list(ProbeSegment.objects.values_list("month", flat=True)) == ["2026-09", "2026-10"]
    assert ProbeResult.objects.count() == 1, "the newest stays, so that a list need not open files"
    assert archive.compact(team, BEGIN + timedelta(days=5)) == 0


def test_a_removed_probe_leaves_the_file_when_it_is_next_written(
    asked: list[ProbeResult], door: Probe, team: Team, opened: Path, port: int
) -> None:
    archive.compact(team, BEGIN + timedelta(days=1))
    other = actions.add(team, "tcp", Details("Other", parameters=door.parameters), by=None, door="web")
    for minute in range(3):
        ProbeResult.objects.create(
            probe=other, at=BEGIN + timedelta(minutes=minute), ok=True, value_seconds=1, period_seconds=60, code="ok",
            sentence="It answered.",
        )  # fmt: skip
    actions.remove(door, by=None, door="web")
    archive.compact(team, BEGIN + timedelta(days=5))
    assert ProbeSegment.objects.get(month="2026-09").rows == 2


def test_old_months_are_forgotten_and_files_that_nobody_lists_swept(asked: list[ProbeResult], team: Team) -> None:
    archive.compact(team, BEGIN + timedelta(days=5))
    assert archive.forget(1200) == 0
    for month, old in (("2026-09", "2020-01"), ("2026-10", "2020-02")):
        ProbeSegment.objects.filter(month=month).update(month=old)
    assert archive.forget(13) == 2
    for file in probes_folder().glob("*/*/*.parquet"):
        os.utime(file, (1, 1))
    archive.tidy()
    assert not list(probes_folder().glob("*/*/*.parquet"))


def test_evidence_shows_bad_ones_first_and_links_to_the_day(asked: list[ProbeResult], team: Team) -> None:
    judge = judges.judge("probe_answers")
    given = {"probe": "front-door", "latency_seconds": 0.25}
    found = judge.rows(team, given, FIRST, FIRST + 600, Slice(0, 1000), persons=False)
    verdicts = [row[1] for row in found.rows]
    assert found.total == len(verdicts) == 600
    assert verdicts == sorted(verdicts, key=["bad", "slow", "not measured", "good"].index)
    assert judge.rows(team, given, FIRST, FIRST + 600, Slice(5, 10), persons=False).rows == found.rows[5:15]
    assert "took at most 0.25 s" in found.counted
    assert judge.rows(team, {"probe": "gone"}, FIRST, FIRST + 600, Slice(), persons=False).total == 0


@pytest.mark.parametrize(
    ("slug", "given", "field"),
    [
        ("probe_answers", {}, "probe"),
        ("probe_answers", {"probe": "back-door"}, "probe"),
        ("web_answers", {"probe": "front-door"}, "probe"),
        ("login_answers", {"probe": "front-door"}, "probe"),
        ("file_system_answers", {"probe": "front-door"}, "probe"),
        ("probe_answers", {"probe": "front-door", "latency_seconds": "soon"}, "latency_seconds"),
        ("probe_answers", {"probe": "front-door", "latency_seconds": -1}, "latency_seconds"),
        ("probe_answers", {"probe": "front-door", "latency_seconds": "nan"}, "latency_seconds"),
    ],
)
def test_a_judge_refuses_what_it_cannot_judge(
    door: Probe, team: Team, slug: str, given: dict[str, Any], field: str
) -> None:
    with pytest.raises(Refused) as refused:
        judges.judge(slug).check(team, given)
    assert refused.value.field == field


def test_a_judge_cleans_what_it_can(door: Probe, team: Team, other_team: Team) -> None:
    judge = judges.judge("probe_answers")
    assert judge.check(team, {"probe": " front-door ", "latency_seconds": ""}) == {"probe": "front-door"}
    assert judge.check(team, {"probe": "front-door", "latency_seconds": "0.5"})["latency_seconds"] == 0.5
    with pytest.raises(Refused):
        judge.check(other_team, {"probe": "front-door"})
    assert not judge.judge(other_team, {"probe": "front-door"}, 0, 10).measured


def test_each_result_is_counted_in_the_probes_own_series(door: Probe) -> None:
    now = int(timezone.now().timestamp()) // 60
    for _ in range(3):
        running.run_now(door)
    probe = Probe.objects.select_related("series").get()
    assert probe.series is not None
    found = counts.sums([probe.series.pk], [(now - 5, now + 5)])
    assert (found.good.item(), found.total.item()) == (3, 3)
    assert 1 <= found.measured.item() <= 2


def test_what_could_not_be_asked_is_not_counted(door: Probe, settings) -> None:  # type: ignore[no-untyped-def]
    settings.HORTUS = settings.HORTUS.model_copy(update={"fetch_networks": ""})
    assert running.run_now(door).ok is None
    assert Probe.objects.get().series is None


def test_a_changed_threshold_judges_history_anew(
    asked: list[ProbeResult], door: Probe, team: Team, heard: list[judges.Change]
) -> None:
    Probe.objects.filter(pk=door.pk).update(made_at=BEGIN)
    for row in asked[:200]:
        feeding.feed(door, row)
    series = door.series
    assert series is not None
    span = (FIRST, FIRST + 200)
    feeding.judge_anew(door)
    assert counts.sums([series.pk], [(FIRST, FIRST + MINUTES)]).total.item() == sum(r.ok is not None for r in asked)
    details = Details(
        "Front door", parameters=door.parameters, period_seconds=60, limit_seconds=5, latency_seconds=0.25
    )
    assert actions.change(door, details, by=None, door="web") == ["latency_seconds"]
    drain()
    good = sum(good for good, _ in brute(asked, 0.25, *span).values())
    assert counts.sums([series.pk], [span]).good.item() == good
    assert any(change.concerns("probe_answers", {"probe": "front-door"}) for change in heard)
    assert not any(change.concerns("probe_answers", {"probe": "other"}) for change in heard)


@pytest.fixture
def heard() -> Iterator[list[judges.Change]]:
    """What listeners are told."""
    found: list[judges.Change] = []
    listener = found.append
    judges.on_change(listener)
    yield found
    judges._LISTENERS.remove(listener)


def test_new_results_are_told_once_a_minute_and_none_is_left_out(door: Probe, heard: list[judges.Change]) -> None:
    assert feeding.tell_changes() == 0
    result = running.run_now(door)
    assert feeding.tell_changes() == 1
    drain()
    (change,) = heard
    minute = int(result.at.timestamp()) // 60
    assert change.since <= minute < change.until
    assert change.concerns("probe_answers", {"probe": "front-door"})
    assert not change.concerns("job_in_time", {"cluster": "alder"})
    # A worker that was away for an hour tells of what was written before it went.
    Probe.objects.update(told_minute=minute - 60)
    ProbeResult.objects.update(at=result.at - timedelta(minutes=58))
    assert feeding.tell_changes() == 1
    drain()
    assert heard[-1].since <= minute - 58


KILLED = """
from datetime import UTC, datetime, timedelta
from hortus.access.models import Team
from hortus.telemetry.probes import actions, archive
from hortus.telemetry.probes.actions import Details
from hortus.telemetry.probes.models import Probe, ProbeResult, ProbeSegment
import os, signal
team = Team.objects.get()
begin = datetime(2026, 9, 1, tzinfo=UTC)
if not Probe.objects.exists():
    given = Details("Door", parameters={"host": "93.184.216.34", "port": 22})
    probe = actions.add(team, "tcp", given, by=None, door="cli")
    ProbeResult.objects.bulk_create(
        ProbeResult(probe=probe, at=begin + timedelta(minutes=n), ok=True, value_seconds=n, period_seconds=60,
                    code="ok", sentence="x") for n in range(1000))
archive.compact(team, begin + timedelta(minutes=300))
if sys.argv[1] == "die":
    # Killed after the file was given its place and before its row is written.
    place = archive.store.adopt
    def die(*args, **kwargs):
        place(*args, **kwargs)
        os.kill(os.getpid(), signal.SIGKILL)
    archive.store.adopt = die
archive.compact(team, begin + timedelta(minutes=600))
from hortus.telemetry.probes import reading
found = reading.results(Probe.objects.get(), begin, begin + timedelta(days=2))
assert sorted(found.seconds.tolist()) == list(range(1000)), len(found.at)
print(ProbeResult.objects.count(), ProbeSegment.objects.get().rows)
"""


def test_kill_between_file_and_row_loses_nothing_and_the_next_run_goes_on(place: Place) -> None:
    place.with_team()
    with pytest.raises(AssertionError):
        place.python(KILLED, "die")
    assert place.rows("SELECT count(*) FROM probes_proberesult") == [(700,)]
    assert place.rows("SELECT sum(rows) FROM probes_probesegment") == [(300,)]
    assert place.python(KILLED, "live").split() == ["400", "600"]
