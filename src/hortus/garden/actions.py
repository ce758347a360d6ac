"""Verbs of the garden: take readings, work out earlier ones, change a target."""

import math
from collections.abc import Sequence
from datetime import date, datetime, timedelta

from django.db import transaction
from django.utils import timezone

from hortus.access.models import Person, Team
from hortus.garden import indicators
from hortus.garden.indicators import INDICATORS, Indicator, Unit
from hortus.garden.models import MOST_REASON, TakenReading, TeamTarget
from hortus.ledger.actions import record
from hortus.ledger.models import Event
from hortus.ledger.refs import Ref
from hortus.values.reading import Reading, State, Target, is_stale, settle
from hortus.values.refused import Refused


def targets(team: Team) -> dict[str, Target]:
    """Return the target in force for every indicator, by slug: the team's own, else that of the table."""
    own = TeamTarget.objects.in_force(team)
    return {
        i.slug: Target(own[i.slug].goal, own[i.slug].slack, i.target.at_most) if i.slug in own else i.target
        for i in INDICATORS
    }


def today(team: Team, at: datetime) -> date:
    """Return the team's date at an instant."""
    return at.astimezone(team.zoneinfo).date()


def take_readings(
    team: Team, *, source: str, at: datetime | None = None, by: Person | None = None,
    only: Sequence[Indicator] = INDICATORS,
) -> list[TakenReading]:  # fmt: skip
    """Measure now and keep what was found as the readings of the team's today; replaces today's earlier ones.

    Writes an event for every indicator whose shown state turned. Measuring happens before the transaction,
    because it may take a second. Returns the readings in the order of the table.
    """
    at = at or timezone.now()
    day = today(team, at)
    found = [(i, i.measure(team, day)) for i in only]
    return _keep(team, day, at, found, source=source, by=by)


def work_out_earlier(team: Team, *, source: str, weeks: int = 52, at: datetime | None = None) -> int:
    """Read the same weekday of past weeks wherever no reading was kept; return how many readings were added.

    Used after records of the past were imported. They carry the instant at which they were worked out, so
    pages can say so; a reading that exists is never touched.
    """
    at = at or timezone.now()
    last = today(team, at)
    days = [last - timedelta(weeks=back) for back in range(weeks, 0, -1)]
    kept = set(TakenReading.objects.filter(team=team, day__in=days).values_list("indicator", "day"))
    measured = {i.slug: i.read(team, days) for i in INDICATORS}
    added = 0
    for day in days:
        found = [(i, measured[i.slug][day]) for i in INDICATORS if (i.slug, day) not in kept]
        spoken = [(i, reading) for i, reading in found if reading is not None]
        added += len(_keep(team, day, at, spoken, source=source, by=None, quietly=True))
    return added


def catch_up(team: Team, *, source: str, at: datetime | None = None) -> bool:
    """Read again when something was imported since the last reading; return whether it did."""
    last = TakenReading.objects.filter(team=team).order_by("-taken_at").first()
    imports = Event.objects.filter(team=team, verb="imported")
    if last is not None and not imports.filter(recorded_at__gt=last.taken_at).exists():
        return False
    if imports.exists():
        work_out_earlier(team, source=source, at=at)
    take_readings(team, source=source, at=at)
    return True


def change_target(
    team: Team, indicator: Indicator, *, goal: float, slack: float, reason: str, by: Person, source: str
) -> TeamTarget:
    """Change a team's target from now on; earlier readings keep the one they were judged by.

    goal, slack: in the indicator's base unit (a ratio runs 0 to 1). reason: one sentence, needed.
    Raises Refused with the field that is wrong.
    """
    _check_target(indicator, goal, slack, reason)
    with transaction.atomic():
        change = TeamTarget.objects.create(
            team=team, indicator=indicator.slug, goal=goal, slack=slack, reason=reason.strip(), by=by, at=timezone.now()
        )
        record(
            team, "target changed", _ref(indicator), by=by, source=source, plot=indicator.plot,
            payload={"goal": goal, "slack": slack, "reason": reason.strip()},
        )  # fmt: skip
    take_readings(team, source=source, by=by, only=[indicator])
    return change


def _check_target(indicator: Indicator, goal: float, slack: float, reason: str) -> None:
    for field, value in (("goal", goal), ("slack", slack)):
        if not math.isfinite(value) or value < 0:
            raise Refused("out-of-range", f"The {field} must be a number of 0 or more, got {value:g}.", field)
        if indicator.unit is Unit.RATIO and value > 1:
            raise Refused(
                "out-of-range", f"The {field} is a ratio from 0 to 1, got {value:g}; write 0.9 for 90 %.", field
            )
    if not reason.strip():
        raise Refused("no-reason", "Say in a sentence why the target changes; it is kept with the change.", "reason")
    if len(reason) > MOST_REASON:
        raise Refused("too-long", f"The reason may have at most {MOST_REASON} characters.", "reason")


def _ref(indicator: Indicator) -> Ref:
    return Ref("indicator", indicator.slug, indicator.name)


def _keep(
    team: Team, day: date, at: datetime, found: Sequence[tuple[Indicator, Reading | None]], *, source: str,
    by: Person | None, quietly: bool = False,
) -> list[TakenReading]:  # fmt: skip
    """Write the readings of one day in one transaction, with the events of states that turned."""
    in_force = targets(team)
    with transaction.atomic():
        before = _latest_before(team, day)
        kept = [_row(team, day, at, i, reading, in_force[i.slug], before.get(i.slug)) for i, reading in found]
        TakenReading.objects.bulk_create(
            kept,
            update_conflicts=True,
            unique_fields=["team", "indicator", "day"],
            update_fields=["taken_at", "value", "n", "hits", "evidence_until", "goal", "slack", "earned", "shown"],
        )
        for row in kept:
            was = before[row.indicator].shown if row.indicator in before else State.BARE.value
            if row.shown != was and not quietly:
                _tell_turn(team, row, was, source=source, by=by)
    return kept


def _latest_before(team: Team, day: date) -> dict[str, TakenReading]:
    rows = TakenReading.objects.of(team, [i.slug for i in INDICATORS]).before(day).since(day - timedelta(days=60))
    return {row.indicator: row for row in rows}


def _row(
    team: Team, day: date, at: datetime, indicator: Indicator, reading: Reading | None, target: Target,
    before: TakenReading | None,
) -> TakenReading:  # fmt: skip
    as_of = min(at, datetime.combine(day + timedelta(days=1), datetime.min.time(), team.zoneinfo))
    earned = target.state(reading)
    if reading is not None and is_stale(reading.evidence_until, as_of, indicator.fresh_for):
        earned = State.BARE
    shown = settle(State(before.shown), State(before.earned), earned) if before else earned
    return TakenReading(
        team=team, indicator=indicator.slug, day=day, taken_at=at, goal=target.goal, slack=target.slack,
        value=reading.value if reading else None, n=reading.n if reading else 0,
        hits=reading.hits if reading else None, evidence_until=reading.evidence_until if reading else None,
        earned=earned.value, shown=shown.value,
    )  # fmt: skip


def _tell_turn(team: Team, row: TakenReading, was: str, *, source: str, by: Person | None) -> None:
    indicator = indicators.named(row.indicator)
    record(
        team, "turned", _ref(indicator), by=by, source=source, plot=indicator.plot, at=row.taken_at,
        payload={"from": was, "to": row.shown, "value": row.value, "n": row.n},
        dedupe_key=f"turned:{row.indicator}:{row.day}:{row.shown}",
    )  # fmt: skip
