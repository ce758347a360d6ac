"""Pages of planned work that goes on, made for a phone: how it stands, and one button for what comes next."""

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from hortus.access.doors import TeamRequest, team_page
from hortus.access.policy import Action, Kind
from hortus.catalogue import notice, publication, window_words, windows
from hortus.catalogue.models import PlannedWork
from hortus.catalogue.rules_windows import Phase, State
from hortus.catalogue.views_planned import find, url
from hortus.catalogue.views_status import crumbs
from hortus.catalogue.window_forms import FinishForm, MoreForm
from hortus.ledger import clock
from hortus.ledger.models import Event
from hortus.values.refused import Refused
from hortus.web.forms import refuse
from hortus.web.words import duration

HEADINGS = {
    Phase.PLANNED: "{title} is a draft", Phase.ANNOUNCED: "{title} is announced",
    Phase.UNBEGUN: "{title} should have begun", Phase.STARTED: "{title} goes on", Phase.OVERRUN: "{title} overruns",
    Phase.CHECKING: "{title} is being checked", Phase.DONE: "{title} is over", Phase.CANCELLED: "{title} was cancelled",
}  # fmt: skip


@require_safe
@team_page(Kind.CONDITION)
def window(request: TeamRequest, work: object) -> HttpResponse:
    """Show one planned work: how it stands, what was said, what happened, and what can be done now."""
    found, now = find(request, work), clock.now()
    events = Event.objects.visible_to(request.person).filter(
        team=request.team, object_kind="planned-work", object_id=str(found.pk)
    )
    phase, may = found.phase_at(now), request.standing.may
    context: dict[str, Any] = {
        "work": found, "now": now, "phase": phase.value, "heading": HEADINGS[phase].format(title=found.title),
        "said": window_words.now_said(found, now), "skipped": window_words.skipped(found),
        "late": notice.sentence(notice.of_work(found), found.zoneinfo), "often": _often(found),
        "is_coming": found.stands is State.ANNOUNCED and found.begins_at > now,
        "asked": duration(found.notice_seconds),
        "may_say": may(Action.CREATE, Kind.CONDITION), "may_read_names": may(Action.READ, Kind.EVENT),
        "events": events.exclude(verb="published").select_related("actor").order_by("-occurred_at", "-id")[:40],
        "crumbs": crumbs(request, (found.title, "")),
    }  # fmt: skip
    return render(request, "catalogue/window.html", context)


def _often(work: PlannedWork) -> str:
    return window_words.often(work.repeating) if work.repeating else ""


def _step(request: TeamRequest, work: object, step: Callable[..., PlannedWork], said: str) -> HttpResponse:
    """Do one step that needs no words, and come back."""
    found = find(request, work)
    try:
        step(found, by=request.person, door="web")
        messages.success(request, said)
    except Refused as refused:
        messages.error(request, refused.sentence)
    return redirect(url(found))


@require_POST
@team_page(Kind.CONDITION, Action.CREATE)
def begin(request: TeamRequest, work: object) -> HttpResponse:
    """Say that it has begun."""
    return _step(request, work, windows.start, "Said: it has begun.")


@require_POST
@team_page(Kind.CONDITION, Action.CREATE)
def check(request: TeamRequest, work: object) -> HttpResponse:
    """Say that it is being checked."""
    return _step(request, work, windows.check, "Said: it is being checked.")


@require_http_methods(["GET", "HEAD", "POST"])
@team_page(Kind.CONDITION, Action.CREATE)
def more(request: TeamRequest, work: object) -> HttpResponse:
    """Say more about work that goes on."""
    found = find(request, work)
    form = MoreForm(found, publication.of(request.team), clock.now(), request.POST or None)
    if form.is_valid():
        try:
            windows.say_more(found, **form.said(), by=request.person, door="web")
            return redirect(url(found))
        except Refused as refused:
            refuse(form, refused)
    context = {
        "form": form, "heading": f"Say more about {found.title}", "buttons": [("say", "Say it")], "cancel": url(found),
        "said": "With what you say here it publishes, and sends to who follows it: "
        f"{window_words.going_on(found, clock.now())}.",
        "crumbs": crumbs(request, (found.title, url(found)), ("Say more", "")),
    }  # fmt: skip
    return render(request, "catalogue/window_form.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@team_page(Kind.CONDITION, Action.CREATE)
def finish(request: TeamRequest, work: object) -> HttpResponse:
    """Say that it is over, and how each function stands."""
    found = find(request, work)
    form = FinishForm(list(found.functions.offered()), publication.of(request.team), request.POST or None)
    if form.is_valid():
        try:
            windows.finish(found, form.said(), sentences=form.sentences, by=request.person, door="web")
            return redirect(url(found))
        except Refused as refused:
            refuse(form, refused)
    ready = "" if found.stands is State.CHECKING else " Say first that it is being checked."
    context = {
        "form": form, "heading": f"Say that {found.title} is over", "buttons": [("over", "It is over")],
        "said": f"Nothing goes back to working by itself: say how each function stands now.{ready} With what you "
        f"say here it publishes, and sends to who follows it: {window_words.over(found)}.",
        "cancel": url(found), "crumbs": crumbs(request, (found.title, url(found)), ("It is over", "")),
    }  # fmt: skip
    return render(request, "catalogue/window_form.html", context)
