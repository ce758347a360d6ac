"""Pages of engines: the list of all that is asked, one engine with its self-check and queries, and their forms."""

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from hortus.access.doors import TeamRequest, team_page
from hortus.access.policy import Action, Kind
from hortus.telemetry.engines import actions, reads, tasks
from hortus.telemetry.engines.form_pages import confirmed, crumbs, form_page
from hortus.telemetry.engines.forms import EngineForm, QueryForm, QuestionForm, TryForm
from hortus.telemetry.engines.models import Engine, EngineQuery, Hub, Poll
from hortus.telemetry.engines.trying import MOST_SHOWN, tried
from hortus.values.refused import Refused
from hortus.web.form_pages import answered
from hortus.web.words import counted

PAST_STAYS = (
    "What was counted up to the change stays as it was counted; from then on it is counted as you write here. To have "
    "the past counted otherwise too, ask for a new series with its days of history."
)


def _place(request: TeamRequest, engine: Engine) -> tuple[str, str]:
    return engine.name, reverse("engines:engine", args=[request.team.slug, engine.slug])


@require_safe
@team_page(Kind.ENGINE)
def engines(request: TeamRequest) -> HttpResponse:
    """List what is asked for counts: engines, hubs, schedulers."""
    standing = request.standing
    found = list(reads.engines(standing).prefetch_related("queries__series"))
    hubs, polls = list(reads.hubs(standing)), list(reads.polls(standing))
    context = {
        "engines": [(engine, _troubled(engine)) for engine in found], "hubs": hubs, "polls": polls,
        "heading": _heading(found, hubs, polls), "may_add": standing.may(Action.CREATE, Kind.ENGINE),
        "may_change": standing.may(Action.UPDATE, Kind.ENGINE),
    }  # fmt: skip
    return render(request, "engines/engines.html", context)


def _heading(found: list[Engine], hubs: list[Hub], polls: list[Poll]) -> str:
    total = len(found) + len(hubs) + len(polls)
    if not total:
        return "Nothing is asked for counts yet"
    asked = counted(total, "source is asked", "sources are asked")
    wrong = sum(engine.state != Engine.State.TRUSTED or bool(_troubled(engine)) for engine in found)
    wrong += sum(bool(finding) for finding in [*(hub.finding for hub in hubs), *(held.finding for held in polls)])
    return f"{asked}, {wrong} with something to look at" if wrong else f"{asked}, nothing wrong the last time"


def _troubled(engine: Engine) -> list[EngineQuery]:
    """Return the queries of an engine with a finding, the newest first."""
    found = [query for query in engine.queries.all() if query.finding]
    return sorted(found, key=lambda query: -query.failed_at.timestamp() if query.failed_at else 0)


@require_safe
@team_page(Kind.ENGINE)
def engine(request: TeamRequest, slug: str) -> HttpResponse:
    """Show one engine: what its self-check proved, what it is asked, what was wrong."""
    found = reads.engine(request.standing, slug)
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
        return redirect(_place(request, made[0])[1])
    said = "Only what is asked of it is stored: no token, no password. It is checked before it is believed."
    return form_page(request, form, "Add an engine", said=said, label="Add the engine")


@require_http_methods(["GET", "HEAD", "POST"])
@team_page(Kind.ENGINE, Action.UPDATE)
def change(request: TeamRequest, slug: str) -> HttpResponse:
    """Change what an engine is."""
    found = reads.engine(request.standing, slug)
    initial = {name: getattr(found, name) for name in EngineForm.base_fields}
    form = EngineForm(request.POST or None, initial=initial)
    if answered(form, lambda: actions.change_engine(found, **form.cleaned_data, by=request.person, door="web")):
        tasks.check_soon(found)
        return redirect(_place(request, found)[1])
    return form_page(request, form, f"Change {found.name}", under=_place(request, found))


@require_POST
@team_page(Kind.ENGINE, Action.UPDATE)
def check(request: TeamRequest, slug: str) -> HttpResponse:
    """Have an engine checked again by a worker."""
    found = reads.engine(request.standing, slug)
    tasks.check_soon(found)
    messages.info(request, f"{found.name} is being checked; load this page again in a moment.")
    return redirect(_place(request, found)[1])


@require_http_methods(["GET", "HEAD", "POST"])
@team_page(Kind.ENGINE, Action.DELETE)
def remove(request: TeamRequest, slug: str) -> HttpResponse:
    """Forget an engine and its queries."""
    found = reads.engine(request.standing, slug)
    return confirmed(
        request, lambda: actions.remove_engine(found, by=request.person, door="web"), f"Remove {found.name}",
        to=crumbs(request)[0][1], under=_place(request, found), label="Remove the engine",
        said="Its queries go with it. The counts that were copied stay.",
    )  # fmt: skip


@require_http_methods(["GET", "HEAD", "POST"])
@team_page(Kind.ENGINE, Action.UPDATE)
def ask(request: TeamRequest, slug: str) -> HttpResponse:
    """Have an engine asked for a new series of counts."""
    found = reads.engine(request.standing, slug)
    form = QueryForm(request.POST or None)
    if answered(form, lambda: actions.ask(found, **form.cleaned_data, by=request.person, door="web")):
        tasks.check_soon(found)
        return redirect(_place(request, found)[1])
    return form_page(request, form, "Ask for counts", under=_place(request, found), label="Ask from now on")


@require_http_methods(["GET", "HEAD", "POST"])
@team_page(Kind.ENGINE, Action.UPDATE)
def change_query(request: TeamRequest, slug: str, series: int) -> HttpResponse:
    """Ask an engine otherwise for a series from now on."""
    found = reads.engine(request.standing, slug)
    query, place = reads.query(found, series), _place(request, found)
    initial = {name: getattr(query, name) for name in QuestionForm.base_fields}
    form = QuestionForm(request.POST or None, initial=initial)
    if answered(form, lambda: actions.change_query(query, **form.cleaned_data, by=request.person, door="web")):
        tasks.check_soon(found)
        return redirect(place[1])
    return form_page(request, form, f"Ask otherwise for {query}", under=place, said=PAST_STAYS)


@require_http_methods(["GET", "HEAD", "POST"])
@team_page(Kind.ENGINE, Action.UPDATE)
def drop(request: TeamRequest, slug: str, series: int) -> HttpResponse:
    """Ask a query no more."""
    found = reads.engine(request.standing, slug)
    query, place = reads.query(found, series), _place(request, found)
    return confirmed(
        request, lambda: actions.drop(query, by=request.person, door="web"), f"Ask no more for {query}",
        to=place[1], under=place, label="Ask no more",
        said="The series and what was counted stay; from now on nothing is measured.",
    )  # fmt: skip


@require_safe
@team_page(Kind.ENGINE, Action.UPDATE)
def try_out(request: TeamRequest, slug: str) -> HttpResponse:
    """Ask an engine one expression, now, and show what came back or what was wrong."""
    found = reads.engine(request.standing, slug)
    form = TryForm(request.GET or None)
    context: dict[str, Any] = {
        "engine": found, "form": form, "heading": f"Try a query on {found.name}", "most": MOST_SHOWN,
        "crumbs": crumbs(request, _place(request, found), ("Try a query", "")),
    }  # fmt: skip
    if form.is_valid():
        try:
            context["tried"] = tried(found, form.cleaned_data["expression"])
        except Refused as refused:
            context["fault"] = refused.sentence
    return render(request, "engines/try.html", context)
