"""Verbs of the ledger: record an event. Called by the actions of every practice inside their transaction."""

from datetime import datetime
from typing import Any

from django.db import connection
from django.utils import timezone

from hortus.access.models import Person, Team
from hortus.ledger.models import Event
from hortus.ledger.refs import Ref
from hortus.values.plots import Plot


def record(
    team: Team, verb: str, ref: Ref, *, by: Person | None, source: str, at: datetime | None = None,
    plot: Plot | None = None, service: str = "", payload: dict[str, Any] | None = None, dedupe_key: str = "",
) -> bool:  # fmt: skip
    """Write one event, in the caller's transaction; return False when its dedupe_key was told before.

    verb: past participle, as in "imported". at: when it happened (aware), now when left out; recorded_at is
    always now. by: the person whose doing it was, None for the machine. source: the door it came through
    ("web", "cli", "api", "worker", "sample"). payload: small facts, nothing private, nothing that a policy hides.
    Raises RuntimeError outside a transaction, because an event without its rows is a lie.
    """
    if not connection.in_atomic_block:
        raise RuntimeError("record an event inside the transaction that writes its rows")
    now = timezone.now()
    event = Event(
        team=team, verb=verb, object_kind=ref.kind, object_id=ref.id, object_name=ref.name[:200], actor=by,
        occurred_at=at or now, recorded_at=now, plot=plot.slug if plot else "", service=service, source=source,
        payload=payload or {}, dedupe_key=dedupe_key,
    )  # fmt: skip
    if dedupe_key and Event.objects.filter(team=team, dedupe_key=dedupe_key).exists():
        return False
    event.save(force_insert=True)
    return True
