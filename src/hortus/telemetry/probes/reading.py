"""What probes found: the newest results, and the results of a span out of rows and Parquet. Writes nothing."""

import uuid
from collections.abc import Iterable

from django.db.models import OuterRef, Subquery

from hortus.telemetry.probes.models import Probe, ProbeResult


def newest(probes: Iterable[Probe]) -> dict[uuid.UUID, ProbeResult]:
    """Return the newest result of each probe that has one; one query for all, one look-up in the index for each."""
    of_probe = ProbeResult.objects.filter(probe=OuterRef("pk")).order_by("-at", "-id").values("pk")[:1]
    ids = Probe.objects.filter(pk__in=[probe.pk for probe in probes]).values(newest=Subquery(of_probe))
    return {result.probe_id: result for result in ProbeResult.objects.filter(pk__in=ids)}
