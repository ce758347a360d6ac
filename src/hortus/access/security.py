"""The record of what matters for security: append-only, chained by digests, safe for many writers at once."""

from collections.abc import Callable
from contextvars import ContextVar
from typing import Any

from django.db import transaction
from django.utils import timezone

from hortus.access.models import ChainHead, Person, SecurityEvent, Team
from hortus.access.rules import chained
from hortus.access.verbs import Verb as Verb

# The address that the request at hand came from; set by the first middleware, "" on the command line.
address_here: ContextVar[str] = ContextVar("address_here", default="")


_SECRETIVE = ("password", "secret", "code", "key", "digest", "link")
Fact = str | int | bool | None
Listener = Callable[[SecurityEvent], None]

_LISTENERS: list[Listener] = []


def listen(listener: Listener) -> None:
    """Have a floor above told of every event, inside the transaction that writes it; called from AppConfig.ready.

    The ledger lies above access, so access cannot write there by itself.
    """
    if listener not in _LISTENERS:
        _LISTENERS.append(listener)


def note(
    verb: Verb, *, person: Person | None = None, by: Person | None = None, team: Team | None = None, **detail: Fact
) -> SecurityEvent:
    """Record one event and return it: in the caller's transaction where there is one, else in its own.

    person: whom it is about. by: who did it, where that is somebody else. detail: small facts, never a secret.
    Raises ValueError when a fact is named like a secret.
    """
    if bad := [name for name in detail if any(part in name for part in _SECRETIVE)]:
        raise ValueError(f"{bad[0]} looks like a secret and does not belong into a security event")
    with transaction.atomic():
        head = _locked_head()
        event = SecurityEvent(
            at=timezone.now(), verb=verb.value, person=person, by=by, team=team,
            address=address_here.get()[:45], detail={k: _short(v) for k, v in detail.items()},
        )  # fmt: skip
        event.chain = head.digest = chained(head.digest, _row(event))
        event.save(force_insert=True)
        head.save()
        for listener in _LISTENERS:
            listener(event)
    return event


def _locked_head() -> ChainHead:
    """Return the end of the chain, held until this transaction ends, so that no two events follow the same one.

    PostgreSQL locks the row; SQLite's transactions are IMMEDIATE and so one at a time.
    """
    ChainHead.objects.get_or_create(pk=1)
    return ChainHead.objects.select_for_update().get(pk=1)


def _short(fact: Fact) -> Fact:
    return fact.replace("\0", "")[:200] if isinstance(fact, str) else fact


def _row(event: SecurityEvent) -> dict[str, Any]:
    ids = {name: str(found) if (found := getattr(event, f"{name}_id")) else None for name in ("person", "by", "team")}
    at = event.at.astimezone(timezone.get_fixed_timezone(0)).isoformat(timespec="microseconds")
    return {"at": at, "verb": event.verb, "address": event.address, "detail": event.detail, **ids}


def verify_chain() -> int | None:
    """Return the id of the first event that does not follow from those before it, None when all do.

    Returns 0 when rows are missing at the end: the chain's head is not that of the last event.
    """
    previous = ""
    for event in SecurityEvent.objects.order_by("id").iterator(chunk_size=2000):
        if event.chain != chained(previous, _row(event)):
            return int(event.pk)
        previous = event.chain
    head = ChainHead.objects.filter(pk=1).first()
    return None if (head.digest if head else "") == previous else 0
