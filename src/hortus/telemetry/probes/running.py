"""One run of a probe: claim it, ask, write down what was found. At most one run of a probe is under way at a time."""

import time
import uuid
from collections.abc import Collection, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path

from django.conf import settings
from django.db import OperationalError, close_old_connections, connections, transaction
from django.db.models import Q
from django.utils import timezone

from hortus.telemetry.probes import rules
from hortus.telemetry.probes.asking import Found, Means, ask
from hortus.telemetry.probes.feeding import feed
from hortus.telemetry.probes.models import Probe, ProbeResult
from hortus.values.refused import Refused
from hortus.web.fetch import networks

WRITES = 4  # tries to write a result while the database is away


def means() -> Means:
    """Return what the settings let probes use."""
    folders = (part.strip() for part in settings.HORTUS.probe_folders.split(","))
    return Means(networks(settings.HORTUS.fetch_networks), tuple(Path(folder) for folder in folders if folder))


def claim(pk: uuid.UUID, slot: int, silent: Collection[str] = ()) -> Probe | None:
    """Take a slot (seconds since 1970) for a run and return the probe; None when it is not to be run for it.

    silent: runs that died, as `rules.Watch` tells. The one UPDATE decides among any number of workers; it says what
    `rules.may_take` says.
    """
    free = Q(run=None) | Q(run__in=list(silent))
    fresh = Q(slot__lt=slot) | Q(slot__gt=slot + 2 * rules.ROUND_SECONDS)
    run = uuid.uuid4()
    taken = Probe.objects.active().filter(free, fresh, pk=pk).update(slot=slot, run=run)
    return Probe.objects.select_related("team", "series").filter(pk=pk, run=run).first() if taken else None


def run_now(probe: Probe) -> ProbeResult:
    """Ask at once, whether paused or not, and return what was found. Raises Refused when a run is under way."""
    run = uuid.uuid4()
    if not Probe.objects.filter(pk=probe.pk, run=None).update(run=run):
        raise Refused("busy", f"A run of {probe.name} is under way; look at its result in a moment.")
    probe.run = run
    result = run_claimed(probe, timezone.now())
    if result is None:
        raise Refused("gone", f"{probe.name} was removed or taken over meanwhile; ask again.")
    return result


def run_many(probes: Sequence[Probe], at_once: int = 8) -> list[ProbeResult | Refused]:
    """Ask several probes, at most `at_once` at a time; return for each what was found, or why it was not asked."""
    if len(probes) == 1:
        return [_tried(probes[0])]
    with ThreadPoolExecutor(at_once) as pool:
        return list(pool.map(_tried_apart, probes))


def _tried(probe: Probe) -> ProbeResult | Refused:
    try:
        return run_now(probe)
    except Refused as refused:
        return refused


def _tried_apart(probe: Probe) -> ProbeResult | Refused:
    try:
        return _tried(probe)
    finally:
        connections.close_all()


def run_claimed(probe: Probe, at: datetime) -> ProbeResult | None:
    """Ask for a probe whose run was claimed, and write down what was found; None when the claim was lost meanwhile."""
    found = ask(probe.kind, probe.parameters, probe.limit_seconds, means())
    for tried in range(1, WRITES):
        try:
            return _written(probe, at, found)
        except OperationalError:
            close_old_connections()
            time.sleep(tried)
    return _written(probe, at, found)


@transaction.atomic
def _written(probe: Probe, at: datetime, found: Found) -> ProbeResult | None:
    """Write the result, count it and free the probe: all or nothing."""
    if not Probe.objects.filter(pk=probe.pk, run=probe.run).update(run=None):
        return None
    result = ProbeResult.objects.create(
        probe=probe, at=at, ok=found.ok, value_seconds=found.seconds, period_seconds=probe.period_seconds,
        code=found.code, sentence=found.sentence,
    )  # fmt: skip
    feed(probe, result)
    return result


def moment(slot: int) -> datetime:
    """Return a slot as an aware time."""
    return datetime.fromtimestamp(slot, UTC)
