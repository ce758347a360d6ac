"""Reminders of promised words, and of incidents that nobody leads or that stand open for long.

All follow from how things stand when somebody looks, so after hours without a worker each incident gets the one
reminder that is right then, and not those that would have been right before.
"""

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from functools import partial

from django.db import transaction

from hortus.access.closed import closed_now
from hortus.access.models import Person
from hortus.ledger import clock
from hortus.ledger.in_turn import in_turn
from hortus.ledger.outbox.recipients import Recipient
from hortus.processes.incidents import once, promises, rules_clock, telling
from hortus.processes.incidents.models import Incident, Promise, RoleHeld
from hortus.processes.incidents.rules import State
from hortus.processes.incidents.rules_clock import Stage
from hortus.values.working_days import Closed

DOOR = "worker"
NO_LEAD_AFTER = timedelta(minutes=5)
OPEN_LONG = timedelta(hours=24)
LATE_IS_USEFUL = timedelta(hours=24)  # so long it is worth telling that a word is late


def keep_all(now: datetime | None = None) -> int:
    """Look at every promise that stands and every live incident; return how many reminders were written.

    now: aware; the database's when left out. Safe to run at any time, and again at once: each reminder is sent once.
    One that fails keeps no other waiting; raises RuntimeError with those that failed, after all had their turn.
    """
    failure = "nobody can be reminded of incident {}"
    looks = list(_looks(now or clock.now()))
    return sum(in_turn(looks, lambda look: look[1](), failure, lambda look: f"{look[0].team.slug} #{look[0].number}"))


def _looks(at: datetime) -> Iterator[tuple[Incident, Callable[[], bool]]]:
    """Give for each incident that somebody may have to be reminded of what finds out, the most urgent first."""
    due = Promise.objects.standing().filter(due_at__lte=at + rules_clock.SOON_BEFORE).order_by("due_at", "id")
    for promise in due.select_related("incident__team"):
        yield promise.incident, partial(remind, promise, at)
    reported = Incident.objects.filter(state=State.REPORTED, state_since__lte=at - NO_LEAD_AFTER)
    for incident in reported.select_related("team"):
        yield incident, partial(_ask_for_lead, incident, at)
    long = list(Incident.objects.open().filter(declared_at__lte=at - OPEN_LONG).select_related("team"))
    closed = closed_now({incident.team for incident in long}, at)
    for incident in long:
        yield incident, partial(_ask_whether_open, incident, at, closed[incident.team_id])


@transaction.atomic
def remind(promise: Promise, now: datetime) -> bool:
    """Send the reminder that a promise has come to, where it was not sent yet; find it missed after its grace.

    Returns whether a reminder was written. The row is held and read again, so that a word that comes in the same second
    goes before.
    """
    incident = once.held(promise.incident)
    mine = Promise.objects.standing().filter(pk=promise.pk).first()
    if mine is None or not incident.is_open:
        return False
    if mine.missed_at is None and not rules_clock.is_kept(mine.due_at, now):
        promises.miss(mine, now, door=DOOR)
    stage = rules_clock.stage(mine.due_at, now)
    if stage <= mine.reminded:
        return False
    before, mine.reminded = Stage(mine.reminded), stage
    mine.save(update_fields=["reminded"])
    _SAY[stage](incident, mine, before)
    return True


def _soon(incident: Incident, promise: Promise, _before: Stage) -> None:
    to = telling.holders(incident, RoleHeld.Role.LEAD, RoleHeld.Role.COMMUNICATOR)
    due = telling.clock_time(incident, promise.due_at)
    lines = [f"You promised a word by {due}.", "No change? One true sentence on what you are trying is enough."]
    _say(incident, promise, Stage.SOON, to, lines, to_team=False, useful_until=promise.due_at)


def _due(incident: Incident, promise: Promise, _before: Stage) -> None:
    useful_until = promise.due_at + rules_clock.DEPUTY_AFTER
    _say(incident, promise, Stage.DUE, telling.involved(incident),
         [f"The next word was promised by {telling.clock_time(incident, promise.due_at)}, and has not come yet."],
         to_team=True, useful_until=useful_until)  # fmt: skip


def _late(incident: Incident, promise: Promise, before: Stage) -> None:
    """Tell the deputy; who was not told when it was due hears it now, in the same message."""
    deputies = telling.holders(incident, RoleHeld.Role.DEPUTY) or telling.on_duty(incident)
    was_told = before >= Stage.DUE
    to = deputies if was_told else dict.fromkeys([*deputies, *telling.involved(incident)])
    lead = incident.lead
    _say(incident, promise, Stage.LATE, list(to),
         [f"No word has come: it was promised by {telling.clock_time(incident, promise.due_at)}.",
          f"{lead} leads it. Ask whether they need help, or write the word." if lead else "Write the word."],
         to_team=not was_told, useful_until=promise.due_at + LATE_IS_USEFUL)  # fmt: skip


_SAY: dict[Stage, Callable[[Incident, Promise, Stage], None]] = {
    Stage.SOON: _soon, Stage.DUE: _due, Stage.LATE: _late
}  # fmt: skip


def _say(
    incident: Incident, promise: Promise, stage: Stage, to: list[Person], lines: list[str], *, to_team: bool,
    useful_until: datetime,
) -> None:  # fmt: skip
    telling.say(
        incident, telling.REMINDERS, lines, to=to, by=None, door=DOOR, to_team=to_team, useful_until=useful_until,
        dedupe_key=f"incident-promise:{promise.pk}:{stage.name.lower()}",
    )  # fmt: skip


@transaction.atomic
def _ask_for_lead(incident: Incident, now: datetime) -> bool:
    """Tell the team, once, that something was reported and nobody leads it."""
    mine = once.held(incident)
    if mine.state != State.REPORTED or mine.asked_for_lead_at is not None:
        return False
    mine.asked_for_lead_at = now
    mine.save(update_fields=["asked_for_lead_at"])
    since = telling.clock_time(mine, mine.state_since)
    _nudge(mine, [f"Reported at {since}, and nobody leads it. Take the lead, or dismiss it with a reason."],
           telling.everybody(mine), f"incident-lead:{mine.pk}:{mine.state_since.isoformat()}")  # fmt: skip
    return True


@transaction.atomic
def _ask_whether_open(incident: Incident, now: datetime, closed: Closed) -> bool:
    """Ask who leads an incident, once on each working day within working hours, whether it is still open."""
    zone = incident.team.zoneinfo
    if not rules_clock.is_working_hour(now, zone, closed):
        return False
    mine, today = once.held(incident), now.astimezone(zone).date()
    if not mine.is_open or mine.asked_open_on == today:
        return False
    mine.asked_open_on = today
    mine.save(update_fields=["asked_open_on"])
    lines = [f"It is open since {telling.clock_time(mine, mine.declared_at)}. Is it still?"]
    to = telling.holders(mine, RoleHeld.Role.LEAD, RoleHeld.Role.COMMUNICATOR)
    _nudge(mine, lines, to, f"incident-open:{mine.pk}:{today.isoformat()}")
    return True


def _nudge(incident: Incident, lines: list[str], to: "list[Person] | list[Recipient]", dedupe_key: str) -> None:
    useful_until = clock.now() + LATE_IS_USEFUL
    telling.say(
        incident, telling.REMINDERS, lines, to=to, by=None, door=DOOR, to_team=False, useful_until=useful_until,
        dedupe_key=dedupe_key,
    )  # fmt: skip
