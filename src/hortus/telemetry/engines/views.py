"""Pages of engines: the list of all that is asked, one engine with its self-check and queries, and their forms."""

from collections.abc import Callable
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from hortus.access.doors import TeamRequest, team_page
from hortus.access.policy import Action, Kind
from hortus.telemetry.engines import actions, tasks
from hortus.telemetry.engines.forms import EngineForm, QueryForm, TryForm
from hortus.telemetry.engines.models import Engine, Hub, Poll
from hortus.telemetry.engines.trying import MOST_SHOWN, tried
from hortus.telemetry.sources import tabs
from hortus.values.refused import Refused
from hortus.web.forms import refuse
from hortus.web.words import counted


def crumbs(request: TeamRequest, *more: tuple[str, str]) -> list[tuple[str, str]]:
    """Return the way from the list of engines to a page."""
    return [("Engines", reverse("engines:engines", args=[request.team.slug])), *more]


def answered(form: forms.Form, do: Callable[[], Any]) -> bool:
    """Do what a valid form asks for; return whether it was done. A refusal goes beside its field."""
    if not form.is_valid():
        return False
    try:
        do()
    except Refused as refused:
        refuse(form, refused)
        return False
    return True


def _find(request: TeamRequest, slug: str) -> Engine:
    mine = Engine.objects.visible_to(request.person).filter(team=request.team)
    found: Engine = get_object_or_404(mine.select_related("team", "by"), slug=slug)
    return found


def _here(request: TeamRequest, engine: Engine) -> str:
    return reverse("engines:engine", args=[request.team.slug, engine.slug])


def _form_page(
    request: TeamRequest, form: forms.Form, engine: Engine | None, heading: str, **more: Any
) -> HttpResponse:
    back = _here(request, engine) if engine else reverse("engines:engines", args=[request.team.slug])
    way = crumbs(request, *([(engine.name, back)] if engine else []), (heading, ""))
    context = {"form": form, "heading": heading, "label": "Save", "cancel": back, "crumbs": way, **more}
    return render(request, "web/form.html", context)


@require_safe
@team_page(Kind.ENGINE)
def engines(request: TeamRequest) -> HttpResponse:
    """List what is asked for counts: engines, hubs, schedulers."""
    found = list(Engine.objects.visible_to(request.person).filter(team=request.team).prefetch_related("queries"))
    hubs = list(Hub.objects.visible_to(request.person).filter(team=request.team).select_related("series"))
    polls = list(Poll.objects.visible_to(request.person).filter(team=request.team).select_related("cluster"))
    standing = request.standing
    context = {
        "engines": [(engine, _trouble(engine)) for engine in found], "hubs": hubs, "polls": polls,
        "heading": _heading(found, hubs, polls), "may_add": standing.may(Action.CREATE, Kind.ENGINE),
        "may_change": standing.may(Action.UPDATE, Kind.ENGINE), "tabs": tabs(request),
    }  # fmt: skip
    return render(request, "engines/engines.html", context)


def _heading(found: list[Engine], hubs: list[Hub], polls: list[Poll]) -> str:
    total = len(found) + len(hubs) + len(polls)
    if not total:
        return "Nothing is asked for counts yet"
    asked = counted(total, "source is asked", "sources are asked")
    wrong = sum(engine.state != Engine.State.TRUSTED or _trouble(engine) > 0 for engine in found)
    wrong += sum(bool(finding) for finding in [*(hub.finding for hub in hubs), *(held.finding for held in polls)])
    return f"{asked}, {wrong} with something to look at" if wrong else f"{asked}, nothing wrong the last time"


def _trouble(engine: Engine) -> int:
    return sum(bool(query.finding) for query in engine.queries.all())


@require_safe
@team_page(Kind.ENGINE)
def engine(request: TeamRequest, slug: str) -> HttpResponse:
    """Show one engine: what its self-check proved, what it is asked, what was wrong."""
    found = _find(request, slug)
    standing = request.standing
    context = {
        "engine": found, "queries": found.queries.select_related("series"), "crumbs": crumbs(request, (found.name, "")),
        "may_change": standing.may(Action.UPDATE, Kind.ENGINE), "may_remove": standing.may(Action.DELETE, Kind.ENGINE),
    }  # fmt: skip
    return render(request, "engines/engine.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@team_page(Kind.ENGINE, Action.CREATE)
def add(request: TeamRequest) -> HttpResponse:
    """Add an engine; a worker checks it next."""
    form = EngineForm(request.POST or None)
    made: list[Engine] = []

    def do() -> None:
        made.append(actions.add_engine(request.team, **form.cleaned_data, by=request.person, door="web"))

    if answered(form, do):
        tasks.check_soon(made[0])
        return redirect(_here(request, made[0]))
    said = "Only what is asked of it is stored: no token, no password. It is checked before it is believed."
    return _form_page(request, form, None, "Add an engine", said=said, label="Add the engine")


@require_http_methods(["GET", "HEAD", "POST"])
@team_page(Kind.ENGINE, Action.UPDATE)
def change(request: TeamRequest, slug: str) -> HttpResponse:
    """Change what an engine is."""
    found = _find(request, slug)
    initial = {name: getattr(found, name) for name in EngineForm.base_fields}
    form = EngineForm(request.POST or None, initial=initial)
    if answered(form, lambda: actions.change_engine(found, **form.cleaned_data, by=request.person, door="web")):
        tasks.check_soon(found)
        return redirect(_here(request, found))
    return _form_page(request, form, found, f"Change {found.name}")


@require_POST
@team_page(Kind.ENGINE, Action.UPDATE)
def check(request: TeamRequest, slug: str) -> HttpResponse:
    """Have an engine checked again by a worker."""
    found = _find(request, slug)
    tasks.check_soon(found)
    messages.info(request, f"{found.name} is being checked; load this page again in a moment.")
    return redirect(_here(request, found))


@require_http_methods(["GET", "HEAD", "POST"])
@team_page(Kind.ENGINE, Action.DELETE)
def remove(request: TeamRequest, slug: str) -> HttpResponse:
    """Forget an engine and its queries."""
    found = _find(request, slug)
    form = forms.Form(request.POST if request.method == "POST" else None)
    if answered(form, lambda: actions.remove_engine(found, by=request.person, door="web")):
        return redirect("engines:engines", request.team.slug)
    said = "Its queries go with it. The counts that were copied stay."
    return _form_page(
        request, form, found, f"Remove {found.name}", said=said, label="Remove the engine", danger=True
    )  # fmt: skip


@require_http_methods(["GET", "HEAD", "POST"])
@team_page(Kind.ENGINE, Action.UPDATE)
def ask(request: TeamRequest, slug: str) -> HttpResponse:
    """Have an engine asked for a new series of counts."""
    found = _find(request, slug)
    form = QueryForm(request.POST or None)
    if answered(form, lambda: actions.ask(found, **form.cleaned_data, by=request.person, door="web")):
        tasks.check_soon(found)
        return redirect(_here(request, found))
    return _form_page(request, form, found, "Ask for counts", label="Ask from now on")


@require_http_methods(["GET", "HEAD", "POST"])
@team_page(Kind.ENGINE, Action.UPDATE)
def drop(request: TeamRequest, slug: str, series: int) -> HttpResponse:
    """Ask a query no more."""
    found = _find(request, slug)
    mine = found.queries.select_related("engine__team", "series")
    # series__pk, not series: it finds nothing for a number that no database holds, instead of failing.
    query = get_object_or_404(mine, series__pk=series)
    form = forms.Form(request.POST if request.method == "POST" else None)
    if answered(form, lambda: actions.drop(query, by=request.person, door="web")):
        return redirect(_here(request, found))
    said = "The series and what was counted stay; from now on nothing is measured."
    return _form_page(
        request, form, found, f"Ask no more for {query}", said=said, label="Ask no more", danger=True
    )  # fmt: skip


@require_safe
@team_page(Kind.ENGINE, Action.UPDATE)
def try_out(request: TeamRequest, slug: str) -> HttpResponse:
    """Ask an engine one expression, now, and show what came back or what was wrong."""
    found = _find(request, slug)
    form = TryForm(request.GET or None)
    context: dict[str, Any] = {
        "engine": found, "form": form, "heading": f"Try a query on {found.name}", "most": MOST_SHOWN,
        "crumbs": crumbs(request, (found.name, _here(request, found)), ("Try a query", "")),
    }  # fmt: skip
    if form.is_valid():
        try:
            context["tried"] = tried(found, form.cleaned_data["expression"])
        except Refused as refused:
            context["fault"] = refused.sentence
    return render(request, "engines/try.html", context)
