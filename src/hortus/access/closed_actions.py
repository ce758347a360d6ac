"""Verbs of closed days: add one span, add those of a calendar, remove one. Each is noted, and told in the activity."""

from collections.abc import Iterable
from datetime import date

from django.db import transaction

from hortus.access.closed_spans import Span, checked
from hortus.access.models import ClosedDay, Person, Team
from hortus.access.security import Verb, note
from hortus.values.refused import Refused

MOST = 500  # spans of a team, so that reading them stays quick


@transaction.atomic
def add(team: Team, first_on: date, last_on: date | None, name: str, *, by: Person | None) -> ClosedDay:
    """Close a team from one day to another, both included, and return that. last_on: the same day when left out.

    Promises that stand are not moved. by: None on the command line. Raises Refused when the days or the name are not
    allowed, or the team has these very days already.
    """
    span = checked(first_on, last_on, name)
    known = _held(team)
    if (span.first_on, span.last_on) in known:
        raise Refused("closed-already", f"These days are there already, as “{known[span.first_on, span.last_on]}”.")
    made = _make(team, [span], len(known))[0]
    note(Verb.CLOSED_ADDED, by=by, team=team, days=str(span))
    return made


@transaction.atomic
def add_all(team: Team, spans: Iterable[Span], *, by: Person | None) -> list[ClosedDay]:
    """Close a team on many days at once and return what is new: days that are there already stay as they are.

    Raises Refused, and keeps nothing, when there would be too many.
    """
    known = _held(team)
    made = _make(team, [span for span in spans if (span.first_on, span.last_on) not in known], len(known))
    if made:
        more = f" and {len(made) - 1} more" if len(made) > 1 else ""
        note(Verb.CLOSED_ADDED, by=by, team=team, days=f"{made[0]}{more}")
    return made


@transaction.atomic
def remove(closed: ClosedDay, *, by: Person | None) -> None:
    """Open a team on days that were closed; once removed, removing them again changes nothing."""
    count, _ = ClosedDay.objects.filter(pk=closed.pk).delete()
    if count:
        note(Verb.CLOSED_REMOVED, by=by, team=closed.team, days=str(closed))


def _held(team: Team) -> dict[tuple[date, date], str]:
    """Return what a team has, by first and last day, held so that two who add at once add one after the other."""
    Team.objects.select_for_update(no_key=True).get(pk=team.pk)
    return {(one.first_on, one.last_on): one.name for one in ClosedDay.objects.filter(team=team)}


def _make(team: Team, spans: list[Span], known: int) -> list[ClosedDay]:
    if known + len(spans) > MOST:
        raise Refused("too-many", f"A team has at most {MOST} closed days; remove some that are over.")
    rows = [ClosedDay(team=team, first_on=one.first_on, last_on=one.last_on, name=one.name) for one in spans]
    return ClosedDay.objects.bulk_create(rows)
