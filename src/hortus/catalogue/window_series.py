"""The verb that changes work that comes back: from one of its times on, or all that have not begun.

A window that was changed alone keeps what was changed of it. What has begun, or was cancelled alone, stays as it is. To
calendars each window stays the event that it was; one whose time the rule has no more is cancelled there.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from django.db import transaction

from hortus.access.models import Person
from hortus.catalogue import bulletins, planned_work, window_repeats, window_words
from hortus.catalogue.models import Function, PlannedWork, RepeatingWork
from hortus.catalogue.planned_work import CARE, Plan, checked
from hortus.catalogue.rules_series import NEAR, paired, rule_after
from hortus.catalogue.rules_windows import State, Wall
from hortus.catalogue.sentences import Sentences
from hortus.ledger import clock
from hortus.ledger.actions import record
from hortus.values.clocks import zone_named
from hortus.values.recurrence import starts_between
from hortus.values.refused import Refused

WORDS = ("title", "sort", "can", "cannot", "instead", "is_recalled", "owner_id")


@dataclass(frozen=True, slots=True)
class Outcome:
    """How many windows changed, keep what was changed of them alone, were cancelled, and were made anew."""

    changed: int
    kept: int
    cancelled: int
    made: int


@dataclass(frozen=True, slots=True)
class _Whole:
    """What all windows say that nobody changed alone."""

    words: dict[str, object]
    functions: frozenset[object]
    minutes: int

    @classmethod
    def of(cls, made: RepeatingWork) -> "_Whole":
        functions = frozenset(one.pk for one in made.functions.all() if one.retired_on is None)
        return cls({name: getattr(made, name) for name in WORDS}, functions, made.minutes)


def coming(repeating: RepeatingWork, now: datetime) -> list[PlannedWork]:
    """Return its windows that are announced and have not begun, the soonest first."""
    mine = repeating.windows.filter(state=State.ANNOUNCED, begins_at__gt=now).select_related("team")
    return list(mine.order_by("begins_at", "pk"))


def plan_from(repeating: RepeatingWork, since: PlannedWork) -> tuple[Plan, str]:
    """Return what the whole says from one of its windows on, and the rule as it goes on from there."""
    first, wall = Wall.read(repeating.starts), Wall.read(since.occurrence)
    begins_at = wall.at(zone_named(repeating.zone))
    whole = window_repeats.plan_of(repeating)
    plan = replace(whole, begins_at=begins_at, ends_at=begins_at + timedelta(minutes=repeating.minutes))
    minutes = (int(at.timestamp()) // 60 for at in (first.at(zone_named(repeating.zone)), begins_at))
    starts = starts_between(first.shown, repeating.rule, repeating.zone, *minutes)
    return plan, rule_after(repeating.rule, sum(at < wall.shown for at in starts))


@transaction.atomic
def change(
    repeating: RepeatingWork, plan: Plan, rule: str = "", *, since: PlannedWork | None = None,
    changes: int | None = None, by: Person, door: str,
) -> Outcome:  # fmt: skip
    """Change work that comes back from one of its windows on, tell subscribers of it once, and say what became of it.

    plan: what each window says from then on; its times are those of the first that changes. rule: by which it comes
    back from then on, that of before when left out. since: the first window that changes, the next one when left out.
    changes: as it was when the plan was written, so that no two editors undo each other's. Raises Refused as
    `window_repeats.repeat`, when it was stopped, nothing is to come, `since` has begun or is none of its windows, or
    somebody else changed it meanwhile.
    """
    now, held = clock.now(), window_repeats.locked(repeating)
    if held.stopped_at is not None:
        raise Refused("stopped", f"{held} was stopped; announce it anew.")
    if changes is not None and changes != held.changes:
        raise Refused("changed-meanwhile", f"Somebody changed {held} meanwhile; read it, then save again.")
    first = _first(held, since, now)
    was, was_rule = plan_from(held, first)
    rule, plan = rule or was_rule, checked(held.team, plan, now)
    if plan.begins_at <= now:
        raise Refused("begun", "The first time that changes must be to come.", "begins_at")
    before, touched = _Whole.of(held), list(held.functions.all())
    rows = _from(held, Wall.read(first.occurrence))
    window_repeats.lay(held, plan, rule, zone_named(held.zone))
    outcome = _carry(held, plan, before, rows, by, door, now)
    fields = [name for name in WORDS if getattr(held, name) != before.words[name]]
    fields += ["functions"] * (before.functions != frozenset(one.pk for one in plan.functions))
    fields += ["times"] * ((was.begins_at, was.ends_at, was_rule) != (plan.begins_at, plan.ends_at, held.rule))
    if fields:
        _keep(held, touched, [name.removesuffix("_id") for name in fields], outcome, by, door, now)
    return outcome


def _first(held: RepeatingWork, since: PlannedWork | None, now: datetime) -> PlannedWork:
    ahead = coming(held, now)
    if not ahead:
        raise Refused("nothing-to-come", f"No time of {held} is to come; announce it anew.")
    if since is None:
        return ahead[0]
    found = next((one for one in ahead if one.pk == since.pk), None)
    if found is None:
        raise Refused("begun", f"This is no time of {held} that is still to come; choose one that is.", "since")
    return found


def _from(held: RepeatingWork, wall: Wall) -> list[PlannedWork]:
    """Return the windows of one time and all later ones, whatever became of them, held, in the order of the rule."""
    mine = held.windows.select_for_update(of=("self",)).select_related("team").prefetch_related("functions")
    found = [one for one in mine if Wall.read(one.occurrence).shown >= wall.shown]
    return sorted(found, key=lambda one: Wall.read(one.occurrence).shown)


def _carry(
    held: RepeatingWork, plan: Plan, before: _Whole, rows: Sequence[PlannedWork], by: Person, door: str, now: datetime
) -> Outcome:
    """Bring every window to the time that is its own now, cancel those that have none, make those that are missing."""
    taken = set(held.windows.exclude(pk__in=[row.pk for row in rows]).values_list("occurrence", flat=True))
    ends = (Wall.read(row.occurrence).at(zone_named(held.zone)) + NEAR for row in rows)
    found = window_repeats.walls(held, now, max([now + window_repeats.AHEAD, *ends]))
    walls = [wall for wall in found if str(wall) not in taken]
    pairs = paired([Wall.read(one.occurrence).shown for one in rows], [wall.shown for wall in walls])
    was = {one.pk: one.occurrence for one in rows}
    for row in rows:  # no two may share a time, not even while they change places
        PlannedWork.objects.filter(pk=row.pk).update(occurrence=row.pk.hex[:30])
    changed = kept = cancelled = 0
    for place, row in enumerate(rows):
        is_open = row.stands is State.ANNOUNCED and row.begins_at > now
        if place in pairs:
            row.occurrence = str(walls[pairs[place]])
            row.save(update_fields=["occurrence"])
            if is_open:
                is_own, is_changed = _follow(row, was[row.pk], plan, held, before, by, door, now)
                kept, changed = kept + is_own, changed + is_changed
        elif is_open:
            _drop(row, by, door, now)
            cancelled += 1
        else:
            PlannedWork.objects.filter(pk=row.pk).update(occurrence="", repeating=None)
    return Outcome(changed, kept, cancelled, window_repeats.make_missing(held, plan, now))


def _follow(
    row: PlannedWork, was: str, plan: Plan, held: RepeatingWork, before: _Whole, by: Person, door: str, now: datetime
) -> tuple[bool, bool]:  # fmt: skip
    """Let a window say what the whole says, but for what was changed of it alone.

    Return whether anything was, and whether it changes now.
    """
    own = [name for name in WORDS if getattr(row, name) != before.words[name]]
    given = {name: getattr(row if name in own else held, name) for name in WORDS}
    functions = list(plan.functions)
    if own_functions := frozenset(one.pk for one in row.functions.all() if one.retired_on is None) != before.functions:
        functions = list(row.functions.all())
    begins_at, ends_at = row.begins_at, row.ends_at
    own_times = row.begins_wall != was or ends_at - begins_at != timedelta(minutes=before.minutes)
    if not own_times:
        begins_at = Wall.read(row.occurrence).at(zone_named(held.zone))
        ends_at = begins_at + timedelta(minutes=held.minutes)
    sentences = Sentences(str(given["can"]), str(given["cannot"]), str(given["instead"]))
    owner = row.owner if "owner_id" in own else held.owner
    mine = replace(
        plan, title=str(given["title"]), sort=str(given["sort"]), sentences=sentences, functions=functions,
        begins_at=begins_at, ends_at=ends_at, is_recalled=bool(given["is_recalled"]), owner=owner,
    )  # fmt: skip
    changed = planned_work.lay_anew(row, mine, by, door, now)
    if not own_times and row.begins_wall != row.occurrence:  # the clocks leave out what is meant, so it begins later
        row.begins_wall = row.occurrence
        row.save(update_fields=["begins_wall"])
    return bool(own or own_functions or own_times), bool(changed)


def _drop(row: PlannedWork, by: Person, door: str, now: datetime) -> None:
    """Cancel a window whose time the rule has no more. It leaves the whole, which may have that time again one day."""
    row.state, row.cancelled_at, row.changed_at = State.CANCELLED, now, now
    row.sequence, row.repeating, row.occurrence = row.sequence + 1, None, ""
    row.save()
    planned_work.tell(row, "cancelled", by, door, now, {})


def _keep(
    held: RepeatingWork, before: Sequence[Function], fields: Sequence[str], outcome: Outcome, by: Person, door: str,
    now: datetime,
) -> None:  # fmt: skip
    held.changes += 1
    held.save(update_fields=["changes"])
    payload: dict[str, object] = {
        "fields": list(fields), "windows": outcome.changed, "cancelled": outcome.cancelled, "made": outcome.made,
    }  # fmt: skip
    about = window_repeats.ref(held)
    record(held.team, "changed", about, by=by, source=door, plot=CARE, at=now, payload=payload)
    if not planned_work.is_noticed(fields):
        return
    if gone := planned_work.dropped(before, held.functions.all()):
        title = window_words.dropped(held.title, gone)
        bulletins.publish(held.team, about, title, [], touches=gone, is_last=True, by=by, door=door, at=now)
    window_repeats.say(held, window_words.series_changed(held, outcome.cancelled), by, door, now)
