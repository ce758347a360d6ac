"""Pages of fires: the board, noting an interrupt in two taps, saying more of it, and a kindling card."""

from datetime import timedelta
from uuid import UUID

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from hortus.access.doors import TeamRequest, team_page
from hortus.access.policy import Action, Kind
from hortus.catalogue.models import Service
from hortus.ledger import refs
from hortus.processes.fires import actions, reads
from hortus.processes.fires.actions import Noted
from hortus.processes.fires.forms import AnswerForm, FireForm, services
from hortus.processes.fires.models import Fire, Kindling
from hortus.processes.fires.rules.kindling import Answer
from hortus.values.origin import Origin
from hortus.values.refused import Refused
from hortus.web.forms import refuse
from hortus.web.words import counted

FIRES_ON_A_PAGE = 50


def _fire(request: TeamRequest, pk: UUID) -> Fire:
    mine = Fire.objects.visible_to(request.person).filter(team=request.team)
    found: Fire = get_object_or_404(mine.select_related("team"), pk=pk)
    return found


def _card(request: TeamRequest, pk: UUID) -> Kindling:
    mine = Kindling.objects.visible_to(request.person).filter(team=request.team)
    found: Kindling = get_object_or_404(mine.select_related("team", "by", "before"), pk=pk)
    return found


def _crumbs(request: TeamRequest, *more: tuple[str, str]) -> list[tuple[str, str]]:
    return [("Fires", reverse("fires:board", args=[request.team.slug])), *more]


def rows(request: TeamRequest, fires: list[Fire]) -> list[dict[str, object]]:
    """Return fires as the lists of pages show them, the name of a service in one query."""
    names = _names(request)
    return [
        {
            "fire": fire, "title": title_of(fire, names), "service": names.get(fire.service, fire.service),
            "origin": Origin(fire.origin).short,
            "url": _url(request, fire),
        }
        for fire in fires
    ]  # fmt: skip


def title_of(fire: Fire, names: dict[str, str]) -> str:
    """Return what a fire is called: by its sentence, else by the name of its service."""
    return fire.sentence or f"Interrupt by {names.get(fire.service, fire.service) or 'something else'}"


def _names(request: TeamRequest) -> dict[str, str]:
    """Return the names of the team's services by slug."""
    return dict(Service.objects.filter(team=request.team).values_list("slug", "name"))


def name_of(card: Kindling, names: dict[str, str]) -> str:
    """Return what a card is called: by the name of its service, or in quotes by its tag."""
    return names.get(str(card), str(card)) if card.is_of_service else f"“{card}”"


def _url(request: TeamRequest, fire: Fire) -> str:
    if fire.object_id:
        return refs.link(request.team, fire.object_kind, fire.object_id)
    if not request.standing.may(Action.UPDATE, Kind.FIRE):  # its page is a form
        return ""
    return reverse("fires:fire", args=[request.team.slug, fire.pk])


@require_safe
@team_page(Kind.FIRE)
def board(request: TeamRequest) -> HttpResponse:
    """Show the kindling that waits for an answer, the fires of late, and the services that are quiet."""
    now = timezone.now()
    cards = Kindling.objects.visible_to(request.person).filter(team=request.team).prefetch_related("fires")
    fires = Fire.objects.visible_to(request.person).filter(team=request.team).counted()
    page = Paginator(fires, FIRES_ON_A_PAGE).get_page(request.GET.get("page"))
    names = _names(request)
    waiting = list(cards.open().order_by("opened_at", "pk"))
    context = {
        "heading": counted(len(waiting), "card waits for an answer", "cards wait for an answer")
        if waiting else "No kindling waits for an answer",
        "waiting": [(c, name_of(c, names)) for c in waiting],
        "answered": [(c, name_of(c, names), Answer(c.answer).word) for c in cards.exclude(answered_at=None)[:20]],
        "page": page, "fires": rows(request, list(page)), "origins": reads.origins(request.team, now),
        "quiet": reads.quiet(request.team, now), "may_note": request.standing.may(Action.CREATE, Kind.FIRE),
    }  # fmt: skip
    return render(request, "fires/board.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@team_page(Kind.FIRE, Action.CREATE)
def note(request: TeamRequest) -> HttpResponse:
    """Note an interrupt: the page is the first tap, what it was about the second."""
    if request.method == "POST":
        try:
            fire = actions.note(
                request.team, Noted(service=request.POST.get("service", "")), by=request.person, door="web"
            )
        except Refused as refused:
            messages.error(request, refused.sentence)
        else:
            messages.success(request, "Noted. Say more of it here if you like; nothing more is needed.")
            return redirect("fires:fire", request.team.slug, fire.pk)
    context = {"services": services(request.team), "crumbs": _crumbs(request, ("Note an interrupt", ""))}
    return render(request, "fires/note.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@team_page(Kind.FIRE, Action.UPDATE)
def fire(request: TeamRequest, fire: UUID) -> HttpResponse:
    """Say more of an interrupt: where it came from, what it was."""
    found = _fire(request, fire)
    if found.object_id:
        return redirect(_url(request, found) or reverse("fires:board", args=[request.team.slug]))
    form = FireForm(found, request.POST or None)
    if form.is_valid():
        try:
            actions.correct(found, form.noted(), by=request.person, door="web")
            return redirect("fires:board", request.team.slug)
        except Refused as refused:
            refuse(form, refused)
    context = {
        "form": form, "fire": found, "heading": "What interrupted you?", "label": "Save",
        "cancel": reverse("fires:board", args=[request.team.slug]), "crumbs": _crumbs(request, ("Interrupt", "")),
    }  # fmt: skip
    return render(request, "fires/fire.html", context)


@require_POST
@team_page(Kind.FIRE, Action.UPDATE)
def withdraw(request: TeamRequest, fire: UUID) -> HttpResponse:
    """Say that an interrupt was none."""
    try:
        actions.withdraw(_fire(request, fire), by=request.person, door="web")
        messages.success(request, "It counts no more.")
    except Refused as refused:
        messages.error(request, refused.sentence)
    return redirect("fires:board", request.team.slug)


@require_safe
@team_page(Kind.FIRE)
def card(request: TeamRequest, card: UUID) -> HttpResponse:
    """Show a kindling card: its fires, and its answer or the form for one."""
    return _show_card(request, _card(request, card), AnswerForm())


def _show_card(request: TeamRequest, found: Kindling, form: AnswerForm, status: int = 200) -> HttpResponse:
    fires, name = list(found.fires.select_related("team")), name_of(found, _names(request))
    context = {
        "card": found, "fires": rows(request, fires), "form": form, "label": "Answer",
        "answer": Answer(found.answer).word if found.answer else "",
        "may_answer": request.standing.may(Action.UPDATE, Kind.FIRE) and found.answered_at is None,
        "heading": f"{counted(len(fires), 'fire')} have {name} in common",
        "crumbs": _crumbs(request, (name, "")),
        "is_old": found.answered_at is None and timezone.now() - found.opened_at > timedelta(days=30),
    }  # fmt: skip
    return render(request, "fires/card.html", context, status=status)


@require_POST
@team_page(Kind.FIRE, Action.UPDATE)
def answer(request: TeamRequest, card: UUID) -> HttpResponse:
    """Answer a kindling card."""
    found, form = _card(request, card), AnswerForm(request.POST)
    if form.is_valid():
        try:
            actions.answer(found, form.answered(), by=request.person, door="web")
            return redirect("fires:card", request.team.slug, found.pk)
        except Refused as refused:
            refuse(form, refused)
            found.refresh_from_db()
    return _show_card(request, found, form)
