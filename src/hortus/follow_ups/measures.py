"""Measure of follow-ups: how many have stayed open for long. Judges nothing."""

from collections.abc import Iterable
from datetime import date, datetime

from django.urls import reverse

from hortus.access.models import Team
from hortus.access.policy import Kind
from hortus.follow_ups.models import FollowUp
from hortus.follow_ups.rules import LONG_OPEN
from hortus.ledger.clock import as_of
from hortus.values.evidence import Evidence, Head, Link, Slice, Sort
from hortus.values.reading import Reading


def follow_ups_late(team: Team, day: date) -> Reading | None:
    """Return how many follow-ups have been open for more than 30 days.

    Count; n is how many follow-ups there were by then, ended ones included. It counts from the day on which a follow-up
    was made: its due day can be moved, its age cannot. Left out: follow-ups whose words not everybody in the team may
    read. Source: the table of follow-ups; one that was opened again counts as open since it was made.
    """
    return follow_ups_late_many(team, [day])[day]


def follow_ups_late_many(team: Team, days: Iterable[date]) -> dict[date, Reading | None]:
    """Return `follow_ups_late` for many days, in one query."""
    rows = list(_shared(team).values_list("made_at", "ended_at"))
    return {day: _reading(rows, as_of(team, day)) for day in days}


def follow_ups_late_evidence(team: Team, day: date, part: Slice, *, persons: bool) -> Evidence:
    """Return the follow-ups that `follow_ups_late` counted, the oldest first."""
    at = as_of(team, day)
    found = _shared(team).long_open(at).select_related("owner").order_by("made_at", "pk")
    rows = [
        (
            Link(one.text, reverse("follow_ups:follow-up", args=[team.slug, one.pk])),
            one.about_name,
            one.made_at,
            one.due_on,
            one.moves,
            (one.owner.name if one.owner else "nobody") if persons else ("somebody" if one.owner else "nobody"),
        )
        for one in found[part.offset : part.offset + part.limit]
    ]
    heads = [
        Head("follow_up", "Follow-up"), Head("about", "From"), Head("made_at", "Made", Sort.MOMENT),
        Head("due_on", "Due", Sort.DAY), Head("moves", "Times moved", Sort.COUNT), Head("owner", "Who does it"),
    ]  # fmt: skip
    return Evidence(heads, rows, found.count(), "Each row is a follow-up that was open then, for more than 30 days.")


def _shared(team: Team):  # type: ignore[no-untyped-def]
    return FollowUp.objects.filter(team=team, guard=Kind.FOLLOW_UP.value)


def _reading(rows: list[tuple[datetime, datetime | None]], at: datetime) -> Reading | None:
    known = [(made_at, ended_at) for made_at, ended_at in rows if made_at <= at]
    late = sum(made_at < at - LONG_OPEN and (ended_at is None or ended_at > at) for made_at, ended_at in known)
    return Reading(float(late), len(known), evidence_until=at) if known else None
