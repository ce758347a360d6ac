"""Arithmetic of the queue: bounds, monotony, agreement with a slow obvious version."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hortus.ledger.queue_rules import LONGEST_WAIT, backoff, latest_due

MOMENTS = st.datetimes(datetime(2000, 1, 1), datetime(2100, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001
PERIODS = st.sampled_from([timedelta(minutes=1), timedelta(minutes=7), timedelta(hours=1), timedelta(days=1),
                           timedelta(weeks=1)])  # fmt: skip


@given(st.integers(1, 200), st.floats(0, 1, exclude_max=True))
def test_backoff_stays_within_bounds(attempts: int, chance: float) -> None:
    assert timedelta(seconds=13) < backoff(attempts, chance) <= LONGEST_WAIT * 1.1


@given(st.integers(1, 100))
def test_backoff_never_shrinks(attempts: int) -> None:
    assert backoff(attempts + 1) >= backoff(attempts)


def test_backoff_refuses_no_attempts() -> None:
    with pytest.raises(ValueError, match="attempts must be 1 or more, got 0"):
        backoff(0)


@given(MOMENTS, PERIODS, st.floats(0, 1, exclude_max=True))
def test_latest_due_is_the_last_one_not_after_now(now: datetime, every: timedelta, share: float) -> None:
    at = timedelta(seconds=int(every.total_seconds() * share))
    due = latest_due(now, every, at)
    assert due <= now < due + every
    assert latest_due(due, every, at) == due
    assert latest_due(due - timedelta(microseconds=1), every, at) == due - every


def test_days_begin_at_midnight_and_weeks_on_monday() -> None:
    now = datetime(2026, 11, 22, 12, tzinfo=UTC)  # a Sunday
    assert latest_due(now, timedelta(days=1), timedelta(hours=3)) == datetime(2026, 11, 22, 3, tzinfo=UTC)
    assert latest_due(now, timedelta(weeks=1)) == datetime(2026, 11, 16, tzinfo=UTC)
    assert latest_due(now, timedelta(weeks=1)).weekday() == 0


@pytest.mark.parametrize(
    ("every", "at"), [(timedelta(0), timedelta(0)), (timedelta(hours=1), timedelta(hours=1)),
                      (timedelta(hours=1), timedelta(seconds=-1))]
)  # fmt: skip
def test_impossible_schedules_are_refused(every: timedelta, at: timedelta) -> None:
    with pytest.raises(ValueError, match="must be"):
        latest_due(datetime(2026, 1, 1, tzinfo=UTC), every, at)
