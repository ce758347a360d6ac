"""Pages of planned work before it begins: announce it, change it, cancel it. It is shown on the status page."""

from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from hortus.access.doors import TeamRequest, team_page
from hortus.access.policy import Action, Kind
from hortus.catalogue import notice, planned_work, publication, window_repeats, window_series, window_words
from hortus.catalogue.models import PlannedWork, RepeatingWork
from hortus.catalogue.planned_forms import PlanForm, RepeatForm, SeriesForm, WorkForm
from hortus.catalogue.rules_windows import Wall
from hortus.catalogue.views_status import crumbs
from hortus.ledger import clock
from hortus.values.clocks import zone_named
from hortus.values.refused import Refused
from hortus.web.forms import refuse
from hortus.web.words import day

Buttons = list[tuple[str, str]]


def find(request: TeamRequest, work: object) -> PlannedWork:
    """Return planned work of the team that asks; drafts are for those who could announce them. Raises Http404."""
    mine = PlannedWork.objects.visible_to(request.person).filter(team=request.team)
    if not request.standing.may(Action.CREATE, Kind.CONDITION):
        mine = mine.announced()
    found: PlannedWork = get_object_or_404(mine.select_related("team", "by", "owner", "repeating"), pk=work)
    return found


def url(work: PlannedWork) -> str:
    """Return the path of the page of planned work."""
    return reverse("catalogue:window", args=[work.team.slug, work.pk])


def _accepts(request: TeamRequest, form: PlanForm, work: PlannedWork | None = None) -> bool:
    """Say whether a valid form can be announced as it is; raises Refused for what cannot be announced at all."""
    now = clock.now()
    plan = planned_work.checked(request.team, form.plan(), now)
    known = None if work is None or work.is_draft else work
    return form.accepts(notice.of_plan(plan, now, known), notice.shortness(plan, now, known))


def _new(request: TeamRequest, form: RepeatForm) -> str:
    """Keep or announce what a valid form says; return where to go then, "" where it asks something first."""
    asked: dict[str, Any] = {"by": request.person, "door": "web"}
    if "draft" in request.POST:
        if form.recurs:
            raise Refused("no-draft", "Work that comes back is announced at once; choose Once for a draft.", "repeat")
        return url(planned_work.draft(request.team, form.plan(), **asked))
    if not _accepts(request, form):
        return ""
    if form.recurs:
        window_repeats.repeat(request.team, form.plan(), form.recurs, **asked)
    else:
        planned_work.announce(request.team, form.plan(), **asked)
    return publication.url(request.team)


def _page(request: TeamRequest, form: forms.Form, heading: str, buttons: Buttons, **more: Any) -> HttpResponse:
    """Show a form. buttons: the name of each and what it says, the first for the return key."""
    context = {
        "form": form, "heading": heading, "buttons": buttons, "cancel": publication.url(request.team),
        "crumbs": crumbs(request, (heading, "")), **more,
    }  # fmt: skip
    return render(request, "catalogue/window_form.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@team_page(Kind.CONDITION, Action.CREATE)
def announce(request: TeamRequest) -> HttpResponse:
    """Announce planned work, or keep it as a draft."""
    form = RepeatForm(request.team, publication.of(request.team), request.POST or None)
    if form.is_valid():
        try:
            if then := _new(request, form):
                return redirect(then)
        except Refused as refused:
            refuse(form, refused)
    return _page(request, form, "Announce planned work", [("announce", "Announce it"), ("draft", "Keep as a draft")])


@require_http_methods(["GET", "HEAD", "POST"])
@team_page(Kind.CONDITION, Action.CREATE)
def change(request: TeamRequest, work: object) -> HttpResponse:
    """Change or move planned work; calendars that hold it follow. A draft is announced here, too."""
    found = find(request, work)
    form = WorkForm(found, publication.of(request.team), request.POST or None)
    if form.is_valid():
        try:
            if _changed(request, form, found):
                return redirect(url(found) if found.is_draft else publication.url(request.team))
        except Refused as refused:
            refuse(form, refused)
            _read_again(form, refused, "as_of", found.changed_at.isoformat())
    buttons = [("save", "Save")] if not found.is_draft else [("announce", "Announce it"), ("save", "Keep as a draft")]
    said = "Only this time changes; the page before this one leads to all later ones." if found.repeating else ""
    return _page(request, form, f"Change {found.title}", buttons, said=said, cancel=url(found))


def _read_again(form: forms.Form, refused: Refused, name: str, value: object) -> None:
    """Let a form that came too late be sent again, once whoever wrote it was told so."""
    if refused.code == "changed-meanwhile":
        written = QueryDict(mutable=True)
        written.update(form.data)
        written[name] = str(value)
        form.data = written


def _changed(request: TeamRequest, form: WorkForm, found: PlannedWork) -> bool:
    """Keep what a valid form says of work that is there; False where it asks something first."""
    asked: dict[str, Any] = {"by": request.person, "door": "web", "read_at": form.read_at}
    is_announced = found.is_draft and "announce" in request.POST
    if (is_announced or not found.is_draft) and not _accepts(request, form, found):
        return False
    if is_announced:
        planned_work.announce_draft(found, form.plan(), **asked)
    else:
        planned_work.change(found, form.plan(), **asked)
    return True


@require_http_methods(["GET", "HEAD", "POST"])
@team_page(Kind.CONDITION, Action.CREATE)
def cancel(request: TeamRequest, work: object) -> HttpResponse:
    """Cancel planned work, once a form says what follows."""
    found = find(request, work)
    form = forms.Form(request.POST if request.method == "POST" else None)
    if form.is_valid():
        try:
            planned_work.cancel(found, by=request.person, door="web")
            return redirect("catalogue:status", request.team.slug)
        except Refused as refused:
            refuse(form, refused)
    label, said = "Drop the draft", "Nobody but the team knows of it."
    if not found.is_draft:
        label = "Cancel the work"
        said = f"It publishes, and sends to who follows it: {window_words.cancelled(found)}. Calendars follow."
    return _page(request, form, f"Cancel {found.title}", [("cancel", label)], danger=True, said=said, cancel=url(found))


@require_http_methods(["GET", "HEAD", "POST"])
@team_page(Kind.CONDITION, Action.CREATE)
def change_series(request: TeamRequest, repeating: object) -> HttpResponse:
    """Change work that comes back, from the window that `since` names on, or all that have not begun."""
    found = _repeating(request, repeating)
    ahead = window_series.coming(found, clock.now())
    wanted = request.GET.get("since")
    since = next((one for one in ahead if str(one.pk) == wanted), None) if wanted else next(iter(ahead), None)
    if since is None or found.stopped_at is not None:
        messages.error(request, f"{found} has no such time to come; nothing can be changed there.")
        return redirect("catalogue:status", request.team.slug)
    shown, recurs = window_series.plan_from(found, since)
    form = SeriesForm(
        request.team, publication.of(request.team), request.POST or None, shown=shown, zone=zone_named(found.zone),
        recurs=recurs, changes=found.changes,
    )  # fmt: skip
    if form.is_valid():
        try:
            if _series_changed(request, form, found, since):
                return redirect("catalogue:status", request.team.slug)
        except Refused as refused:
            refuse(form, refused)
            found.refresh_from_db()
            _read_again(form, refused, "changes", found.changes)
    first = day(Wall.read(since.occurrence).shown.date())
    which = "all that have not begun" if since == ahead[0] else f"this and all later, from {first} on"
    said = f"Changes {which}. What was changed or cancelled of one time alone stays as it is."
    return _page(
        request,
        form,
        f"Change {found.title}, {window_words.often(found)}",
        [("save", "Save")],
        said=said,
        cancel=url(since),
    )


def _series_changed(request: TeamRequest, form: SeriesForm, found: RepeatingWork, since: PlannedWork) -> bool:
    """Keep what a valid form says of work that comes back; False where it asks something first."""
    if not _accepts(request, form, since):
        return False
    outcome = window_series.change(
        found, form.plan(), form.recurs, since=since, changes=form.cleaned_data["changes"], by=request.person,
        door="web",
    )  # fmt: skip
    counts = (("changed", outcome.changed), ("cancelled", outcome.cancelled), ("new", outcome.made),
              ("with something of their own, which stays", outcome.kept))  # fmt: skip
    told = "; ".join(f"{name}: {count}" for name, count in counts if count)
    messages.success(request, f"Saved. {f'Times {told}.' if told else 'No time changed.'}")
    return True


def _repeating(request: TeamRequest, repeating: object) -> RepeatingWork:
    mine = RepeatingWork.objects.visible_to(request.person).filter(team=request.team)
    found: RepeatingWork = get_object_or_404(mine.select_related("team", "owner"), pk=repeating)
    return found


@require_http_methods(["GET", "HEAD", "POST"])
@team_page(Kind.CONDITION, Action.CREATE)
def stop(request: TeamRequest, repeating: object) -> HttpResponse:
    """End work that comes back, once a form says what follows."""
    found = _repeating(request, repeating)
    form = forms.Form(request.POST if request.method == "POST" else None)
    if form.is_valid():
        try:
            count = window_repeats.stop(found, by=request.person, door="web")
            messages.success(request, f"It comes back no more; windows that were cancelled: {count}.")
            return redirect("catalogue:status", request.team.slug)
        except Refused as refused:
            refuse(form, refused)
    said = "Its windows that have not begun are cancelled, here and in calendars. What was done stays."
    return _page(request, form, f"Stop {found.title}", [("stop", "Let it come back no more")], danger=True, said=said)
