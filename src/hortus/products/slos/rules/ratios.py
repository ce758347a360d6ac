"""Objectives and targets as exact ratios: 0.999 of 1000 is exactly one event, which no float promises."""

import math
from decimal import Decimal
from fractions import Fraction

from hortus.values.refused import Refused

Ratio = Fraction | Decimal | float | str
MOST_DIGITS = 9


def exact(value: Ratio, field: str = "objective") -> Fraction:
    """Return a ratio exactly as a person wrote it, above 0 and below 1.

    value: text, decimal, fraction, or a float, which is read by its shortest decimal form.
    Raises Refused for anything else, for more than nine decimals too: nobody counts that many events.

    >>> exact(0.999) == exact("0.999") == Fraction(999, 1000)
    True
    """
    try:
        ratio = value if isinstance(value, Fraction) else Fraction(str(value).strip())
    except (ValueError, ZeroDivisionError):
        raise _refused(value, field) from None
    if not 0 < ratio < 1 or ratio.denominator > 10**MOST_DIGITS:
        raise _refused(value, field)
    return ratio


def whole_percent(ratio: Fraction | float) -> str:
    """Return a ratio as it is said in a sentence.

    >>> whole_percent(Fraction(1, 3))
    '33\\xa0%'
    """
    return f"{float(ratio) * 100:.0f}\N{NO-BREAK SPACE}%"


def _refused(value: object, field: str) -> Refused:
    hint = "write 0.995"
    if isinstance(value, int | float | Decimal) and math.isfinite(value) and 1 < value < 100:
        hint = f"write {Decimal(str(value)) / 100:f} for {value} percent"
    return Refused(
        "bad-ratio",
        f"{field} must be above 0 and below 1 with at most {MOST_DIGITS} decimals, got {value}; {hint}.",
        field,
    )
