"""What becomes of a promised word: made, answered, waived, found missed; in the transaction of the verb it is of."""

from datetime import datetime

from hortus.access.closed import closed_ahead
from hortus.ledger.actions import record
from hortus.processes.incidents import rules_clock
from hortus.processes.incidents.models import Incident, Promise, Update
from hortus.processes.incidents.rules_clock import Mode
from hortus.values.plots import Plot
from hortus.values.working_days import Closed
from hortus.web.words import day

URGENT = Plot.named("processes-urgent")


def make(incident: Incident, due_at: datetime, now: datetime, *, is_first: bool = False) -> Promise:
    """Promise the next word of an incident that has no promise standing."""
    return Promise.objects.create(
        team=incident.team, incident=incident, made_at=now, due_at=due_at, is_first=is_first
    )  # fmt: skip


def make_by_custom(incident: Incident, now: datetime) -> Promise | None:
    """Promise the next word by the mode that an incident is in; None where it is not open."""
    mode = incident.mode
    return make(incident, due_by_custom(incident, mode, now), now) if mode else None


def closed_for(incident: Incident, mode: Mode | None, now: datetime) -> Closed:
    """Return the closed days that a promise in a mode has to do with: those to come of the team, or none."""
    return closed_ahead(incident.team, now) if mode is Mode.LONG else {}


def due_by_custom(incident: Incident, mode: Mode, now: datetime) -> datetime:
    """Return when the next word of an incident is due (UTC) by the custom of a mode, closed days left out."""
    return rules_clock.next_due(mode, now, incident.team.zoneinfo, closed_for(incident, mode, now))


def answer(incident: Incident, update: Update, *, door: str) -> None:
    """End the promise that stands by a word: kept where it came in time, else missed."""
    standing = incident.promises.standing().first()
    if standing is None:
        return
    if standing.missed_at is None:  # once missed it stays so, also where a clock was put back since
        if rules_clock.is_kept(standing.due_at, update.at):
            standing.kept_at = update.at
        else:
            miss(standing, update.at, door=door)
    standing.ended_at, standing.answered_by = update.at, update
    standing.save(update_fields=["kept_at", "ended_at", "answered_by"])


def waive(incident: Incident, why: str, now: datetime, *, door: str) -> None:
    """End the promise that stands without a word, since none is needed any more; one that is late was missed."""
    standing = incident.promises.standing().first()
    if standing is None:
        return
    if not rules_clock.is_kept(standing.due_at, now) and standing.missed_at is None:
        miss(standing, now, door=door)
    standing.ended_at, standing.waived = now, why
    standing.save(update_fields=["ended_at", "waived"])


def custom_told(incident: Incident, mode: Mode, now: datetime) -> str:
    """Return when the next word is due by custom and which closed days are jumped over, "" where none is."""
    zone, closed = incident.team.zoneinfo, closed_for(incident, mode, now)
    why = rules_clock.why_so_late(now, zone, closed) if closed else ""
    due_at = rules_clock.next_morning(now, zone, closed).astimezone(zone)
    return f"{due_at:%A} {day(due_at.date(), now.astimezone(zone).date())}, {due_at:%H:%M}: {why}." if why else ""


def why_so_late(promise: Promise) -> str:
    """Return which closed days the promise of a long incident jumps over, "" where its time does not come from them."""
    incident = promise.incident
    if not incident.is_long:
        return ""
    zone, closed = incident.team.zoneinfo, closed_ahead(incident.team, promise.made_at)
    if not closed or promise.due_at != rules_clock.next_morning(promise.made_at, zone, closed):
        return ""
    return rules_clock.why_so_late(promise.made_at, zone, closed)


def bring_forward(incident: Incident, now: datetime, *, door: str) -> None:
    """Promise sooner what was promised for a calmer time; what is due sooner anyway stays."""
    mode, standing = incident.mode, incident.promises.standing().first()
    if mode is None or standing is None:
        return
    due_at = due_by_custom(incident, mode, now)
    if standing.due_at > due_at:
        waive(incident, "promised sooner", now, door=door)
        make(incident, due_at, now)


def miss(promise: Promise, now: datetime, *, door: str) -> None:
    """Record, once, that a word did not come when it was promised."""
    incident, due = promise.incident, promise.due_at
    promise.missed_at = now
    promise.save(update_fields=["missed_at"])
    record(
        promise.team, "promise missed", incident.ref, by=None, source=door, at=now, plot=URGENT,
        payload={"due_at": due.astimezone(promise.team.zoneinfo).isoformat()},
        dedupe_key=f"incident-promise:{promise.pk}:missed",
    )  # fmt: skip
