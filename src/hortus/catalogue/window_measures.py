"""Measure of planned work: whether it was announced as long before as its services ask. Judges nothing."""

from collections.abc import Iterable
from datetime import date, datetime, timedelta

from django.db.models import QuerySet
from django.urls import reverse

from hortus.access.models import Team
from hortus.catalogue.models import PlannedWork
from hortus.ledger.clock import as_of
from hortus.values.evidence import Evidence, Head, Link, Slice, Sort
from hortus.values.reading import Reading

LOOK_BACK = timedelta(days=90)


def notice_kept(team: Team, day: date) -> Reading | None:
    """Return the share of planned work that was announced in time.

    Ratio over the windows that began, as announced, in the 90 days up to the end of the day, or to now while it lasts,
    and were not cancelled. In time is what was told, with the times that hold, as long before it began as its services
    asked then; what was moved or prolonged counts from when that was told. None where none began. Source: what the team
    announced.
    """
    return notice_kept_many(team, [day])[day]


def notice_kept_many(team: Team, days: Iterable[date]) -> dict[date, Reading | None]:
    """Return `notice_kept` for many days at once, in one query."""
    ends = {day: as_of(team, day) for day in days}
    if not ends:
        return {}
    works = list(_begun(team, min(ends.values()) - LOOK_BACK, max(ends.values())))
    return {day: _reading(works, end) for day, end in ends.items()}


def _reading(works: Iterable[PlannedWork], end: datetime) -> Reading | None:
    mine = [work for work in works if end - LOOK_BACK < work.begins_at <= end]
    return Reading.share(sum(work.is_in_time for work in mine), len(mine), end)


def notice_kept_evidence(team: Team, day: date, part: Slice, *, persons: bool) -> Evidence:
    """Return the windows that `notice_kept` counted, those that came too late first, then the newest first."""
    end = as_of(team, day)
    found = sorted(_begun(team, end - LOOK_BACK, end), key=lambda work: (work.is_in_time, -work.begins_at.timestamp()))
    rows = [
        (
            Link(work.title, reverse("catalogue:window", args=[team.slug, work.pk])),
            "in time" if work.is_in_time else "too late", work.begins_at, work.told_at, work.notice_seconds,
            work.notice_reason,
        )
        for work in found[part.offset : part.offset + part.limit]
    ]  # fmt: skip
    heads = [
        Head("work", "Planned work"), Head("verdict", "Announced"), Head("begins_at", "Begins", Sort.MOMENT),
        Head("told_at", "Told", Sort.MOMENT), Head("notice_seconds", "Notice asked for", Sort.DURATION),
        Head("reason", "Why at short notice"),
    ]  # fmt: skip
    return Evidence(heads, rows, len(found), "Each row is planned work that began within 90 days.")


def _begun(team: Team, after: datetime, until: datetime) -> "QuerySet[PlannedWork]":
    return PlannedWork.objects.filter(team=team, begins_at__gt=after, begins_at__lte=until).standing()
