"""What becomes of episodes: late, repeated, out of order, silent, with clocks that are wrong."""

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest

from hortus.access.models import Person, Team
from hortus.ledger.models import Event
from hortus.telemetry.alerts import actions, standing, tasks
from hortus.telemetry.alerts.models import Episode, Notice
from hortus.telemetry.alerts.rules.lives import Life
from tests.telemetry.alerts.conftest import (  # type: ignore[import-not-found]
    MINUTE,
    NOON,
    START,
    Sender,
    alert,
    notice,
    source_of,
)

At = Callable[[datetime], None]
LATER = "2026-11-23T11:00:00Z"


def test_firing_then_resolved(sender: Sender, team: Team, clock_at: At) -> None:
    clock_at(NOON)
    assert sender.sent(notice(alert())) | {"notice": 0} == {
        "stored": True, "notice": 0, "alerts": 1, "opened": 1, "ended": 0, "unreadable": "", "repeat": False,
    }  # fmt: skip
    found = sender.one()
    assert (found.title, found.life, found.labels["instance"]) == ("DiskFull on n1", Life.FIRING, "n1")
    assert (found.starts_text, found.doubt) == (START, "")
    assert [one.title for one in standing.standing(team)] == ["DiskFull on n1"]
    clock_at(NOON + MINUTE)
    assert sender.sent(notice(alert(status="resolved")))["ended"] == 1
    assert (sender.one().life, sender.one().changed_at) == (Life.RESOLVED, NOON + MINUTE)
    assert not standing.standing(team)
    assert standing.find(team, "alert-episode", str(found.pk)).is_over  # type: ignore[union-attr]
    assert standing.find(team, "alert-episode", "x") is None
    told = Event.objects.about("alert-episode", str(found.pk)).order_by("id")
    assert [event.verb for event in told] == ["opened", "ended"]


def test_a_late_word_does_not_reopen_but_two_a_group_interval_apart_do(sender: Sender, clock_at: At) -> None:
    clock_at(NOON)
    sender.sent(notice(alert()))
    sender.sent(notice(alert(status="resolved")))
    clock_at(NOON + 10 * MINUTE)
    sender.sent(notice(alert()))
    assert (sender.one().life, sender.one().late_since) == (Life.RESOLVED, NOON + 10 * MINUTE)
    clock_at(NOON + 14 * MINUTE)
    sender.sent(notice(alert()))
    assert sender.one().life == Life.RESOLVED
    clock_at(NOON + 15 * MINUTE)
    sender.sent(notice(alert()))
    assert (sender.one().life, sender.one().reopened_count, sender.one().late_since) == (Life.FIRING, 1, None)


def test_an_end_between_two_late_words_starts_the_count_anew(sender: Sender, clock_at: At) -> None:
    clock_at(NOON)
    sender.sent(notice(alert(status="resolved")))  # it came before its beginning
    assert sender.one().life == Life.RESOLVED
    sender.sent(notice(alert()))
    clock_at(NOON + 6 * MINUTE)
    sender.sent(notice(alert(status="resolved")))
    sender.sent(notice(alert()))
    assert sender.one().life == Life.RESOLVED


def test_a_new_beginning_is_a_new_episode_linked_to_the_old(sender: Sender, team: Team) -> None:
    sender.sent(notice(alert()))
    sender.sent(notice(alert(status="resolved")))
    sender.sent(notice(alert(start=LATER)))
    new, old = (
        Episode.objects.get(key__startswith="2026-11-23T11"),
        Episode.objects.get(key__startswith="2026-11-23T10"),
    )
    assert (new.life, new.earlier, old.life) == (Life.FIRING, old, Life.RESOLVED)
    sender.sent(notice(alert()))  # the old one once more, late
    old.refresh_from_db()
    assert old.life == Life.RESOLVED


def test_a_new_beginning_without_an_end_leaves_the_old_one_silent(sender: Sender, team: Team) -> None:
    sender.sent(notice(alert()))
    sender.sent(notice(alert(start=LATER), alert()))
    old = Episode.objects.get(key__startswith="2026-11-23T10")
    assert (old.life, old.is_superseded) == (Life.SILENT, True)
    assert len(standing.standing(team)) == 1
    sender.sent(notice(alert(status="resolved")))
    old.refresh_from_db()
    assert old.life == Life.RESOLVED


def test_the_end_of_an_old_time_does_not_end_the_new_one(sender: Sender, team: Team) -> None:
    sender.sent(notice(alert(start=LATER)))
    sender.sent(notice(alert(status="resolved")))
    assert Episode.objects.get(key__startswith="2026-11-23T11").life == Life.FIRING
    assert len(standing.standing(team)) == 1


def test_no_word_is_silence_and_never_an_end(sender: Sender, team: Team, clock_at: At) -> None:
    clock_at(NOON)
    sender.sent(notice(alert()))
    clock_at(NOON + timedelta(hours=12))
    tasks.fall_silent.func()
    assert sender.one().life == Life.FIRING
    clock_at(NOON + timedelta(hours=12, seconds=1))
    assert standing.standing(team)[0].is_silent  # seen before the worker wrote it down
    tasks.fall_silent.func()
    tasks.fall_silent.func()
    assert sender.one().life == Life.SILENT
    assert [event.verb for event in Event.objects.filter(object_kind="alert-episode").order_by("id")] == [
        "opened", "fell silent",
    ]  # fmt: skip
    sender.sent(notice(alert()))
    assert sender.one().life == Life.FIRING


def test_a_source_that_cannot_be_read_keeps_no_other_from_falling_silent(
    team: Team, other_team: Team, clock_at: At
) -> None:
    clock_at(NOON)
    for one in (team, other_team):
        source_of(one).sent(notice(alert()))
    Team.objects.filter(pk=team.pk).update(slug="no slug")  # a row that was damaged
    clock_at(NOON + timedelta(hours=12, seconds=1))
    with pytest.raises(RuntimeError, match=r"the alerts of no slug/\S+ cannot be marked as silent"):
        tasks.fall_silent.func()
    assert dict(Episode.objects.values_list("team", "life")) == {team.pk: Life.FIRING, other_team.pk: Life.SILENT}


def test_a_sender_that_does_not_repeat_is_never_silent(team: Team, clock_at: At) -> None:
    sender = source_of(team, repeat_interval_seconds=0)
    clock_at(NOON)
    sender.sent(notice(alert()))
    clock_at(NOON + timedelta(days=300))
    tasks.fall_silent.func()
    assert (sender.one().life, standing.standing(team)[0].is_silent) == (Life.FIRING, False)


def test_clocks_that_are_wrong_are_kept_and_doubted(sender: Sender, clock_at: At) -> None:
    clock_at(NOON)
    ahead, behind = "2026-11-23T12:40:00Z", "2026-11-20T12:00:00Z"
    sender.sent(notice(alert("Ahead", start=ahead), alert("Behind", start=behind), alert("Right", start=START)))
    found = {one.labels["alertname"]: one for one in Episode.objects.all()}
    assert "40 minutes after it came" in found["Ahead"].doubt
    assert "3 days before it came" in found["Behind"].doubt
    assert (found["Ahead"].starts_text, found["Ahead"].since) == (ahead, NOON)
    assert (found["Behind"].starts_text, found["Behind"].since) == (behind, NOON)
    assert found["Right"].doubt == ""
    clock_at(NOON + MINUTE)
    sender.sent(notice(alert("Ahead", start="2026-11-23T12:20:00Z")))  # its clock was put right, back: by receipt, new
    new = Episode.objects.get(labels__alertname="Ahead", is_superseded=False)
    assert (new.first_at, new.earlier) == (NOON + MINUTE, found["Ahead"])


def test_an_alert_without_a_fingerprint_is_known_by_its_labels(sender: Sender) -> None:
    first = alert(fingerprint=None)
    sender.sent(notice(first))
    sender.sent(notice(first | {"labels": dict(reversed(list(first["labels"].items())))}))
    assert sender.one().seen_count == 2
    sender.sent(notice(first | {"labels": {"alertname": "Other"}}))
    assert Episode.objects.count() == 2


def test_acknowledged_closed_and_seen_again(sender: Sender, team: Team, member: Person, clock_at: At) -> None:
    clock_at(NOON)
    sender.sent(notice(alert()))
    actions.acknowledge(sender.one(), "The disk is on order", by=member, door="test")
    assert standing.standing(team)[0].acknowledged_by == "Mira"
    actions.close(sender.one(), "It was a test", by=member, door="test")
    assert (sender.one().life, sender.one().closed_by) == (Life.CLOSED, member)
    for act in (actions.close, actions.acknowledge):
        with pytest.raises(actions.Refused, match="is over already"):
            act(sender.one(), "again", by=member, door="test")
    sender.sent(notice(alert()))
    assert sender.one().life == Life.CLOSED
    clock_at(NOON + 5 * MINUTE)
    sender.sent(notice(alert()))
    again = sender.one()
    assert (again.life, again.acknowledged_by, again.reason) == (Life.FIRING, None, "")


def test_labels_lead_to_the_catalogue(team: Team) -> None:
    from hortus.catalogue.models import Function, Service

    alder = Service.objects.create(team=team, slug="alder", name="Alder", sort="cluster", sentence="Runs jobs.")
    given = {"team": team, "confirm_every_seconds": 3600, "added_at": NOON, "sentence": "x"}
    Function.objects.create(slug="submit", name="Submit", service=alder, **given)
    sender = source_of(team, mapping="job=slurmctld => /submit\n\njob=x => alder", service="alder")
    job = {"alertname": "A", "job": "slurmctld"}
    sender.sent(
        notice(alert("A", labels=job), alert("B", labels={"function": "submit"}), alert("C", labels={"service": "no"}))
    )
    found = {one.identity: (one.service, one.function) for one in Episode.objects.all()}
    assert sorted(found.values()) == [("alder", ""), ("alder", "submit"), ("alder", "submit")]


def test_raw_notices_are_forgotten_after_a_month_and_episodes_stay(sender: Sender, clock_at: At) -> None:
    clock_at(NOON)
    sender.sent(notice(alert()))
    clock_at(NOON + timedelta(days=31))
    sender.sent(notice(alert("Other")))
    tasks.sweep.func()
    assert Notice.objects.count() == 1
    assert Episode.objects.count() == 2
