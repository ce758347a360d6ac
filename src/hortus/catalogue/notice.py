"""Planned work that comes too late, in words: at shorter notice than services ask, or not before it began.

Time that was not announced before it began is counted by objectives.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, tzinfo

from hortus.catalogue.models import Function, PlannedWork
from hortus.catalogue.planned_work import Plan, is_short
from hortus.catalogue.rules import Span, foretold, untold
from hortus.catalogue.rules_windows import Sort
from hortus.web.words import day, duration


@dataclass(frozen=True, slots=True)
class Late:
    """Time of planned work that was not announced before it began, and the functions for which it was not."""

    span: Span
    functions: tuple[Function, ...]


def of_work(work: PlannedWork) -> list[Late]:
    """Return what of planned work was announced too late, the earliest first; nothing of work that was cancelled."""
    return _grouped(_parts_of(work))


def of_plan(plan: Plan, now: datetime, work: PlannedWork | None = None) -> list[Late]:
    """Return what would be too late of a checked plan that is announced now, or that work is changed to now.

    Of a change only what is not too late already for the same function, as the work stands.
    """
    if plan.sort == Sort.AT_RISK:  # what stays up is not left out, so nothing of it can come too late for that
        return []
    span, before = plan.span, _parts_of(work) if work else []
    told = ((one, foretold(work.foretold_for(one) if work else None, span, now)) for one in plan.functions)
    parts = ((one, part) for one, known in told for part in untold(span, known))
    return _grouped((one, part) for one, part in parts if not _is_known(one, part, before))


def shortness(plan: Plan, now: datetime, work: PlannedWork | None = None) -> str:
    """Say that a checked plan comes at shorter notice than its services ask; "" where it does not.

    work: that is changed to it. What researchers know already, and what only gets shorter, surprises nobody.
    """
    if not is_short(plan, now, work):
        return ""
    asked, given = plan.notice.total_seconds(), (plan.begins_at - now).total_seconds()
    names = sorted({one.service.name for one in plan.functions if one.service})
    who = f"{' and '.join(names)} {'asks' if len(names) == 1 else 'ask'}" if names else "The status page asks"
    return f"{who} for {duration(asked)} of notice; this gives {duration(given) if given > 0 else 'none'}."


def _parts_of(work: PlannedWork) -> list[tuple[Function, Span]]:
    """Return what was announced too late function by function; nothing of drafts, and of work that was cancelled."""
    if work.cancelled_at is not None or work.is_draft or work.is_risk_only:
        return []
    return [(one, part) for one in work.functions.all() for part in untold(work.taken, work.foretold_for(one))]


def _is_known(function: Function, part: Span, before: Iterable[tuple[Function, Span]]) -> bool:
    """Say whether a part lies inside one that is too late already for the same function."""
    return any(
        one == function and old.begins_at <= part.begins_at and part.ends_at <= old.ends_at for one, old in before
    )


def _grouped(found: Iterable[tuple[Function, Span]]) -> list[Late]:
    """Return the parts in order, each once with all functions that it is of."""
    parts: dict[Span, list[Function]] = {}
    for function, part in found:
        parts.setdefault(part, []).append(function)
    return [Late(part, tuple(parts[part])) for part in sorted(parts, key=lambda one: (one.begins_at, one.ends_at))]


def sentence(found: Sequence[Late], zone: tzinfo) -> str:
    """Return what was announced too late in one sentence, its times in a zone; "" for nothing."""
    if not found:
        return ""
    parts = "; ".join(f"{_told(one.span, zone)} ({', '.join(f.name for f in one.functions)})" for one in found)
    return f"Not announced before it began, so objectives count it: {parts}."


def _told(span: Span, zone: tzinfo) -> str:
    begin, end = span.begins_at.astimezone(zone), span.ends_at.astimezone(zone)
    until = f"{end:%H:%M}" if end.date() == begin.date() else f"{day(end.date())}, {end:%H:%M}"
    return f"{day(begin.date())}, {begin:%H:%M} to {until}"
