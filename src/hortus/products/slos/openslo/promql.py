"""The error ratio of an SLI as a PromQL expression over a window. Knows no rules and no files."""

import re

from hortus.products.slos.openslo.definitions import LEFT_OUT, LEFT_OUT_BECAUSE, Metric, Objective, Sli, SliKind
from hortus.products.slos.openslo.durations import as_prometheus

WINDOW = re.compile(r"\{\{-?\s*\.window\s*-?\}\}")
SELECTOR = re.compile(r'[a-zA-Z_:][a-zA-Z0-9_:]*\s*(\{([^{}"\']|"([^"\\]|\\.)*"|\'([^\'\\]|\\.)*\')*\})?')
ENGINES = {"prometheus", "victoriametrics", "thanos", "mimir", "cortex", "greptimedb", "promql"}
COMPARISONS = {"lte": "<=", "gte": ">=", "lt": "<", "gt": ">"}


class Unwritable(Exception):  # noqa: N818 -- an answer in a sentence
    """This SLI cannot be said in PromQL; carries the sentence."""


def error_ratio(sli: Sli, objective: Objective, minutes: int) -> str:
    """Return the expression of the ratio of bad to all over a window, in Sloth's form.

    A window without events gives no sample. Sloth before 0.16 divides by 0 there, and one such NaN spoils the mean of
    the whole period.

    raises: Unwritable with the reason.
    """
    if sli.kind in (SliKind.JUDGED, SliKind.PUSHED):
        raise Unwritable("Hortus counts its events itself, no query in Prometheus says the same")
    window = as_prometheus(minutes)
    parts = {part: written(metric, sli, part, window) for part, metric in sli.metrics.items()}
    if sli.kind is SliKind.BAD_TOTAL:
        return f"({parts['bad']})\n/\n(({parts['total']}) > 0)\n"
    if sli.kind is SliKind.GOOD_TOTAL:
        return f"1 - (\n  ({parts['good']})\n  /\n  (({parts['total']}) > 0)\n)\n"
    if sli.kind is SliKind.RAW:
        return f"({parts['raw']})" if sli.raw_type == "failure" else f"1 - ({parts['raw']})"
    value = f"{COMPARISONS[objective.op]} bool {number(objective.value or 0.0)}"
    return f"1 - avg_over_time((({parts['threshold']}) {value})[{window}:1m])"


def written(metric: Metric, sli: Sli, part: str, window: str) -> str:
    """Return a query with the window in its place."""
    if (metric.type.lower() or "promql") not in ENGINES:
        raise Unwritable(f"'{part}' is a query to {metric.type!r}, not to Prometheus")
    query = metric.query.strip()
    if LEFT_OUT in metric.spec and not query:
        raise Unwritable(f"its queries are {LEFT_OUT_BECAUSE}")
    if not query:
        raise Unwritable(f"'{part}' has no 'query'")
    end = "\n" if "#" in query else ""  # a comment would swallow the parenthesis behind it
    if sli.kind is SliKind.THRESHOLD:
        if WINDOW.search(query):
            raise Unwritable(f"'{part}' has {{{{.window}}}}; a threshold compares the value of each minute")
        return query + end
    if WINDOW.search(query):
        return WINDOW.sub(window, query) + end
    if sli.is_counter and sli.kind is not SliKind.RAW and SELECTOR.fullmatch(query):
        return f"sum(rate({query}[{window}]))"
    raise Unwritable(f"'{part}' has no {{{{.window}}}}; write it as the range, rate(x[{{{{.window}}}}])")


def number(value: float) -> str:
    """Return a number as Go and PromQL write it: the shortest that reads back, without `.0`.

    >>> number(6.0), number(14.4), number(0.0009999999999999432), number(1e-05)
    ('6', '14.4', '0.0009999999999999432', '1e-05')
    """
    return repr(float(value)).removesuffix(".0")
