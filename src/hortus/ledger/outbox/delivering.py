"""One try to deliver: begun on record, sent outside of any transaction, ended on record. Run by the queue.

A try that was cut off by a crash leaves `begun_at` behind; the next one is then a repeat, says so, and carries the same
id and the same texts. So a message is sent at least once, and never silently twice.
"""

import logging
import random
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.db.models import Q

from hortus.ledger import clock, queue
from hortus.ledger.outbox import channels, rules
from hortus.ledger.outbox.channels.letters import Letter, Outcome, Said, Verdict, again
from hortus.ledger.outbox.folding import told_with
from hortus.ledger.outbox.models import Delivery, Message
from hortus.ledger.outbox.objections import mailbox_of, objection
from hortus.ledger.outbox.recipients import Channel, Mailbox
from hortus.ledger.queue import Postponed
from hortus.ledger.queue_models import QueuedTask, TaskState

log = logging.getLogger("hortus.outbox")
_CHANCE = random.SystemRandom()
PAUSE_SECONDS = 10.0
LONGEST_REASON = 300


class Pauses:
    """Which ways did not answer a moment ago, as this process knows: they are not asked again for some seconds."""

    def __init__(self, seconds: float = PAUSE_SECONDS) -> None:
        self.seconds = seconds
        self.until: dict[str, float] = {}
        self.woken: dict[str, float] = {}
        self.guard = threading.Lock()

    def begin(self, way: str) -> None:
        """Note that a way does not answer."""
        with self.guard:
            self.until[way] = time.monotonic() + self.seconds

    def covers(self, way: str) -> bool:
        """Say whether a way had better not be asked now."""
        with self.guard:
            return self.until.get(way, 0.0) > time.monotonic()

    def may_wake(self, way: str) -> bool:
        """Say, once in that many seconds, that what waits for a way may be told that it answers again."""
        with self.guard:
            self.until.pop(way, None)
            now = time.monotonic()
            if now - self.woken.get(way, -self.seconds) < self.seconds:
                return False
            self.woken[way] = now
            return True


PAUSES = Pauses()


@dataclass(frozen=True, slots=True)
class _Try:
    """A try that has begun: which one it is of its delivery, and what is sent."""

    delivery: Delivery
    letter: Letter

    @property
    def way(self) -> str:
        return way_of(self.delivery)


def way_of(delivery: Delivery) -> str:
    """Return what fails together: all e-mail has one server, each chat room and webhook is by itself."""
    return "email:" if delivery.channel == Channel.EMAIL else f"{delivery.channel}:destination:{delivery.recipient_id}:"


def deliver(delivery_id: int) -> str:
    """Try to deliver; return the state that the delivery has now. Raises Postponed when it must be tried later."""
    begun = _begin(delivery_id)
    if isinstance(begun, str):
        return begun
    if isinstance(begun, Postponed):
        raise begun
    state = _end(begun, _sent(begun.letter))
    if isinstance(state, Postponed):
        raise state
    return state


@transaction.atomic
def _begin(delivery_id: int) -> "_Try | str | Postponed":
    """Write down that a try begins and return what to send; else the state in which nothing is to be sent."""
    rows = Delivery.objects.select_related("message", "team", "folded_into").filter(pk=delivery_id)
    delivery = rows.select_for_update(of=("self",)).first()
    if delivery is None or delivery.state != Delivery.State.DUE:
        return "nothing to do" if delivery is None else delivery.state
    now = clock.now()
    if early := _too_early(delivery, now):
        return early
    mailbox = mailbox_of(delivery)
    if ended := _ended_unsent(delivery, mailbox, now):
        return ended
    if PAUSES.covers(way_of(delivery)):
        return _failed(delivery, delivery.reason)
    folded = told_with(delivery, now)
    delivery.may_repeat = delivery.may_repeat or delivery.begun_at is not None
    delivery.attempts, delivery.begun_at = delivery.attempts + 1, now
    delivery.save(update_fields=["attempts", "begun_at", "may_repeat"])
    return _Try(delivery, _letter(delivery, mailbox, [one.message for one in folded]))


def _too_early(delivery: Delivery, now: datetime) -> Postponed | None:
    if delivery.not_before is not None and delivery.not_before > now:
        return Postponed(delivery.not_before - now)
    lead = delivery.folded_into
    if lead is not None and lead.state == Delivery.State.DUE:  # its letter tells this one, too
        return Postponed(rules.FIRST_WAIT)
    return None


def _ended_unsent(delivery: Delivery, mailbox: Mailbox | None, now: datetime) -> str:
    """End a delivery that is not to be sent any more and return its state; "" when it is still to be sent."""
    if rules.is_hopeless(delivery.due_from or delivery.made_at, now):
        said = f" The last answer: {delivery.reason}" if delivery.reason else ""
        return _finish(delivery, Delivery.State.DEAD, f"Not accepted within 72 hours.{said}")
    try:
        reason = objection(delivery, now)
    except KeyError:
        return _finish(delivery, Delivery.State.DEAD, f"This version knows no topic {delivery.message.topic}.")
    if not reason and mailbox is None and delivery.channel == Channel.EMAIL:
        reason = "There is no mailbox for it any more."
    return _finish(delivery, Delivery.State.DROPPED, reason) if reason else ""


def _letter(delivery: Delivery, mailbox: Mailbox | None, others: Sequence[Message]) -> Letter:
    team = delivery.team
    return Letter(
        id=str(delivery.pk), team=team.slug, team_name=team.name, zone=team.zone, channel=Channel(delivery.channel),
        recipient_kind=delivery.recipient_kind, recipient_id=delivery.recipient_id, thread=delivery.message.thread,
        messages=tuple(_said(message) for message in (delivery.message, *others)),
        mailbox=mailbox, may_repeat=delivery.may_repeat,
        is_digest=delivery.lane.startswith(rules.DIGEST_LANE),
    )  # fmt: skip


def _said(message: Message) -> Said:
    return Said(
        id=str(message.pk), topic=message.topic, subject=message.subject, body=message.body, made_at=message.made_at,
        path=message.path, urgency=message.urgency, object_kind=message.object_kind, object_id=message.object_id,
    )  # fmt: skip


def _sent(letter: Letter) -> Outcome:
    """Send; a fault of our own is tried again like one of theirs, so that it costs no message."""
    try:
        return channels.send(letter)
    except Exception as error:
        log.exception("Delivery %s met a fault that no channel should have", letter.id)
        return again(f"A fault inside Hortus ({type(error).__name__}); see the log of the worker.")


@transaction.atomic
def _end(begun: _Try, outcome: Outcome) -> "str | Postponed":
    """Write down how a try ended; what another worker has written meanwhile stands."""
    rows = Delivery.objects.select_related("message", "team").filter(pk=begun.delivery.pk)
    delivery = rows.select_for_update(of=("self",)).first()
    if delivery is None or delivery.state != Delivery.State.DUE:
        return "nothing to do" if delivery is None else delivery.state
    if outcome.verdict is Verdict.ACCEPTED:
        had_failed = delivery.failures > 0
        state = _finish(delivery, Delivery.State.ACCEPTED, outcome.answer)
        if had_failed and PAUSES.may_wake(begun.way):
            _wake(begun.way)
        return state
    if outcome.verdict is Verdict.UNSENT:
        return _finish(delivery, Delivery.State.DROPPED, outcome.answer)
    if outcome.verdict is Verdict.REFUSED:
        return _finish(delivery, Delivery.State.DEAD, outcome.answer)
    if outcome.is_channel_down:
        PAUSES.begin(begun.way)
    return _failed(delivery, outcome.answer, is_unsure=outcome.is_unsure)


def _finish(delivery: Delivery, state: Delivery.State, reason: str) -> str:
    """End a delivery, and with it those that its letter told; where no letter was sent they go by themselves."""
    folded = Delivery.objects.due().filter(folded_into=delivery)
    ended = {"state": state, "reason": reason[:LONGEST_REASON], "ended_at": clock.now(), "begun_at": None}
    if state == Delivery.State.DROPPED:
        folded.update(folded_into=None)
    elif keys := [rules.task_key(pk) for pk in folded.values_list("pk", flat=True)]:
        folded.update(**ended, may_repeat=delivery.may_repeat)
        queue.end_waiting(keys, str(state))
    Delivery.objects.filter(pk=delivery.pk).update(**ended, **({"failures": 0} if state == "accepted" else {}))
    return state


def _failed(delivery: Delivery, reason: str, *, is_unsure: bool = False) -> Postponed:
    delivery.failures, delivery.reason, delivery.begun_at = delivery.failures + 1, reason[:LONGEST_REASON], None
    delivery.may_repeat = delivery.may_repeat or is_unsure
    delivery.save(update_fields=["failures", "reason", "begun_at", "may_repeat"])
    return Postponed(rules.wait_after(delivery.failures, _CHANCE.random()))


def _wake(way: str) -> None:
    """Try at once what waits for a way that answers again, instead of up to an hour later."""
    now = clock.now()
    of_way = Q(lane__startswith=way) | Q(lane__startswith=f"{rules.DIGEST_LANE}{way}")
    waiting = QueuedTask.objects.filter(of_way, queue="outbox", state=TaskState.WAITING, run_after__gt=now)
    waiting.update(run_after=now)
