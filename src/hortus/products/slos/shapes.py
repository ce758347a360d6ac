"""Standings as plain values: what the API answers, the command prints with --json and the latest evaluation keeps.

Ratios run 0 to 1, minutes are whole minutes since 1970-01-01 UTC, lengths are in minutes. Where nobody can tell what is
left of a budget `unknown` says why, and what is left is null, never a number that looks like a fact.
"""

from datetime import UTC, datetime
from fractions import Fraction
from typing import TYPE_CHECKING, Any

from hortus.products.slos.models import AlertEpisode
from hortus.products.slos.replay import Replay
from hortus.products.slos.rules.backtest import Track
from hortus.products.slos.rules.budgets import WorkedSum
from hortus.products.slos.rules.composites import CompositeSum
from hortus.products.slos.standing import PairStanding, Rate, Standing

if TYPE_CHECKING:
    from hortus.products.slos.importing import Taken


def at(minute: int) -> str:
    """Return a minute since 1970 as ISO 8601 in UTC.

    >>> at(0)
    '1970-01-01T00:00:00Z'
    """
    return f"{datetime.fromtimestamp(minute * 60, UTC):%Y-%m-%dT%H:%M:%SZ}"


def _number(value: Fraction | None) -> float | None:
    return None if value is None else float(value)


def standing_as_dict(found: Standing) -> dict[str, Any]:
    """Return how an objective stands, as plain values."""
    since, until = found.case.whole
    worked, terms = found.worked, found.case.terms
    return {
        "state": found.state.value, "sentence": found.verdict.sentence, "at": at(found.minute),
        "target_ratio": float(terms.target), "unit": "events" if terms.slicing is None else "slices",
        "window": {"since": at(since), "until": at(until), "words": terms.window.words},
        "events": found.events, "bad": found.bad, "left_ratio": _number(found.left_ratio),
        "unknown": found.unknown, "least_events": found.least_events,
        "burn_rate": _number(worked.burn_rate), "coverage_ratio": worked.coverage,
        "excluded_minutes": found.excluded_minutes,
        "worked": None if isinstance(worked, CompositeSum) else worked_as_dict(worked, found.unknown),
        "parts": [
            {"sli": part.sli.slug, "share": float(part.share), **worked_as_dict(part.worked, part.unknown)}
            for part in found.parts
        ],
        "rates": [_rate_as_dict(rate) for rate in found.rates],
        "pairs": [pair_as_dict(pair) for pair in found.pairs],
    }  # fmt: skip


def worked_as_dict(worked: WorkedSum, unknown: str = "") -> dict[str, Any]:
    """Return a worked sum, number by number. unknown: why nobody can tell which part of it is left, "" where known."""
    return {
        "events": worked.events, "good": worked.good, "bad": worked.bad, "allowed": float(worked.allowed),
        "left": float(worked.left), "left_ratio": None if unknown else _number(worked.left_ratio), "unknown": unknown,
        "ratio": _number(worked.ratio),
        "burn_rate": _number(worked.burn_rate), "left_minutes": None if unknown else _number(worked.left_minutes),
        "excluded_events": worked.excluded.events, "excluded_bad": worked.excluded.bad,
        "window_minutes": worked.window_minutes, "elapsed_minutes": worked.elapsed_minutes,
        "measured_minutes": worked.counted.measured_minutes, "coverage_ratio": worked.coverage,
        "is_estimated": worked.is_estimated,
    }  # fmt: skip


def _rate_as_dict(rate: Rate) -> dict[str, Any]:
    return {
        "minutes": rate.minutes, "burn_rate": _number(rate.burn_rate), "bad": rate.bad, "events": rate.events,
        "measured_minutes": rate.measured_minutes,
    }  # fmt: skip


def pair_as_dict(pair: PairStanding) -> dict[str, Any]:
    """Return an alert pair with what both of its windows hold."""
    rule, told = pair.rule, pair.rule.pair
    return {
        "name": told.name, "urgency": told.urgency.value, "long_minutes": told.long_minutes,
        "short_minutes": told.short_minutes, "keep_firing_minutes": told.keeps, "factor": float(rule.factor),
        "threshold": float(rule.threshold),
        "is_capped": rule.is_capped, "sentence": rule.sentence, "holds": pair.holds,
        "long": _rate_as_dict(pair.long), "short": _rate_as_dict(pair.short),
    }  # fmt: skip


def alert_as_dict(episode: AlertEpisode) -> dict[str, Any]:
    """Return an alert episode, with what both of its windows held when it opened."""
    names = ("severity", "urgency", "long_minutes", "short_minutes", "opened_at", "closed_at", "numbers")
    return {name: getattr(episode, name) for name in names} | {
        "id": str(episode.pk), "objective": episode.objective.slug, "objective_name": episode.objective.name,
    }  # fmt: skip


def replay_as_dict(found: Replay) -> dict[str, Any]:
    """Return what an objective would have done."""
    return {
        "since": at(found.since), "until": at(found.until), "exact_since": at(max(found.exact_since, 0)),
        "pages": found.pages, "tickets": found.tickets, "standing": standing_as_dict(found.standing),
        "pairs": [_track_as_dict(track) for track in found.tracks],
        "points": [
            {
                "at": at(p.minute), "left_ratio": None if found.standing.unknown else p.left_ratio,
                "even_ratio": p.even_ratio,
            }
            for p in found.points
        ],
    }  # fmt: skip


def _track_as_dict(track: Track) -> dict[str, Any]:
    told = track.rule.pair
    return {
        "name": told.name, "urgency": told.urgency.value, "long_minutes": told.long_minutes,
        "short_minutes": told.short_minutes, "keep_firing_minutes": told.keeps, "factor": float(track.rule.factor),
        "minutes_held": track.minutes_held,
        "episodes": [
            {"opened_at": at(e.opened_at), "closed_at": None if e.closed_at is None else at(e.closed_at)}
            for e in track.episodes
        ],
    }  # fmt: skip


def taken_as_dict(taken: "Taken") -> dict[str, Any]:
    """Return what became of files that were read: findings by line, and each objective."""
    return {
        "is_whole": taken.is_whole,
        "findings": [
            {
                "file": one.file, "line": one.line, "column": one.column, "severity": one.severity.value,
                "path": one.path, "sentence": one.sentence,
            }
            for one in taken.read.findings
        ],
        "objectives": [{"name": one.name, "slug": one.slug, "notes": list(one.notes)} for one in taken.outcomes],
        "left": [{"kind": one.kind, "name": one.name, "file": one.file, "line": one.line} for one in taken.read.others],
    }  # fmt: skip
