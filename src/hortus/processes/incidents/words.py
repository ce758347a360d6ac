"""Verbs of what is said about an incident: an update, which may move it on, a question, and an answer.

No text is ever lost to a race: an update that comes when the incident is not open any more is kept as a note.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction

from hortus.access.models import Person
from hortus.catalogue import bulletins
from hortus.catalogue.models import Function
from hortus.catalogue.rules import Condition, DataSafe, RunningJobs
from hortus.catalogue.sentences import LONGEST_SENTENCE, Sentences, plain
from hortus.catalogue.statements import Words
from hortus.ledger import clock
from hortus.processes.incidents import course, moves, once, promises, rules_clock, telling
from hortus.processes.incidents.actions import refuse_foreign
from hortus.processes.incidents.models import Incident, Update
from hortus.processes.incidents.rules import TO, Move, State
from hortus.processes.incidents.rules_clock import Mode
from hortus.values.refused import Refused

LONGEST_HEADLINE = 200
_TYPING = timedelta(minutes=1)  # "in five minutes" was reckoned a moment before it is looked at
THEN = ("", Move.CONTAIN.value, Move.REGRESS.value, Move.RESOLVE.value)


@dataclass(frozen=True, slots=True)
class FunctionSaid:
    """How one function stands. condition: a value of Condition. Without sentences of its own it has the update's."""

    function: Function
    condition: str
    can: str = ""
    cannot: str = ""
    instead: str = ""


@dataclass(frozen=True, slots=True)
class Said:
    """What an update says. Every text is one line; at least one of can, cannot, instead and trying says something.

    headline: what it is published as; when left out, as before, and the first time the incident's sentence, unless an
    alert wrote that. next_due: when the next word is promised
    (aware); the custom of the incident's mode when left out. is_public: published on the status page, where conditions
    belong to. answers: by the id of a question; an empty text says that the update answers it.
    """

    can: str = ""
    cannot: str = ""
    instead: str = ""
    trying: str = ""
    headline: str = ""
    conditions: Sequence[FunctionSaid] = ()
    data_safe: str = ""
    running_jobs: str = ""
    next_due: datetime | None = None
    is_public: bool = False
    answers: Mapping[int, str] = field(default_factory=dict)

    @property
    def sentences(self) -> Sentences:
        """Return what researchers can and cannot do."""
        return Sentences(self.can, self.cannot, self.instead)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of an update: the row, the move that went with it, and why the asked one did not."""

    update: Update
    moved: Move | None = None
    why_not: str = ""


@transaction.atomic
def update(
    incident: Incident, said: Said, *, by: Person, door: str, then: str = "", client_key: str = "",
    at: datetime | None = None,
) -> Outcome:  # fmt: skip
    """Say how an incident stands, answer questions, and move it on where asked, all in one transaction.

    then: "", "contain", "regress" or "resolve". at: when (aware), now when left out. client_key: the same key once
    more changes nothing and returns what came of it. Where the incident stands elsewhere by now, so that the move
    cannot be made, the words are kept all the same: as an update while it is open, else as a note that is neither
    published nor a promise; `Outcome.why_not` says so. Raises Refused, and keeps nothing, when nothing is said, a text,
    condition or time is not allowed, what is published has no headline of a person's, the last word of a published
    incident is not published or leaves out a function that is in trouble, or a question about danger is not answered.
    """
    mine = once.held(incident)
    asked = once.named(f"update {mine.number}", door, said.can, said.cannot, said.instead, said.trying, then)
    receipt = once.known(mine.team, by, client_key, asked)
    if receipt is not None:
        return _as_before(mine, receipt)
    now = at or clock.now()
    if then not in THEN:
        raise Refused("unknown-move", f"{then!r} is not one of {', '.join(THEN[1:])}.", "then")
    move = Move(then) if then else None
    said = _checked(mine, said)
    is_note = not mine.is_open
    why_not = _why_not(mine, move, now, is_note)
    if why_not:
        move = None
    if move is Move.RESOLVE:
        _refuse_open_end(mine, said)
    if not is_note:
        said = replace(said, next_due=_next_due(mine, move, said.next_due, now))
    written = _write(mine, said, by, now, is_note=is_note, is_last=move is Move.RESOLVE)
    _answer_all(mine, written, said.answers, by, door)
    if not is_note:
        _follow(mine, written, said, move, by, door)
    _note(mine, written, said, by, door)
    if move is Move.RESOLVE:
        moves.make(mine, move, now, by=by, door=door, words=_lines(mine, written))
    else:
        _tell(mine, written, by, door)
        if move is not None:
            moves.make(mine, move, now, by=by, door=door, words=())
    once.keep(
        mine.team, by, client_key, asked, now,
        {"update": written.pk, "moved": move.value if move else "", "why_not": why_not},
    )  # fmt: skip
    return Outcome(written, move, why_not)


def _as_before(incident: Incident, receipt: Mapping[str, Any]) -> Outcome:
    written = Update.objects.get(incident=incident, pk=receipt["update"])
    return Outcome(written, Move(receipt["moved"]) if receipt["moved"] else None, receipt["why_not"])


def _checked(incident: Incident, said: Said) -> Said:
    """Return what is said as it is kept. Raises Refused for what is not allowed."""
    sentences, trying = said.sentences.checked(), plain(said.trying, "trying", LONGEST_SENTENCE)
    if not (sentences or trying):
        raise Refused(
            "says-nothing",
            "Say what users can or cannot do, or, where nothing changed, one true sentence on what you are trying.",
            "trying",
        )
    for name, words in (("data_safe", DataSafe), ("running_jobs", RunningJobs)):
        if (given := getattr(said, name)) and given not in set(words):
            raise Refused(f"unknown-{name.replace('_', '-')}", f"{given!r} is not one of {', '.join(words)}.", name)
    if said.conditions and not said.is_public:
        raise Refused(
            "not-public", "Conditions stand on the status page: publish the update, or leave them out.", "conditions"
        )
    refuse_foreign(incident.team, "conditions", [one.function for one in said.conditions])
    for one in said.conditions:
        if one.condition not in set(Condition):
            known = ", ".join(Condition)
            raise Refused("unknown-condition", f"{one.condition!r} is not one of {known}.", "conditions")
    headline = plain(said.headline, "headline", LONGEST_HEADLINE) or headline_of(incident)
    if said.is_public and not headline:
        raise Refused(
            "no-headline",
            "An alert gave this incident its sentence, and nothing is published that nobody wrote: say in your words "
            "what users cannot do.",
            "headline",
        )
    return replace(
        said, can=sentences.can, cannot=sentences.cannot, instead=sentences.instead, trying=trying,
        headline=headline if said.is_public else "",
    )  # fmt: skip


def headline_of(incident: Incident) -> str:
    """Return what an update is published as that names no headline; "" where only an alert has given it words."""
    last = incident.updates.filter(is_public=True).first()
    if last is not None:
        return str(last.headline)
    return incident.title if incident.declared_by_id is not None else ""


def _why_not(incident: Incident, move: Move | None, now: datetime, is_note: bool) -> str:
    """Return the sentence for who writes when what they wanted cannot be any more, "" where it can."""
    why_not = course.objection(incident, move, now) if move else course.standing_words(incident) if is_note else ""
    if not why_not:
        return ""
    kept = "kept in its timeline, and not published" if is_note else "an update of it, all the same"
    return f"{why_not} Your words are {kept}."


def _refuse_open_end(incident: Incident, said: Said) -> None:
    named = {one.function.slug for one in said.conditions}
    why_not = moves.end_objection(incident, named, is_public=said.is_public)
    if why_not:
        raise Refused("final-update", why_not, "conditions" if said.is_public else "is_public")
    if why_not := moves.unanswered(incident, said.answers.keys()):
        raise Refused("not-answered", why_not, "answers")


def _mode_after(incident: Incident, move: Move | None) -> Mode | None:
    """Return the mode in which an open incident is after a move."""
    state = TO[move] if move else State(incident.state)
    if not state.is_open:
        return None
    return Mode.LONG if incident.is_long and move is not Move.REGRESS else Mode(state)


def _next_due(incident: Incident, move: Move | None, given: datetime | None, now: datetime) -> datetime | None:
    """Return when the next word is promised, None after the last one."""
    mode = _mode_after(incident, move)
    if mode is None:
        return None
    zone, closed = incident.team.zoneinfo, promises.closed_for(incident, mode, now)
    if given is None:
        return rules_clock.next_due(mode, now, zone, closed)
    earliest, latest = rules_clock.bounds(mode, now, zone, closed)
    if not earliest - _TYPING <= given <= latest:
        first, last = (telling.clock_time(incident, at) for at in (earliest, latest))
        raise Refused(
            "bad-next-due",
            f"While it is {mode}, the next word is due between {first} and {last}; choose a time there.",
            "next_due",
        )
    return given


def _write(incident: Incident, said: Said, by: Person, now: datetime, *, is_note: bool, is_last: bool) -> Update:
    conditions = [
        {"function": one.function.slug, "condition": str(one.condition), "can": one.can, "cannot": one.cannot,
         "instead": one.instead}
        for one in said.conditions
    ]  # fmt: skip
    return Update.objects.create(
        team=incident.team, incident=incident, headline=said.headline, can=said.can, cannot=said.cannot,
        instead=said.instead, trying=said.trying, conditions=conditions, data_safe=said.data_safe,
        running_jobs=said.running_jobs, next_due=None if is_note else said.next_due,
        is_public=said.is_public and not is_note, is_last=is_last, is_note=is_note, by=by, at=now,
    )  # fmt: skip


def _follow(incident: Incident, written: Update, said: Said, move: Move | None, by: Person, door: str) -> None:
    """Keep the promise by an update, make the next, and publish it where asked."""
    promises.answer(incident, written, door=door)
    if written.next_due is not None:
        promises.make(incident, written.next_due, written.at)
    if not said.is_public:
        return
    if not incident.is_public:
        incident.is_public = True
        incident.save(update_fields=["is_public"])
    incident.functions.add(*(one.function for one in said.conditions))
    publish(incident, said, by=by, door=door, at=written.at, is_last=move is Move.RESOLVE)


def publish(incident: Incident, said: Said, *, by: Person, door: str, at: datetime, is_last: bool) -> None:
    """Publish an update as a bulletin, with the condition of each function that it names."""
    next_due = None if is_last else said.next_due
    pairs = [
        (
            one.function,
            Words(
                one.condition, Sentences(one.can, one.cannot, one.instead), next_due, said.data_safe, said.running_jobs
            ),
        )
        for one in said.conditions
    ]
    bulletins.publish(
        incident.team, incident.ref, said.headline, pairs, sentences=said.sentences, trying=said.trying,
        touches=_touched(incident), next_update_at=next_due, is_last=is_last, by=by, door=door, at=at,
    )  # fmt: skip


def _touched(incident: Incident) -> list[Function]:
    """Return the functions that an incident touches: those it was told about, else those of its services."""
    mine = list(incident.functions.offered())
    return mine or list(Function.objects.filter(team=incident.team, service__in=incident.services.all()).offered())


def _note(incident: Incident, written: Update, said: Said, by: Person, door: str) -> None:
    """Write the event."""
    names = ("headline", "can", "cannot", "instead", "trying", "data_safe", "running_jobs")
    payload = {name: getattr(written, name) for name in names if getattr(written, name)}
    due = written.next_due
    payload |= {
        "update": written.pk, "is_public": written.is_public, "is_note": written.is_note,
        "next_due": due.astimezone(incident.team.zoneinfo).isoformat() if due else "",
        "conditions": [{"function": one.function.name, "condition": str(one.condition)} for one in said.conditions],
    }  # fmt: skip
    telling.note(incident, "updated", by=by, door=door, at=written.at, payload=payload)


def _lines(incident: Incident, written: Update) -> list[str]:
    """Return an update as those who take part are told it."""
    labels = (("Can", "can"), ("Cannot", "cannot"), ("Instead", "instead"), ("We are trying", "trying"))
    due = written.next_due
    return [
        *(f"{label}: {said}" for label, name in labels if (said := getattr(written, name))),
        f"Next word by {telling.clock_time(incident, due)}." if due else "This is the last word.",
    ]


def _tell(incident: Incident, written: Update, by: Person, door: str) -> None:
    """Tell who takes part. What was published the status page tells the team's rooms."""
    if not written.is_note:
        telling.say(
            incident, telling.UPDATES, _lines(incident, written), to=telling.involved(incident), by=by, door=door,
            to_team=not written.is_public,
        )  # fmt: skip


def _answer_all(incident: Incident, written: Update, answers: Mapping[int, str], by: Person, door: str) -> None:
    from hortus.processes.incidents import questions

    for number, text in sorted(answers.items()):
        question = incident.questions.waiting().filter(pk=number).first()
        if question is None:
            raise Refused("no-question", f"No question {number} of incident #{incident.number} waits.", "answers")
        questions.settle(question, text, written, by=by, door=door, now=written.at)
