"""Verbs of questions: ask, and answer. A question waits in the tray for the next update; only danger interrupts."""

from datetime import datetime

from django.db import transaction

from hortus.access.models import Person
from hortus.catalogue.sentences import plain
from hortus.ledger import clock
from hortus.ledger.outbox.models import Urgency
from hortus.processes.incidents import once, telling
from hortus.processes.incidents.models import Incident, Question, RoleHeld, Update
from hortus.values.refused import Refused

LONGEST_TEXT = 500


@transaction.atomic
def ask(
    incident: Incident, text: str, *, by: Person, door: str, urgency: str = Question.Urgency.WAITS,
    client_key: str = "", at: datetime | None = None,
) -> Question:  # fmt: skip
    """Ask something about an incident, and return the question, which knows by when it is answered.

    urgency: "waits"; "data" or "safety" tell the lead and the communicator at once, whatever they chose to hear.
    Raises Refused when the text is empty or too long, the urgency unknown, or the incident over.
    """
    mine = once.held(incident)
    asked = once.named(f"ask {mine.number}", door, text)
    receipt = once.known(mine.team, by, client_key, asked)
    if receipt is not None:
        before: Question = Question.objects.get(incident=mine, pk=receipt["question"])
        return before
    now = at or clock.now()
    text = plain(text, "text", LONGEST_TEXT, required=True)
    if urgency not in Question.Urgency.values:
        known = ", ".join(Question.Urgency.values)
        raise Refused("unknown-urgency", f"{urgency!r} is not one of {known}.", "urgency")
    if not Incident.objects.live().filter(pk=mine.pk).exists():
        raise Refused("wrong-state", f"Incident #{mine.number} is {mine.state}, so nobody answers here any more.")
    promise = mine.promise
    question = Question.objects.create(
        team=mine.team, incident=mine, text=text, urgency=urgency, by=by, asked_at=now,
        answer_by=promise.due_at if promise else None,
    )  # fmt: skip
    telling.note(mine, "question asked", by=by, door=door, at=now, payload={"question": text, "urgency": urgency})
    if urgency != Question.Urgency.WAITS:
        _interrupt(mine, question, door)
    once.keep(mine.team, by, client_key, asked, now, {"question": question.pk})
    return question


def _interrupt(incident: Incident, question: Question, door: str) -> None:
    """Tell at once who leads and who speaks for an incident, else who looks after what it touches."""
    to = telling.holders(incident, RoleHeld.Role.LEAD, RoleHeld.Role.COMMUNICATOR) or telling.on_duty(incident)
    lines = [f"{question.by} asks, since it may not wait ({question.get_urgency_display()}):", question.text]
    telling.say(
        incident, telling.DANGER, lines, to=to, by=question.by, door=door, to_team=False, urgency=Urgency.SAFETY
    )  # fmt: skip


@transaction.atomic
def answer(
    question: Question, text: str, *, by: Person, door: str, client_key: str = "", at: datetime | None = None
) -> Question:
    """Answer a question beside any update, and tell who asked. Return it.

    Raises Refused when the text is empty or too long, or the question was answered already.
    """
    mine = once.held(question.incident)
    found: Question = Question.objects.select_related("incident__team", "by").get(pk=question.pk)
    if once.known(mine.team, by, client_key, f"answer {found.pk}") is not None:
        return found
    now = at or clock.now()
    plain(text, "text", LONGEST_TEXT, required=True)
    if found.answered_at is not None:
        raise Refused("answered", f"{found.answerer} answered this question already: {found.answer or 'in an update'}")
    settle(found, text, None, by=by, door=door, now=now)
    once.keep(mine.team, by, client_key, f"answer {found.pk}", now)
    return found


def settle(question: Question, text: str, update: Update | None, *, by: Person, door: str, now: datetime) -> None:
    """Write the answer to a question that waits, in the caller's transaction, and tell who asked."""
    question.answer = plain(text, "answers" if update else "text", LONGEST_TEXT)
    question.answered_at, question.answerer, question.answered_by = now, by, update
    question.save(update_fields=["answer", "answered_at", "answerer", "answered_by"])
    payload = {"question": question.text, "answer": question.answer or "in the update"}
    incident = question.incident
    telling.note(incident, "question answered", by=by, door=door, at=now, payload=payload)
    said = question.answer or (update and (update.trying or update.cannot or update.can or update.instead)) or ""
    lines = ["Your question was answered.", f"You asked: {question.text}", f"Answer: {said}"]
    telling.say(incident, telling.QUESTIONS, lines, to=[question.by], by=by, door=door, to_team=False)
