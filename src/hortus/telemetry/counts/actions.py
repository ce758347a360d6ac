"""Verbs of the counts: make and remove a series, add counts, judge a span anew. One transaction each."""

import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

import numpy as np
from django.db import transaction
from numpy.typing import NDArray

from hortus.access.models import Team
from hortus.telemetry.counts import adding, table
from hortus.telemetry.counts.adding import Cleared
from hortus.telemetry.counts.cells import LANES
from hortus.telemetry.counts.counting import Counts, Ints
from hortus.telemetry.counts.models import Batch, Series
from hortus.telemetry.counts.table import Shelves
from hortus.telemetry.counts.thinning import HOURS_AHEAD, kept
from hortus.telemetry.counts.tiers import boundaries, cell_start
from hortus.telemetry.counts.touched import Span, Watched, touched, watched
from hortus.values.refused import Refused

LONGEST_KEY = 200
# How far from the clock counts may lie. Shelves are shared, so one wild minute would make rows for every series on its
# shelf, of other teams too; the program that sent it is told instead.
HOURS_BACK = 15 * 366 * 24


@dataclass(frozen=True, slots=True)
class Added:
    """What became of a batch. is_repeat: its key was taken before, and nothing was added."""

    is_repeat: bool
    good: int
    total: int


@transaction.atomic
def add(
    team: Team, counts: Counts, *, source: str, key: str = "", measured: Sequence[Span] = ()
) -> Added:  # fmt: skip
    """Add counts to series of a team, all of them or none.

    source, key: the same pair again adds nothing; without a key it counts each time. measured: (series, since, until)
    in minutes, half-open: spans in which the source was watching, even where nothing happened; minutes with a cell are
    measured by themselves. Late counts land in their own minute (in their hour or day where minutes are not kept any
    more). Raises Refused for a series that is not the team's and for counts or spans that cannot be.
    """
    if len(key) > LONGEST_KEY or "\0" in key:
        raise Refused("bad-key", f"An idempotency key has at most {LONGEST_KEY} characters, got {len(key)}.", "key")
    if key and not Batch.objects.get_or_create(team=team, source=source, key=key)[1]:
        return Added(True, 0, 0)
    cells = counts.by_cell()
    seen = watched(cells, measured)
    known = _locked(team, seen, np.unique(seen.series))
    adding.apply(known, touched(cells, seen, known))
    return Added(False, int(cells.good.sum()), int(cells.total.sum()))


@transaction.atomic
def judge_anew(
    series: Series, since: int, until: int, counts: Counts, *, measured: Sequence[tuple[int, int]] = ()
) -> None:
    """Replace what stood in a span of minutes of one series by these counts and measured spans (since, until).

    Where minutes are not kept any more, an hour or day is replaced when its first minute lies in the span, and what is
    given for any other stays out. Raises Refused when something lies outside of the span or belongs to another series.
    """
    edges = [edge for begin, end in measured if begin < end for edge in (begin, end - 1)]
    minutes = np.array([*counts.minute.tolist(), *edges], np.int64)
    if (counts.series != series.pk).any() or ((minutes < since) | (minutes >= until)).any():
        raise Refused(
            "outside", f"What is judged anew must be of series {series.pk} and lie in minutes {since} to {until}."
        )
    cells = counts.by_cell()
    seen = watched(cells, [(series.pk, *span) for span in measured])
    known = _locked(series.team, seen, np.array([series.pk]))
    cells, seen = _inside(known, cells, seen, since, until)
    whole = _with_rows(known, seen, series.pk, since, until)
    adding.apply(known, touched(cells, whole, known), Cleared(series.pk % LANES, since, until))


def _inside(known: Shelves, cells: Counts, seen: Watched, since: int, until: int) -> tuple[Counts, Watched]:
    """Leave out what would land in a coarse cell that the span does not replace."""

    def lands(minute: Ints) -> NDArray[np.bool_]:
        start = cell_start(minute, known.coarse_until, known.daily_until)
        return (start >= since) & (start < until)

    kept = lands(cells.minute)
    cells = Counts(*(part[kept] for part in (cells.series, cells.minute, cells.good, cells.total)))
    watched_kept = (seen.hour >= known.coarse_until) | lands(seen.hour * 60)
    return cells, Watched(*(part[watched_kept] for part in (seen.series, seen.hour, seen.mask)))


def _with_rows(known: Shelves, seen: Watched, series: int, since: int, until: int) -> Watched:
    """Add the hours of all existing rows in a span, with nothing watched, so that they are touched and cleared."""
    first, last = max(since // 60, int(known.first[0])), min(-(-until // 60), int(known.last[0]) + 1)
    hours = np.arange(first, last) if known.first[0] >= 0 and first < last else np.zeros(0, np.int64)
    hours = np.setdiff1d(hours, seen.hour)
    hour = np.concatenate([seen.hour, hours])
    mask = np.concatenate([seen.mask, np.zeros(len(hours), np.int64)])
    order = np.argsort(hour)
    return Watched(np.full(len(hour), series), hour[order], mask[order])


def _locked(team: Team, seen: Watched, ids: Ints) -> Shelves:
    """Lock the shelves of these series; new ones get their tiers from the newest hour that comes."""
    foreign = table.foreign(team, ids)
    if foreign:
        raise Refused("unknown-series", f"Team {team.slug} has no series {foreign[:5]}; make it first.", "series")
    known = table.locked(np.unique(ids // LANES))
    if not len(seen.hour):
        return known
    place = np.searchsorted(known.id, seen.series // LANES)
    _refuse_far(seen.hour)
    last = known.last.copy()
    np.maximum.at(last, place, seen.hour)
    coarse, daily = boundaries(last, kept())
    is_new = known.first < 0
    return replace(
        known, coarse_until=np.where(is_new, coarse, known.coarse_until),
        daily_until=np.where(is_new, daily, known.daily_until),
    )  # fmt: skip


def _refuse_far(hours: Ints) -> None:
    """Refuse hours that lie too far from the clock."""
    now = int(time.time()) // 3600
    for hour in (int(hours.min()), int(hours.max())):
        if not now - HOURS_BACK <= hour <= now + HOURS_AHEAD:
            at = datetime.fromtimestamp(0, UTC) + timedelta(hours=min(hour, 8 * 10**7))
            said = f"Counts lie at most 15 years back and one day ahead of the clock, got {at:%Y-%m-%d %H}:00 UTC."
            raise Refused("too-far", said, "minute")


@transaction.atomic
def remove(series: Series) -> None:
    """Remove a series with all that was counted; its place is never used again."""
    known = table.locked(np.array([series.pk // LANES]))
    if known.first[0] >= 0:
        judge_anew(series, int(known.first[0]) * 60, int(known.last[0] + 1) * 60, Counts.of([]))
    series.delete()
