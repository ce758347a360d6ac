"""Pages of follow-ups: the team's list, mine first; one follow-up; the forms that move, hand on and end it."""

from collections.abc import Callable
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
from hortus.follow_ups import actions
from hortus.follow_ups.forms import DropForm, HandForm, MoveForm
from hortus.follow_ups.models import FollowUp
from hortus.follow_ups.rules import State
from hortus.ledger import refs
from hortus.ledger.models import Event
from hortus.values.refused import Refused
from hortus.web.form_pages import answered, form_page
from hortus.web.words import counted

ON_A_PAGE = 50
HEADS = ("Yours", "Nobody's yet", "Others'")  # by `rank` of FollowUpQuerySet.mine_first


def _changeable(request: TeamRequest, found: FollowUp) -> bool:
    may = request.standing.may
    return may(Action.UPDATE, Kind.FOLLOW_UP) and may(Action.UPDATE, Kind(found.guard))


def _follow_up(request: TeamRequest, pk: object) -> FollowUp:
    mine = FollowUp.objects.visible_to(request.person).filter(team=request.team)
    found: FollowUp = get_object_or_404(mine.select_related("owner", "by", "team"), pk=pk)
    return found


def _to_change(request: TeamRequest, pk: object) -> FollowUp:
    found = _follow_up(request, pk)
    if not _changeable(request, found):
        raise Http404
    return found


def _heading(team_open: list[tuple[Any, Any]], today: Any) -> str:
    if not team_open:
        return "No follow-up is open"
    late = sum(due_on < today for due_on, _ in team_open)
    unowned = sum(owner is None for _, owner in team_open)
    said = [counted(len(team_open), "follow-up is open", "follow-ups are open")]
    said += [f"{counted(late, 'is', 'are')} late"] if late else []
    said += [f"{counted(unowned, 'has', 'have')} no owner"] if unowned else []
    return ", ".join(said)


@require_safe
@team_page(Kind.FOLLOW_UP)
def follow_ups(request: TeamRequest) -> HttpResponse:
    """Show the team's follow-ups in one state, those of who asks first."""
    states = {state.value: state for state in State}
    state = states.get(request.GET.get("state", ""), State.OPEN)
    mine = FollowUp.objects.visible_to(request.person).filter(team=request.team)
    chosen = mine.filter(state=state).select_related("owner")
    ordered = chosen.mine_first(request.person) if state is State.OPEN else chosen.order_by("-ended_at", "pk")
    page = Paginator(ordered, ON_A_PAGE).get_page(request.GET.get("page"))
    here = reverse("follow_ups:follow-ups", args=[request.team.slug])
    context = {
        "heading": _heading(list(mine.open().values_list("due_on", "owner")), timezone.localdate()),
        "page": page, "rows": _rows(request, list(page)), "is_open": state is State.OPEN,
        "tabs": [(each.word.capitalize(), f"{here}?state={each.value}", each is state) for each in State],
    }  # fmt: skip
    return render(request, "follow_ups/follow_ups.html", context)


def _rows(request: TeamRequest, found: list[FollowUp]) -> list[dict[str, Any]]:
    """Return what the list shows of each: whose it is, how late in words, and the page that it grew from."""
    links = refs.links(request.team, {(one.about_kind, one.about_id) for one in found})
    return [
        {"one": one, "head": HEADS[getattr(one, "rank", 2)], "about": links[one.about_kind, one.about_id]}
        for one in found
    ]


@require_safe
@team_page(Kind.FOLLOW_UP)
def follow_up(request: TeamRequest, follow_up: object) -> HttpResponse:
    """Show one follow-up: what it follows from, whose it is, what happened to it."""
    found = _follow_up(request, follow_up)
    events = Event.objects.visible_to(request.person).filter(team=request.team).about("follow-up", str(found.pk))
    context = {
        "one": found,
        "about_word": refs.word(found.about_kind),
        "about": refs.link(request.team, found.about_kind, found.about_id),
        "may_change": _changeable(request, found),
        "events": [(each, refs.told("follow-up", each.verb, each.payload)) for each in events.select_related("actor")],
        "crumbs": _crumbs(request, (found.text, "")),
    }  # fmt: skip
    return render(request, "follow_ups/follow_up.html", context)


def _crumbs(request: TeamRequest, *below: tuple[str, str]) -> list[tuple[str, str]]:
    return [("Follow-ups", reverse("follow_ups:follow-ups", args=[request.team.slug])), *below]


def _asked(
    request: TeamRequest, found: FollowUp, form: forms.Form, act: Callable[[dict[str, Any]], object],
    heading: str, label: str, said: str = "",
) -> HttpResponse:  # fmt: skip
    """Show a form about a follow-up, or do what it asks and return to its page."""
    back = reverse("follow_ups:follow-up", args=[request.team.slug, found.pk])
    if answered(form, lambda: act(form.cleaned_data)):
        return redirect(back)
    way = _crumbs(request, (found.text, back))
    return form_page(request, form, heading, way, here=label, label=label, said=said or found.text)


@require_http_methods(["GET", "HEAD", "POST"])
@team_page(Kind.FOLLOW_UP, Action.UPDATE)
def hand(request: TeamRequest, follow_up: object) -> HttpResponse:
    """Give it to somebody else."""
    found = _to_change(request, follow_up)
    form = HandForm(request.team, Kind(found.guard), request.POST or None, initial={"owner": found.owner})

    def act(given: dict[str, Any]) -> object:
        return actions.hand(found, given["owner"], by=request.person, door="web")

    return _asked(request, found, form, act, "Who does it?", "Hand it on")


@require_http_methods(["GET", "HEAD", "POST"])
@team_page(Kind.FOLLOW_UP, Action.UPDATE)
def move(request: TeamRequest, follow_up: object) -> HttpResponse:
    """Move its day, with a reason."""
    found = _to_change(request, follow_up)
    form = MoveForm(request.POST or None, initial={"due_on": found.due_on})

    def act(given: dict[str, Any]) -> object:
        return actions.move(found, given["due_on"], given["reason"], by=request.person, door="web")

    return _asked(request, found, form, act, "Move its day", "Move the day")


@require_http_methods(["GET", "HEAD", "POST"])
@team_page(Kind.FOLLOW_UP, Action.UPDATE)
def drop(request: TeamRequest, follow_up: object) -> HttpResponse:
    """Say that it will not be done."""
    found = _to_change(request, follow_up)

    def act(given: dict[str, Any]) -> object:
        return actions.drop(found, given["reason"], by=request.person, door="web")

    said = f"“{found.text}” Deciding not to do something is an answer; leaving it open for ever is none."
    return _asked(request, found, DropForm(request.POST or None), act, "Not doing it", "Say so", said)


@require_POST
@team_page(Kind.FOLLOW_UP, Action.UPDATE)
def done(request: TeamRequest, follow_up: object) -> HttpResponse:
    """Mark it as done."""
    return _at_once(request, _to_change(request, follow_up), actions.do)


@require_POST
@team_page(Kind.FOLLOW_UP, Action.UPDATE)
def reopen(request: TeamRequest, follow_up: object) -> HttpResponse:
    """Open it again."""
    return _at_once(request, _to_change(request, follow_up), actions.reopen)


def _at_once(request: TeamRequest, found: FollowUp, act: Callable[..., object]) -> HttpResponse:
    try:
        act(found, by=request.person, door="web")
    except Refused as refused:
        messages.error(request, refused.sentence)
    return redirect("follow_ups:follow-up", request.team.slug, found.pk)
