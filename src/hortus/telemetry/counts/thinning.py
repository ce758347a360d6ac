"""Lets minutes become hours and hours become days when they are old, and forgets old idempotency keys."""

import time
from dataclasses import replace
from datetime import datetime, timedelta

import numpy as np
from django.conf import settings
from django.db import transaction

from hortus.telemetry.counts import table
from hortus.telemetry.counts.cells import COARSE, LANES, Packed, bits, pack_lanes, unpack_lanes
from hortus.telemetry.counts.counting import Ints
from hortus.telemetry.counts.models import Batch, Shelf
from hortus.telemetry.counts.table import Rows, Shelves, keys_of
from hortus.telemetry.counts.tiers import DAY_HOURS, Kept, boundaries
from hortus.telemetry.counts.touched import starts_of

HOURS_AT_ONCE = 10 * DAY_HOURS  # a transaction stays short
KEYS_DAYS = 400
HOURS_AHEAD = 24
"""How far ahead of the clock counts are taken."""


def kept() -> Kept:
    """Return how long minutes and hours are kept, as the settings say."""
    given = settings.HORTUS
    return Kept(given.count_minutes_days, max(given.count_minutes_days, given.count_hours_days))


def thin(tiers: Kept) -> int:
    """Thin all shelves; return how many rows are gone or have no minutes any more. Safe to run again at any time."""
    moved = 0
    for shelf in Shelf.objects.exclude(last_hour=None).values_list("id", flat=True):
        while done := _step(shelf, tiers):
            moved += done
    return moved


def forget_keys(now: datetime) -> int:
    """Forget the idempotency keys of batches that are older than 400 days; return how many."""
    return Batch.objects.filter(at__lt=now - timedelta(days=KEYS_DAYS)).delete()[0]


@transaction.atomic
def _step(shelf: int, tiers: Kept) -> int:
    """Move the edge of minutes or of hours of one shelf by a few days; return how many rows that took, 0 at the end."""
    known = table.locked(np.array([shelf]))
    # What a clock that ran ahead has left in the future takes no minutes away once the clock is right again.
    newest = np.minimum(known.last, int(time.time()) // 3600 + HOURS_AHEAD)
    coarse, daily = (int(edge[0]) for edge in boundaries(newest, tiers))
    if coarse < known.coarse_until[0] and (mended := _refine(known, coarse)):
        return mended
    if coarse > known.coarse_until[0]:
        since, until = _next(known, int(known.coarse_until[0]), coarse)
        table.write_shelves(replace(known, coarse_until=np.array([until])))
        return _to_hours(_rows(known, since, until)) + 1
    if daily > known.daily_until[0]:
        since, until = _next(known, int(known.daily_until[0]), daily)
        first = np.where(known.first < until, known.first // DAY_HOURS * DAY_HOURS, known.first)
        table.write_shelves(replace(known, first=first, daily_until=np.array([until])))
        return _to_days(known, _rows(known, since, until)) + 1
    return 0


def _refine(known: Shelves, wanted: int) -> int:
    """Let minutes be kept again where nothing was counted yet; return as `_step`.

    A shelf whose first hour came while the clock ran ahead has its tiers from that; without this its series would have
    no minutes until the clock gets there. Goes back by whole empty days from the edge of minutes, not before `wanted`.
    """
    until = int(known.coarse_until[0])
    since = max(wanted, until - HOURS_AT_ONCE)
    rows = _rows(known, since, until)
    counted = np.flatnonzero(unpack_lanes(rows.counts, 3).any(axis=(0, 2)))
    if len(counted):
        since = (int(rows.hour[counted[-1]]) // DAY_HOURS + 1) * DAY_HOURS
    if since >= until:
        return 0
    hours = np.arange(max(since, int(known.first[0])), min(until, int(known.last[0]) + 1))
    if len(hours):
        at = np.searchsorted(rows.hour, hours, "right") - 1  # a row of a day stands for its hours
        mask = np.zeros((len(hours), LANES), np.int64)
        table.write(Rows(keys_of(hours, known.id), rows.before[:, at], mask, [b""] * len(hours)))
    edge = np.array([since])
    table.write_shelves(replace(known, coarse_until=edge, daily_until=np.minimum(known.daily_until, edge)))
    return len(hours) + 1


def _next(known: Shelves, edge: int, wanted: int) -> tuple[int, int]:
    """Return the hours to take next: from the edge, or from the first day that has rows, and not too many."""
    since = max(edge, int(known.first[0]) // DAY_HOURS * DAY_HOURS)
    return since, min(wanted, since + HOURS_AT_ONCE) if since < wanted else wanted


def _rows(known: Shelves, since: int, until: int) -> Rows:
    return table.rows(keys_of(np.arange(since, until), known.id))


def _to_hours(rows: Rows) -> int:
    at = np.flatnonzero(~rows.is_coarse)
    total, bad = Packed(rows.packed(at)).sums_before(60)
    cells = np.stack([total - bad, total, bits(rows.mask[at])])
    mask = np.full((len(at), LANES), COARSE)
    table.write(Rows(rows.key[at], rows.before[:, at], mask, pack_lanes(cells)))
    return len(at)


def _to_days(known: Shelves, rows: Rows) -> int:
    if not len(rows):
        return 0
    cells: Ints = unpack_lanes(rows.counts, 3)
    day = rows.hour // DAY_HOURS
    starts = starts_of(day)
    whole = np.add.reduceat(cells, starts, axis=1)
    table.remove(rows.key)
    keys = keys_of(day[starts] * DAY_HOURS, known.id)
    table.write(Rows(keys, rows.before[:, starts], rows.mask[starts], pack_lanes(whole)))
    return len(rows)
