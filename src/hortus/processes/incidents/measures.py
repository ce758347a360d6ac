"""Measures of incidents: promised words that came, and first words. Judges nothing."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.urls import reverse

from hortus.access.models import Team
from hortus.ledger.clock import as_of
from hortus.processes.incidents.models import Promise
from hortus.processes.incidents.rules_clock import FIRST_WORD, GRACE
from hortus.values.evidence import Evidence, Head, Link, Slice, Sort
from hortus.values.reading import Reading

SPAN = timedelta(days=90)


@dataclass(frozen=True, slots=True)
class _Due:
    """A promised word. said_at: when it came, None while it has not; waived_at: when none was needed any more."""

    number: int
    title: str
    made_at: datetime
    due_at: datetime
    said_at: datetime | None
    waived_at: datetime | None
    is_first: bool

    def counts(self, at: datetime, allowed: timedelta) -> bool:
        """Say whether at this time it is known if the word came within `allowed` of when it was due."""
        if self.waived_at is not None and self.waived_at <= self.due_at + allowed:
            return False
        return self.due_at + allowed <= at or (self.said_at is not None and self.said_at <= at)

    def is_kept(self, allowed: timedelta) -> bool:
        """Say whether the word came within `allowed` of when it was due."""
        return self.said_at is not None and self.said_at <= self.due_at + allowed


def promises_kept(team: Team, day: date) -> Reading | None:
    """Return the share of promised words about incidents that came in time, over the 90 days up to the end of a day.

    Ratio of words that were out five minutes after they were due, or before, to all that were due. A promise that was
    waived in time, because the incident ended or was merged, does not count. Source: the cadence follows PagerDuty's
    incident guide, the limits are our own.
    """
    return promises_kept_many(team, [day])[day]


def promises_kept_many(team: Team, days: Iterable[date]) -> dict[date, Reading | None]:
    """Return `promises_kept` for many days at once, in one query."""
    return _shares(team, days, GRACE, first=False)


def promises_kept_evidence(team: Team, day: date, part: Slice, *, persons: bool) -> Evidence:
    """Return the promises that `promises_kept` counted, the missed ones first, then the newest."""
    found = _counted(_read(team, [day], first=False), as_of(team, day), GRACE)
    return _evidence(team, found, part, GRACE, "Each row is a word that was promised, and due in those 90 days.")


def first_words(team: Team, day: date) -> Reading | None:
    """Return the share of incidents whose first word was out within 15 minutes of their becoming active, over 90 days.

    Ratio of incidents. A word for the team counts as one for the public does. Incidents that were over before the 15
    minutes were, and had no word, do not count. Source: PagerDuty's incident guide; the limits are our own.
    """
    return first_words_many(team, [day])[day]


def first_words_many(team: Team, days: Iterable[date]) -> dict[date, Reading | None]:
    """Return `first_words` for many days at once, in one query."""
    return _shares(team, days, timedelta(0), first=True)


def first_words_evidence(team: Team, day: date, part: Slice, *, persons: bool) -> Evidence:
    """Return the incidents that `first_words` counted with how long each word took, the late ones first."""
    found = _counted(_read(team, [day], first=True), as_of(team, day), timedelta(0))
    minutes = int(FIRST_WORD.total_seconds() // 60)
    counted = f"Each row is an incident; its first word was due {minutes} minutes after it became active."
    return _evidence(team, found, part, timedelta(0), counted)


def _read(team: Team, days: Sequence[date], *, first: bool) -> list[_Due]:
    """Return the promises that matter on these days, in the order in which they were due."""
    times = [as_of(team, day) for day in days]
    rows = Promise.objects.filter(team=team, due_at__gt=min(times) - SPAN, made_at__lte=max(times))
    rows = rows.filter(is_first=True) if first else rows
    fields = rows.order_by("due_at", "id").values_list(
        "incident__number", "incident__title", "made_at", "due_at", "answered_by__at", "ended_at", "is_first"
    )
    return [
        _Due(number, title, made_at, due_at, said_at, ended_at if said_at is None else None, is_first)
        for number, title, made_at, due_at, said_at, ended_at, is_first in fields
    ]


def _counted(found: Iterable[_Due], at: datetime, allowed: timedelta) -> list[_Due]:
    mine = (one for one in found if one.made_at <= at and one.due_at > at - SPAN)
    return [one for one in mine if one.counts(at, allowed)]


def _shares(team: Team, days: Iterable[date], allowed: timedelta, *, first: bool) -> dict[date, Reading | None]:
    wanted = list(days)
    if not wanted:
        return {}
    known = _read(team, wanted, first=first)
    found: dict[date, Reading | None] = {}
    for day in wanted:
        counted = _counted(known, at := as_of(team, day), allowed)
        found[day] = Reading.share(sum(one.is_kept(allowed) for one in counted), len(counted), at)
    return found


def _evidence(team: Team, found: list[_Due], part: Slice, allowed: timedelta, counted: str) -> Evidence:
    ordered = sorted(found, key=lambda one: (one.is_kept(allowed), -one.due_at.timestamp()))
    rows = [
        (
            Link(f"#{one.number} {one.title}", reverse("incidents:room", args=[team.slug, one.number])),
            "in time" if one.is_kept(allowed) else "missed", one.due_at, one.said_at,
            int((one.said_at - one.made_at).total_seconds()) if one.said_at else None,
        )
        for one in ordered[part.offset : part.offset + part.limit]
    ]  # fmt: skip
    heads = [
        Head("incident", "Incident"), Head("verdict", "Counted as"), Head("due_at", "Due", Sort.MOMENT),
        Head("said_at", "Word came", Sort.MOMENT), Head("took_seconds", "It took", Sort.DURATION),
    ]  # fmt: skip
    return Evidence(heads, rows, len(found), counted)
