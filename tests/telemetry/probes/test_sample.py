"""The sample's probes: the same for the same seed, judged, and never asked."""

from datetime import UTC, datetime
from pathlib import Path

from hortus.access.models import Person, Team
from hortus.access.sample import World
from hortus.catalogue import actions as catalogue
from hortus.telemetry.counts.reading import sums
from hortus.telemetry.probes import sample, schedule
from hortus.telemetry.probes.models import Probe, ProbeResult, ProbeSegment

UNTIL = datetime(2026, 3, 2, 10, 0, tzinfo=UTC)


def test_four_weeks_are_planted_and_nothing_is_asked(team: Team, lead: Person, member: Person, data_dir: Path) -> None:
    Team.objects.update(is_sample=True)
    team.refresh_from_db()
    for name in ("alder", "glasshouse", "hedgerow"):
        catalogue.add(team, catalogue.Details(name, "cluster", "x"), by=lead, door="sample", slug=name)
    sample.plant(team, World(UNTIL, 145, (lead, member)))
    assert Probe.objects.count() == 3
    stored = ProbeResult.objects.count() + sum(ProbeSegment.objects.values_list("rows", flat=True))
    assert stored == 3 * 28 * 144
    minute = int(UNTIL.timestamp()) // 60
    found = sums([probe.series_id for probe in Probe.objects.all()], [(minute - 28 * 1440, minute)])
    assert 0.97 < found.good.sum() / found.total.sum() < 0.9999
    assert (found.measured > 28 * 1440 - 20).all()
    assert not schedule.plan(minute * 60, minute * 60 + 3600)
