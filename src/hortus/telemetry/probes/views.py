"""Pages of probes: the list, one probe with what it found, and the forms that change it."""

from datetime import date, datetime, time, timedelta
from typing import Any

from django import forms
from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from hortus.access.doors import TeamRequest, team_page
from hortus.access.policy import Action, Kind
from hortus.telemetry.counts.reading import sums
from hortus.telemetry.probes import actions, kinds, pictures, reading, tasks
from hortus.telemetry.probes.forms import REACHES, ProbeForm, ViewForm
from hortus.telemetry.probes.models import Probe
from hortus.values.refused import Refused
from hortus.web.form_pages import answered, form_page
from hortus.web.forms import refuse
from hortus.web.tables import as_csv

DAY_MINUTES = 1440
RESULTS, MOST_CSV = 100, 100_000
Crumb = tuple[str, str]


def find(request: TeamRequest, slug: str) -> Probe:
    """Return a probe of the team that who asks may see, or raise Http404."""
    mine = Probe.objects.visible_to(request.person).filter(team=request.team)
    found: Probe = get_object_or_404(mine.select_related("team", "series", "by"), slug=slug)
    return found


def _crumbs(request: TeamRequest, *more: Crumb) -> list[Crumb]:
    return [("Probes", reverse("probes:probes", args=[request.team.slug])), *more]


def _path(request: TeamRequest, probe: Probe) -> str:
    return reverse("probes:probe", args=[request.team.slug, probe.slug])


@require_safe
@team_page(Kind.PROBE)
def probes(request: TeamRequest) -> HttpResponse:
    """List the probes, what each found last, and the last 24 hours of all."""
    mine = Probe.objects.visible_to(request.person).filter(team=request.team)
    found = list(mine.select_related("team"))
    now = timezone.localtime().replace(second=0, microsecond=0)
    minute = (int(now.timestamp()) // 60 // pictures.STRIP_MINUTES + 1) * pictures.STRIP_MINUTES
    ids = [probe.series_id or 0 for probe in found]
    steps = range(minute - DAY_MINUTES, minute, pictures.STRIP_MINUTES)
    rows = pictures.rows(found, reading.newest(found), sums(ids, [(minute - 28 * DAY_MINUTES, minute)]), timezone.now())
    end = timezone.localtime(reading.EPOCH + timedelta(minutes=minute))
    strip = sums(ids, [(step, step + pictures.STRIP_MINUTES) for step in steps])
    context = {
        "rows": rows, "heading": pictures.heading(rows), "strips": pictures.strips(found, strip, end),
        "may_add": request.standing.may(Action.CREATE, Kind.PROBE), "some_late": any(row.is_late for row in rows),
    }  # fmt: skip
    return render(request, "probes/probes.html", context)


@require_safe
@team_page(Kind.PROBE)
def probe(request: TeamRequest, slug: str) -> HttpResponse:
    """Show one probe: what it asks, how long answers took, and the results of a day."""
    found = find(request, slug)
    form = ViewForm(request.GET)
    chosen = form.cleaned_data
    now, days = timezone.localtime(), int(chosen.get("reach") or 1)
    told = _judged(found, reading.told(found, *_span(chosen.get("day"), 1, now)), chosen)
    last = reading.newest([found]).get(found.pk)
    results = reading.results(found, now - timedelta(days=days), now)
    query = request.GET.copy()
    query.pop("page", None)
    context = {
        "probe": found, "last": last, "state": pictures.state(found, last),
        "heading": pictures.title(found, last, now), "is_late": found.is_late(last, now),
        "chart": pictures.latency(found, results, now, days), "form": form, "day": chosen.get("day"),
        "span": dict(REACHES)[str(days)],
        "page": Paginator(told, RESULTS).get_page(request.GET.get("page")), "query": query.urlencode(),
        "may_change": request.standing.may(Action.UPDATE, Kind.PROBE),
        "may_remove": request.standing.may(Action.DELETE, Kind.PROBE),
        "crumbs": _crumbs(request, (found.name, "")),
    }  # fmt: skip
    return render(request, "probes/probe.html", context)


@require_safe
@team_page(Kind.PROBE)
def results_csv(request: TeamRequest, slug: str) -> HttpResponse:
    """Give results as CSV: of a day in the team's zone, or of as many days as the chart shows.

    No more than the newest 100,000; the name of the file says so when that leaves out some.
    """
    found = find(request, slug)
    chosen = ViewForm(request.GET).cleaned_data
    day, days = chosen.get("day"), int(chosen.get("reach") or 1)
    span = _span(day, days, timezone.localtime())
    told = reading.told(found, *span, MOST_CSV + 1)
    rows = (
        (one.at, verdict, one.seconds, one.ok, one.code, one.sentence)
        for one, verdict, _ in _judged(found, told[:MOST_CSV], chosen)
    )
    name = f"{found.slug}-{span[0]:%Y-%m-%d}" if _is_day(day) else f"{found.slug}-{days}d"
    name += f"-newest-{MOST_CSV}.csv" if len(told) > MOST_CSV else ".csv"
    return as_csv(name, ("at", "counts_as", "value_seconds", "ok", "code", "sentence"), rows)


def _judged(
    found: Probe, told: list[reading.Told], chosen: dict[str, Any]
) -> list[tuple[reading.Told, str, str]]:  # fmt: skip
    """Return results with what each counts as; if asked for, only the bad ones."""
    judged = pictures.judged(told, found.latency_seconds)
    return [one for one in judged if one[1] != "good"] if chosen.get("which") == "bad" else judged


def _is_day(day: date | None) -> bool:
    return day is not None and date(1971, 1, 1) < day < date(9000, 1, 1)


def _span(day: date | None, days: int, now: datetime) -> tuple[datetime, datetime]:
    """Return a day in the team's zone, or the last days up to now."""
    if day is None or not _is_day(day):
        return now - timedelta(days=days), now + timedelta(minutes=1)
    begin = timezone.make_aware(datetime.combine(day, time()))
    return begin, timezone.make_aware(datetime.combine(day + timedelta(days=1), time()))


@require_safe
@team_page(Kind.PROBE, Action.CREATE)
def choose(request: TeamRequest) -> HttpResponse:
    """Show the kinds of probe to choose from."""
    context = {"kinds": kinds.KINDS.values(), "crumbs": _crumbs(request, ("Add", ""))}
    return render(request, "probes/choose.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@team_page(Kind.PROBE, Action.CREATE)
def add(request: TeamRequest, kind: str) -> HttpResponse:
    """Add a probe of one kind."""
    if kind not in kinds.KINDS:
        raise Http404
    found = kinds.KINDS[kind]
    form = ProbeForm(request.team, found, request.POST or None)
    if form.is_valid():
        try:
            made = actions.add(request.team, kind, form.details(), by=request.person, door="web")
            return redirect("probes:probe", request.team.slug, made.slug)
        except Refused as refused:
            refuse(form, refused)
    back = reverse("probes:choose", args=[request.team.slug])
    heading = f"Add a probe: {found.name.lower() if found.name != 'SSH login' else found.name}"
    return form_page(
        request, form, heading, _crumbs(request, ("Add", back)), here=found.name, said=found.sentence,
        label="Add the probe",
    )  # fmt: skip


@require_http_methods(["GET", "HEAD", "POST"])
@team_page(Kind.PROBE, Action.UPDATE)
def change(request: TeamRequest, slug: str) -> HttpResponse:
    """Change what a probe asks, how often, and what is too slow."""
    found = find(request, slug)
    form = ProbeForm(request.team, found.sort, request.POST or None, initial=ProbeForm.about(found))
    back = _path(request, found)
    if answered(form, lambda: actions.change(found, form.details(), by=request.person, door="web")):
        return redirect(back)
    way = _crumbs(request, (found.name, back))
    return form_page(request, form, f"Change {found.name}", way, here="Change", said=found.sort.sentence)


@require_http_methods(["GET", "HEAD", "POST"])
@team_page(Kind.PROBE, Action.DELETE)
def remove(request: TeamRequest, slug: str) -> HttpResponse:
    """Remove a probe, once that was confirmed."""
    found = find(request, slug)
    back = _path(request, found)
    if request.method == "POST":
        actions.remove(found, by=request.person, door="web")
        messages.success(request, f"{found.name} was removed.")
        return redirect("probes:probes", request.team.slug)
    way = _crumbs(request, (found.name, back))
    said = "Its results go with it. Pause it instead to keep them. What objectives counted stays."
    return form_page(
        request, forms.Form(), f"Remove {found.name}", way, here="Remove", said=said, label="Remove the probe",
        danger=True,
    )  # fmt: skip


@require_POST
@team_page(Kind.PROBE, Action.UPDATE)
def pause(request: TeamRequest, slug: str) -> HttpResponse:
    """Stop asking for a while."""
    return _done(request, slug, actions.pause)


@require_POST
@team_page(Kind.PROBE, Action.UPDATE)
def resume(request: TeamRequest, slug: str) -> HttpResponse:
    """Ask again."""
    return _done(request, slug, actions.resume)


def _done(request: TeamRequest, slug: str, verb: Any) -> HttpResponse:
    found = find(request, slug)
    try:
        verb(found, by=request.person, door="web")
    except Refused as refused:
        messages.error(request, refused.sentence)
    return redirect(_path(request, found))


@require_POST
@team_page(Kind.PROBE, Action.UPDATE)
def run(request: TeamRequest, slug: str) -> HttpResponse:
    """Have the worker ask once, now."""
    found = find(request, slug)
    tasks.run_one.enqueue(str(found.pk))
    messages.success(request, "The worker asks now; reload this page in a moment to see what it found.")
    return redirect(_path(request, found))
