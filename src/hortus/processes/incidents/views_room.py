"""The page of one incident, live for those who work on it, and what one writes on it: updates, questions, links."""

from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.db.models import Q
from django.http import HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from hortus.access.doors import TeamRequest, team_page
from hortus.access.policy import Action, Kind
from hortus.catalogue import publication
from hortus.catalogue.models import Function
from hortus.ledger import clock
from hortus.processes.incidents import acts, beside, notes, questions, roles, words
from hortus.processes.incidents.forms import AskForm, Keyed, LinkForm, SurpriseForm
from hortus.processes.incidents.forms_update import UpdateForm, answer_field
from hortus.processes.incidents.models import Incident, Question, Receipt
from hortus.processes.incidents.room import helps, read, time_of_day
from hortus.processes.incidents.rules import State
from hortus.values.refused import Refused

Verb = Callable[..., Any]

# Where the form calls otherwise what a verb refuses.
_FIELDS = {"next_due": "due_at", "next_update_at": "due_at"}


def find(request: TeamRequest, number: int) -> Incident:
    """Return an incident of the team that asks, or raise Http404."""
    mine = Incident.objects.visible_to(request.person).filter(team=request.team)
    known = ("team", "declared_by", "merged_into", "came_back_of", "lead_offered_to", "merge_offered_into")
    found: Incident = get_object_or_404(
        mine.select_related(*known).prefetch_related("services", "functions"), number=number
    )
    return found


def url(incident: Incident) -> str:
    """Return the path of an incident's page."""
    return reverse("incidents:room", args=[incident.team.slug, incident.number])


def _live_url(request: TeamRequest, incident: Incident, seen: str) -> str:
    """Return where an open page asks for what changed. seen: the state that it was opened in."""
    asked = {"seen": seen} | ({"whole": "1"} if "whole" in request.GET else {})
    return f"{url(incident)}?{urlencode(asked)}"


def list_url(request: TeamRequest) -> str:
    """Return the path of the list of incidents."""
    return reverse("incidents:incidents", args=[request.team.slug])


def compose(incident: Incident, data: QueryDict | None = None) -> UpdateForm:
    """Return the form of an update. What was asked when it was opened is in it, also if somebody answered since."""
    known = [int(each) for each in data.getlist("known") if each.isdecimal() and len(each) < 12] if data else []
    questions = incident.questions.filter(Q(answered_at=None) | Q(pk__in=known)).select_related("by", "answerer")
    functions = list(Function.objects.filter(team=incident.team).offered())
    last, spoken = incident.updates.first(), incident.updates.exclude(can="", cannot="", instead="").first()
    return UpdateForm(incident, functions, list(questions), last, spoken, publication.of(incident.team), data)


def show(request: TeamRequest, incident: Incident, **bound: Keyed) -> HttpResponse:
    """Show the page of an incident. bound: forms that came back, by their name, in place of empty ones."""
    now, may = clock.now(), request.standing.may
    may_work, may_speak = may(Action.UPDATE, Kind.INCIDENT), roles.speaks(request.standing, incident)
    room = read(incident, now, whole="whole" in request.GET)
    context: dict[str, Any] = {
        "incident": incident, "room": room, "may_work": may_work,
        "live_url": _live_url(request, incident, incident.state),
        "parts": beside.parts(incident, request.person), "merged": list(incident.merged.all()),
        "beside": helps(request.standing, incident),
        "crumbs": [("Incidents", list_url(request)), (f"#{incident.number}", "")],
    }  # fmt: skip
    if may(Action.CREATE, Kind.QUESTION) and incident.is_open:
        context["ask_form"] = bound.get("ask") or AskForm()
    if may_work:
        if incident.state not in (State.MERGED, State.DISMISSED):
            context["surprise_form"] = bound.get("surprise") or SurpriseForm()
        context |= {"link_form": bound.get("link") or LinkForm(), "offers": list(incident.merge_offers.live())}
    if may_speak and (incident.is_open or "update" in bound):
        context["update_form"] = bound.get("update") or compose(incident)
    context |= acts.of(request, room, bound) | acts.watching(request, room)
    return render(request, "incidents/room.html", context)


@require_safe
@team_page(Kind.INCIDENT)
def room(request: TeamRequest, number: int) -> HttpResponse:
    """Show an incident; to a page that is open already, what changes in it, so that nothing typed is lost."""
    found = find(request, number)
    if not request.htmx:  # type: ignore[attr-defined]
        return show(request, found)
    now = clock.now()
    known = {int(each) for each in request.GET.getlist("known") if each.isdecimal() and len(each) < 12}
    may_answer = found.is_open and roles.speaks(request.standing, found)
    told = read(found, now, whole="whole" in request.GET)
    seen = request.GET.get("seen", found.state)
    context = {
        "incident": found, "room": told, "live_url": _live_url(request, found, seen), "is_fragment": True, "seen": seen,
        "is_moved": seen != found.state, "new": _boxes(told.waiting, known) if may_answer else [],
    }  # fmt: skip
    return render(request, "incidents/live.html", context)


def _boxes(waiting: Any, known: set[int]) -> list[tuple[Question, Any]]:
    """Return the boxes for answers to questions that a page does not know yet."""
    new = [question for question in waiting if question.pk not in known]
    form = Keyed(auto_id="update_%s")
    form.fields = {f"a-{question.pk}": answer_field(question) for question in new}
    return [(question, form[f"a-{question.pk}"]) for question in new]


@require_POST
@team_page(Kind.COMMAND, Action.CREATE)
def update(request: TeamRequest, number: int) -> HttpResponse:
    """Take an update with its answers, and the move that it makes; all in one."""
    found = find(request, number)
    if not roles.speaks(request.standing, found):
        messages.error(request, roles.READS_ONLY)
        return redirect(url(found))
    if _was_taken(request):
        return redirect(url(found))
    form = compose(found, request.POST)
    if form.is_valid() and not form.tell_meanwhile(_of_others(request, found)):
        then = form.cleaned_data["then"]
        try:
            outcome = words.update(
                found, form.said(clock.now()), then=then, by=request.person, door="web", client_key=form.key
            )
        except Refused as refused:
            name = _FIELDS.get(refused.field, refused.field)
            form.refuse(Refused(refused.code, refused.sentence, name))
        else:
            if outcome.why_not:
                messages.warning(request, outcome.why_not)
            else:
                messages.success(request, "The update is out." if outcome.update.is_public else "The update is kept.")
            return redirect(url(found))
    return show(request, found, update=form)


def _was_taken(request: TeamRequest) -> bool:
    """Say whether this form was sent before, as when its button is pressed twice: what it asked for is done."""
    given = request.POST.get("client_key", "")
    mine = Receipt.objects.filter(team=request.team, by=request.person, client_key=given)
    return bool(given) and bool(mine.exists())


def _of_others(request: TeamRequest, incident: Incident) -> Any:
    return incident.updates.exclude(by=request.person).select_related("by")


def do(
    request: TeamRequest,
    incident: Incident,
    form: Keyed,
    verb: Verb,
    *given: Any,
    told: str | Callable[[Any], str] = "",
    **more: Any,
) -> HttpResponse:
    """Do what a form asks for and show the incident; a refusal is said in its form, with what was typed.

    given, more: arguments of the verb. told: the sentence that says what came of it, or what makes it of what the verb
    returned; "" where the page says so.
    """
    try:
        done = verb(incident, *given, by=request.person, door="web", client_key=form.key, **more)
    except Refused as refused:
        form.refuse(refused)
        incident.refresh_from_db()
        if not form.visible_fields():  # a bare button has no place to say it
            messages.error(request, refused.sentence)
            return redirect(url(incident))
        return show(request, incident, **{form.name: form})
    said = told if isinstance(told, str) else told(done)
    if said:
        messages.success(request, said)
    return redirect(url(incident))


@require_POST
@team_page(Kind.QUESTION, Action.CREATE)
def ask(request: TeamRequest, number: int) -> HttpResponse:
    """Put a question into the tray, and say by when it is answered."""
    found, form = find(request, number), AskForm(request.POST)
    if not form.is_valid():
        return show(request, found, ask=form)
    given = form.cleaned_data
    return do(request, found, form, questions.ask, given["text"], told=_answered_when, urgency=given["urgency"])


def _answered_when(asked: Question) -> str:
    if asked.urgency != Question.Urgency.WAITS:
        return "Your question went to those who work on this at once."
    if asked.answer_by is None:
        return "Your question waits for the next update."
    return f"Your question is answered by {time_of_day(asked.answer_by, clock.now())}, with the next update."


@require_POST
@team_page(Kind.INCIDENT, Action.UPDATE)
def surprise(request: TeamRequest, number: int) -> HttpResponse:
    """Note that something surprised somebody: one tap, and a sentence where there is time."""
    found, form = find(request, number), SurpriseForm(request.POST)
    if not form.is_valid():
        return show(request, found, surprise=form)
    told = "Noted: this surprised you. It helps to choose what to learn from."
    return do(request, found, form, notes.surprise, told=told, sentence=form.cleaned_data["sentence"])


@require_POST
@team_page(Kind.INCIDENT, Action.UPDATE)
def link(request: TeamRequest, number: int) -> HttpResponse:
    """Link a chat, a ticket, a procedure."""
    found, form = find(request, number), LinkForm(request.POST)
    if not form.is_valid():
        return show(request, found, link=form)
    given = form.cleaned_data
    return do(request, found, form, notes.link, words=given["words"], url=given["url"])
