"""Counts kept in the store as an objective keeps them, from what a judge finds whenever something changed."""

from typing import Any

import numpy as np

from hortus.access.models import Team
from hortus.ledger.queue import function_of
from hortus.ledger.queue_models import QueuedTask
from hortus.telemetry.counts import judges
from hortus.telemetry.counts.actions import judge_anew
from hortus.telemetry.counts.counting import Counts
from hortus.telemetry.counts.judges import Change, judge
from hortus.telemetry.counts.models import Series
from hortus.telemetry.counts.reading import minutes


class Keeper:
    """Judges anew what a change names, and nothing else."""

    def __init__(self, team: Team, slug: str, *, cluster: str = "alder", **given: Any) -> None:
        self.judge = judge(slug)
        self.given = self.judge.check(team, {"cluster": cluster} | given)
        name = f"{slug}-{given.get('partition', 'all')}".replace("_", "-")
        self.series = Series.objects.create(team=team, name=name, source="judge")

    def hear(self, change: Change) -> None:
        if change.concerns(self.judge.slug, self.given):
            found = self.judge.judge(change.team, self.given, change.since, change.until)
            ids = np.full(len(found.minute), self.series.pk)
            counts = Counts(ids, found.minute, found.good, found.total)
            judge_anew(self.series, change.since, change.until, counts, measured=found.measured)

    def agrees(self, first: int, last: int) -> None:
        """Hold what is kept of a span against all of it judged at once."""
        whole = self.judge.judge(self.series.team, self.given, first, last)
        kept = minutes(self.series.pk, first, last)
        at = np.flatnonzero(kept.total)
        assert (at + first).tolist() == whole.minute.tolist()
        assert kept.total[at].tolist() == whole.total.tolist()
        assert kept.good[at].tolist() == whole.good.tolist()
        watched = np.zeros(last - first, dtype=bool)
        for since, until in [*whole.measured, *((minute, minute + 1) for minute in whole.minute.tolist())]:
            watched[since - first : until - first] = True
        assert kept.measured.tolist() == watched.tolist()


def work_off() -> None:
    """Run the tasks that tell of changes, as a worker would."""
    for row in QueuedTask.objects.filter(path=judges.tell.module_path).order_by("id"):
        function_of(row).call(*row.args, **row.kwargs)
        row.delete()
