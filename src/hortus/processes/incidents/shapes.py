"""Incidents as the API, the command and exports show them: plain values, times aware, persons by id and name."""

from typing import Any

from hortus.access.models import Person
from hortus.ledger.models import Event
from hortus.processes.incidents import timeline
from hortus.processes.incidents.beside import Beside
from hortus.processes.incidents.models import Incident, Promise, Question, RoleHeld, Update

Dict = dict[str, Any]
MOST_LINKS = 100  # one notice may link thousands of alerts


def who(person: Person | None) -> Dict | None:
    """Return a person by id and name."""
    return {"id": str(person.pk), "name": person.name} if person else None


def promise_as_dict(promise: Promise | None) -> Dict | None:
    """Return a promise: when the word is due, and what became of it. state: standing, kept, missed or waived."""
    if promise is None:
        return None
    state = "standing" if promise.ended_at is None else "kept" if promise.kept_at else "waived"
    return {
        "made_at": promise.made_at, "due_at": promise.due_at, "is_first": promise.is_first,
        "state": "missed" if promise.missed_at else state, "ended_at": promise.ended_at,
        "missed_at": promise.missed_at, "waived": promise.waived,
    }  # fmt: skip


def update_as_dict(update: Update) -> Dict:
    """Return what was said."""
    return {
        "id": update.pk, "at": update.at, "by": who(update.by), "headline": update.headline, "can": update.can,
        "cannot": update.cannot, "instead": update.instead, "trying": update.trying, "conditions": update.conditions,
        "data_safe": update.data_safe, "running_jobs": update.running_jobs, "next_due": update.next_due,
        "is_public": update.is_public, "is_last": update.is_last, "is_note": update.is_note,
    }  # fmt: skip


def role_as_dict(held: RoleHeld) -> Dict:
    """Return who had a role, from when until when."""
    return {"role": held.role, "person": who(held.person), "since": held.since, "until": held.until, "how": held.how,
            "reason": held.reason}  # fmt: skip


def question_as_dict(question: Question) -> Dict:
    """Return a question and its answer. answered_by: id of the update that answered it."""
    return {
        "id": question.pk, "text": question.text, "urgency": question.urgency, "by": who(question.by),
        "asked_at": question.asked_at, "answer_by": question.answer_by, "answer": question.answer,
        "answered_at": question.answered_at, "answerer": who(question.answerer),
        "answered_by": question.answered_by_id,
    }  # fmt: skip


def beside_as_dict(one: Beside) -> Dict:
    """Return a line of what may help with an incident. path: of its page."""
    return {"text": one.text, "path": one.path, "reason": one.reason}


def event_as_dict(event: Event) -> Dict:
    """Return one line of the timeline, in words."""
    return {"at": event.occurred_at, "verb": event.verb, "by": event.actor.name if event.actor else "Hortus",
            "door": event.source, "told": list(timeline.told(event.verb, event.payload))}  # fmt: skip


def _lead(incident: Incident) -> Person | None:
    """Return who leads, read already where the incident was listed by `shown`."""
    leads: list[RoleHeld] | None = getattr(incident, "leads", None)
    return incident.lead if leads is None else leads[0].person if leads else None


def _promise(incident: Incident) -> Promise | None:
    standing: list[Promise] | None = getattr(incident, "standing", None)
    return incident.promise if standing is None else standing[0] if standing else None


def incident_as_dict(incident: Incident) -> Dict:
    """Return an incident as a list shows it; ask for many by `shown`."""
    return {
        "number": incident.number, "title": incident.title, "state": incident.state,
        "state_since": incident.state_since, "severity": incident.severity, "origin": incident.origin,
        "tags": incident.tags, "services": [one.slug for one in incident.services.all()],
        "functions": [one.slug for one in incident.functions.all()], "began_at": incident.began_at,
        "detected_at": incident.detected_at, "declared_at": incident.declared_at, "resolved_at": incident.resolved_at,
        "closed_at": incident.closed_at, "entered_later": incident.entered_later, "is_long": incident.is_long,
        "is_public": incident.is_public, "reason": incident.reason,
        "merged_into": incident.merged_into.number if incident.merged_into else None,
        "came_back_of": incident.came_back_of.number if incident.came_back_of else None,
        "lead": who(_lead(incident)), "promise": promise_as_dict(_promise(incident)),
    }  # fmt: skip


def whole_as_dict(incident: Incident) -> Dict:
    """Return an incident with who does what, what was promised, said, asked, found surprising and linked last."""
    return incident_as_dict(incident) | {
        "roles": [role_as_dict(one) for one in incident.roles.select_related("person")],
        "promises": [promise_as_dict(one) for one in incident.promises.all()],
        "updates": [update_as_dict(one) for one in incident.updates.select_related("by")],
        "surprises": [{"at": one.at, "sentence": one.sentence} for one in incident.surprises.all()],
        "links": [{"words": one.words, "url": one.url, "object_kind": one.object_kind, "object_id": one.object_id}
                  for one in incident.links.order_by("-at", "-pk")[:MOST_LINKS]],
        "link_count": incident.links.count(),
    }  # fmt: skip
