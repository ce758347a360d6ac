"""Verbs of the clusters practice: bring records in, make, change, derive and withdraw promises. Each with its event."""

import contextlib
from datetime import date, timedelta
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import Min
from django.utils import timezone

from hortus.access.models import Person, Team
from hortus.catalogue.models import Service
from hortus.ledger.actions import record
from hortus.ledger.refs import Ref
from hortus.products.clusters import queries
from hortus.products.clusters.counting import Window
from hortus.products.clusters.models import Promise
from hortus.products.clusters.queries import Kept
from hortus.products.clusters.rules import DAY, readable
from hortus.telemetry import actions as telemetry
from hortus.telemetry.batch.rules import SIZE_CLASSES
from hortus.telemetry.counts import judges
from hortus.telemetry.history import History
from hortus.telemetry.models import BatchImport, Cluster, JobSegment
from hortus.values.carriable import refuse_uncarriable
from hortus.values.plots import Plot
from hortus.values.refused import Refused
from hortus.web.words import NO_BREAK, duration, number, span

CARE = Plot.named("products-care")
QUANTILE = 0.9  # a promise that was kept for nine of ten jobs, to go with a target of nine in ten
AT_LEAST = 30
WEEKS_READ, WEEKS_OF_PROMISE = 26, 8
LONGEST_SECONDS = 365 * DAY
LONGEST_REASON, LONGEST_PARTITION = 200, 80
SIZES = {size.slug: size.label for size in SIZE_CLASSES}


def receive(team: Team, name: str, source: Any, **given: Any) -> BatchImport:
    """Bring accounting records into a cluster and, if nobody promised anything there yet, derive promises from them.

    Arguments, result and refusals as in `telemetry.actions.import_batch`.
    """
    made = telemetry.import_batch(team, name, source, **given)
    if not Promise.objects.filter(cluster=made.cluster).exists():
        with contextlib.suppress(IntegrityError):  # another first import at the same time derived them
            derive(made.cluster, by=given["by"], door=given["door"])
    return made


def described(cluster: Cluster, *, service: str, zone: str, node_count: int, by: Person | None, door: str) -> list[str]:
    """Say which service a cluster belongs to, its zone and its number of nodes; return the names of what changed.

    As `telemetry.actions.describe_cluster`, which cannot know the catalogue's services. Raises Refused as it does, and
    when the team offers no such service.
    """
    offered = Service.objects.filter(team=cluster.team, slug=service, retired_on=None)
    if service and service != cluster.service and not offered.exists():
        raise Refused("no-service", f"The team offers no service {service[:60]!r}; see the catalogue.", "service")
    return telemetry.describe_cluster(
        cluster, service=service, zone=zone, node_count=node_count, by=by, door=door
    )  # fmt: skip


def _tell(cluster: Cluster, verb: str, facts: dict[str, Any], by: Person | None, door: str) -> None:
    ref = Ref("cluster", cluster.name, f"Promises of {cluster.name}")
    record(cluster.team, verb, ref, by=by, source=door, plot=CARE, service=cluster.service, payload=facts)
    first = JobSegment.objects.filter(cluster=cluster).aggregate(at=Min("first_submit_at"))["at"]
    if first is not None:
        since, until = judges.minute_of(first), judges.minute_of(timezone.now()) + 1
        judges.changed(cluster.team, {"cluster": cluster.name}, since, until, slugs=["job_in_time"])


def _checked(partition: str, size_class: str, wait_seconds: int, reason: str) -> None:
    if len(partition) > LONGEST_PARTITION or "\x00" in partition:
        raise Refused("bad-partition", f"A partition has at most {LONGEST_PARTITION} characters.", "partition")
    if size_class and size_class not in SIZES:
        known = ", ".join(SIZES)
        raise Refused("unknown-size", f"{size_class[:40]!r} is not a size class; choose one of {known}.", "size_class")
    if not 1 <= wait_seconds <= LONGEST_SECONDS:
        raise Refused(
            "bad-wait",
            f"A promised wait lies between 1 second and 365 days, got {wait_seconds} seconds.", "wait_seconds",
        )  # fmt: skip
    if not reason.strip():
        raise Refused("no-reason", "Say in a few words why this is promised; the team will read it later.", "reason")
    if len(reason) > LONGEST_REASON:
        raise Refused("too-long", f"The reason has {len(reason)} characters; at most {LONGEST_REASON}.", "reason")
    refuse_uncarriable(reason, "reason")


@transaction.atomic
def promise(
    cluster: Cluster, partition: str, size_class: str, wait_seconds: int, *, reason: str, by: Person, door: str,
    but: Promise | None = None,
) -> Promise:  # fmt: skip
    """Promise that jobs of a size in a partition start within a wait; return the promise.

    partition, size_class: "" for any. wait_seconds: 1 to 365 days. reason: why, at most 200 characters. but: the
    promise that is changed. Raises Refused when a value is not allowed or another promise holds there already.
    """
    partition = partition.strip()
    _checked(partition, size_class, wait_seconds, reason)
    held = Promise.objects.filter(cluster=cluster, partition=partition, size_class=size_class).first()
    if held is not None and (but is None or held.pk != but.pk):
        raise Refused("taken", f"There is a promise for this already ({held}); change that one.", "partition")
    row = but or Promise(team=cluster.team, cluster=cluster)
    was = row.wait_seconds if but else None
    row.partition, row.size_class, row.wait_seconds = partition, size_class, wait_seconds
    row.source, row.is_from_history = f"promised by {by.name}: {reason.strip()}"[:300], False
    row.save()
    facts = {"partition": partition, "size_class": size_class, "wait_seconds": wait_seconds, "was_seconds": was}
    _tell(cluster, "changed" if but else "made", facts | {"reason": reason.strip()}, by, door)
    return row


@transaction.atomic
def withdraw(held: Promise, *, reason: str, by: Person, door: str) -> None:
    """Take a promise back: its jobs fall to the next wider promise. Raises Refused without a reason."""
    _checked(held.partition, "", held.wait_seconds, reason)
    facts = {"partition": held.partition, "size_class": held.size_class, "was_seconds": held.wait_seconds}
    held.delete()
    _tell(held.cluster, "withdrawn", facts | {"reason": reason.strip()}, by, door)


def _windows(cluster: Cluster, latest: bool) -> list[Window]:
    """Return eight whole weeks to derive from, the last or the first of the last 26; a short history's every week."""
    known = queries.extent(History.of([cluster]))
    if known is None:
        return []
    found = queries.weeks(cluster, known, WEEKS_READ + 1)
    whole = [w for w in found if w.since >= known.first and w.until <= known.last]
    if len(whole) < WEEKS_OF_PROMISE:
        return found
    return whole[-WEEKS_OF_PROMISE:] if latest else whole[:WEEKS_OF_PROMISE]


def _sentence(kept: Kept, seconds: int, first: date, last: date) -> str:
    """Say where a derived promise comes from, with the share that really kept it after rounding up."""
    in_time = sum(wait <= seconds for wait in kept.waits)
    share = int(100 * in_time / kept.n)
    counted = f"{share} of 100 jobs ({number(kept.n)} in all)"
    return f"from history: {counted} of {span(first, last)} started within {duration(seconds)}".replace(NO_BREAK, " ")


@transaction.atomic
def derive(cluster: Cluster, *, by: Person | None, door: str, again: bool = False) -> list[Promise]:
    """Derive promises from the cluster's own history and keep them, so that they do not drift; return them.

    For each partition and size class with at least 30 started jobs, and for all jobs together: what nine of ten waited
    at most, rounded up to a readable figure. The first time it reads the first 8 whole weeks of the last 26; `again`
    replaces derived promises by those of the last 8 whole weeks. What a person promised is never touched.
    """
    windows = _windows(cluster, latest=again)
    Promise.objects.filter(cluster=cluster, is_from_history=True).delete()
    spoken = set(Promise.objects.filter(cluster=cluster).values_list("partition", "size_class"))
    made = [
        Promise(
            team=cluster.team, cluster=cluster, partition=kept.partition[:LONGEST_PARTITION],
            size_class=kept.size_class, wait_seconds=min(readable(kept.seconds), LONGEST_SECONDS), is_from_history=True,
            source=_sentence(kept, readable(kept.seconds), windows[0].day, windows[-1].day + timedelta(days=6)),
        )
        for kept in queries.kept(cluster, windows, QUANTILE, AT_LEAST)
        if (kept.partition, kept.size_class) not in spoken
    ]  # fmt: skip
    Promise.objects.bulk_create(made)
    if made:
        facts: dict[str, Any] = {"promises": [[p.partition, p.size_class, p.wait_seconds] for p in made]}
        if again:
            facts["reason"] = "derived again from the last whole weeks"
        _tell(cluster, "derived", facts, by, door)
    return made
