"""Pages of the team's own status: the board, one function, what is said about it, and who may see the page."""

from django.contrib import messages
from django.db.models import QuerySet
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from hortus.access.doors import TeamRequest, team_page
from hortus.access.policy import Action, Kind
from hortus.catalogue import board, functions, news, publication, publishing, statements
from hortus.catalogue.forms import RetireForm
from hortus.catalogue.models import Function, PlannedWork, Service, Subscriber
from hortus.catalogue.proposals import Proposal, proposed
from hortus.catalogue.rules import Condition
from hortus.catalogue.status_forms import FunctionForm, SayForm, StatusPageForm
from hortus.ledger import clock
from hortus.values.refused import Refused
from hortus.web.forms import refuse
from hortus.web.words import counted


def find(request: TeamRequest, slug: str) -> Function:
    """Return a function of the team that asks, or raise Http404."""
    mine = Function.objects.visible_to(request.person).filter(team=request.team)
    function: Function = get_object_or_404(mine.select_related("team", "service"), slug=slug)
    return function


def crumbs(request: TeamRequest, *more: tuple[str, str]) -> list[tuple[str, str]]:
    """Return the way to a page below the status page."""
    return [("Status", reverse("catalogue:status", args=[request.team.slug])), *more]


def _function_url(request: TeamRequest, function: Function) -> str:
    return reverse("catalogue:function", args=[request.team.slug, function.slug])


def _may(request: TeamRequest) -> dict[str, bool]:
    may = request.standing.may
    return {
        "may_say": may(Action.CREATE, Kind.CONDITION), "may_add": may(Action.CREATE, Kind.FUNCTION),
        "may_change": may(Action.UPDATE, Kind.FUNCTION), "may_retire": may(Action.DELETE, Kind.FUNCTION),
        "may_publish": may(Action.UPDATE, Kind.TEAM), "may_read_addresses": may(Action.READ, Kind.SUBSCRIBER),
        "may_read_names": may(Action.READ, Kind.EVENT),
    }  # fmt: skip


def _drafts(request: TeamRequest) -> QuerySet[PlannedWork]:
    mine = PlannedWork.objects.visible_to(request.person).filter(team=request.team)
    return mine.drafts().prefetch_related("functions")


@require_safe
@team_page(Kind.FUNCTION)
def status(request: TeamRequest) -> HttpResponse:
    """Show how everything stands, with what a member can do about it."""
    now, may = clock.now(), _may(request)
    found = board.read(request.team, now, with_proposals=may["may_say"])
    waiting = sum(bool(line.told()) for line in found.lines)
    context = may | {
        "board": found, "history": board.history(request.team, now), "heading": found.headline,
        "waiting": counted(waiting, "function", "functions") if waiting else "", "status_team": request.team,
        "retired": Function.objects.filter(team=request.team).exclude(retired_on=None),
        "days": board.HISTORY.days, "most": board.MOST_HISTORY, "told": news.closed(request.team, now - board.HISTORY),
        "drafts": _drafts(request) if may["may_say"] else (),
        "subscribers": Subscriber.objects.filter(team=request.team).confirmed().count(),
    }  # fmt: skip
    return render(request, "catalogue/status.html", context)


@require_safe
@team_page(Kind.FUNCTION)
def status_atom(request: TeamRequest) -> HttpResponse:
    """Give the status to the team as Atom."""
    base, team = f"{request.scheme}://{request.get_host()}", request.team
    return publishing.as_atom(team, publication.of(team), base, request.build_absolute_uri())


@require_safe
@team_page(Kind.FUNCTION)
def status_calendar(request: TeamRequest, slug: str = "") -> HttpResponse:
    """Give planned work to the team as iCalendar, all of it or that of one service."""
    url = request.build_absolute_uri(publication.url(request.team))
    mine = Service.objects.visible_to(request.person).filter(team=request.team)
    one = get_object_or_404(mine, slug=slug) if slug else None
    return publishing.as_calendar(request.team, publication.of(request.team), url, one)


@require_safe
@team_page(Kind.FUNCTION)
def function(request: TeamRequest, function: str) -> HttpResponse:
    """Show one function and what was said about it."""
    found, now, may = find(request, function), timezone.now(), _may(request)
    told = board.read(request.team, now, with_proposals=may["may_say"])
    context = may | {
        "function": found, "now": now, "crumbs": crumbs(request, (found.name, "")),
        "line": next((line for line in told.lines if line.function.pk == found.pk), None),
        "history": board.history(request.team, now, found), "days": board.HISTORY.days, "most": board.MOST_HISTORY,
    }  # fmt: skip
    return render(request, "catalogue/function.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@team_page(Kind.FUNCTION, Action.CREATE)
def add_function(request: TeamRequest) -> HttpResponse:
    """Add a function."""
    form = FunctionForm(request.team, None, publication.of(request.team), request.POST or None)
    if form.is_valid():
        try:
            made = functions.add(request.team, form.details(), by=request.person, door="web")
            return redirect("catalogue:function", request.team.slug, made.slug)
        except Refused as refused:
            refuse(form, refused)
    context = {
        "form": form, "heading": "Add a function", "label": "Add the function", "cancel": publication.url(request.team),
        "said": "A function is what a researcher does, not a machine: log in, submit jobs, read and write scratch.",
        "crumbs": crumbs(request, ("Add a function", "")),
    }  # fmt: skip
    return render(request, "web/form.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@team_page(Kind.FUNCTION, Action.UPDATE)
def change_function(request: TeamRequest, function: str) -> HttpResponse:
    """Change what is said of a function."""
    found = find(request, function)
    form = FunctionForm(request.team, found, publication.of(request.team), request.POST or None)
    back = _function_url(request, found)
    if form.is_valid():
        try:
            functions.change(found, form.details(), by=request.person, door="web")
            return redirect(back)
        except Refused as refused:
            refuse(form, refused)
    context = {
        "form": form, "heading": f"Change {found.name}", "label": "Save", "cancel": back,
        "crumbs": crumbs(request, (found.name, back), ("Change", "")),
    }  # fmt: skip
    return render(request, "web/form.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@team_page(Kind.FUNCTION, Action.DELETE)
def retire_function(request: TeamRequest, function: str) -> HttpResponse:
    """Take a function off the status page."""
    found = find(request, function)
    form, back = RetireForm(request.POST or None), _function_url(request, found)
    if form.is_valid():
        try:
            functions.retire(found, form.cleaned_data["on"], by=request.person, door="web")
            return redirect(back)
        except Refused as refused:
            refuse(form, refused)
    context = {
        "form": form, "heading": f"Retire {found.name}", "label": "Retire the function", "cancel": back,
        "danger": True, "said": "It leaves the status page. What was said about it stays here.",
        "crumbs": crumbs(request, (found.name, back), ("Retire", "")),
    }  # fmt: skip
    return render(request, "web/form.html", context)


@require_POST
@team_page(Kind.FUNCTION, Action.DELETE)
def reopen_function(request: TeamRequest, function: str) -> HttpResponse:
    """Put a retired function back."""
    found = find(request, function)
    try:
        functions.reopen(found, by=request.person, door="web")
    except Refused as refused:
        messages.error(request, refused.sentence)
    return redirect(_function_url(request, found))


def _proposal(request: TeamRequest, found: Function) -> Proposal | None:
    """Return the proposal that a form was opened from, as long as it still stands."""
    named = request.POST.get("proposal") or request.GET.get("proposal")
    mine = proposed(request.team).get(found.slug, ()) if named else ()
    return next((one for one in mine if one.condition == named), None)


def _first_words(found: Function, proposal: Proposal | None) -> dict[str, str]:
    """Return what stands in the form at first: the last words, under the proposed condition where there is one."""
    last = found.statements.first()
    names = ("condition", "can", "cannot", "instead", "data_safe", "running_jobs")
    first = {name: getattr(last, name) for name in names} if last else {}
    if proposal is None:
        return first
    if proposal.condition is Condition.WORKING:  # what could not be done before is over then
        return {"condition": proposal.condition.value}
    return first | {"condition": proposal.condition.value}


@require_http_methods(["GET", "HEAD", "POST"])
@team_page(Kind.CONDITION, Action.CREATE)
def say(request: TeamRequest, function: str) -> HttpResponse:
    """Say how a function stands; opened from a proposal, with its condition filled in."""
    found, page = find(request, function), publication.of(request.team)
    proposal = _proposal(request, found)
    form = SayForm(page, request.POST or None, initial=_first_words(found, proposal))
    if form.is_valid():
        words = form.words()
        accepts = proposal is not None and proposal.condition == words.condition
        try:
            statements.say(found, words, by=request.person, door="web", is_proposed=accepts)
            messages.success(request, f"Said. The status page shows it now for {found.name}.")
            return redirect("catalogue:status", request.team.slug)
        except Refused as refused:
            refuse(form, refused)
    back = _function_url(request, found)
    context = {
        "form": form, "heading": f"Say how {found.name} stands", "proposal": proposal, "function": found,
        "cancel": back, "crumbs": crumbs(request, (found.name, back), ("Say something", "")),
    }  # fmt: skip
    return render(request, "catalogue/say.html", context)


@require_POST
@team_page(Kind.CONDITION, Action.CREATE)
def confirm(request: TeamRequest, function: str) -> HttpResponse:
    """Say that the last word about a function still holds."""
    found = find(request, function)
    try:
        statements.confirm(found, by=request.person, door="web")
        messages.success(request, f"Confirmed: {found.name} is still as it was said.")
    except Refused as refused:
        messages.error(request, refused.sentence)
    return redirect("catalogue:status", request.team.slug)


@require_http_methods(["GET", "HEAD", "POST"])
@team_page(Kind.TEAM, Action.UPDATE)
def publish(request: TeamRequest) -> HttpResponse:
    """Choose who may see the status page."""
    page = publication.of(request.team)
    first = {"is_public": page.is_public, "where_to_turn": page.where_to_turn}
    form = StatusPageForm(request.POST if request.method == "POST" else None, initial=first)
    if form.is_valid():
        try:
            publication.settle(request.team, **form.cleaned_data, by=request.person, door="web")
            return redirect("catalogue:status", request.team.slug)
        except Refused as refused:
            refuse(form, refused)
    public = request.build_absolute_uri(reverse("status:page", args=[request.team.slug]))
    context = {
        "form": form, "heading": "Who sees the status page", "label": "Save", "cancel": publication.url(request.team),
        "said": f"Its address for everybody is {public}. Names of persons never stand on it.",
        "crumbs": crumbs(request, ("Who sees it", "")),
    }  # fmt: skip
    return render(request, "web/form.html", context)
