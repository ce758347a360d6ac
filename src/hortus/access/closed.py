"""Reads the days on which teams are closed, for who counts working days: one question a span, never one a day."""

from collections.abc import Collection, Iterable
from datetime import date, datetime, timedelta
from uuid import UUID

from hortus.access.models import ClosedDay, Team
from hortus.values.working_days import LOOK_AHEAD_DAYS, Closed

_ONE = timedelta(days=1)
_AHEAD = timedelta(days=LOOK_AHEAD_DAYS + 2)  # who looks for a working day may begin tomorrow or the day after


def closed_ahead(team: Team, now: datetime) -> Closed:
    """Return the closed days of a team for as far as a working day is looked for. now: aware, any zone."""
    today = now.astimezone(team.zoneinfo).date()
    until = today + _AHEAD
    return _laid_out(ClosedDay.objects.filter(team=team).touching(today, until), today, until)


def closed_now(teams: Collection[Team], now: datetime) -> dict[UUID, Closed]:
    """Return for each team, by its id, which of the days around this instant (aware) are closed; one question."""
    first, last = now.date() - _ONE, now.date() + _ONE  # zones lie at most a day apart
    found = ClosedDay.objects.filter(team__in={team.pk for team in teams}).touching(first, last)
    by_team: dict[UUID, list[ClosedDay]] = {team.pk: [] for team in teams}
    for one in found if by_team else ():
        by_team[one.team_id].append(one)
    return {pk: _laid_out(spans, first, last) for pk, spans in by_team.items()}


def _laid_out(spans: Iterable[ClosedDay], first: date, last: date) -> Closed:
    """Return each closed day between two days, with its name; where spans overlap, the shorter names it."""
    found: dict[date, str] = {}
    for one in sorted(spans, key=lambda span: (span.first_on - span.last_on, span.first_on)):  # the longest first
        day = max(one.first_on, first)
        while day <= min(one.last_on, last):
            found[day] = one.name
            day += _ONE
    return found
