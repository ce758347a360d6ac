"""The few expressions that Hortus sends to an engine, and which selectors it takes for counters. No Django."""

import re
from collections.abc import Sequence
from typing import Literal
from urllib.parse import quote_plus

from hortus.values.refused import Refused

LONGEST = 1000
Comparison = Literal["lt", "lte", "gt", "gte"]
LONGEST_UNION = 3200
"""Characters as they stand in an address: the fetcher takes one of 4,096."""
NUMBER, PROOF = "hortus", "proof"
COMPARISONS: dict[str, str] = {"lt": "<", "lte": "<=", "gt": ">", "gte": ">="}

_NAME = r"[a-zA-Z_:][a-zA-Z0-9_:]*"
_TEXT = r"(\"(?:[^\"\\\n]|\\.)*\"|'(?:[^'\\\n]|\\.)*')"
_MATCHER = rf"\s*[a-zA-Z_][a-zA-Z0-9_]*\s*(=~|!~|!=|=)\s*{_TEXT}\s*"
_BRACES = rf"\{{({_MATCHER}(,{_MATCHER})*,?)?\s*\}}"
_SELECTOR = re.compile(rf"({_NAME})?\s*({_BRACES})?")


def selector(text: str, field: str) -> str:
    """Return a selector of counters without blanks around it.

    text: as in http_requests_total{code!~"5.."}: a name, matchers in braces, or both. field: whose fault it is.
    Raises Refused for anything else: functions, operators and ranges are added by Hortus.

    >>> selector(' up{job="hub"} ', "total")
    'up{job="hub"}'
    """
    given = text.strip()
    if len(given) > LONGEST:
        raise Refused("too-long", f"The selector has {len(given)} characters; at most {LONGEST}.", field)
    if not given or given == "{}" or not _SELECTOR.fullmatch(given):
        raise Refused(
            "bad-selector",
            f'{given[:80]!r} is no selector of a counter; write it as in http_requests_total{{code!~"5.."}}, '
            "without functions, ranges and operators, which Hortus adds.", field,
        )  # fmt: skip
    return given


def expression(text: str, field: str) -> str:
    """Return a PromQL expression without blanks around it; the engine judges its grammar. Raises Refused."""
    given = text.strip()
    if not given:
        raise Refused("empty", "Give an expression, as in sum(rate(http_requests_total[5m])).", field)
    if len(given) > LONGEST:
        raise Refused("too-long", f"The expression has {len(given)} characters; at most {LONGEST}.", field)
    if any(not c.isprintable() for c in given if c not in "\n\t"):
        raise Refused("bad-expression", "The expression holds characters that cannot be printed.", field)
    return given


def window_sum(counter: str, minutes: int) -> str:
    """Return the expression for the events of a counter in the minutes before the evaluation time.

    >>> window_sum("up", 5)
    'sum(increase(up[5m]))'
    """
    return f"sum(increase({counter}[{minutes}m]))"


def sampled_minutes(counter: str, minutes: int) -> str:
    """Return the expression for how many minutes before the evaluation time had samples of a counter.

    The window is half a minute short, so that it holds as many grid points as minutes whether or not the engine
    counts its left edge in (Prometheus 2 does, 3 does not).

    >>> sampled_minutes("up", 5)
    'count_over_time((count(up))[270s:1m])'
    """
    return f"count_over_time((count({counter}))[{minutes * 60 - 30}s:1m])"


def raw_samples(counter: str, seconds: int) -> str:
    """Return the expression for the samples themselves, as they were taken.

    >>> raw_samples("up", 360)
    'up[360s]'
    """
    return f"{counter}[{seconds}s]"


def union(expressions: Sequence[str]) -> str:
    """Return one expression for the values of several, each under its number in the label `hortus`.

    One more, under "proof", is 1 where the engine understood.

    >>> union(["sum(a)"])
    'label_replace(vector(1), "hortus", "proof", "", "") or label_replace(sum(a), "hortus", "0", "", "")'
    """
    told = [(PROOF, "vector(1)"), *((str(n), one) for n, one in enumerate(expressions))]
    return " or ".join(_numbered(one, name) for name, one in told)


def _numbered(expression: str, name: str) -> str:
    return f'label_replace({expression}, "{NUMBER}", "{name}", "", "")'


def written_size(expression: str) -> int:
    """Return how many characters of an address an expression takes as one of a union.

    >>> written_size("up")
    74
    """
    return len(quote_plus(f" or {_numbered(expression, '999')}"))
