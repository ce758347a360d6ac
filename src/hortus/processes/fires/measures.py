"""Measure of fires: kindling that nobody answers. Judges nothing."""

from bisect import bisect_right
from collections.abc import Iterable
from datetime import date, timedelta

from django.db.models import Count, Q
from django.urls import reverse

from hortus.access.models import Team
from hortus.ledger.clock import as_of
from hortus.processes.fires.models import Fire, Kindling
from hortus.processes.fires.rules.kindling import SPAN
from hortus.values.evidence import Evidence, Head, Link, Slice, Sort
from hortus.values.reading import Reading

OLD = timedelta(days=30)


def kindling_unanswered(team: Team, day: date) -> Reading | None:
    """Return how many kindling cards were unanswered for more than 30 days at the end of a day.

    n is the number of fires of the 90 days before, and of the cards that were open: a team that notes no fire and
    declares no incident has nothing to count. Source: three fires of one service or tag within 90 days make a card.
    """
    return kindling_unanswered_many(team, [day])[day]


def kindling_unanswered_many(team: Team, days: Iterable[date]) -> dict[date, Reading | None]:
    """Return `kindling_unanswered` for many days at once, in two queries."""
    spans = list(Kindling.objects.filter(team=team).values_list("opened_at", "answered_at"))
    times = sorted(Fire.objects.filter(team=team).counted().values_list("at", flat=True))
    found: dict[date, Reading | None] = {}
    for day in days:
        at = as_of(team, day)
        opened = [since for since, until in spans if since <= at and (until is None or until > at)]
        fires = bisect_right(times, at) - bisect_right(times, at - SPAN)
        n = fires + len(opened)
        found[day] = Reading(sum(at - since > OLD for since in opened), n, None, at) if n else None
    return found


def kindling_unanswered_evidence(team: Team, day: date, part: Slice, *, persons: bool) -> Evidence:
    """Return the cards that were open at the end of a day, the oldest first."""
    at = as_of(team, day)
    cards = Kindling.objects.filter(team=team, opened_at__lte=at).filter(Q(answered_at=None) | Q(answered_at__gt=at))
    found = list(cards.annotate(count=Count("fires")).order_by("opened_at", "pk"))
    rows = [
        (
            Link(str(card), reverse("fires:card", args=[team.slug, card.pk])),
            "unanswered too long" if at - card.opened_at > OLD else "open", card.opened_at, card.count,
        )
        for card in found[part.offset : part.offset + part.limit]
    ]  # fmt: skip
    heads = [
        Head("kindling", "Kindling"), Head("verdict", "Counted as"), Head("opened_at", "Open since", Sort.MOMENT),
        Head("fires", "Fires", Sort.COUNT),
    ]  # fmt: skip
    return Evidence(heads, rows, len(found), "Each row is a card that nobody had answered at the end of that day.")
