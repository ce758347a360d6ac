"""Alerts that stand now, whoever noticed them: rooms register theirs, and listen to what begins and ends.

Nothing here reads a table: the room that holds alerts registers how they are found.
"""

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from django.db import InterfaceError, OperationalError, transaction

from hortus.access.models import Team
from hortus.ledger.refs import Ref

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Standing:
    """One alert as others show it. service, function: slugs of the catalogue, "" where they are not known.

    ref: how the ledger speaks of it; its name is the title. since: aware. is_silent: its sender was not heard of any
    more, so nobody knows. acknowledged_by: name of a person, "" for nobody. is_over: only an alert that `find` returns.
    """

    ref: Ref
    title: str
    since: datetime
    path: str
    service: str = ""
    function: str = ""
    is_silent: bool = False
    acknowledged_by: str = ""
    is_over: bool = False


class Change(StrEnum):
    """What became of an alert, in the words of the ledger."""

    OPENED = "opened"
    REOPENED = "reopened"
    ENDED = "ended"
    SILENT = "fell silent"
    CLOSED = "closed"


@dataclass(frozen=True, slots=True)
class Changed:
    """An alert that changed at an aware time. proposes: its source is set to propose an incident for it."""

    alert: Standing
    change: Change
    at: datetime
    proposes: bool = False

    @property
    def ref(self) -> Ref:
        """Return how the ledger speaks of it."""
        return self.alert.ref


Provider = Callable[[Team], Sequence[Standing]]
Finder = Callable[[Team, str, str], Standing | None]
Listener = Callable[[Team, Sequence[Changed]], None]

_ROOMS: dict[str, tuple[Provider, Finder | None]] = {}
_LISTENERS: list[Listener] = []


def register(name: str, provider: Provider, find: Finder | None = None) -> None:
    """Tell which alerts of a team stand now; called from AppConfig.ready. The same name again takes the other's place.

    find: from (team, kind, id) to an alert of this room, also one that is over; None for one that is not of it.
    """
    _ROOMS[name] = (provider, find)


def standing(team: Team) -> list[Standing]:
    """Return the alerts of a team that stand now, of all rooms, the oldest first."""
    found = [alert for provider, _ in _ROOMS.values() for alert in provider(team)]
    return sorted(found, key=lambda alert: (alert.since, alert.ref.kind, alert.ref.id))


def find(team: Team, kind: str, id: str) -> Standing | None:  # noqa: A002 -- the ledger's reference is (kind, id)
    """Return one alert by its reference, None where no room knows it."""
    found = (finder(team, kind, id) for _, finder in _ROOMS.values() if finder is not None)
    return next((alert for alert in found if alert is not None), None)


def listen(listener: Listener) -> None:
    """Have a function told what changed, in the transaction that stores it; called from AppConfig.ready.

    It is called once for all alerts of one notice, of which there may be thousands.
    """
    if listener not in _LISTENERS:
        _LISTENERS.append(listener)


def tell(team: Team, changes: Sequence[Changed]) -> None:
    """Tell the listeners, in the caller's transaction. What fails in one of them is undone and logged: alerts stay.

    Raises OperationalError and InterfaceError: a database that cannot write must not look as if it had.
    """
    for listener in _LISTENERS if changes else ():
        try:
            with transaction.atomic():
                listener(team, changes)
        except (OperationalError, InterfaceError):
            raise
        except Exception:
            log.exception("what listens to alerts failed; the alerts are stored all the same")
