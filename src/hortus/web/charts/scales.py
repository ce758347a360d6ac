"""Places values and times on a chart: scales, round ticks, runs without gaps. Draws nothing."""

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import TypeVar

LIMIT = 1e15  # beyond it no measure of ours can lie, and arithmetic on such numbers would overflow
MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
TIME_LADDER = (
    (1, "1 s"), (10, "10 s"), (60, "1 min"), (600, "10 min"), (3600, "1 h"), (6 * 3600, "6 h"), (86_400, "1 d"),
    (7 * 86_400, "1 wk"), (30 * 86_400, "30 d"), (365 * 86_400, "1 y"),
)  # fmt: skip
MOST_TICKS = 8

T = TypeVar("T")


def known(value: float | None) -> float | None:
    """Return the value when it can be drawn, else None.

    >>> known(2.0), known(float("nan")), known(None)
    (2.0, None, None)
    """
    if value is None or not math.isfinite(value) or abs(value) > LIMIT:
        return None
    return float(value)


def days(when: date) -> float:
    """Return a date or time as days, for placing; aware times are taken in the zone that they carry."""
    whole = float(when.toordinal())
    if isinstance(when, datetime):
        whole += (when.hour * 3600 + when.minute * 60 + when.second + when.microsecond / 1e6) / 86_400
    return whole


def runs(points: Iterable[tuple[float, T | None]]) -> list[list[tuple[float, T]]]:
    """Cut a line into pieces at its missing values, keeping the order.

    >>> runs([(0, 1.0), (1, None), (2, 3.0), (3, 4.0)])
    [[(0, 1.0)], [(2, 3.0), (3, 4.0)]]
    """
    pieces: list[list[tuple[float, T]]] = [[]]
    for x, y in points:
        if y is None:
            pieces.append([])
        else:
            pieces[-1].append((x, y))
    return [piece for piece in pieces if piece]


@dataclass(frozen=True, slots=True)
class Scale:
    """Maps values from low..high to 0..1, straight or by logarithm; what lies outside is put on the edge."""

    low: float
    high: float
    log: bool = False

    def __call__(self, value: float) -> float:
        """Return where the value lies, 0 (low) to 1 (high)."""
        low, high, here = self.low, self.high, min(max(value, self.low), self.high)
        if self.log:
            low, high, here = math.log10(low), math.log10(high), math.log10(here)
        if high - low <= 0:
            return 0.5
        return min(1.0, max(0.0, (here - low) / (high - low)))


def step(span: float, most: int) -> float:
    """Return the smallest of 1, 2, 5 times a power of ten that cuts a span into at most `most` pieces.

    >>> step(13, 5), step(0.9, 5)
    (5.0, 0.2)
    """
    raw = span / most
    power = 10.0 ** math.floor(math.log10(raw))
    for factor in (1, 2, 5, 10):
        if factor * power >= raw * (1 - 1e-9):
            return factor * power
    return 10 * power


def straight(
    values: Iterable[float], zero: bool = True, most: int = 5, *, whole: bool = False
) -> tuple[Scale, list[float]]:  # fmt: skip
    """Return a scale with round ends that holds all values (and zero), and its ticks, low to high.

    whole: ticks are whole numbers, as what is counted comes in whole ones.

    >>> straight([1.0])[1][:2], straight([1.0], whole=True)[1]
    ([0.0, 0.2], [0.0, 1.0])
    """
    found = [*values, *([0.0] if zero else [])] or [0.0]
    low, high = min(found), max(found)
    if high - low < max(1e-9, 1e-9 * abs(high)):
        low, high = (0.0, 1.0) if high == 0 else (min(low, 0.0), max(high, 0.0))
        if high - low < 1e-9:
            low, high = 0.0, 1.0
    size = step(high - low, most)
    size = max(1.0, size) if whole else size
    first, last = math.floor(low / size + 1e-9), math.ceil(high / size - 1e-9)
    ticks = [n * size for n in range(first, last + 1)]
    return Scale(ticks[0], ticks[-1]), ticks


def logarithmic(values: Iterable[float], floor: float = 10.0) -> tuple[Scale, list[tuple[float, str]]]:
    """Return a logarithmic scale for seconds and its labelled ticks.

    floor: seconds; what is shorter is drawn there, because a logarithm has no zero. The lowest label says so.
    """
    top = max([*values, floor * 6])
    ends = [seconds for seconds, _ in TIME_LADDER if seconds > floor]
    high = next((seconds for seconds in ends if seconds >= top), top)
    low_label = next((label for seconds, label in TIME_LADDER if seconds == floor), f"{floor:g} s")
    inner = [(float(s), label) for s, label in TIME_LADDER if floor < s <= high]
    return Scale(floor, float(high), log=True), [(floor, f"≤ {low_label}"), *inner]


def _midnight(day: float) -> date:
    return date.fromordinal(max(1, min(int(day), date.max.toordinal())))


def _every_days(count: int) -> Callable[[float, float], list[tuple[float, str]]]:
    def ticks(first: float, last: float) -> list[tuple[float, str]]:
        # Ordinal 1 is a Monday, so weeks begin on Mondays.
        start = math.ceil((first - 1) / count) * count + 1
        found = (_midnight(n) for n in range(start, math.floor(last) + 1, count))
        return [(days(day), f"{day.day} {MONTHS[day.month - 1]}") for day in found]

    return ticks


def _every_months(count: int) -> Callable[[float, float], list[tuple[float, str]]]:
    def ticks(first: float, last: float) -> list[tuple[float, str]]:
        found: list[tuple[float, str]] = []
        begin = _midnight(first)
        month = begin.year * 12 + begin.month - 1
        for n in range(month - month % count, _midnight(last).year * 12 + 12, count):
            if n < 12 or n >= 9999 * 12:
                continue
            at = days(date(n // 12, n % 12 + 1, 1))
            if first <= at <= last:
                name = str(n // 12) if count >= 12 else MONTHS[n % 12]
                found.append((at, f"{name} {n // 12}" if count < 12 and (n % 12 == 0 or not found) else name))
        return found

    return ticks


def _every_hours(count: int) -> Callable[[float, float], list[tuple[float, str]]]:
    def ticks(first: float, last: float) -> list[tuple[float, str]]:
        per_day = 24 // count
        numbers = range(math.ceil(first * per_day - 1e-9), math.floor(last * per_day + 1e-9) + 1)
        return [(n / per_day, _hour(n, per_day)) for n in numbers]

    return ticks


def _hour(number: int, per_day: int) -> str:
    day, part = divmod(number, per_day)
    on = _midnight(day)
    return f"{part * 24 // per_day:02d}:00" if part else f"{on.day} {MONTHS[on.month - 1]}"


CALENDAR = (
    _every_hours(1), _every_hours(3), _every_hours(6), _every_hours(12), _every_days(1), _every_days(2), _every_days(7),
    _every_days(14), _every_months(1), _every_months(3), _every_months(6), _every_months(12), _every_months(24),
    _every_months(60), _every_months(120), _every_months(1200),
)  # fmt: skip
CALENDAR_STEPS = (1 / 24, 1 / 8, 1 / 4, 1 / 2, 1, 2, 7, 14, 28, 90, 181, 365, 730, 1826, 3652, 36_524)


def calendar(first: float, last: float, most: int = MOST_TICKS) -> list[tuple[float, str]]:
    """Return ticks on hours, days, Mondays, months or years between two times in days, at most `most` of them."""
    for ticks, size in zip(CALENDAR, CALENDAR_STEPS, strict=True):
        if (last - first) / size > most + 1:
            continue
        found = ticks(first, last)
        if len(found) <= most:
            return found
    return []


def extent(times: Sequence[float], start: date | None = None, end: date | None = None) -> Scale:
    """Return the scale of a time axis that holds all times, or exactly start to end where they are given."""
    low = days(start) if start else min(times, default=0.0)
    high = days(end) if end else max(times, default=low + 1)
    return Scale(low, high if high > low else low + 1)
