"""Which time of planned work was not announced before it began, and that in words. Objectives count such a time."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, tzinfo

from hortus.catalogue.models import Function, PlannedWork
from hortus.catalogue.planned_work import Plan
from hortus.catalogue.rules import Span, foretold, untold
from hortus.web.words import day


@dataclass(frozen=True, slots=True)
class Late:
    """Time of planned work that was not announced before it began, and the functions for which it was not."""

    span: Span
    functions: tuple[Function, ...]


def of_work(work: PlannedWork) -> list[Late]:
    """Return what of planned work was announced too late, the earliest first; nothing of work that was cancelled."""
    if work.cancelled_at is not None:
        return []
    return _grouped(work.span, work.functions.all(), work.foretold_for)


def of_plan(plan: Plan, now: datetime, work: PlannedWork | None = None) -> list[Late]:
    """Return what would be too late of a checked plan that is announced now, or that work is changed to now.

    Of a change only what is not too late already, as the work stands.
    """
    span = Span(plan.begins_at, plan.ends_at)
    found = _grouped(span, plan.functions, lambda one: foretold(work.foretold_for(one) if work else None, span, now))
    before = of_work(work) if work else []
    return [one for one in found if one not in before]


def _grouped(
    span: Span, functions: Iterable[Function], told_of: Callable[[Function], Span | None]
) -> list[Late]:  # fmt: skip
    """Return the parts that were not told, each once with all functions that it is of."""
    parts: dict[Span, list[Function]] = {}
    for function in functions:
        for part in untold(span, told_of(function)):
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
