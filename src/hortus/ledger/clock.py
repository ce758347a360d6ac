"""The one clock of promises and messages: the database's, so that several machines agree on what is late."""

from datetime import date, datetime, time, timedelta

from django.db import connection
from django.utils import timezone

from hortus.access.models import Team


def now() -> datetime:
    """Return the database's time (aware, UTC); SQLite lives in this process, so there it is this machine's.

    PostgreSQL is asked for the time of the statement and not of the transaction: a long transaction must not live in
    the past.
    """
    if connection.vendor != "postgresql":
        return timezone.now()
    with connection.cursor() as cursor:
        cursor.execute("SELECT clock_timestamp()")
        found: datetime = cursor.fetchone()[0]
    return found


def as_of(team: Team, day: date) -> datetime:
    """Return up to when a day is measured (aware): its end in the team's zone, or now while it lasts.

    Now is this machine's time, which costs no query: a curve asks for hundreds of days, and its last may stand a moment
    earlier or later. What is promised goes by `now` above.
    """
    return min(datetime.combine(day + timedelta(days=1), time(), team.zoneinfo), timezone.now())
