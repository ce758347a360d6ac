"""Verbs of work that comes back: say how, stop it. The worker makes its windows ahead, each a row of its own.

What is kept is what the clocks are to show, and in which zone. When the rules of a zone change, that wins: the instants
of windows to come are worked out anew, and researchers are told that these moved.
"""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from django.db import transaction

from hortus.access.models import Person, Team
from hortus.access.policy import Kind
from hortus.catalogue import bulletins, findable, planned_work, window_words
from hortus.catalogue.models import PlannedWork, RepeatingWork
from hortus.catalogue.planned_work import CARE, Plan, checked, foretell
from hortus.catalogue.rules import Span
from hortus.catalogue.rules_windows import State, Wall
from hortus.catalogue.sentences import Sentences
from hortus.ledger import clock, search
from hortus.ledger.actions import record
from hortus.ledger.in_turn import in_turn
from hortus.ledger.refs import Ref
from hortus.values.clocks import zone_named
from hortus.values.recurrence import checked_rule, starts_between
from hortus.values.refused import Refused

AHEAD = timedelta(days=62)
"""How far ahead windows are made: longer than any month, so that people see the next one in their calendars."""
MOST_AT_ONCE = 100


def ref(repeating: RepeatingWork) -> Ref:
    """Return the ledger's reference to work that comes back."""
    return Ref("repeating-work", str(repeating.pk), repeating.title)


@transaction.atomic
def repeat(team: Team, plan: Plan, rule: str, *, by: Person, door: str) -> RepeatingWork:
    """Announce work that comes back by a rule, at the same time on the wall; make its first windows and return it.

    plan: the first time. rule: as iCalendar writes it, at most daily. Raises Refused as `planned_work.announce`, for a
    rule that is not understood, or when one begins before the one before it ended.
    """
    now = clock.now()
    plan = checked(team, plan, now)
    made = RepeatingWork(team=team, zone=team.zone, by=by, owner=by, made_at=now)
    lay(made, plan, rule, team.zoneinfo)
    record(team, "announced", ref(made), by=by, source=door, plot=CARE, at=now, payload={"rule": made.rule})
    say(made, window_words.repeats(made), by, door, now)
    make_missing(made, plan, now)
    return made


def lay(made: RepeatingWork, plan: Plan, rule: str, zone: ZoneInfo) -> None:
    """Keep a checked plan as what each time says from its own on, and the rule by which it comes back.

    Raises Refused for a rule that is not understood, or that does not happen when the plan begins, and for a plan of
    more than a day.
    """
    starts = Wall.of(plan.begins_at, zone)
    minutes = int((plan.ends_at - plan.begins_at).total_seconds()) // 60
    checked_rule(rule, starts.shown, made.zone)
    begin = int(plan.begins_at.timestamp()) // 60
    if starts.shown not in starts_between(starts.shown, rule, made.zone, begin, begin):
        raise Refused("not-by-rule", f"The rule {rule} does not happen on {starts.shown:%A, %-d %b %Y}; change the "
                      "rule, or begin on a day that it names.", "rule")  # fmt: skip
    if minutes > 24 * 60:
        raise Refused("too-long", "Work that comes back lasts at most a day each time; announce longer work alone.",
                      "ends_at")  # fmt: skip
    said = plan.sentences
    made.title, made.sort, made.is_recalled = plan.title, str(plan.sort), plan.is_recalled
    made.can, made.cannot, made.instead = said.can, said.cannot, said.instead
    made.starts, made.minutes, made.rule = str(starts), minutes, rule.strip().upper().removeprefix("RRULE:")
    made.owner = plan.owner or made.owner
    made.save()
    made.functions.set(plan.functions)


def say(made: RepeatingWork, title: str, by: Person, door: str, now: datetime) -> None:
    """Publish something about the whole of it; each such text stands alone, its windows go on elsewhere."""
    bulletins.publish(
        made.team, ref(made), title, [], sentences=Sentences(made.can, made.cannot, made.instead),
        touches=list(made.functions.all()), is_last=True, by=by, door=door, at=now,
    )  # fmt: skip


@transaction.atomic
def stop(repeating: RepeatingWork, *, by: Person, door: str) -> int:
    """End work that comes back, and cancel its windows that have not begun; return how many these were.

    Raises Refused when it was stopped already.
    """
    now = clock.now()
    held = locked(repeating)
    if held.stopped_at is not None:
        raise Refused("stopped", f"{held} was stopped already.")
    held.stopped_at = now
    held.save(update_fields=["stopped_at"])
    coming = list(held.windows.select_for_update(of=("self",)).select_related("team")
                  .filter(state=State.ANNOUNCED, begins_at__gt=now))  # fmt: skip
    for work in coming:
        work.state, work.cancelled_at, work.changed_at = State.CANCELLED, now, now
        work.sequence += 1
        work.save()
        planned_work.tell(work, "cancelled", by, door, now, {})
    record(held.team, "stopped", ref(held), by=by, source=door, plot=CARE, at=now, payload={"windows": len(coming)})
    say(held, window_words.stopped(held), by, door, now)
    return len(coming)


def make_ahead(now: datetime | None = None) -> int:
    """Make the windows of the coming two months, each once however often it is asked; return how many are new.

    Raises RuntimeError with the names of what failed, such as in a zone that is unknown here now, after all had their
    turn.
    """
    at = now or clock.now()

    def make(one: RepeatingWork) -> int:
        with transaction.atomic():
            held = locked(one)
            return make_missing(held, plan_of(held), at) if held.stopped_at is None else 0

    running = RepeatingWork.objects.running().select_related("team")
    return sum(in_turn(running, make, "no window of {} was made ahead", lambda one: f"{one.team.slug}/{one.pk}"))


def locked(repeating: RepeatingWork) -> RepeatingWork:
    """Return the row as it is now, held until the transaction ends."""
    # Nothing that may change meanwhile is joined: PostgreSQL would look for it as it was, and find none.
    mine = RepeatingWork.objects.select_for_update(of=("self",)).select_related("team", "by")
    found: RepeatingWork = mine.get(pk=repeating.pk)
    return found


def plan_of(made: RepeatingWork) -> Plan:
    """Return what its windows say; the times are those of no window."""
    functions = [one for one in made.functions.select_related("service") if one.retired_on is None]
    return Plan(
        made.title, functions, made.made_at, made.made_at, Sentences(made.can, made.cannot, made.instead), made.sort,
        made.owner, "", made.is_recalled,
    )  # fmt: skip


def make_missing(made: RepeatingWork, plan: Plan, now: datetime) -> int:
    """Make the windows of the coming two months that are not there, in the caller's transaction; return how many."""
    known = set(made.windows.values_list("occurrence", flat=True))
    coming = [wall for wall in walls(made, now, now + AHEAD) if str(wall) not in known][:MOST_AT_ONCE]
    for wall in coming if plan.functions else ():
        _make(made, plan, wall, now)
    made.made_until = now + AHEAD
    made.save(update_fields=["made_until"])
    return len(coming)


def walls(made: RepeatingWork, after: datetime, until: datetime) -> list[Wall]:
    """Return the times, as clocks show them, of windows that begin after an instant and not after another."""
    first = Wall.read(made.starts)
    minutes = (int(at.timestamp()) // 60 for at in (after, until))
    zone = zone_named(made.zone)
    # Of two hours that look alike the rule means the first, but for the first time, which somebody chose.
    starts = starts_between(first.shown, made.rule, made.zone, *minutes)
    found = (first if at == first.shown else Wall(at) for at in starts)
    return [wall for wall in found if after < wall.at(zone) <= until]


def _make(made: RepeatingWork, plan: Plan, wall: Wall, now: datetime) -> PlannedWork:
    zone = zone_named(made.zone)
    begins_at = wall.at(zone)
    ends_at = begins_at + timedelta(minutes=made.minutes)
    said, span = plan.sentences, Span(begins_at, ends_at, plan.span.is_risk_only)
    work = PlannedWork(
        team=made.team, title=made.title, sort=made.sort, state=State.ANNOUNCED, begins_at=begins_at, ends_at=ends_at,
        zone=made.zone, begins_wall=str(wall), ends_wall=str(Wall.of(ends_at, zone)), can=said.can, cannot=said.cannot,
        instead=said.instead, planned_at=now, announced_at=now, told_at=now, changed_at=now, by=made.by,
        owner=made.owner, notice_seconds=int(plan.notice.total_seconds()), is_recalled=made.is_recalled, repeating=made,
        occurrence=str(wall),
    )  # fmt: skip
    foretell(work, plan.functions, span, now)
    work.save(force_insert=True)
    work.functions.set(plan.functions)
    record(made.team, "announced", planned_work.ref(work), by=made.by, source="worker", plot=CARE, at=now,
           payload={"begins_at": begins_at.isoformat(), "is_in_time": work.is_in_time})  # fmt: skip
    found = findable.planned_work(work)
    search.index(work.team, planned_work.ref(work), kind=Kind.CONDITION, title=found.title, body=found.body)
    return work


def realign(now: datetime | None = None) -> int:
    """Move windows to come whose zone has other rules now than when they were told; return how many moved.

    What the clocks were to show wins over the instant. Calendars get a higher sequence, subscribers a text that says
    so. Raises RuntimeError with the names of windows that failed, after all had their turn.
    """
    at = now or clock.now()

    def move(work: PlannedWork) -> bool:
        if not work.has_known_zone or meant(work) == (work.begins_at, work.ends_at):
            return False
        with transaction.atomic():
            return _realign(planned_work.locked(work), at)

    coming = PlannedWork.objects.filter(state__in=[State.PLANNED, State.ANNOUNCED], begins_at__gt=at)
    failure = "the times of {} cannot be worked out anew"
    return sum(in_turn(coming.select_related("team"), move, failure, planned_work.named))


def meant(work: PlannedWork) -> tuple[datetime, datetime]:
    """Return when planned work begins and ends by what the clocks were to show, as the zone's rules are now."""
    zone = work.zoneinfo
    begins_at, ends_at = Wall.read(work.begins_wall).at(zone), Wall.read(work.ends_wall).at(zone)
    return begins_at, ends_at if ends_at > begins_at else begins_at + (work.ends_at - work.begins_at)


def _realign(work: PlannedWork, now: datetime) -> bool:
    before, (begins_at, ends_at) = work.begins_at, meant(work)
    if (begins_at, ends_at) == (before, work.ends_at) or work.stands not in (State.PLANNED, State.ANNOUNCED):
        return False
    work.begins_at, work.ends_at, work.changed_at = begins_at, ends_at, now
    work.sequence += 1
    if not work.is_draft:
        foretell(work, list(work.functions.all()), work.told, now)
    work.save()
    if not work.is_draft:
        payload: dict[str, object] = {"was": before.isoformat(), "begins_at": begins_at.isoformat(), "why": "zone"}
        planned_work.tell(work, "moved", work.by, "worker", now, payload)
        planned_work.say(work, window_words.realigned(work, before), work.by, "worker", now)
    return True
