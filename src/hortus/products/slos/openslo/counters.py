"""Which counters a query of a file counts, so that an engine can be asked for them exactly. Knows no files.

Files hold rates, as in `sum(rate(x[{{.window}}]))`; whoever counts events wants the counter inside. What is more than
the sum over one counter is not guessed at.
"""

import re
from dataclasses import dataclass

from hortus.products.slos.openslo.definitions import Metric, Objective, Sli, SliKind
from hortus.products.slos.openslo.promql import ENGINES, SELECTOR, WINDOW, Unwritable, number

RANGE = re.compile(r"(?P<counter>.*)\[\s*(?:\{\{-?\s*\.window\s*-?\}\}|(?:\d+(?:ms|[smhdwy]))+)\s*\]", re.DOTALL)
OR_ZERO = re.compile(r"\bor\s+(?:on\s*\(\s*\)\s*)?vector\s*\(\s*0(?:\.0*)?\s*\)$", re.IGNORECASE)
ONE_LESS = re.compile(r"1(?:\.0*)?\s*-\s*")
QUOTES = "\"'`"
MOST_LAYERS = 20
LONGEST_QUERY = 10_000
"""Characters. Each layer of brackets reads all of a query again, so a file of long ones would keep a thread busy."""


@dataclass(frozen=True)
class Asked:
    """What an engine is asked. sort: "good" or "bad" with total, both counters; or "threshold", where good is a value,
    comparison one of lt, lte, gt and gte, and each minute an event that is good when the value keeps the bound.
    """

    sort: str
    good: str
    total: str = ""
    comparison: str = ""
    bound: float | None = None

    @property
    def words(self) -> str:
        """Return what is asked, in a few words."""
        if self.sort == "threshold":
            return f"{self.good} {self.comparison} {number(self.bound or 0.0)}"
        return f"{self.sort} {self.good} of {self.total}"


def asked(sli: Sli, objective: Objective) -> Asked:
    """Return what an engine is asked for an SLI with queries. Raises Unwritable with what to change in the file."""
    queries = {part: _query(metric, part) for part, metric in sli.metrics.items()}
    if sli.kind is SliKind.THRESHOLD:
        if WINDOW.search(queries["threshold"]):
            raise Unwritable("'threshold' has {{.window}}, but the value of each minute is compared; name a time, [5m]")
        return Asked("threshold", queries["threshold"], comparison=objective.op, bound=objective.value)
    if sli.kind is SliKind.RAW:
        return _of_ratio(queries["raw"], is_failure=sli.raw_type == "failure")
    part = "good" if sli.kind is SliKind.GOOD_TOTAL else "bad"
    good, total = (_counter(queries[one], one, is_counter=sli.is_counter) for one in (part, "total"))
    return Asked(part, good, total)


def _query(metric: Metric, part: str) -> str:
    if (metric.type.lower() or "promql") not in ENGINES:
        raise Unwritable(f"'{part}' is a query to {metric.type!r}, not to an engine with the HTTP API of Prometheus")
    if not metric.query.strip():
        raise Unwritable(f"'{part}' has no 'query'; give it one in PromQL")
    if len(metric.query) > LONGEST_QUERY:
        raise Unwritable(
            f"'{part}' has a query of {len(metric.query):,} characters, at most {LONGEST_QUERY:,} are read; "
            "record what it counts as a counter"
        )
    return "\n".join(_without_comment(line) for line in metric.query.splitlines()).strip()


def _without_comment(line: str) -> str:
    return next((line[:at] for at, sign, _ in _outside(line) if sign == "#"), line)


def _outside(text: str) -> list[tuple[int, str, int]]:
    """Return the characters outside of quotes: where, which, and how deep in brackets (that of the bracket itself).

    >>> _outside('a("b")')
    [(0, 'a', 0), (1, '(', 1), (5, ')', 1)]
    """
    found, depth, quote, at = list[tuple[int, str, int]](), 0, "", 0
    while at < len(text):
        sign = text[at]
        if quote:
            at += sign == "\\" and quote != "`"
            quote = "" if sign == quote else quote
        elif sign in QUOTES:
            quote = sign
        else:
            depth += sign in "([{"
            found.append((at, sign, depth))
            depth -= sign in ")]}"
        at += 1
    return found


def _inside(text: str, before: str = "") -> str | None:
    """Return what stands in the brackets that a text is, with a word before them; None when it is something else.

    >>> _inside("sum ( x )", "sum"), _inside("(a) / (b)")
    ('x', None)
    """
    head = re.match(rf"{before}\s*\(", text, re.IGNORECASE)
    if head is None:
        return None
    start = head.end()
    close = next((at for at, sign, depth in _outside(text) if at >= start and sign == ")" and depth == 1), -1)
    return text[start:close].strip() if close == len(text) - 1 else None


def _bare(text: str) -> str:
    """Return a text without brackets around it and without a zero for what is not there."""
    for _ in range(MOST_LAYERS):
        shorter = OR_ZERO.sub("", text).strip()
        inside = _inside(shorter)
        shorter = shorter if inside is None else inside
        if shorter == text:
            break
        text = shorter
    return text


def _counter(text: str, part: str, *, is_counter: bool = True) -> str:
    """Return the one counter that a query sums the increase of. Raises Unwritable."""
    bare = _bare(text)
    summed = _inside(bare, "sum")
    inner = _bare(summed) if summed is not None else bare
    for function in ("rate", "increase"):
        ranged = _inside(inner, function)
        found = RANGE.fullmatch(ranged) if ranged is not None else None
        if found and SELECTOR.fullmatch(counter := found["counter"].strip()):
            return counter
    if SELECTOR.fullmatch(inner):
        if is_counter:
            return inner
        raise Unwritable(f"'{part}' is a number of each moment; say 'counter: true' when it only ever rises")
    raise Unwritable(
        f"'{part}' is more than the sum over one counter: {' '.join(text.split())[:100]}; write it as "
        "sum(rate(counter{...}[{{.window}}])), or record what it counts as a counter"
    )


def _of_ratio(text: str, *, is_failure: bool) -> Asked:
    """Return the counters of a ratio that is written as one divided by the other, from 1 or not. Raises Unwritable."""
    bare = _bare(text)
    less = ONE_LESS.match(bare)
    rest = _bare(bare[less.end() :].strip()) if less else bare
    signs = [(at, sign) for at, sign, depth in _outside(rest) if depth == 0 and sign in "/+-*%^"]
    if len(signs) != 1 or signs[0][1] != "/":
        raise Unwritable(
            f"'raw' is a ratio without its events: {' '.join(text.split())[:100]}; write it as one counter divided by "
            "another, or give the file 'good' (or 'bad') and 'total' instead"
        )
    at = signs[0][0]
    part, total = _counter(_above_zero(rest[:at]), "raw"), _counter(_above_zero(rest[at + 1 :]), "raw")
    return Asked("bad" if is_failure != bool(less) else "good", part, total)


def _above_zero(text: str) -> str:
    """Return a divisor without the comparison that leaves a window without events out."""
    return re.sub(r">\s*0$", "", _bare(text.strip())).strip()
