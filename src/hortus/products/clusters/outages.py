"""Nodes out of service, from the spans that the scheduler told: counts, rows. Judges nothing."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from hortus.access.models import Team
from hortus.products.clusters.counting import Window
from hortus.telemetry.models import BatchImport, Cluster, NodeOutage
from hortus.values.evidence import Evidence, Head, Slice, Sort
from hortus.values.reading import Reading


@dataclass(frozen=True, slots=True)
class Watched:
    """What is known of one cluster's nodes: from when until when node events were read, and the spans, by node."""

    cluster: Cluster
    since: datetime
    until: datetime
    outages: Sequence[NodeOutage]

    def out_at(self, at: datetime) -> set[str]:
        """Return the nodes that are out at an instant."""
        return {o.node for o in self.outages if o.began_at <= at and (o.ended_at is None or o.ended_at > at)}


def watched(clusters: Iterable[Cluster]) -> list[Watched]:
    """Return what is known of the clusters whose node events were ever read and whose number of nodes is known."""
    counted = {cluster.pk: cluster for cluster in clusters if cluster.node_count}
    reads = BatchImport.objects.filter(cluster__in=counted, format=BatchImport.NODE_EVENTS)
    spans: dict[UUID, list[tuple[datetime, datetime]]] = {}
    for pk, first, last in reads.values_list("cluster", "result__since", "result__until"):
        spans.setdefault(pk, []).append((datetime.fromisoformat(first), datetime.fromisoformat(last)))
    outages: dict[UUID, list[NodeOutage]] = {}
    for outage in NodeOutage.objects.filter(cluster__in=spans).order_by("node", "began_at"):
        outages.setdefault(outage.cluster_id, []).append(outage)
    return [
        Watched(counted[pk], min(s for s, _ in read), max(u for _, u in read), outages.get(pk, []))
        for pk, read in spans.items()
    ]


def counts(team: Team, windows: Sequence[Window]) -> dict[date, Reading | None]:
    """Return for each window how many nodes were out at its end, None where nobody had read node events."""
    found = watched(Cluster.objects.filter(team=team))
    return {window.day: _count(found, window) for window in windows}


def _count(found: Sequence[Watched], window: Window) -> Reading | None:
    heard = [(one, min(window.until, one.until)) for one in found if one.since <= window.until]
    if not heard:
        return None
    out = sum(len(one.out_at(at)) for one, at in heard)
    nodes = sum(one.cluster.node_count for one, _ in heard)
    return Reading(float(out), nodes, evidence_until=max(at for _, at in heard))


def evidence(team: Team, window: Window, part: Slice) -> Evidence:
    """Return the spans that touch a window, the newest first."""
    touching = NodeOutage.objects.touching(window.since, window.until).filter(cluster__team=team)
    found = touching.select_related("cluster").order_by("-began_at", "node")
    heads = [
        Head("node", "Node"), Head("cluster", "Cluster"), Head("began_at", "Out since", Sort.MOMENT),
        Head("ended_at", "Back at", Sort.MOMENT), Head("state", "State"), Head("reason", "Reason"),
    ]  # fmt: skip
    rows = [
        (o.node, o.cluster.name, o.began_at, o.ended_at, o.state, o.reason)
        for o in found[part.offset : part.offset + part.limit]
    ]
    counted = "Each row is a span in which a node was down or drained; spans of one node that overlap count once."
    return Evidence(heads, rows, found.count(), counted)
