"""Alerts that stand now, whoever noticed them: rooms register theirs, and listen to what begins and ends.

Nothing here reads a table: the room that holds alerts registers how they are found.
"""

import logging
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Protocol

from django.db import InterfaceError, OperationalError, transaction

from hortus.access.models import Person, Team
from hortus.ledger import clock
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


@dataclass(frozen=True, slots=True)
class Counts:
    """How many alerts stand: those whose senders say that they fire, and those that are silent."""

    firing: int = 0
    silent: int = 0

    @property
    def total(self) -> int:
        """Return how many stand in all."""
        return self.firing + self.silent


@dataclass(frozen=True, slots=True)
class Group:
    """Alerts of one name and service that stand. newest: the one that began last. count: 1 or more, silent ones too."""

    name: str
    newest: Standing
    count: int


@dataclass(frozen=True, slots=True)
class Place:
    """What an alert belongs to already: what it is called, as in #3, and the path of its page. is_live: not over."""

    words: str
    path: str
    is_live: bool


class Room(Protocol):
    """The alerts of one room that stand at one moment, in parts: a fixed number of queries, however many stand."""

    def counts(self) -> Counts:
        """Return how many stand."""

    def some(self, offset: int, limit: int, *, is_silent: bool | None) -> Sequence[Standing]:
        """Return one slice of those that stand, the newest first. is_silent: only those that are, or are not."""

    def groups(self, most: int) -> Sequence[Group]:
        """Return those of one name and service as one, the newest first."""


Provider = Callable[[Team], Sequence[Standing]]
Opener = Callable[[Team, datetime], Room]
Finder = Callable[[Team, str, str], Standing | None]
Listener = Callable[[Team, Sequence[Changed]], None]
Places = Callable[[Team, Person, Collection[Ref]], Mapping[tuple[str, str], Sequence[Place]]]


def _age(alert: Standing) -> tuple[datetime, str, str]:
    return alert.since, alert.ref.kind, alert.ref.id


class _Few:
    """A room whose alerts are few enough to be read at once."""

    def __init__(self, found: Sequence[Standing]) -> None:
        self._found = sorted(found, key=_age, reverse=True)

    def counts(self) -> Counts:
        silent = sum(alert.is_silent for alert in self._found)
        return Counts(len(self._found) - silent, silent)

    def some(self, offset: int, limit: int, *, is_silent: bool | None) -> Sequence[Standing]:
        wanted = [one for one in self._found if is_silent is None or one.is_silent == is_silent]
        return wanted[offset : offset + limit]

    def groups(self, most: int) -> Sequence[Group]:
        found: dict[tuple[str, str], list[Standing]] = {}
        for alert in self._found:
            found.setdefault((alert.title, alert.service), []).append(alert)
        return [Group(name, alerts[0], len(alerts)) for (name, _), alerts in list(found.items())[:most]]


class Reader:
    """The alerts of a team that stand at one moment, of all rooms: opened once for a page, and read in parts."""

    def __init__(self, team: Team) -> None:
        now = clock.now()
        # Those that hold few first: so one slice goes through all of them.
        rooms = sorted(_ROOMS.values(), key=lambda one: one.opens is not None)
        self._rooms = [one.opens(team, now) if one.opens else _Few(one.provider(team)) for one in rooms]
        self._counts = [room.counts() for room in self._rooms]

    @property
    def counts(self) -> Counts:
        """Return how many stand."""
        return Counts(sum(one.firing for one in self._counts), sum(one.silent for one in self._counts))

    def some(self, offset: int, limit: int, *, is_silent: bool | None = None) -> list[Standing]:
        """Return one slice: room by room, those that hold few first, the newest of each first."""
        shown: list[Standing] = []
        for room, known in zip(self._rooms, self._counts, strict=True):
            held = known.total if is_silent is None else known.silent if is_silent else known.firing
            if held > offset and len(shown) < limit:
                shown += room.some(offset, limit - len(shown), is_silent=is_silent)
            offset = max(0, offset - held)
        return shown

    def groups(self, most: int) -> list[Group]:
        """Return those of one name and service as one, the newest of all rooms first."""
        found = [group for room in self._rooms for group in room.groups(most)]
        return sorted(found, key=lambda group: _age(group.newest), reverse=True)[:most]


@dataclass(frozen=True, slots=True)
class _Registered:
    provider: Provider
    find: Finder | None
    opens: Opener | None


_ROOMS: dict[str, _Registered] = {}
_LISTENERS: list[Listener] = []
_PLACES: dict[str, Places] = {}


def register(name: str, provider: Provider, find: Finder | None = None, opens: Opener | None = None) -> None:
    """Tell which alerts of a team stand now; called from AppConfig.ready. The same name again takes the other's place.

    find: from (team, kind, id) to an alert of this room, also one that is over; None for one that is not of it; a kind
    of "" stands for any. opens: how it is read in parts at an aware time, for a room that may hold thousands.
    """
    _ROOMS[name] = _Registered(provider, find, opens)


def register_places(name: str, places: Places) -> None:
    """Tell what alerts belong to already, as far as a person may read it, by (kind, id); for a page of them at once."""
    _PLACES[name] = places


def standing(team: Team) -> list[Standing]:
    """Return the alerts of a team that stand now, the oldest first. It reads all of them: pages take a `Reader`."""
    found = [alert for room in _ROOMS.values() for alert in room.provider(team)]
    return sorted(found, key=_age)


def places(team: Team, person: Person, refs: Collection[Ref]) -> dict[tuple[str, str], list[Place]]:
    """Return what these alerts belong to already, as far as a person may read it, by (kind, id)."""
    found: dict[tuple[str, str], list[Place]] = {}
    for tells in _PLACES.values() if refs else ():
        for key, told in tells(team, person, refs).items():
            found.setdefault(key, []).extend(told)
    return found


def find(team: Team, kind: str, id: str) -> Standing | None:  # noqa: A002 -- the ledger's reference is (kind, id)
    """Return one alert by its reference, None where no room knows it. kind: "" for any."""
    found = (room.find(team, kind, id) for room in _ROOMS.values() if room.find is not None)
    return next((alert for alert in found if alert is not None), None)


def listen(listener: Listener) -> None:
    """Have a function told what changed, in the transaction that stores it; called from AppConfig.ready.

    It is called once for all alerts of one notice, of which there may be thousands.
    """
    if listener not in _LISTENERS:
        _LISTENERS.append(listener)


def tell(team: Team, changes: Sequence[Changed]) -> bool:
    """Tell the listeners, in the caller's transaction, and say whether all heard.

    What fails in one of them is undone and logged: alerts stay. Raises OperationalError and InterfaceError: a database
    that cannot write must not look as if it had.
    """
    have_heard = True
    for listener in _LISTENERS if changes else ():
        try:
            with transaction.atomic():
                listener(team, changes)
        except (OperationalError, InterfaceError):
            raise
        except Exception:
            log.exception("what listens to alerts failed; the alerts are stored all the same")
            have_heard = False
    return have_heard
