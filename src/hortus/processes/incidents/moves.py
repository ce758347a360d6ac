"""Verbs that move an incident on: contain, regress, resolve, reopen, close, dismiss. Words go with them by `words`.

Two who move it at once line up at its row: the first moves it, the second is told so.
"""

from collections.abc import Collection, Sequence
from datetime import datetime

from django.db import transaction

from hortus.access.models import Person
from hortus.catalogue.models import Function, Statement
from hortus.catalogue.rules import Condition
from hortus.catalogue.sentences import plain
from hortus.ledger import clock
from hortus.ledger.outbox.recipients import Recipient
from hortus.processes.incidents import closing, course, once, promises, roles, rules_clock, telling
from hortus.processes.incidents.models import Incident, Question, RoleHeld
from hortus.processes.incidents.rules import Move
from hortus.values.refused import Refused

LONGEST_REASON = 300
VERBS = {
    Move.CONTAIN: "contained", Move.REGRESS: "regressed", Move.RESOLVE: "resolved", Move.REOPEN: "reopened",
    Move.CLOSE: "closed", Move.DISMISS: "dismissed", Move.UNDISMISS: "reported again", Move.MERGE: "merged",
}  # fmt: skip
_TELLS = {
    Move.CONTAIN: "It is contained: the harm is stopped, its cause may still be there.",
    Move.REGRESS: "It does harm again: it is active, not contained.",
    Move.RESOLVE: "It is resolved.",
    Move.REOPEN: "It is open again.",
    Move.CLOSE: "It is closed: what was to be learned is written down.",
    Move.DISMISS: "It is dismissed.",
    Move.UNDISMISS: "It is reported again.",
    Move.MERGE: "It goes on in another incident.",
}
_TO_ALL = (Move.RESOLVE, Move.REOPEN)


def troubled(incident: Incident) -> list[Function]:
    """Return the functions that an incident was told about and of which the last word is still trouble."""
    found = incident.functions.filter(retired_on=None).with_last_statement()
    last = Statement.objects.in_bulk([function.last_id for function in found if function.last_id])
    return [f for f in found if f.last_id and Condition(last[f.last_id].condition).is_trouble]


def end_objection(incident: Incident, ends: set[str], *, is_public: bool) -> str:
    """Return why an incident cannot be resolved by these last words, "" where it can.

    ends: slugs of the functions about whose condition they speak. is_public: they are published.
    """
    if not incident.is_public:
        return ""
    if not is_public:
        return (
            "Updates of it were published, so its last word is published too: write it, and how each function stands."
        )
    left = [function for function in troubled(incident) if function.slug not in ends]
    if not left:
        return ""
    names = ", ".join(function.name for function in left)
    return f"Say how each function stands from now on; nothing is said of: {names}. It may stay degraded."


def unanswered(incident: Incident, answered: Collection[int] = ()) -> str:
    """Return which question about danger still waits, so that an incident cannot end; "" for none.

    answered: the questions that the last words answer.
    """
    waiting = incident.questions.waiting().exclude(urgency=Question.Urgency.WAITS).exclude(pk__in=answered)
    question = waiting.select_related("by").first()
    if question is None:
        return ""
    return f"{question.by} asked about danger, and nobody answered: “{question.text}” Answer it with the last word."


def guards(incident: Incident, now: datetime) -> dict[Move, str]:
    """Return for each move "" where it may be made now, else a sentence that says why not. Nothing is changed.

    Of resolving it tells what the last words must hold; they are looked at again when it is resolved.
    """
    where, moves = incident.course, [move for move in Move if move != Move.REPORT]
    found: dict[Move, str] = {move: course.objection(incident, move, now, where) for move in moves}
    found[Move.RESOLVE] = (
        found[Move.RESOLVE] or end_objection(incident, set(), is_public=True) or unanswered(incident)
    )  # fmt: skip
    found[Move.CLOSE] = found[Move.CLOSE] or closing.objection(incident)
    return found


def make(
    incident: Incident, move: Move, now: datetime, *, by: Person, door: str, reason: str = "",
    words: Sequence[str] | None = None,
) -> None:  # fmt: skip
    """Move a held incident on with all that follows from it, in the caller's transaction.

    words: lines of the update that goes with it, which has ended the promise that stood and made the next one; none
    where they are told by themselves. Raises Refused when the course does not allow it.
    """
    before, involved = course.enter(incident, move, now, reason), _involved(incident)
    if move is Move.REGRESS and words is None:
        promises.bring_forward(incident, now, door=door)
    if move is Move.REOPEN:
        roles.give(incident, RoleHeld.Role.LEAD, by, RoleHeld.How.TOOK, now)
        promises.make(incident, now + rules_clock.FIRST_WORD, now)
    if before.is_open and not incident.is_open:
        promises.waive(incident, incident.state, now, door=door)
        roles.end_all(incident, now)
    payload = course.step(incident, move, str(by.pk) if move is Move.REOPEN else "", before) | {"reason": reason}
    if incident.merged_into is not None:
        payload["into"] = incident.merged_into.number
    telling.note(incident, VERBS[move], by=by, door=door, at=now, payload=payload)
    to_all = move in _TO_ALL
    lines = [
        _TELLS[move] if incident.merged_into is None else f"It goes on in {incident.merged_into}.",
        f"Reason: {reason}" if reason else "",
        *(words or ()),
    ]
    to = [*telling.everybody(incident), *involved] if to_all else involved
    telling.say(incident, telling.NEWS if to_all else telling.UPDATES, lines, to=to, by=by, door=door)
    if move is Move.RESOLVE:
        closing.resolved(incident, by, door)


def _involved(incident: Incident) -> list[Recipient]:
    """Return who has a role in an incident; asked before a move ends the roles."""
    return [Recipient.person(person) for person in telling.involved(incident)]


def _once(
    incident: Incident, move: Move, by: Person, door: str, client_key: str, at: datetime | None, reason: str = ""
) -> Incident:  # fmt: skip
    mine = once.held(incident)
    verb = f"{move} {mine.number}"
    if once.known(mine.team, by, client_key, verb) is not None:
        return mine
    now = at or clock.now()
    reason = plain(reason, "reason", LONGEST_REASON)
    why_not = course.objection(mine, move, now)
    if move is Move.RESOLVE and not why_not and (why_not := end_objection(mine, set(), is_public=False)):
        raise Refused("final-update", why_not)
    if move is Move.RESOLVE and not why_not and (why_not := unanswered(mine)):
        raise Refused("not-answered", why_not)
    if move is Move.CLOSE and not why_not and (why_not := closing.objection(mine)):
        raise Refused("not-learned", why_not)
    make(mine, move, now, by=by, door=door, reason=reason)
    once.keep(mine.team, by, client_key, verb, now)
    return mine


@transaction.atomic
def contain(
    incident: Incident, *, by: Person, door: str, client_key: str = "", at: datetime | None = None
) -> Incident:  # fmt: skip
    """Say that the harm is stopped, though its cause may remain. Raises Refused when it is not active."""
    return _once(incident, Move.CONTAIN, by, door, client_key, at)


@transaction.atomic
def regress(
    incident: Incident, *, by: Person, door: str, client_key: str = "", at: datetime | None = None
) -> Incident:  # fmt: skip
    """Say that a contained incident does harm again; the next word is due as of an active one. Raises Refused else."""
    return _once(incident, Move.REGRESS, by, door, client_key, at)


@transaction.atomic
def resolve(
    incident: Incident, *, by: Person, door: str, client_key: str = "", at: datetime | None = None
) -> Incident:  # fmt: skip
    """Say that an incident is over. With last words it is resolved by `words.update`.

    Raises Refused when it is not open, a question about danger waits, or an update was published and so its last word
    must be, too.
    """
    return _once(incident, Move.RESOLVE, by, door, client_key, at)


@transaction.atomic
def reopen(
    incident: Incident, *, by: Person, door: str, reason: str = "", client_key: str = "", at: datetime | None = None
) -> Incident:  # fmt: skip
    """Open a resolved incident again, within seven days; who does so leads it, and a word is due in 15 minutes.

    Raises Refused when it is not resolved, or for too long.
    """
    return _once(incident, Move.REOPEN, by, door, client_key, at, reason)


@transaction.atomic
def close(
    incident: Incident, *, by: Person, door: str, reason: str = "", client_key: str = "", at: datetime | None = None
) -> Incident:  # fmt: skip
    """Close a resolved incident for good. Raises Refused when it is not resolved, or something is still to be learned.

    What that is other rooms say, by `closing`.
    """
    return _once(incident, Move.CLOSE, by, door, client_key, at, reason)


@transaction.atomic
def dismiss(
    incident: Incident, *, reason: str, by: Person, door: str, client_key: str = "", at: datetime | None = None
) -> Incident:  # fmt: skip
    """Say why what was reported is no incident. Raises Refused without a reason, or when it is not reported."""
    plain(reason, "reason", LONGEST_REASON, required=True)
    return _once(incident, Move.DISMISS, by, door, client_key, at, reason)


@transaction.atomic
def undismiss(
    incident: Incident, *, by: Person, door: str, client_key: str = "", at: datetime | None = None
) -> Incident:  # fmt: skip
    """Report again what was dismissed, within a day. Raises Refused when it is not dismissed, or for longer."""
    return _once(incident, Move.UNDISMISS, by, door, client_key, at)
