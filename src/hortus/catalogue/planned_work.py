"""Verbs of planned work before it begins: draft it, announce it, change it, move it, cancel it.

Each writes its event, a higher sequence for calendars, and, of what is told to others than the team, a bulletin.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from django.db import transaction

from hortus.access.models import Person, Team
from hortus.access.policy import Kind
from hortus.catalogue import bulletins, findable, window_words
from hortus.catalogue.actions import may_tend
from hortus.catalogue.models import Function, PlannedWork
from hortus.catalogue.rules import Span, foretold
from hortus.catalogue.rules_windows import NOTICE, Sort, State, Step, Wall, after, is_in_time, widens
from hortus.catalogue.sentences import LONGEST_SENTENCE, SILENT, Sentences, plain
from hortus.ledger import clock, search
from hortus.ledger.actions import record
from hortus.ledger.refs import Ref
from hortus.values.plots import Plot
from hortus.values.refused import Refused

CARE = Plot.named("products-care")
LONGEST_TITLE = 120  # characters, as the table holds them
AS_WRITTEN = timedelta(milliseconds=1)  # times that went out as JSON come back without what is finer
LONGEST_WORK, FARTHEST = timedelta(days=90), timedelta(days=1100)


@dataclass(frozen=True, slots=True)
class Plan:
    """What is announced. functions: of one team, at least one. begins_at, ends_at: aware.

    sort: a value of Sort. owner: who looks after it, a member; whoever announces it when left out. notice_reason: why
    it comes at shorter notice than its services ask. is_recalled: send what was announced again a day before it begins.
    """

    title: str
    functions: Sequence[Function]
    begins_at: datetime
    ends_at: datetime
    sentences: Sentences = SILENT
    sort: str = Sort.OUTAGE
    owner: Person | None = None
    notice_reason: str = ""
    is_recalled: bool = False

    @property
    def span(self) -> Span:
        """Return when it lasts."""
        return Span(self.begins_at, self.ends_at, self.sort == Sort.AT_RISK)

    @property
    def notice(self) -> timedelta:
        """Return how long before it begins its services ask to be told, the longest of them."""
        asked = [one.service.notice_seconds for one in self.functions if one.service]
        usual = [] if all(one.service for one in self.functions) else [NOTICE.total_seconds()]
        return timedelta(seconds=max([*asked, *usual]))


def ref(work: PlannedWork) -> Ref:
    """Return the ledger's reference to planned work."""
    return Ref("planned-work", str(work.pk), work.title)


def named(work: PlannedWork) -> str:
    """Return what a log calls planned work: neither its words, which may be a draft's, nor any person."""
    return f"{work.team.slug}/{work.pk}"


def checked(team: Team, plan: Plan, now: datetime) -> Plan:
    """Return a plan in its one spelling, as it could be announced at an instant. Raises Refused as `announce`."""
    title, sentences = plain(plan.title, "title", LONGEST_TITLE, required=True), plan.sentences.checked()
    reason = plain(plan.notice_reason, "notice_reason", LONGEST_SENTENCE)
    if plan.sort not in set(Sort):
        raise Refused("unknown-sort", f"{plan.sort!r} is not one of {', '.join(Sort)}.", "sort")
    if plan.owner is not None and plan.owner not in may_tend(team):
        raise Refused("not-in-team", f"{plan.owner} is not a member of {team}; choose somebody who is.", "owner")
    if not plan.functions:
        raise Refused("no-function", "Say which functions it touches; choose at least one.", "functions")
    for function in plan.functions:
        if function.team_id != team.pk or function.retired_on is not None:
            raise Refused("not-offered", f"{function} is not on the status page of {team}.", "functions")
    _refuse_times(plan, now)
    times = {name: getattr(plan, name).replace(microsecond=0) for name in ("begins_at", "ends_at")}
    return replace(plan, title=title, sentences=sentences, notice_reason=reason, **times)


def _refuse_times(plan: Plan, now: datetime) -> None:
    if plan.ends_at <= plan.begins_at:
        raise Refused("ends-early", "It must end after it begins.", "ends_at")
    if plan.ends_at - plan.begins_at > LONGEST_WORK:
        raise Refused("too-long", "It lasts more than 90 days; announce it in parts.", "ends_at")
    if plan.ends_at <= now:
        raise Refused("over", "It would be over already; only work that lasts beyond now can be planned.", "ends_at")
    if plan.begins_at > now + FARTHEST:
        raise Refused("too-far", "It begins in more than three years; announce it later.", "begins_at")


def is_short(plan: Plan, now: datetime, work: PlannedWork | None = None) -> bool:
    """Say whether a plan comes at shorter notice than its services ask, where it surprises anybody now.

    work: that is changed to the plan; what was told in time and is not widened is no surprise.
    """
    if work is not None and not work.is_draft and not _surprises(work, plan):
        return False
    return not is_in_time(now, plan.begins_at, plan.notice)


def _surprises(work: PlannedWork, plan: Plan) -> bool:
    """Say whether a plan takes researchers by surprise who know the work as it stands."""
    known = {one.pk for one in work.functions.all()}
    is_worse = work.is_risk_only and plan.sort == Sort.OUTAGE
    return is_worse or widens(work.told, plan.span) or any(one.pk not in known for one in plan.functions)


def _lay(work: PlannedWork, plan: Plan, at: datetime) -> list[str]:
    said, zone = plan.sentences, work.zoneinfo
    wanted: dict[str, object] = {
        "title": plan.title, "begins_at": plan.begins_at, "ends_at": plan.ends_at, "can": said.can,
        "cannot": said.cannot, "instead": said.instead, "sort": str(plan.sort), "is_recalled": plan.is_recalled,
        "owner_id": plan.owner.pk if plan.owner else work.owner_id,
    }  # fmt: skip
    changed = [name for name, value in wanted.items() if getattr(work, name) != value]
    for name in changed:
        setattr(work, name, wanted[name])
    for name in {"begins_at", "ends_at"} & set(changed):
        setattr(work, name.replace("_at", "_wall"), str(Wall.of(getattr(work, name), zone)))
    if changed:
        work.changed_at = at
    return ["owner" if name == "owner_id" else name for name in changed]


def foretell(work: PlannedWork, functions: Sequence[Function], said: Span, at: datetime) -> None:
    """Keep for each function what was announced before it began; what is not kept here cannot be told afterwards.

    Of work that leaves its functions up nothing is kept: researchers were told that they could go on.
    """
    spans = {str(one.pk): foretold(work.foretold_for(one), said, at) for one in functions if not said.is_risk_only}
    work.foretold = {
        pk: [span.begins_at.isoformat(), span.ends_at.isoformat()] for pk, span in spans.items() if span is not None
    }  # fmt: skip


def tell(work: PlannedWork, verb: str, by: Person, door: str, at: datetime, payload: dict[str, object]) -> None:
    """Write an event about planned work, and what can be found of it from now on, in the caller's transaction."""
    record(work.team, verb, ref(work), by=by, source=door, plot=CARE, at=at, payload=payload)
    found = findable.planned_work(work)
    search.index(work.team, ref(work), kind=Kind.CONDITION, title=found.title, body=found.body)


def say(work: PlannedWork, title: str, by: Person, door: str, at: datetime, *, is_last: bool = False) -> None:
    """Publish what was written about planned work, under a title, to those whom its functions concern."""
    bulletins.publish(
        work.team, ref(work), title, [], sentences=Sentences(work.can, work.cannot, work.instead),
        touches=list(work.functions.all()), is_last=is_last, by=by, door=door, at=at,
    )  # fmt: skip


def _made(team: Team, plan: Plan, by: Person, now: datetime) -> PlannedWork:
    work = PlannedWork(team=team, zone=team.zone, planned_at=now, changed_at=now, by=by, owner=by, state=State.PLANNED)
    _lay(work, plan, now)
    return work


@transaction.atomic
def draft(team: Team, plan: Plan, *, by: Person, door: str) -> PlannedWork:
    """Keep planned work as a draft that only the team sees, and return it. Raises Refused as `announce`."""
    now = clock.now()
    plan = checked(team, plan, now)
    work = _made(team, plan, by, now)
    work.notice_reason = plan.notice_reason
    work.save(force_insert=True)
    work.functions.set(plan.functions)
    record(team, "drafted", ref(work), by=by, source=door, plot=CARE, at=now)
    return work


@transaction.atomic
def announce(team: Team, plan: Plan, *, by: Person, door: str, at: datetime | None = None) -> PlannedWork:
    """Announce planned work and return it.

    door: where it was asked ("web", "api", "sample"). at: when, now when left out. Raises Refused when the title or a
    sentence is not allowed, no function or one that is not offered is named, or the time makes no sense.
    """
    now = at or clock.now()
    plan = checked(team, plan, now)
    work = _made(team, plan, by, now)
    work.save(force_insert=True)
    _announce(work, plan, by, door, now)
    return work


@transaction.atomic
def announce_draft(
    work: PlannedWork, plan: Plan, *, by: Person, door: str, read_at: datetime | None = None
) -> PlannedWork:  # fmt: skip
    """Announce a draft, as the plan says it now, and return it.

    read_at: as of `change`. Raises Refused as `announce`, for no draft, and for what was changed meanwhile.
    """
    now, work = clock.now(), locked(work)
    after(Step.ANNOUNCE, work.stands, work.title)
    refuse_unread(work, read_at)
    plan = checked(work.team, plan, now)
    _lay(work, plan, now)
    _announce(work, plan, by, door, now)
    return work


def _announce(work: PlannedWork, plan: Plan, by: Person, door: str, now: datetime) -> None:
    work.state, work.announced_at, work.by = after(Step.ANNOUNCE, work.stands), now, by
    _tell_of_times(work, plan, now)
    foretell(work, plan.functions, plan.span, now)
    work.save()
    work.functions.set(plan.functions)
    payload: dict[str, object] = {"begins_at": plan.begins_at.isoformat(), "is_in_time": work.is_in_time}
    tell(work, "announced", by, door, now, payload)
    say(work, window_words.announced(work), by, door, now)


def _tell_of_times(work: PlannedWork, plan: Plan, now: datetime) -> None:
    """Note that the times of now are told now, and whether that is as long before as its services ask."""
    work.told_at, work.notice_seconds = now, int(plan.notice.total_seconds())
    work.notice_reason = "" if work.is_in_time else plan.notice_reason


def locked(work: PlannedWork) -> PlannedWork:
    """Return the row as it is now, held until the transaction ends, so that no two changes share a sequence."""
    found: PlannedWork = PlannedWork.objects.select_for_update(of=("self",)).select_related("team").get(pk=work.pk)
    return found


def plan_of(work: PlannedWork) -> Plan:
    """Return planned work as it would be announced anew."""
    return Plan(
        work.title, list(work.functions.all()), work.begins_at, work.ends_at,
        Sentences(work.can, work.cannot, work.instead), work.sort, work.owner, work.notice_reason, work.is_recalled,
    )  # fmt: skip


@transaction.atomic
def change(
    work: PlannedWork, plan: Plan, *, by: Person, door: str, read_at: datetime | None = None
) -> list[str]:  # fmt: skip
    """Change or move planned work; return what changed, nothing when nothing did. Raises as `announce`.

    read_at: when the work had been changed last as whoever writes this had read it (aware), None where nobody knows;
    what somebody else changed since then is not written over, but Refused.
    While it is announced and its end is to come everything can change; of work that began only its beginning stays.
    What researchers could notice is published.
    """
    now, work = clock.now(), locked(work)
    after(Step.CHANGE, work.stands, work.title)
    refuse_unread(work, read_at)
    if work.ends_at <= now:
        raise Refused("over", f"{work} should be over already; say how it stands instead.")
    plan = checked(work.team, plan, now)
    if plan.begins_at != work.begins_at:
        after(Step.MOVE, work.stands, work.title)
    before, touched = work.begins_at, list(work.functions.all())
    changed = lay_anew(work, plan, by, door, now)
    if not work.is_draft and is_noticed(changed):
        _say_dropped(work, touched, by, door, now)
        say(work, window_words.changed(work, before), by, door, now)
    return changed


def refuse_unread(work: PlannedWork, read_at: datetime | None) -> None:
    """Refuse to write over what was changed since it was read."""
    if read_at is not None and abs(work.changed_at - read_at) >= AS_WRITTEN:
        raise Refused(
            "changed-meanwhile", f"Somebody changed {work} meanwhile; what you wrote is below. Read how it stands now, "
            "then save again.",
        )  # fmt: skip


def is_noticed(changed: Iterable[str]) -> bool:
    """Say whether researchers could notice what changed; the rest is for the team."""
    return bool(set(changed) - {"title", "owner", "is_recalled"})


def lay_anew(work: PlannedWork, plan: Plan, by: Person, door: str, now: datetime) -> list[str]:
    """Keep a checked plan of work that is there, without publishing it, and return what changed."""
    before, surprises = work.begins_at, not work.is_draft and _surprises(work, plan)
    changed = _lay(work, plan, now)
    if surprises:
        _tell_of_times(work, plan, now)
    if not work.is_draft:
        foretell(work, plan.functions, plan.span, now)
    if {f.pk for f in work.functions.all()} != {f.pk for f in plan.functions}:
        work.functions.set(plan.functions)
        changed.append("functions")
    if changed:
        _keep_change(work, before, changed, by, door, now)
    return changed


def _say_dropped(work: PlannedWork, before: Sequence[Function], by: Person, door: str, now: datetime) -> None:
    """Tell those whom functions concern that the work touches these no more; the others hear what it touches."""
    if gone := dropped(before, work.functions.all()):
        title = window_words.dropped(work.title, gone)
        bulletins.publish(work.team, ref(work), title, [], touches=gone, by=by, door=door, at=now)


def dropped(before: Iterable[Function], now: Iterable[Function]) -> list[Function]:
    """Return the functions, still listed, that were touched before and are so no more."""
    known = {one.pk for one in now}
    return [one for one in before if one.pk not in known and one.retired_on is None]


def _keep_change(
    work: PlannedWork, before: datetime, changed: Sequence[str], by: Person, door: str, now: datetime
) -> None:
    work.changed_at = now
    if work.is_draft:
        work.save()
        record(work.team, "changed", ref(work), by=by, source=door, plot=CARE, at=now, payload={"fields": changed})
        return
    is_moved = work.begins_at != before
    work.sequence += 1
    if is_moved:
        work.moved_from, work.recalled_at = before, None
    work.save()
    payload: dict[str, object] = {"fields": changed}
    if is_moved:
        payload |= {"was": before.isoformat(), "begins_at": work.begins_at.isoformat()}
    tell(work, "moved" if is_moved else "changed", by, door, now, payload)


@transaction.atomic
def cancel(work: PlannedWork, *, by: Person, door: str) -> None:
    """Cancel planned work that never began; calendars and subscribers learn of it. A draft goes away quietly.

    Raises Refused when it is cancelled already, or began.
    """
    now, work = clock.now(), locked(work)
    was_told = not work.is_draft
    work.state = after(Step.CANCEL, work.stands, work.title)
    work.cancelled_at, work.changed_at, work.sequence = now, now, work.sequence + 1
    work.save()
    if not was_told:
        record(work.team, "dropped", ref(work), by=by, source=door, plot=CARE, at=now)
        return
    tell(work, "cancelled", by, door, now, {})
    bulletins.publish(
        work.team, ref(work), window_words.cancelled(work), [], touches=list(work.functions.all()), is_last=True,
        by=by, door=door, at=now,
    )  # fmt: skip
