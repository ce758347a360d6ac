"""Verbs of planned work that goes on: it began, more about it, it is being checked, it is over.

A person says each of them; the clock says none. Overrunning starts a promise: by when researchers hear more. What was
promised and did not come is kept in the ledger, once.
"""

from collections.abc import Sequence
from datetime import datetime

from django.db import transaction

from hortus.access.models import Person
from hortus.catalogue import bulletins, window_words
from hortus.catalogue.models import Function, PlannedWork
from hortus.catalogue.planned_work import foretell, locked, ref, say, tell
from hortus.catalogue.rules import Span
from hortus.catalogue.rules_windows import EARLIEST_START, GRACE, WORD_WITHIN, Step, after, is_kept
from hortus.catalogue.sentences import SILENT, Sentences
from hortus.catalogue.statements import URGENT, Words
from hortus.ledger import clock
from hortus.ledger.actions import record
from hortus.values.refused import Refused


@transaction.atomic
def start(work: PlannedWork, *, by: Person, door: str, at: datetime | None = None) -> PlannedWork:
    """Say that announced work has begun; return it. at: when, now when left out.

    Raises Refused when it is not announced, began already, or is to begin in more than a day.
    """
    now, work = at or clock.now(), locked(work)
    work.state = after(Step.START, work.stands, work.title)
    if now < work.begins_at - EARLIEST_START:
        raise Refused("too-early", f"{work} is to begin in more than a day; move it if it begins now.", "begins_at")
    work.started_at = now
    if now >= work.ends_at:
        work.next_word_at = now + WORD_WITHIN
    work.save()
    tell(work, "started", by, door, now, {})
    say(work, window_words.started(work), by, door, now)
    return work


@transaction.atomic
def say_more(
    work: PlannedWork, *, sentences: Sentences = SILENT, trying: str = "", next_word_at: datetime | None = None,
    by: Person, door: str, at: datetime | None = None,
) -> PlannedWork:  # fmt: skip
    """Tell researchers more about work that goes on, and by when they hear again; return it.

    sentences: what one can and cannot do from now on, those before where they are silent. trying: what is being done,
    one line. next_word_at: aware, in 30 minutes when left out. Raises Refused when it does not go on, or nothing is
    said.
    """
    now, work = at or clock.now(), locked(work)
    work.state = after(Step.SAY_MORE, work.stands, work.title)
    if not (sentences or trying.strip()):
        raise Refused("says-nothing", "Say what is being done, or what one can and cannot do now.", "trying")
    due = next_word_at or now + WORD_WITHIN
    if due <= now:
        raise Refused("bad-next-update", "The next word must be due in the time to come.", "next_word_at")
    payload = _answered(work, now)
    if sentences:
        words = sentences.checked()
        work.can, work.cannot, work.instead = words.can, words.cannot, words.instead
    work.next_word_at, work.changed_at = due, now
    work.save()
    tell(work, "updated", by, door, now, payload | {"next_word_at": due.isoformat()})
    bulletins.publish(
        work.team, ref(work), window_words.going_on(work, now), [], trying=trying, next_update_at=due,
        sentences=Sentences(work.can, work.cannot, work.instead), touches=list(work.functions.all()), by=by, door=door,
        at=now,
    )  # fmt: skip
    return work


@transaction.atomic
def check(work: PlannedWork, *, by: Person, door: str, at: datetime | None = None) -> PlannedWork:
    """Say that the work itself is done and is being checked; return it. Raises Refused unless it goes on."""
    now, work = at or clock.now(), locked(work)
    work.state = after(Step.CHECK, work.stands, work.title)
    payload = _answered(work, now)
    work.checking_at = work.changed_at = now
    if now >= work.ends_at or work.next_word_at is not None:
        work.next_word_at = now + WORD_WITHIN
    work.save()
    tell(work, "checking", by, door, now, payload)
    say(work, window_words.checking(work), by, door, now)
    return work


@transaction.atomic
def finish(
    work: PlannedWork, said: Sequence[tuple[Function, Words]], *, sentences: Sentences = SILENT, by: Person, door: str,
    at: datetime | None = None,
) -> PlannedWork:  # fmt: skip
    """Say that checked work is over, and how each of its functions stands from now on; return it.

    said: every function that it touches and that is still listed, once. Raises Refused when it is not being checked,
    one is left out, and as `statements.say`: no function is set back to working by itself.
    """
    now, work = at or clock.now(), locked(work)
    work.state = after(Step.FINISH, work.stands, work.title)
    functions = list(work.functions.all())
    named = {function.pk for function, _ in said}
    for function in functions:
        if function.pk not in named and function.retired_on is None:
            raise Refused("unsaid", f"Say how {function} stands now that the work is over.", function.slug)
    payload = _answered(work, now)
    work.done_at = work.changed_at = now
    work.next_word_at = None
    if now <= work.begins_at:
        work.foretold = {}
    elif now < work.ends_at:  # nobody needs the rest of it, so it counts
        foretell(work, functions, Span(work.begins_at, now, work.is_risk_only), now)
    work.save()
    tell(work, "finished", by, door, now, payload)
    bulletins.publish(
        work.team, ref(work), window_words.over(work), said, sentences=sentences, touches=functions, is_last=True,
        by=by, door=door, at=now,
    )  # fmt: skip
    return work


def _answered(work: PlannedWork, now: datetime) -> dict[str, object]:
    """Write down what the clock brought before somebody spoke; return whether the promise that ran was kept."""
    note_overrun(work, now)
    note_missed(work, now)
    due = work.word_due
    if due is None or now <= work.ends_at:
        return {}
    return {"due": due.isoformat(), "is_kept": is_kept(due, now)}


def note_overrun(work: PlannedWork, now: datetime) -> bool:
    """Record once that work goes on beyond the end that was told, in the caller's transaction; say whether it did."""
    if not work.stands.is_going_on or now <= work.ends_at:
        return False
    key = f"window:{work.pk}:overran:{work.ends_at.isoformat()}"
    return record(work.team, "overran", ref(work), by=None, source="worker", plot=URGENT, at=work.ends_at,
                  dedupe_key=key)  # fmt: skip


def note_missed(work: PlannedWork, now: datetime) -> bool:
    """Record once that a promised word did not come, in the caller's transaction; say whether that is new."""
    due = work.word_due
    if due is None or now <= due + GRACE:
        return False
    key = f"window:{work.pk}:missed:{due.isoformat()}"
    return record(
        work.team, "promise missed", ref(work), by=None, source="worker", plot=URGENT, at=due + GRACE,
        payload={"due": due.isoformat()}, dedupe_key=key,
    )  # fmt: skip
