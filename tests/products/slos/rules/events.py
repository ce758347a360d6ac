"""Raw events for the tests, and slow, obvious ways of counting them that share no code with what is tested."""

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import numpy as np
from hypothesis import settings
from hypothesis import strategies as st

from hortus.products.slos.rules.stretch import Stretch

# (minute, whether it was good), any order, several a minute.
Events = list[tuple[int, bool]]
Spans = list[tuple[int, int]]

ZONES = (
    "UTC",
    "Europe/Berlin",
    "America/New_York",
    "Asia/Tehran",  # left out midnight itself, once on a Monday
    "America/Havana",  # repeats the hour after midnight, in 2020 on the first of a month
    "Australia/Lord_Howe",  # half an hour of daylight saving
    "Asia/Kathmandu",
    "Pacific/Apia",  # skipped a whole day
)

pure = settings(deadline=None)
few = settings(deadline=None, max_examples=25)
"""A busy machine must not decide a test. Few: where one example takes long."""

FIRST, LAST = 10_520_000, 34_000_000
"""Minutes from 1990 to 2034."""


def events_near(now: int, reach: int) -> st.SearchStrategy[Events]:
    """Some events up to `reach` minutes around a minute."""
    return st.lists(st.tuples(st.integers(now - reach, now + reach), st.booleans()), max_size=60)


def spans_near(now: int, reach: int, most: int = 6) -> st.SearchStrategy[Spans]:
    """Some spans that may overlap, touch or be nested, but are not empty."""
    begin = st.integers(now - reach, now + reach)
    return st.lists(st.tuples(begin, st.integers(1, reach // 2)).map(lambda s: (s[0], s[0] + s[1])), max_size=most)


def is_in(minute: int, spans: Spans) -> bool:
    return any(since <= minute < until for since, until in spans)


def local_day(minute: int, zone: str) -> date:
    return datetime.fromtimestamp(minute * 60, UTC).astimezone(ZoneInfo(zone)).date()


def wall(text: str) -> datetime:
    """Return a time as it stands on a wall, without zone."""
    return datetime.fromisoformat(text)


def stretch_of(events: Events, measured: Spans, start: int, until: int) -> Stretch:
    """Put events into minutes, one by one."""
    good, total = np.zeros(until - start, np.int64), np.zeros(until - start, np.int64)
    watched = np.zeros(until - start, np.bool_)
    for minute, is_good in events:
        if start <= minute < until:
            good[minute - start] += is_good
            total[minute - start] += 1
    for minute in {minute for span in measured for minute in range(*span)}:
        if start <= minute < until:
            watched[minute - start] = True
    return Stretch(start, good, total, watched)
