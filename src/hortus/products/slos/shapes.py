"""Standings as plain values: what the API answers, the command prints with --json and the latest evaluation keeps.

Ratios run 0 to 1, minutes are whole minutes since 1970-01-01 UTC, lengths are in minutes.
"""

from datetime import UTC, datetime
from fractions import Fraction
from typing import Any

from hortus.products.slos.rules.budgets import WorkedSum
from hortus.products.slos.rules.composites import CompositeSum
from hortus.products.slos.standing import PairStanding, Rate, Standing


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
        "events": found.events, "bad": found.bad, "left_ratio": _number(worked.left_ratio),
        "burn_rate": _number(worked.burn_rate), "coverage_ratio": worked.coverage,
        "excluded_minutes": found.excluded_minutes,
        "worked": None if isinstance(worked, CompositeSum) else worked_as_dict(worked),
        "parts": [
            {"sli": part.sli.slug, "share": float(part.share), **worked_as_dict(part.worked)} for part in found.parts
        ],
        "rates": [_rate_as_dict(rate) for rate in found.rates],
        "pairs": [pair_as_dict(pair) for pair in found.pairs],
    }  # fmt: skip


def worked_as_dict(worked: WorkedSum) -> dict[str, Any]:
    """Return a worked sum, number by number."""
    return {
        "events": worked.events, "good": worked.good, "bad": worked.bad, "allowed": float(worked.allowed),
        "left": float(worked.left), "left_ratio": _number(worked.left_ratio), "ratio": _number(worked.ratio),
        "burn_rate": _number(worked.burn_rate), "left_minutes": _number(worked.left_minutes),
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
        "short_minutes": told.short_minutes, "factor": float(rule.factor), "threshold": float(rule.threshold),
        "is_capped": rule.is_capped, "sentence": rule.sentence, "holds": pair.holds,
        "long": _rate_as_dict(pair.long), "short": _rate_as_dict(pair.short),
    }  # fmt: skip
