"""Pages of clusters: the list, one cluster as its users saw it, and what a cluster is."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode
from django.views.decorators.http import require_http_methods, require_safe

from hortus.access.doors import TeamRequest, team_page
from hortus.access.policy import Action, Kind
from hortus.products.clusters import actions, pictures, queries
from hortus.products.clusters.counting import Window
from hortus.products.clusters.forms import DescribeForm, ViewForm
from hortus.products.clusters.queries import Chosen, Extent
from hortus.telemetry.history import History
from hortus.telemetry.models import BatchImport, Cluster, NodeOutage
from hortus.web.form_pages import answered, form_page
from hortus.web.tables import as_csv
from hortus.web.words import counted


def find(request: TeamRequest, name: str) -> Cluster:
    """Return the team's cluster of this name as far as the person may read it, or raise Http404."""
    mine = Cluster.objects.visible_to(request.person).filter(team=request.team)
    cluster: Cluster = get_object_or_404(mine.select_related("team"), name=name)
    return cluster


def crumbs(request: TeamRequest, cluster: Cluster, *more: tuple[str, str]) -> list[tuple[str, str]]:
    """Return the way from the list of clusters to a page of one."""
    place = [request.team.slug]
    way = [("Clusters", reverse("clusters:clusters", args=place))]
    return [*way, (cluster.name, reverse("clusters:cluster", args=[*place, cluster.name])), *more]


@require_safe
@team_page(Kind.CLUSTER)
def clusters(request: TeamRequest) -> HttpResponse:
    """List the clusters with the age of their newest import."""
    found = list(Cluster.objects.visible_to(request.person).filter(team=request.team))
    latest: dict[Any, BatchImport] = {}
    for made in BatchImport.objects.filter(cluster__in=found).order_by("cluster", "-ended_at").defer("result"):
        latest.setdefault(made.cluster_id, made)
    rows = [(cluster, latest.get(cluster.pk)) for cluster in found]
    heading = f"{counted(len(found), 'cluster')} {'tells' if len(found) == 1 else 'tell'} us what users saw"
    context = {
        "heading": heading if found else "No cluster tells us anything yet", "rows": rows,
        "may_import": request.standing.may(Action.CREATE, Kind.IMPORT),
        "may_read_imports": request.standing.may(Action.READ, Kind.IMPORT),
    }  # fmt: skip
    return render(request, "clusters/clusters.html", context)


@dataclass(frozen=True, slots=True)
class Looked:
    """What a reader looks at: all weeks that are shown, the weeks that are counted, the chosen groups, the form."""

    weeks: Sequence[Window]
    windows: Sequence[Window]
    chosen: Chosen
    form: ViewForm
    week: Any = None

    @property
    def query(self) -> str:
        """Return the choice as URL parameters."""
        given = {"partition": self.chosen.partition, "size": self.chosen.size_class, "week": self.week}
        return urlencode({key: value for key, value in given.items() if value})


def looked(request: TeamRequest, cluster: Cluster, known: Extent) -> Looked:
    """Read what a reader chose from the URL; what is not there counts as not chosen."""
    weeks = queries.weeks(cluster, known)
    form = ViewForm(request.GET, queries.partitions(cluster), [w.day for w in weeks])
    week = form.chosen("week")
    windows = [w for w in weeks if w.day == week] or weeks
    chosen = Chosen(form.chosen("partition"), form.chosen("size"))
    return Looked(weeks, windows, chosen, form, week if len(windows) == 1 else None)


@require_safe
@team_page(Kind.CLUSTER)
def cluster(request: TeamRequest, name: str) -> HttpResponse:
    """Show what users of a cluster saw: waits as distributions, losses, nodes out of service."""
    found = find(request, name)
    known = queries.extent(History.of([found]))
    standing = request.standing
    context: dict[str, Any] = {
        "cluster": found, "known": known, "crumbs": crumbs(request, found),
        "may_describe": standing.may(Action.UPDATE, Kind.CLUSTER),
        "may_import": standing.may(Action.CREATE, Kind.IMPORT),
        "may_read_jobs": standing.may(Action.READ, Kind.JOB),
        "may_read_promises": standing.may(Action.READ, Kind.PROMISE),
        "heading": f"Nothing is known about {found.name} yet",
    }  # fmt: skip
    if known is not None:
        context |= _seen(request, found, looked(request, found, known))
    return render(request, "clusters/cluster.html", context)


def _seen(request: TeamRequest, found: Cluster, look: Looked) -> dict[str, Any]:
    place = [request.team.slug, found.name]
    seen = queries.seen(found, look.weeks, look.windows, look.chosen)
    csv_url = f"{reverse('clusters:waits-csv', args=place)}?{look.query}"
    lost, ends = pictures.losses(queries.ended(found, look.windows, look.chosen))
    first, last = look.windows[0].since, min(look.windows[-1].until, timezone.now().astimezone(found.team.zoneinfo))
    out = NodeOutage.objects.visible_to(request.person).filter(cluster=found).touching(first, last)
    return {
        "heading": pictures.heading(found.name, seen.everything), "form": look.form, "query": look.query,
        "said": pictures.sentences(seen.groups), "groups": seen.groups,
        "waiting": pictures.waiting(seen.weekly, look.weeks, csv_url),
        "facets": pictures.facets(seen.weekly, look.weeks, "size_class" if look.chosen.partition else "partition"),
        "lost": lost, "ends": ends, "outages": pictures.outages(list(out), first, last),
        "week": look.week, "span": (look.windows[0].day, look.windows[-1].day),
    }  # fmt: skip


@require_safe
@team_page(Kind.CLUSTER)
def waits_csv(request: TeamRequest, name: str) -> HttpResponse:
    """Give the waiting times by week, partition and size class as CSV, in seconds."""
    found = find(request, name)
    known = queries.extent(History.of([found]))
    heads = (
        "week", "partition", "size_class", "jobs", "median_seconds", "p90_seconds", "p95_seconds", "promise_seconds",
        "judged", "in_time",
    )  # fmt: skip
    rows = []
    if known is not None:
        look = looked(request, found, known)
        rows = queries.waits_in_detail(found, look.windows, look.chosen)
    cells = (
        (
            w.week, w.partition, w.size_class, w.n, *((w.median, w.p90, w.p95) if w.n else (None, None, None)),
            w.promise_seconds, w.judged, w.in_time,
        )
        for w in rows
    )  # fmt: skip
    return as_csv(f"{found.name}-waits.csv", heads, cells)


@require_http_methods(["GET", "HEAD", "POST"])
@team_page(Kind.CLUSTER, Action.UPDATE)
def describe(request: TeamRequest, name: str) -> HttpResponse:
    """Say which service a cluster belongs to, its zone, its number of nodes."""
    found = find(request, name)
    form = DescribeForm(request.team, request.POST or None, instance=found)
    if answered(form, lambda: actions.described(found, **form.cleaned_data, by=request.person, door="web")):
        return redirect("clusters:cluster", request.team.slug, found.name)
    return form_page(request, form, f"What {found.name} is", crumbs(request, found), here="Describe")
