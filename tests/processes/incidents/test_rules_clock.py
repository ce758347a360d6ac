"""The clock of promises: by instants, across changes of clocks, and never by the moment at which somebody looks."""

import itertools
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hortus.processes.incidents.rules_clock import (
    GRACE,
    Mode,
    Stage,
    bounds,
    is_kept,
    is_working_hour,
    next_due,
    next_morning,
    stage,
    why_so_late,
)  # fmt: skip
from hortus.values.working_days import is_working

ZONES = ["UTC", "America/New_York", "Europe/Berlin", "Australia/Lord_Howe", "Asia/Kathmandu", "Pacific/Apia"]
FIRST = datetime(2020, 1, 1, tzinfo=UTC)
moments = st.integers(0, 15 * 365 * 86_400).map(lambda seconds: FIRST + timedelta(seconds=seconds))
zones = st.sampled_from(ZONES).map(ZoneInfo)
NEW_YORK = ZoneInfo("America/New_York")


def test_half_an_hour_is_half_an_hour_while_clocks_are_put_back() -> None:
    """Promised at 01:50 before the autumn change: due at 01:20 by the clock, half an hour later by the sun."""
    said_at = datetime(2026, 11, 1, 1, 50, tzinfo=NEW_YORK)
    due = next_due(Mode.ACTIVE, said_at, NEW_YORK, {})
    assert due - said_at.astimezone(UTC) == timedelta(minutes=30)
    assert f"{due.astimezone(NEW_YORK):%H:%M %Z}" == "01:20 EST"
    stages = [stage(due, said_at.astimezone(UTC) + timedelta(minutes=m)) for m in range(45)]
    changes = [found for before, found in itertools.pairwise(stages) if found != before]
    assert changes == [Stage.SOON, Stage.DUE, Stage.LATE]


def test_half_an_hour_is_half_an_hour_while_clocks_are_put_forward() -> None:
    said_at = datetime(2026, 3, 8, 1, 50, tzinfo=NEW_YORK)
    due = next_due(Mode.ACTIVE, said_at, NEW_YORK, {})
    assert f"{due.astimezone(NEW_YORK):%H:%M %Z}" == "03:20 EDT"


@pytest.mark.parametrize(
    ("said_at", "due"),
    [
        ("2026-03-03 15:00", "2026-03-04 09:00"),  # a Tuesday
        ("2026-03-04 06:30", "2026-03-04 09:00"),
        ("2026-03-04 07:30", "2026-03-05 09:00"),  # 09:00 is too near to be the next word
        ("2026-03-06 16:00", "2026-03-09 09:00"),  # Friday to Monday, across the change of the clocks
        ("2026-03-07 02:00", "2026-03-09 09:00"),
    ],
)
def test_a_long_incident_is_told_of_on_working_mornings(said_at: str, due: str) -> None:
    now = datetime.fromisoformat(said_at).replace(tzinfo=NEW_YORK)
    assert f"{next_due(Mode.LONG, now, NEW_YORK, {}).astimezone(NEW_YORK):%Y-%m-%d %H:%M}" == due


@given(moments, zones, st.sets(st.integers(0, 20)))
def test_the_next_morning_is_the_first_that_fits(now: datetime, zone: ZoneInfo, days: set[int]) -> None:
    closed = {now.date() + timedelta(days=number): "Winter closure" for number in days}
    due = next_morning(now, zone, closed)
    local = due.astimezone(zone)
    assert is_working(local.date(), closed)
    assert due - now >= timedelta(hours=2)
    assert (local.hour, local.minute) == (9, 0)
    assert bool(why_so_late(now, zone, closed)) is (due != next_morning(now, zone, {}))
    for before in range(1, 25):  # no earlier morning would have done
        earlier = datetime.combine(local.date() - timedelta(days=before), local.time(), zone).astimezone(UTC)
        assert earlier - now < timedelta(hours=2) or not is_working(earlier.astimezone(zone).date(), closed)


@given(moments, zones, st.sampled_from(Mode))
def test_the_custom_of_a_mode_may_be_promised(now: datetime, zone: ZoneInfo, mode: Mode) -> None:
    closed = {now.date() + timedelta(days=number): "Winter closure" for number in range(14)}
    earliest, latest = bounds(mode, now, zone, closed)
    assert earliest <= next_due(mode, now, zone, closed) <= latest
    assert next_due(mode, now.astimezone(zone), zone, closed) == next_due(mode, now, zone, closed)


@given(moments, st.integers(-7200, 7200), st.integers(0, 7200))
def test_a_reminder_follows_from_the_times_and_never_goes_back(due: datetime, seconds: int, later: int) -> None:
    now = due + timedelta(seconds=seconds)
    assert stage(due, now) <= stage(due, now + timedelta(seconds=later))
    if is_kept(due, now) and now >= due:
        assert stage(due, now) is Stage.DUE
    assert is_kept(due, now) is (now - due <= GRACE)


def test_working_hours_are_those_of_the_zone() -> None:
    friday = datetime(2026, 3, 6, 14, 30, tzinfo=UTC)
    assert is_working_hour(friday, NEW_YORK, {})
    assert not is_working_hour(friday, NEW_YORK, {friday.date(): "Founders' day"})
    assert not is_working_hour(friday, ZoneInfo("Asia/Tokyo"), {})
    assert not is_working_hour(friday + timedelta(days=1), NEW_YORK, {})
