"""The terms of an objective: its row, or a draft of it, as the values that the arithmetic reads."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import Any, Protocol

from hortus.products.slos.rules.alerts import Pair, Rule, Urgency, rules, standard_pairs
from hortus.products.slos.rules.little import Little
from hortus.products.slos.rules.ratios import exact
from hortus.products.slos.rules.slices import Slicing
from hortus.products.slos.rules.states import Limits
from hortus.products.slos.rules.windows import Kind, Window
from hortus.values.refused import Refused

LIMITS = Limits()


class Told(Protocol):
    """What an objective and a draft of one both tell."""

    @property
    def target_ratio(self) -> Decimal: ...
    @property
    def window_days(self) -> int | None: ...
    @property
    def calendar_unit(self) -> str: ...
    @property
    def slice_minutes(self) -> int | None: ...
    @property
    def slice_target_ratio(self) -> Decimal | None: ...
    @property
    def pairs(self) -> Sequence[Mapping[str, Any]]: ...
    @property
    def least_bad(self) -> int: ...
    @property
    def confidence(self) -> float: ...


@dataclass(frozen=True, slots=True)
class Terms:
    """What an objective is judged by: exact target, window, slices or none, alert rules, the rule for few events."""

    target: Fraction
    window: Window
    slicing: Slicing | None
    rules: tuple[Rule, ...]
    little: Little

    @classmethod
    def of(cls, told: Told, zone: str) -> "Terms":
        """Return the terms of an objective or a draft. zone: in which calendar windows begin. Raises Refused."""
        window = _window(told, zone)
        target = exact(told.target_ratio, "target_ratio")
        pairs = _pairs(told, window)
        slicing, little = _slicing(told), Little(told.least_bad, told.confidence)
        size = slicing.minutes if slicing else None
        made = rules(pairs, target, window.nominal_minutes, slice_minutes=size, little=little)
        return cls(target, window, slicing, made, little)

    @property
    def look_backs(self) -> tuple[int, ...]:
        """Return the lengths of all windows that the alert pairs look at, in minutes, ascending."""
        return tuple(sorted({n for rule in self.rules for n in (rule.pair.long_minutes, rule.pair.short_minutes)}))


def pairs_told(told: Told, zone: str) -> tuple[Pair, ...]:
    """Return the alert pairs that were chosen, or the standard ones; not yet fitted to slices. zone: as of `Terms.of`.

    Raises Refused as `Terms.of`.
    """
    return _pairs(told, _window(told, zone))


def _pairs(told: Told, window: Window) -> tuple[Pair, ...]:
    return tuple(pair_of(row) for row in told.pairs) or standard_pairs(window.nominal_minutes)


def _window(told: Told, zone: str) -> Window:
    if not told.calendar_unit:
        return Window.rolling(told.window_days or 0)
    if told.calendar_unit not in (Kind.WEEK, Kind.MONTH, Kind.QUARTER):
        raise Refused(
            "bad-window", f"{told.calendar_unit[:40]!r} is no calendar window; choose week, month or quarter.",
            "calendar_unit",
        )  # fmt: skip
    return Window(Kind(told.calendar_unit), told.window_days or 0, zone)


def _slicing(told: Told) -> Slicing | None:
    if told.slice_minutes is None and told.slice_target_ratio is None:
        return None
    if told.slice_minutes is None or told.slice_target_ratio is None:
        missing = "slice_minutes" if told.slice_minutes is None else "slice_target_ratio"
        raise Refused("half-a-slice", "Slices need their length and their target; give both, or neither.", missing)
    return Slicing.of(told.slice_minutes, f"{told.slice_target_ratio.normalize():f}")


def pair_of(row: Mapping[str, Any]) -> Pair:
    """Return an alert pair from what a form, the API or the table holds. Raises Refused for what is no pair.

    >>> row = {"name": "page", "urgency": "page", "budget_share": "0.02", "long_minutes": 60, "short_minutes": 5}
    >>> pair_of(row).budget_share
    Fraction(1, 50)
    """
    try:
        share, keep = Fraction(str(row["budget_share"])), row.get("keep_firing_minutes")
        return Pair(
            str(row["name"]), Urgency(row["urgency"]), share, int(row["long_minutes"]), int(row["short_minutes"]),
            None if keep is None else int(keep),
        )  # fmt: skip
    except (KeyError, TypeError, ValueError, ZeroDivisionError) as error:
        wanted = "name, urgency (page or ticket), budget_share, long_minutes, short_minutes and keep_firing_minutes"
        raise Refused("bad-pair", f"An alert pair has {wanted}; got {str(dict(row))[:120]}.", "pairs") from error


def row_of(pair: Pair) -> dict[str, Any]:
    """Return a pair as `pair_of` reads it; for how long it is kept firing only where that was chosen."""
    keep = pair.keep_firing_minutes
    return {
        "name": pair.name, "urgency": pair.urgency.value, "budget_share": repr(float(pair.budget_share)),
        "long_minutes": pair.long_minutes, "short_minutes": pair.short_minutes,
    } | ({} if keep is None else {"keep_firing_minutes": keep})  # fmt: skip
