"""The verb behind the intake address: store a notice, and let its alerts begin, go on or end. One transaction each.

What cannot be read is stored too. Whatever a notice holds, it is answered once it is stored; a database that cannot
write raises, so that the sender keeps what it has and comes again.
"""

import contextlib
import logging
import threading
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import (
    DatabaseError,
    DataError,
    IntegrityError,
    InterfaceError,
    NotSupportedError,
    ProgrammingError,
    connection,
    transaction,
)
from django.db.models import Q
from django.urls import reverse

from hortus.access.policy import Action, Kind, roles_that
from hortus.ledger import clock
from hortus.ledger.outbox import recipients
from hortus.ledger.outbox.actions import tell
from hortus.telemetry.alerts import turning
from hortus.telemetry.alerts.models import AlertSource, Notice, SourceToken
from hortus.telemetry.alerts.refs import TOPIC, source_ref
from hortus.telemetry.alerts.rules.heard import Told, Unreadable
from hortus.telemetry.alerts.rules.reading import Sort, read
from hortus.telemetry.alerts.standing import Change
from hortus.telemetry.alerts.turning import Turned

log = logging.getLogger(__name__)
_IN_LINE = threading.Lock()  # who waits for SQLite itself is served by chance, and one in a hundred waits for seconds
_OUR_FAULT = "Its alerts could not be taken: a fault of Hortus, see its log."
_OURS = (DataError, IntegrityError, NotSupportedError, ProgrammingError)  # a repeat would fail as well


@dataclass(frozen=True, slots=True)
class Body:
    """The body of a request. content: at most what is kept of it; size_bytes: of the whole as it came."""

    content: bytes
    size_bytes: int

    @property
    def is_cut(self) -> bool:
        """Say whether more came than is kept."""
        return self.size_bytes > len(self.content)


@dataclass(frozen=True, slots=True)
class Taken:
    """What became of a notice. fault: why it could not be read, "" when it could. is_repeat: it was stored before."""

    notice: int
    alerts: int
    opened: int
    ended: int
    fault: str = ""
    is_repeat: bool = False


def take(token: SourceToken, body: Body, *, at: datetime | None = None) -> Taken:
    """Store what a source sent and return what became of it. Raises DatabaseError when it could not be stored.

    at: when it came, now when left out.
    """
    told, fault = _told(token.source, body)
    packed = zlib.compress(body.content, level=1)
    with _IN_LINE if connection.vendor == "sqlite" else contextlib.nullcontext():
        return _stored_or_kept(token, body, packed, told, fault, at)


def _stored_or_kept(
    token: SourceToken, body: Body, packed: bytes, told: Told, fault: str, at: datetime | None
) -> Taken:  # fmt: skip
    """Store a notice with its alerts; without them where they cannot be taken by a fault of ours."""
    try:
        return _stored(token, body, packed, told, fault, at)
    except (DatabaseError, InterfaceError) as error:
        if not isinstance(error, _OURS):
            raise
        log.exception("alerts of a notice could not be taken; the notice is stored without them")
    except Exception:
        log.exception("alerts of a notice could not be taken; the notice is stored without them")
    return _stored(token, body, packed, Told(()), _OUR_FAULT, at)


def _told(source: AlertSource, body: Body) -> tuple[Told, str]:
    """Return what a body says, and why it cannot be read, "" when it can."""
    try:
        return read(Sort(source.sort), body.content), ""
    except Unreadable as fault:
        cut = f"Only the first {len(body.content)} of {body.size_bytes} bytes were kept. " if body.is_cut else ""
        return Told(()), f"{cut}{fault.sentence}"[:300]
    except Exception:
        log.exception("a notice could not be read; it is stored all the same")
        return Told(()), _OUR_FAULT


@transaction.atomic
def _stored(
    token: SourceToken, body: Body, packed: bytes, told: Told, fault: str, at: datetime | None
) -> Taken:  # fmt: skip
    # The row of the source lines its notices up: what fifty requests say at once is taken one after the other.
    source = AlertSource.objects.select_for_update().get(pk=token.source_id)
    now = at or clock.now()
    known = Notice.objects.filter(source=source, sent_as=told.sent_as).first() if told.sent_as else None
    if known is not None:
        return Taken(known.pk, known.alert_count, 0, 0, is_repeat=True)
    notice = Notice.objects.create(
        team_id=source.team_id, source=source, received_at=now, packed=packed, size_bytes=body.size_bytes,
        is_cut=body.is_cut, sent_as=told.sent_as or None, fault=fault, alert_count=len(told.alerts),
        truncated_count=told.truncated, remark=told.remark, warnings=_warnings(source, told, body),
    )  # fmt: skip
    _note(source, token, told, now)
    turned = turning.turn(source, notice, told.alerts, now) if told.alerts else []
    if fault:
        _complain(source, notice, fault, now)
    return Taken(notice.pk, len(told.alerts), _count(turned, Change.OPENED), _count(turned, Change.ENDED), fault)


def _count(turned: Sequence[Turned], change: Change) -> int:
    return sum(one.change is change for one in turned)


def _warnings(source: AlertSource, told: Told, body: Body) -> list[str]:
    found = []
    if told.truncated and source.sort == Sort.COMMAND:
        found.append(f"Its sender gave up {told.truncated} alerts before this one: its spool was full.")
    elif told.truncated:
        found.append(
            f"Its sender left {told.truncated} alerts out of this notice; have it send all, as with max_alerts: 0 in "
            "the webhook of Alertmanager."
        )
    if told.unread:
        found.append(f"{told.unread} parts of its list are no alerts that can be read.")
    if body.is_cut:
        found.append(f"It had {body.size_bytes} bytes; only the first {len(body.content)} were kept.")
    return found


def _note(source: AlertSource, token: SourceToken, told: Told, now: datetime) -> None:
    """Note at the source and its token when they were heard of."""
    more = {"truncated_at": now} if told.truncated else {}
    AlertSource.objects.filter(pk=source.pk).update(heard_at=now, **more)
    SourceToken.objects.filter(Q(used_at=None) | Q(used_at__lt=now), pk=token.pk).update(used_at=now)


def _complain(source: AlertSource, notice: Notice, fault: str, now: datetime) -> None:
    """Tell who may mend it, once an hour, that something came which nobody can read."""
    at = f"{now.astimezone(source.team.zoneinfo):%H:%M on %-d %B (%Z)}"
    to = recipients.members(source.team, roles_that(Action.UPDATE, Kind.ALERT_SOURCE))
    path = reverse("alerts:notice", args=[source.team.slug, notice.pk])
    tell(
        source.team, TOPIC, source_ref(source), subject="Alerts came that Hortus cannot read",
        body=f"{source.name} sent something at {at} that cannot be read as alerts. {fault}\n\n"
        "It is stored as it came. Look at it, and at the address and the sort of the source.",
        to=to, path=path, dedupe_key=f"{TOPIC}:{source.pk}:{now:%Y-%m-%dT%H}",
    )  # fmt: skip
