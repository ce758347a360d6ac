"""What probes find, handed on as counts: to each probe's own series at once, to whoever judges by them each minute."""

from datetime import timedelta

from django.db import transaction
from django.db.models import Max, Min
from django.utils import timezone

from hortus.access.models import Team
from hortus.telemetry.counts import actions as counts
from hortus.telemetry.counts.counting import Counts
from hortus.telemetry.counts.judges import changed
from hortus.telemetry.counts.models import Series
from hortus.telemetry.probes import judging, rules
from hortus.telemetry.probes.models import Probe, ProbeResult
from hortus.telemetry.probes.reading import EPOCH

SOURCE = "probe"
SLACK_MINUTES = 2  # beyond the limit of a run, until its result is written


def series_of(probe: Probe) -> Series:
    """Return the series of a probe, made with its first result; in the caller's transaction."""
    if probe.series is None:
        probe.series = Series.objects.create(team=probe.team, name=f"probe-{probe.pk}", source=SOURCE)
        Probe.objects.filter(pk=probe.pk).update(series=probe.series)
    return probe.series


def feed(probe: Probe, result: ProbeResult) -> None:
    """Add one result to the probe's series, in the caller's transaction; what could not be asked adds nothing."""
    if result.ok is None:
        return
    series, second = series_of(probe), int(result.at.timestamp())
    cell = (series.pk, second // 60, int(result.is_good(probe.latency_seconds)), 1)
    span = rules.minutes_of(second, result.period_seconds)
    counts.add(probe.team, Counts.of([cell]), source=SOURCE, measured=[(series.pk, *span)])


@transaction.atomic
def judge_anew(probe: Probe) -> None:
    """Judge all that a probe ever found by the threshold that it has now; tell those who judge by it."""
    # Locked, so that no result is written between the reading and the replacing.
    probe = Probe.objects.select_for_update(of=("self",)).select_related("team", "series").get(pk=probe.pk)
    if probe.series is None:
        return
    since, until = _extent(probe)
    found = judging.judged(probe, probe.latency_seconds, since, until)
    ids = [probe.series.pk] * len(found.minute)
    cells = Counts.of(list(zip(ids, found.minute.tolist(), found.good.tolist(), found.total.tolist(), strict=True)))
    counts.judge_anew(probe.series, since, until, cells, measured=found.measured)
    changed(probe.team, {"probe": probe.slug}, since, until, slugs=judging.SLUGS)


def _extent(probe: Probe) -> tuple[int, int]:
    """Return the minutes in which a probe can have found something, with the time for which its last result speaks."""
    first = probe.made_at - timedelta(minutes=1)
    last = probe.results.aggregate(last=Max("at"))["last"] or timezone.now()
    until = max(last, timezone.now()) + timedelta(days=2)
    return (first - EPOCH) // timedelta(minutes=1), (until - EPOCH) // timedelta(minutes=1)


def tell_changes() -> int:
    """Tell those who judge by probes which minutes have new results; return how many teams had some.

    One word a minute for each team, not one for each run. The span reaches back for the longest run that may have
    ended only now, and to the last word, so that a worker that was away leaves nothing untold.
    """
    minute = int(timezone.now().timestamp()) // 60
    told = 0
    for team in Team.objects.filter(probes__isnull=False).distinct():
        mine = Probe.objects.filter(team=team)
        ends = mine.aggregate(told=Min("told_minute"), limit=Max("limit_seconds"))
        since = min(ends["told"], minute) - ends["limit"] // 60 - SLACK_MINUTES
        recent = ProbeResult.objects.filter(probe__team=team, at__gte=EPOCH + timedelta(minutes=since))
        with transaction.atomic():
            if recent.exists():
                changed(team, {}, since, minute + 1, slugs=judging.SLUGS)
                told += 1
            mine.update(told_minute=minute)
    return told
