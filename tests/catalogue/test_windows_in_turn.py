"""Planned work in the background: one window that fails, for whatever reason, keeps none of the others waiting."""

from datetime import datetime, timedelta

import pytest
from django.utils import timezone

from hortus.access.models import Membership, Person, Team
from hortus.access.policy import Role
from hortus.catalogue import planned_work, tasks, window_reminders, window_repeats
from hortus.catalogue.models import PlannedWork, RepeatingWork
from hortus.catalogue.planned_work import Plan
from hortus.catalogue.rules_windows import Wall
from hortus.ledger.outbox.models import Message

from .speech import a_function, a_work


def repeating(team: Team, lead: Person, title: str) -> RepeatingWork:
    begins_at = timezone.now() + timedelta(days=2)
    plan = Plan(title, [a_function(team, f"For {title}")], begins_at, begins_at + timedelta(hours=1))
    return window_repeats.repeat(team, plan, "FREQ=WEEKLY", by=lead, door="test")


def meant_later(work: PlannedWork) -> datetime:
    """Let the clocks be meant to show half an hour later, and return when that is."""
    begins_at = work.begins_at.replace(microsecond=0) + timedelta(minutes=30)
    PlannedWork.objects.filter(pk=work.pk).update(begins_wall=str(Wall.of(begins_at, work.zoneinfo)))
    return begins_at


def test_a_reminder_that_fails_keeps_none_waiting(team: Team, lead: Person) -> None:
    other = Team.objects.create(slug="other", name="Other")
    Membership.objects.create(team=other, person=lead, role=Role.LEAD)
    soon = {"begins": timedelta(hours=3), "ends": timedelta(hours=4)}
    broken, well = a_work(a_function(other), lead, **soon), a_work(a_function(team), lead, **soon)
    Team.objects.filter(pk=other.pk).update(slug="no/address")  # the page of its window cannot be named
    with pytest.raises(RuntimeError, match=f"what is due of no/address/{broken.pk} cannot be told"):
        window_reminders.run()
    assert [one.object_id for one in Message.objects.filter(topic="window")] == [str(well.pk)]


def test_work_that_cannot_be_made_ahead_keeps_none_waiting(team: Team, lead: Person) -> None:
    broken, well = repeating(team, lead, "Broken"), repeating(team, lead, "Well")
    RepeatingWork.objects.filter(pk=broken.pk).update(zone="Mars/Olympus")
    later = timezone.now() + timedelta(days=20)
    before = well.windows.count()
    with pytest.raises(RuntimeError, match=f"no window of {team.slug}/{broken.pk} was made ahead"):
        window_repeats.make_ahead(later)
    assert well.windows.count() > before


def test_a_window_whose_times_cannot_be_read_keeps_none_waiting(team: Team, lead: Person) -> None:
    broken, moved = a_work(a_function(team), lead), a_work(a_function(team, "Login"), lead)
    PlannedWork.objects.filter(pk=broken.pk).update(begins_wall="some day")
    begins_at = meant_later(moved)
    with pytest.raises(RuntimeError, match=f"the times of {planned_work.named(broken)} cannot be worked out anew"):
        window_repeats.realign()
    moved.refresh_from_db()
    assert moved.begins_at == begins_at


def test_windows_are_moved_though_none_can_be_made(team: Team, lead: Person) -> None:
    broken, moved = repeating(team, lead, "Broken"), a_work(a_function(team, "Login"), lead)
    RepeatingWork.objects.filter(pk=broken.pk).update(zone="Mars/Olympus")
    begins_at = meant_later(moved)
    with pytest.raises(RuntimeError, match="make_ahead of planned work failed"):
        tasks.make_windows.func()
    moved.refresh_from_db()
    assert moved.begins_at == begins_at
