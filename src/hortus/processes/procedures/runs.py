"""Verbs of a run: plan and start it, say how a step went, move it to another version, wait, hand over, and end it."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction

from hortus.access.models import Person, Team
from hortus.catalogue.sentences import plain
from hortus.ledger import clock
from hortus.ledger.actions import record
from hortus.ledger.refs import Ref
from hortus.processes.procedures.models import Entry, Procedure, Run, Version, newest_run
from hortus.processes.procedures.rules.content import LONGEST_KEY
from hortus.processes.procedures.rules.course import NEXT, Outcome, State, Waiting, missing
from hortus.processes.procedures.rules.standing import Kept, Said
from hortus.values.plots import Plot
from hortus.values.refused import Refused

CARE = Plot.named("processes-care")
LONGEST = 300  # characters, as the tables hold them
LONGEST_CLIENT_KEY = 100


@dataclass(frozen=True, slots=True)
class Word:
    """What somebody says of a step. key and digest: of the step as they saw it in version (its number).

    seen: the number of the last entry of the run that they knew of. journal: of the offline record that holds it, "" on
    line. client_id: sent again, it is written down once. said_at: by their own clock, now when left out.
    """

    key: str
    digest: str
    said: str
    note: str = ""
    seen: int = 0
    version: int = 0
    journal: str = ""
    client_id: uuid.UUID | None = None
    said_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Heard:
    """What became of a word. why: why it does not count though it is kept, None when it counts. is_new: it was not
    heard before."""

    entry: Entry
    why: Kept | None
    is_new: bool


@transaction.atomic
def plan(
    procedure: Procedure, *, by: Person | None, door: str, reason: str = "", about: Ref | None = None,
    client_key: str = "", starts: bool = True, at: datetime | None = None,
) -> Run:  # fmt: skip
    """Start a run of the current version, or only plan it; return it. The same client_key once more returns the same.

    about: what it is done for, as an incident, whose timeline tells of it. Raises Refused for a procedure that was
    retired or has no version, and for a key that was used for another one.
    """
    now = at or clock.now()
    Team.objects.select_for_update(no_key=True).get(pk=procedure.team_id)
    known = _asked(procedure, by, client_key)
    if known is not None:
        return known
    if procedure.retired_at is not None:
        raise Refused("retired", f"“{procedure}” was retired: {procedure.reason} Take it up again first.")
    version = procedure.current
    if version is None:
        raise Refused("no-version", f"“{procedure}” has no version yet that could be followed; accept a proposal.")
    state = State.RUNNING if starts else State.PLANNED
    run = Run.objects.create(
        team=procedure.team, number=newest_run(procedure.team) + 1, procedure=procedure, version=version,
        began_with=version, state=state.value, state_since=now, runner=by, planned_at=now,
        started_at=now if starts else None, reason=plain(reason, "reason", LONGEST), by=by, client_key=client_key,
        about_kind=about.kind if about else "", about_id=about.id if about else "",
        about_name=about.name[:200] if about else "",
    )  # fmt: skip
    _tell(run, "started" if starts else "planned", by, door, now, {"version": version.number})
    if about is not None:
        _tell_about(run, about, "procedure started" if starts else "procedure planned", by, door, now)
    return run


def _asked(procedure: Procedure, by: Person | None, client_key: str) -> Run | None:
    if len(client_key) > LONGEST_CLIENT_KEY:
        raise Refused(
            "long-key", f"The key has {len(client_key)} characters; at most {LONGEST_CLIENT_KEY} are allowed."
        )
    known = Run.objects.filter(team=procedure.team_id, by=by, client_key=client_key).first() if client_key else None
    if known is not None and known.procedure_id != procedure.pk:
        raise Refused("key-used", f"The key {client_key!r} was used for something else; make a new one.")
    return known


@transaction.atomic
def begin(run: Run, *, by: Person | None, door: str, at: datetime | None = None) -> Run:
    """Start a planned run: it follows the version that is current now. Raises Refused when it is not planned."""
    row = held(run)
    version = row.procedure.current
    if row.stands is State.PLANNED and version is not None:
        row.version = row.began_with = version  # pinned from here on
    row.started_at, row.runner = at or clock.now(), by or row.runner
    return _go(row, State.RUNNING, by, door, at, payload={"version": row.version.number}, verb="started")


@transaction.atomic
def say(run: Run, word: Word, *, by: Person | None, door: str, at: datetime | None = None) -> Heard:
    """Write down what somebody says of a step; return what became of it. It is kept whatever the run did meanwhile.

    Raises Refused for a word that nothing could be made of: no such word, a note that is missing, an unknown version.
    """
    return hear(run, [word], by=by, door=door, at=at)[0]


@transaction.atomic
def hear(
    run: Run, words: Sequence[Word], *, by: Person | None, door: str, at: datetime | None = None
) -> list[Heard]:  # fmt: skip
    """Write down several words in their order, all or none; return what became of each. Raises as `say`."""
    row, now = held(run), at or clock.now()
    if row.stands is State.PLANNED:
        raise Refused("not-started", f"“{row}” is only planned; start it first.")
    written = [_written(row, word, by, door, now) for word in words]
    row.refresh_from_db()
    found = row.standing
    return [Heard(entry, found.why_kept(entry.number), is_new) for entry, is_new in written]


def _written(run: Run, word: Word, by: Person | None, door: str, now: datetime) -> tuple[Entry, bool]:
    client_id = word.client_id or uuid.uuid4()
    known = run.entries.filter(client_id=client_id).first()
    if known is not None:
        return known, False
    said, note = _sensible(run, word), plain(word.note, "note", LONGEST)
    if said.needs_note and not note:
        raise Refused("no-note", f"Say in a sentence how or why it was {said.word}.", "note")
    last = run.entries.order_by("-number").values_list("number", flat=True).first() or 0
    entry = Entry.objects.create(
        team=run.team, run=run, number=last + 1, client_id=client_id, key=word.key, digest=word.digest,
        said=said.value, note=note, seen=min(word.seen, last), journal=word.journal, is_late=run.stands.is_over,
        version=_version(run, word.version), by=by, said_at=word.said_at or now, at=now, door=door,
    )  # fmt: skip
    step = next((one for one in entry.version.content.steps if one.key == word.key), None)
    _tell(run, "late word" if entry.is_late else "step told", by, door, now,
          {"step": step.text if step else word.key, "said": said.word})  # fmt: skip
    return entry, True


def _sensible(run: Run, word: Word) -> Said:
    if word.said not in set(Said):
        raise Refused("unknown-word", f"{word.said[:40]!r} is not one of {', '.join(Said)}.", "said")
    if not 0 < len(word.key) <= LONGEST_KEY or len(word.digest) > 16 or len(word.journal) > 36 or word.seen < 0:
        raise Refused("bad-step", "Name the step by its key and digest, as the run tells them.", "key")
    return Said(word.said)


def _version(run: Run, number: int) -> Version:
    if not number:
        return run.version
    found: Version | None = run.procedure.versions.filter(number=number).first()
    if found is None:
        raise Refused("no-version", f"“{run.procedure}” has no version {number}.", "version")
    return found


@transaction.atomic
def move(
    run: Run, to: Version, *, seen_from: int, by: Person | None, door: str, at: datetime | None = None
) -> bool:  # fmt: skip
    """Let a run follow another version; return whether it did not already. What was said of its steps is all kept.

    Steps that did not change stand as they stood, changed ones are to do again, removed ones stay in the run's history.
    seen_from: number of the version whose difference was looked at. Raises Refused when the run moved meanwhile, or is
    over.
    """
    row, now = held(run), at or clock.now()
    if row.version_id == to.pk:
        return False
    if to.procedure_id != row.procedure_id:
        raise Refused("other-procedure", f"{to} is not a version of “{row.procedure}”.", "version")
    if to.current_since is None:
        raise Refused("not-published", f"{to} is {to.status}; a run follows only what was published.", "version")
    if row.stands.is_over:
        raise Refused("over", f"“{row}” is {row.state} and stays with version {row.version.number}.")
    if seen_from != row.version.number:
        raise Refused("moved", f"The run follows version {row.version.number} by now; look at the difference again.")
    last = row.entries.order_by("-number").values_list("number", flat=True).first() or 0
    Entry.objects.create(
        team=row.team, run=row, number=last + 1, client_id=uuid.uuid4(), version=to, from_version=row.version, by=by,
        said_at=now, at=now, door=door, seen=last,
    )  # fmt: skip
    row.version = to
    row.save(update_fields=["version"])
    if row.stands is State.CHECKING and missing(to.content.steps, held(row).standing):
        _go(row, State.RUNNING, by, door, at, verb="taken up again")
    _tell(row, "moved", by, door, now, {"version": to.number})
    return True


@transaction.atomic
def wait(
    run: Run, kind: str, what: str, *, by: Person | None, door: str, person: Person | None = None,
    until: datetime | None = None, at: datetime | None = None,
) -> Run:  # fmt: skip
    """Say what a run waits for. person: with kind "person". until: when it is looked at again. Raises Refused."""
    row, now = held(run), at or clock.now()
    if kind not in set(Waiting):
        raise Refused("unknown-kind", f"{kind[:40]!r} is not one of {', '.join(Waiting)}.", "kind")
    if until is not None and not now < until < now + timedelta(days=400):
        raise Refused("bad-time", "It is looked at again later than now, within 400 days.", "until")
    if person is not None and not person.memberships.filter(team=row.team).exists():
        raise Refused("not-in-team", f"{person} is no member of {row.team}.", "person")
    row.waiting, row.waiting_for = kind, plain(what, "what", LONGEST, required=kind != Waiting.PERSON or person is None)
    row.waiting_person, row.waiting_until = person if kind == Waiting.PERSON else None, until
    return _go(row, State.WAITING, by, door, at, {"sentence": f"for {Waiting(kind).word}"}, verb="set to wait")


@transaction.atomic
def go_on(run: Run, *, by: Person | None, door: str, at: datetime | None = None) -> Run:
    """Go on with a run that waited, or that was being checked. Raises Refused for one that is neither."""
    return _go(held(run), State.RUNNING, by, door, at, verb="taken up again")


@transaction.atomic
def hand(run: Run, runner: Person, *, by: Person | None, door: str) -> bool:
    """Let somebody else follow it from now on; return whether that changed anything. Raises Refused."""
    row = held(run)
    _refuse_over(row)
    if row.runner_id == runner.pk:
        return False
    if not runner.memberships.filter(team=row.team).exists():
        raise Refused("not-in-team", f"{runner} is no member of {row.team}.", "runner")
    row.runner = runner
    row.save(update_fields=["runner"])
    _tell(row, "handed on", by, door, clock.now(), {})
    return True


@transaction.atomic
def check(run: Run, *, by: Person | None, door: str, at: datetime | None = None) -> Run:
    """Say that the steps are through, and look at the result. Raises Refused while a critical step is open."""
    row = held(run)
    open_ = missing(row.version.content.steps, row.standing) if row.stands is State.RUNNING else []
    if open_:
        names = ", ".join(f"“{step.text}”" for step in open_[:3])
        more = f" and {len(open_) - 3} more" if len(open_) > 3 else ""
        raise Refused("critical-open", f"Without these it cannot end: {names}{more}. Do them, or say why not.")
    return _go(row, State.CHECKING, by, door, at, verb="through its steps")


@transaction.atomic
def end(
    run: Run, outcome: str, sentence: str, *, by: Person | None, door: str, at: datetime | None = None
) -> Run:  # fmt: skip
    """Say whether the good result came about, and end the run. sentence: required unless it is good. Raises Refused."""
    row = held(run)
    if outcome not in set(Outcome):
        raise Refused("unknown-outcome", f"{outcome[:40]!r} is not one of {', '.join(Outcome)}.", "outcome")
    row.outcome = outcome
    row.sentence = plain(sentence, "sentence", LONGEST, required=outcome != Outcome.GOOD)
    return _go(row, State.DONE, by, door, at, {"sentence": row.sentence}, verb="done")


@transaction.atomic
def give_up(run: Run, reason: str, *, by: Person | None, door: str, at: datetime | None = None) -> Run:
    """Follow it no longer, or, when it was only planned, not at all; say why. Raises Refused."""
    row = held(run)
    row.sentence = plain(reason, "reason", LONGEST, required=True)
    to = State.CANCELLED if row.stands is State.PLANNED else State.ABANDONED
    return _go(row, to, by, door, at, {"sentence": row.sentence}, verb=to.value)


def held(run: Run) -> Run:
    """Return the row as it is now, held until the transaction ends: of two at once the second sees the first."""
    # Nothing that may change meanwhile is joined: PostgreSQL would look for it as it was, and find none.
    rows = Run.objects.select_for_update(of=("self",), no_key=True).select_related("team", "procedure")
    found: Run = rows.get(pk=run.pk)
    return found


def _refuse_over(run: Run) -> None:
    if run.stands.is_over:
        raise Refused("over", f"“{run}” is {run.state} and stays as it is.")


def _go(
    run: Run, to: State, by: Person | None, door: str, at: datetime | None,
    payload: dict[str, object] | None = None, *, verb: str,
) -> Run:  # fmt: skip
    """Take a held run to another state, with its event. Raises Refused for a way that does not exist."""
    if to not in NEXT[run.stands]:
        raise Refused("no-way", f"“{run}” is {run.state}; from there it cannot become {to.value}.")
    now = at or clock.now()
    if to is not State.WAITING:
        run.waiting, run.waiting_for, run.waiting_person, run.waiting_until = "", "", None, None
    run.state, run.state_since = to.value, now
    run.ended_at = now if to.is_over else None
    run.save()
    _tell(run, verb, by, door, now, payload or {})
    if to.is_over and run.about_kind:
        about = Ref(run.about_kind, run.about_id, run.about_name)
        _tell_about(run, about, f"procedure {to.value}", by, door, now)
    return run


def _tell(run: Run, verb: str, by: Person | None, door: str, at: datetime, payload: dict[str, object]) -> None:
    service = run.procedure.services.order_by("name", "slug").values_list("slug", flat=True).first() or ""
    record(run.team, verb, run.ref, by=by, source=door, at=at, plot=CARE, service=service, payload=payload)


def _tell_about(run: Run, about: Ref, verb: str, by: Person | None, door: str, at: datetime) -> None:
    """Let the timeline of what it is done for tell of it, too."""
    record(
        run.team, verb, about, by=by, source=door, at=at, payload={"words": f"{run.procedure.title}, run #{run.number}"}
    )  # fmt: skip
