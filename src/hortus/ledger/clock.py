"""The one clock of promises and messages: the database's, so that several machines agree on what is late."""

from datetime import datetime

from django.db import connection
from django.utils import timezone


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
