"""What the page of an incident shows, read with a fixed number of queries. Writes nothing."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from django.utils import timezone

from hortus.access.doors import Standing
from hortus.access.models import Person, Team
from hortus.ledger import refs
from hortus.ledger.models import Event
from hortus.processes.incidents import beside, promises
from hortus.processes.incidents.beside import Beside
from hortus.processes.incidents.models import Incident, Link, Promise, Question, RoleHeld, Update
from hortus.processes.incidents.rules import State
from hortus.processes.incidents.rules_clock import SOON_BEFORE
from hortus.web.words import day, duration

MINUTE = 60
NEWEST = 40  # lines of the timeline that are shown at first
ANSWERED = 5
ALERTS = 10  # the newest of those linked; one notice may bring thousands


@dataclass(frozen=True, slots=True)
class Clock:
    """When the next word is promised, seen from now (both aware). due_at None: nothing is promised.

    why: which closed days it jumps over, "" for none.
    """

    due_at: datetime | None
    now: datetime
    is_first: bool = False
    why: str = ""

    @property
    def is_late(self) -> bool:
        """Say whether the word should be out by now."""
        return self.due_at is not None and self.now > self.due_at

    @property
    def state(self) -> str:
        """Return the state whose colours it wears; the words say the same.

        >>> noon = datetime(2026, 3, 2, 12)
        >>> Clock(noon, noon + timedelta(minutes=7)).state, Clock(None, noon).state
        ('overgrown', 'bare')
        """
        if self.due_at is None:
            return "bare"
        if self.is_late:
            return "overgrown"
        return "care" if self.due_at - self.now <= SOON_BEFORE else "thriving"

    @property
    def words(self) -> str:
        """Return how long it is until then, or how late it is, in whole minutes.

        >>> noon = datetime(2026, 3, 2, 12)
        >>> Clock(noon, noon - timedelta(seconds=90)).words, Clock(noon, noon + timedelta(minutes=7)).words
        ('in 1\\xa0min', 'late by 7\\xa0min')
        >>> Clock(noon, noon - timedelta(seconds=9)).words
        'in less than a minute'
        """
        if self.due_at is None:
            return "no word is promised"
        apart = int((self.due_at - self.now).total_seconds())
        whole = abs(apart) // MINUTE
        amount = duration(whole * MINUTE) if whole else "less than a minute"
        return f"late by {amount}" if self.is_late else f"in {amount}"


def time_of_day(at: datetime, now: datetime) -> str:
    """Return an instant as the time of day, with its date where that is another than today's, in the reader's zone."""
    local, today = timezone.localtime(at), timezone.localtime(now).date()
    return f"{local:%H:%M}" if local.date() == today else f"{day(local.date(), today)}, {local:%H:%M}"


def clock_of(promise: Promise | None, now: datetime) -> Clock:
    """Return the clock of the promise that stands, None for none."""
    return Clock(promise.due_at, now, promise.is_first) if promise else Clock(None, now)


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of the timeline: when, who ("" for the machine), what, and what it says beside that."""

    at: datetime
    who: str
    verb: str
    lines: Sequence[str]


@dataclass(frozen=True, slots=True)
class Room:
    """All that is told of one incident now. roles: those held at present. last: the newest update. spoken: the newest
    that told users something, often the same. entries: newest first, and whether there are more. missed: how many
    promises were not kept. links: the addresses, and of the alert_count alerts and other objects the newest.
    """

    incident: Incident
    now: datetime
    clock: Clock
    roles: Sequence[RoleHeld]
    last: Update | None
    spoken: Update | None
    waiting: Sequence[Question]
    answered: Sequence[Question]
    links: Sequence[tuple[Link, str]]
    alert_count: int
    surprises: int
    missed: int
    entries: Sequence[Entry]
    more: bool

    @property
    def hidden(self) -> int:
        """Return how many linked alerts are not among the links that are shown."""
        return self.alert_count - sum(bool(link.object_kind) for link, _ in self.links)

    @property
    def lead(self) -> Person | None:
        """Return who leads."""
        return next((held.person for held in self.roles if held.role == RoleHeld.Role.LEAD), None)

    @property
    def workers(self) -> Sequence[RoleHeld]:
        """Return who works on it: whoever has a role beside watching."""
        return [held for held in self.roles if held.role != RoleHeld.Role.OBSERVER]

    @property
    def others(self) -> Sequence[RoleHeld]:
        """Return who works on it beside the lead."""
        return [held for held in self.workers if held.role != RoleHeld.Role.LEAD]

    @property
    def observers(self) -> Sequence[RoleHeld]:
        """Return who watches it."""
        return [held for held in self.roles if held.role == RoleHeld.Role.OBSERVER]

    @property
    def lasted(self) -> str:
        """Return in words how long it has lasted, or how long it lasted until it was resolved."""
        until = self.incident.resolved_at or self.now
        return duration(max(timedelta(), until - self.incident.began_at).total_seconds() // MINUTE * MINUTE)


def entries(incident: Incident, *, whole: bool) -> tuple[list[Entry], bool]:
    """Return the timeline, the newest first, and whether it goes on; whole: all of it."""
    events = Event.objects.filter(team=incident.team).about("incident", str(incident.number))
    events = events.exclude(verb="published").select_related("actor")  # the update says so itself
    found = list(events if whole else events[: NEWEST + 1])
    shown = found if whole else found[:NEWEST]
    told = [
        Entry(e.occurred_at, e.actor.name if e.actor else "", e.verb, refs.told("incident", e.verb, e.payload))
        for e in shown
    ]
    return told, len(found) > len(shown)


def _linked(team: Team, links: Sequence[Link]) -> list[tuple[Link, str]]:
    """Return links with the address each leads to, "" for an object that has no page."""
    return [(link, link.url or refs.link(team, link.object_kind, link.object_id)) for link in links]


def read(incident: Incident, now: datetime, *, whole: bool = False) -> Room:
    """Return what is told of an incident. now: aware. whole: the timeline from its beginning."""
    questions = list(incident.questions.select_related("by", "answerer"))
    answered = [q for q in questions if q.answered_at]
    made = list(incident.promises.all())
    standing = next((promise for promise in made if promise.ended_at is None), None)
    told, more = entries(incident, whole=whole)
    alerts = incident.links.exclude(object_kind="").order_by("-at", "-pk")
    links = [*(alerts if whole else alerts[:ALERTS]), *incident.links.filter(object_kind="")]
    return Room(
        incident=incident, now=now,
        clock=replace(clock_of(standing, now), why=promises.why_so_late(standing) if standing else ""),
        roles=list(incident.roles.now().select_related("person")),
        last=incident.updates.select_related("by").first(),
        spoken=incident.updates.exclude(can="", cannot="", instead="").first(),
        waiting=[q for q in questions if not q.answered_at],
        answered=answered[::-1] if whole else answered[::-1][:ANSWERED],
        links=_linked(incident.team, links), alert_count=alerts.count(),
        surprises=incident.surprises.count(),
        missed=sum(promise.missed_at is not None for promise in made),
        entries=told, more=more,
    )  # fmt: skip


def helps(standing: Standing, incident: Incident) -> list[Beside]:
    """Return what may help with an incident that is open or reported: others that are now, then what is older."""
    if not incident.is_open and incident.state != State.REPORTED:
        return []
    return [*similar(incident, standing.person), *beside.of(standing, incident)]


def similar(incident: Incident, person: Person) -> list[Beside]:
    """Return other incidents that are open or reported now, those of the same service first, at most three."""
    others = Incident.objects.visible_to(person).filter(team=incident.team).live().exclude(pk=incident.pk)
    mine = {service.pk for service in incident.services.all()}
    found = [
        (bool(mine & {service.pk for service in other.services.all()}), other)
        for other in others.prefetch_related("services")
    ]
    found.sort(key=lambda one: not one[0])
    team = incident.team
    return [
        Beside(
            f"#{other.number} {other.title}", refs.link(team, "incident", str(other.number)),
            f"{other.state} now" + (", the same service" if is_same else ""),
        )
        for is_same, other in found[: beside.MOST_BESIDE]
    ]  # fmt: skip
