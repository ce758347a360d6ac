"""The verbs of the outbox: tell somebody something, and what a person decides about a message that did not leave."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from uuid import UUID

from django.db import IntegrityError, connection, transaction

from hortus.access.models import Person, Team
from hortus.ledger import clock
from hortus.ledger.actions import record
from hortus.ledger.outbox import choices, rules, sending, topics
from hortus.ledger.outbox.models import Delivery, Message, Urgency
from hortus.ledger.outbox.recipients import Recipient
from hortus.ledger.queue_models import QueuedTask, TaskState
from hortus.ledger.refs import Ref
from hortus.values.refused import Refused

LONGEST_SUBJECT = 200
SAMPLE_SENDS_NOTHING = "The sample team sends nothing."


def tell(
    team: Team, topic: str, about: Ref, *, subject: str, body: str, to: Iterable[Recipient] = (), thread: str = "",
    path: str = "", by: Person | None = None, urgency: Urgency = Urgency.NORMAL, useful_until: datetime | None = None,
    dedupe_key: str = "", to_team: bool = True,
) -> Message:  # fmt: skip
    """Write a message, a row for each recipient and channel and its task, in the caller's transaction; return it.

    topic: slug of a registered topic. body: plain text, lines of any length. to: who is told beside the team's own
    chat rooms and webhooks, which get it where to_team holds and they take the topic. path: of Hortus, as `reverse`
    gives it. useful_until: aware; what was not sent by then is dropped, with a record. dedupe_key: said once however
    often it is asked; the first one is returned. The sample team writes rows and sends nothing. Raises RuntimeError
    outside a transaction: a message without its rows is a lie. Raises KeyError for a topic that nobody registered.
    """
    if not connection.in_atomic_block:
        raise RuntimeError("tell inside the transaction that writes the rows it is about")
    known_topic = topics.topic(topic)
    known: Message | None = Message.objects.filter(team=team, dedupe_key=dedupe_key).first() if dedupe_key else None
    if known is not None:
        return known
    now = clock.now()
    urgency = Urgency.SAFETY if known_topic.is_safety else urgency
    message = Message(
        team=team, topic=topic, thread=thread, subject=subject[:LONGEST_SUBJECT], body=body, path=path, urgency=urgency,
        object_kind=about.kind, object_id=about.id, by=by, made_at=now, useful_until=useful_until,
        dedupe_key=dedupe_key or None,
    )  # fmt: skip
    if not _is_first(message):
        return Message.objects.get(team=team, dedupe_key=dedupe_key)
    planned = choices.plan(team, known_topic, urgency, to, to_team=to_team, now=now)
    _make_due(message, [_row(message, one) for one in planned])
    return message


def _is_first(message: Message) -> bool:
    """Write a message; say no when somebody else has just written one with its key."""
    if message.dedupe_key is None:
        message.save(force_insert=True)
        return True
    try:
        with transaction.atomic():
            message.save(force_insert=True)
    except IntegrityError:
        return False
    return True


def _row(message: Message, planned: choices.Planned) -> Delivery:
    one, is_sample = planned.recipient, message.team.is_sample
    thread_lane = rules.lane_of(planned.channel, one.kind, one.id, message.thread, message.pk.hex)
    return Delivery(
        team=message.team, message=message, channel=planned.channel, recipient_kind=one.kind, recipient_id=one.id,
        made_at=message.made_at, due_from=max(message.made_at, planned.not_before or message.made_at),
        not_before=planned.not_before, lane=planned.lane or thread_lane,
        state=Delivery.State.DROPPED if is_sample else Delivery.State.DUE, reason=SAMPLE_SENDS_NOTHING * is_sample,
        ended_at=message.made_at if is_sample else None,
    )  # fmt: skip


def _make_due(message: Message, rows: Sequence[Delivery]) -> None:
    """Write the rows and their tasks. What waits before them in their lanes leaves with them, so that order holds."""
    made = Delivery.objects.bulk_create(rows)
    if message.team.is_sample:
        return
    at_once = [one.lane for one in made if one.not_before is None]
    for at in range(0, len(at_once), 500):
        _bring_forward(at_once[at : at + 500], message)
    sending.enqueue(made, message.urgency)


def _bring_forward(lanes: Sequence[str], message: Message) -> None:
    held = Delivery.objects.due().filter(lane__in=lanes, not_before__gt=message.made_at)
    is_held = held.update(not_before=None, due_from=message.made_at) > 0
    if is_held or message.urgency == Urgency.SAFETY:
        waiting = QueuedTask.objects.filter(lane__in=lanes, state=TaskState.WAITING)
        waiting.filter(run_after__gt=message.made_at).update(run_after=message.made_at)


def retry(team: Team, ids: Sequence[int], *, by: Person | None, door: str) -> int:
    """Let dead deliveries start over, with three days before them; return how many. by: None for the command line.

    One that was folded into another's letter goes by itself. Raises Refused when one of them is not dead.
    """
    return _again(team, ids, Delivery.State.DEAD, "retried", by, door)


def release(team: Team, ids: Sequence[int], *, by: Person | None, door: str) -> int:
    """Send deliveries after all that a restored backup holds; return how many. Raises Refused for any other."""
    return _again(team, ids, Delivery.State.HELD, "released", by, door)


@transaction.atomic
def drop(team: Team, ids: Sequence[int], *, by: Person | None, door: str) -> int:
    """Have dead or held deliveries never be sent, on record; return how many. Raises Refused for any other."""
    found = _of(team, ids, {Delivery.State.DEAD, Delivery.State.HELD})
    who = by.name if by else "the command line"
    Delivery.objects.filter(pk__in=[one.pk for one in found]).update(
        state=Delivery.State.DROPPED, ended_at=clock.now(), reason=f"Dropped by {who}."[:300]
    )
    _record(found, "dropped", by, door)
    return len(found)


@transaction.atomic
def _again(team: Team, ids: Sequence[int], state: Delivery.State, verb: str, by: Person | None, door: str) -> int:
    found, now = _of(team, ids, {state}), clock.now()
    Delivery.objects.filter(pk__in=[one.pk for one in found]).update(
        state=Delivery.State.DUE, due_from=now, failures=0, ended_at=None, not_before=None, folded_into=None,
    )  # fmt: skip
    sending.enqueue(found, Urgency.NORMAL)
    _record(found, verb, by, door)
    return len(found)


def _of(team: Team, ids: Sequence[int], states: set[Delivery.State]) -> list[Delivery]:
    wanted = sorted(set(ids))
    mine = Delivery.objects.filter(team=team, pk__in=wanted).select_related("message")
    found = list(mine.select_for_update(of=("self",)).order_by("pk"))
    wrong = next((one for one in found if one.state not in states), None)
    allowed = " or ".join(sorted(states))
    if wrong is not None:
        raise Refused("not-open", f"Delivery {wrong.pk} is {wrong.state}; only one that is {allowed} can be chosen.")
    if len(found) < len(wanted):
        unknown = min(set(wanted) - {one.pk for one in found})
        raise Refused("unknown", f"There is no delivery {unknown} in this team; see the list of messages.")
    return found


def _record(found: Sequence[Delivery], verb: str, by: Person | None, door: str) -> None:
    """Write one event for each message, however many recipients it has."""
    counts: dict[UUID, list[Delivery]] = {}
    for one in found:
        counts.setdefault(one.message_id, []).append(one)
    for rows in counts.values():
        message = rows[0].message
        record(message.team, verb, message.ref, by=by, source=door, payload={"recipients": len(rows)})
