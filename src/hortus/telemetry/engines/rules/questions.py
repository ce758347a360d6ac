"""What an engine is asked for a series, now and before that was changed. No Django, no HTTP."""

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from typing import Any

Span = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Question:
    """What tells good and total events: selectors of counters, or a value, compared with a bound.

    sort: "good", "bad" or "threshold". good, total, comparison, bound: as of `models.EngineQuery`.
    """

    sort: str
    good: str
    total: str
    comparison: str = ""
    bound: float | None = None


@dataclass(frozen=True, slots=True)
class Era:
    """A question, and the minute since 1970 up to which, exclusive, it was asked."""

    until: int
    question: Question

    def as_json(self) -> dict[str, Any]:
        """Return it as it is stored."""
        return {"until": self.until, **asdict(self.question)}

    @classmethod
    def of(cls, stored: Mapping[str, Any]) -> "Era":
        """Return it as it was before `as_json`."""
        return cls(stored["until"], Question(**{name: stored[name] for name in Question.__slots__}))


def by_time(eras: Iterable[Era], now: Question, within: Span) -> list[tuple[Span, Question]]:
    """Return a span of minutes in pieces, ascending, each with the question that is asked for its minutes.

    eras: ascending; what comes after the last of them is asked by `now`.

    >>> was, now = Question("good", "a", "b"), Question("good", "c", "d")
    >>> [(span, one.good) for span, one in by_time([Era(10, was)], now, (4, 12))]
    [((4, 10), 'a'), ((10, 12), 'c')]
    """
    found: list[tuple[Span, Question]] = []
    begin, until = within
    for era in eras:
        end = min(era.until, until)
        if begin < end:
            found.append(((begin, end), era.question))
            begin = end
    return [*found, ((begin, until), now)] if begin < until else found
