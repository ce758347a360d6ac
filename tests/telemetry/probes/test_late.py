"""A probe that was due and not asked is late: pages and API say so, and nothing that was merely paused is."""

from datetime import timedelta

import pytest
import time_machine
from django.test import Client
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from hortus.access.models import Person, Team
from hortus.telemetry.probes import actions, pictures, reading, rules
from hortus.telemetry.probes.actions import Details
from hortus.telemetry.probes.models import Probe, ProbeResult

API = "/api/v1/teams/rcd/probes/front-door"
HOUR = timedelta(hours=1)


def _found(probe: Probe, ok: bool | None = True, ago: timedelta = timedelta(0)) -> ProbeResult:
    return ProbeResult.objects.create(
        probe=probe, at=timezone.now() - ago, ok=ok, value_seconds=0.1, period_seconds=60, code="x", sentence="It said."
    )


@given(st.binary(min_size=16, max_size=16), st.integers(10, 86_400), st.integers(1, 60), st.integers(10**9, 2 * 10**9))
def test_nothing_is_late_before_it_was_due_and_everything_is_after_two_periods(
    key: bytes, period: int, limit: int, known: int
) -> None:
    shift = rules.shift(key, period)
    assert not rules.is_late(shift, period, limit, known, known + limit + rules.ROUND_SECONDS)
    assert rules.is_late(shift, period, limit, known, known + 2 * period + limit + 3 * rules.ROUND_SECONDS)
    due = next(iter(rules.slots(shift, period, known + 70, known + 70 + period)))
    assert not rules.is_late(shift, period, limit, due, due + limit)


def test_the_list_and_the_page_say_that_it_is_late(door: Probe, as_member: Client) -> None:
    _found(door)
    assert "1 probe, nothing wrong when last asked" in as_member.get("/t/rcd/probes/").content.decode()
    assert as_member.get(API).json()["is_late"] is False
    with time_machine.travel(timezone.now() + HOUR, tick=False):
        text = as_member.get("/t/rcd/probes/").content.decode()
        assert "1 of 1 probe was not asked in time" in text
        assert "nothing wrong" not in text
        assert "look whether a worker runs" in text
        page = as_member.get("/t/rcd/probes/front-door/").content.decode()
        assert "Front door was not asked in time" in page
        assert (as_member.get(API).json()["is_late"], as_member.get(API).json()["state"]) == (True, "good")
        assert [one["is_late"] for one in as_member.get("/api/v1/teams/rcd/probes").json()["probes"]] == [True]
        _found(door)  # somebody asked by hand
        assert "Front door answers" in as_member.get("/t/rcd/probes/front-door/").content.decode()


def test_what_is_not_asked_on_purpose_is_not_late(door: Probe, lead: Person) -> None:
    _found(door)
    actions.pause(door, by=lead, door="test")
    with time_machine.travel(timezone.now() + HOUR, tick=False) as clock:
        assert not _is_late(door)
        actions.resume(door, by=lead, door="test")
        assert not _is_late(Probe.objects.get())
        clock.shift(timedelta(minutes=10))
        assert _is_late(Probe.objects.get())
        Probe.objects.update(slot=int(timezone.now().timestamp()))  # the schedule took a moment
        assert not _is_late(Probe.objects.get())
        clock.shift(-timedelta(days=1))  # what came from a clock that ran ahead counts for nothing
        assert not _is_late(Probe.objects.get())
    with time_machine.travel(timezone.now() + timedelta(hours=3), tick=False):
        assert _is_late(Probe.objects.get())
        Team.objects.update(is_sample=True)
        assert not _is_late(Probe.objects.get())


def test_a_shorter_period_makes_nothing_late_at_once(team: Team, lead: Person, opened: object, port: int) -> None:
    there = {"host": "127.0.0.1", "port": port}
    slow = actions.add(team, "tcp", Details("Door", parameters=there, period_seconds=7200), by=lead, door="test")
    with time_machine.travel(timezone.now() + HOUR, tick=False):
        actions.change(slow, Details("Door", parameters=there, period_seconds=60), by=lead, door="test")
        assert not _is_late(Probe.objects.get())


def _is_late(probe: Probe) -> bool:
    return probe.is_late(reading.newest([probe]).get(probe.pk), timezone.now())


@pytest.mark.parametrize(
    ("states", "heading"),
    [
        ([], "No probe asks yet"),
        ([("not asked yet", False)], "1 probe, none asked yet"),
        ([("good", False), ("paused", False)], "2 probes, nothing wrong when last asked"),
        ([("bad", False), ("slow", True), ("good", False)],
         "2 of 3 probes found something wrong when last asked, 1 was not asked in time"),
        ([("good", True), ("good", True)], "2 of 2 probes were not asked in time"),
        ([("not measured", False), ("good", True)], "1 of 2 probes was not asked in time, 1 could not be asked"),
    ],
)  # fmt: skip
def test_the_heading_says_all_that_is_wrong(states: list[tuple[str, bool]], heading: str) -> None:
    last = ProbeResult()
    found = [
        pictures.Row(Probe(), None if state == "not asked yet" else last, state, "", late) for state, late in states
    ]
    assert pictures.heading(found) == heading
