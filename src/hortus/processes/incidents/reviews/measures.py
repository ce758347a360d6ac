"""Measure of reviews: whether old ones are used again. Judges nothing, and knows no reader."""

from collections.abc import Iterable
from datetime import date, datetime, timedelta

from hortus.access.models import Team
from hortus.ledger.clock import as_of
from hortus.processes.incidents.reviews.models import Review
from hortus.processes.incidents.reviews.reading import entered
from hortus.processes.incidents.reviews.reuse import path
from hortus.values.evidence import Evidence, Head, Link, Slice, Sort
from hortus.values.reading import Reading

OLD_AFTER = timedelta(days=30)


def reviews_reused(team: Team, day: date) -> Reading | None:
    """Return the share of old reviews that helped with something later.

    Ratio over the reviews that were shared, or entered from an older text, more than 30 days before. Helped means that
    somebody linked it from a later incident, procedure, review or follow-up. Source: the links that people set.
    """
    return reviews_reused_many(team, [day])[day]


def reviews_reused_many(team: Team, days: Iterable[date]) -> dict[date, Reading | None]:
    """Return `reviews_reused` for many days, in two queries."""
    rows = _rows(team)
    return {day: _reading(rows, as_of(team, day)) for day in days}


def reviews_reused_evidence(team: Team, day: date, part: Slice, *, persons: bool) -> Evidence:
    """Return the reviews that `reviews_reused` counted, the unused first; nobody's reading is known."""
    at = as_of(team, day)
    old = [(review, sum(used_at <= at for used_at in used)) for review, used in _rows(team) if _is_old(review, at)]
    old.sort(key=lambda row: (row[1], row[0].title, row[0].number))
    rows = [
        (Link(review.title, path(review)), used, entered(review), review.readers)
        for review, used in old[part.offset : part.offset + part.limit]
    ]
    heads = [
        Head("review", "Review"), Head("used", "Helped later", Sort.COUNT), Head("since", "There since", Sort.MOMENT),
        Head("readers", "Browsers that read it again, until now", Sort.COUNT),
    ]  # fmt: skip
    return Evidence(heads, rows, len(old), "Each row is a review that was more than 30 days old then.")


def _rows(team: Team) -> list[tuple[Review, list[datetime]]]:
    found = Review.objects.readable().filter(team=team).select_related("team").prefetch_related("uses")
    return [(review, [use.at for use in review.uses.all()]) for review in found]


def _is_old(review: Review, at: datetime) -> bool:
    return entered(review) < at - OLD_AFTER


def _reading(rows: list[tuple[Review, list[datetime]]], at: datetime) -> Reading | None:
    old = [used for review, used in rows if _is_old(review, at)]
    return Reading.share(sum(any(used_at <= at for used_at in used) for used in old), len(old), at)
