"""Reads the answers of a Prometheus-compatible HTTP API, strictly: what is not as agreed is a fault with a sentence.

No Django, no HTTP. Values come as text ("NaN" and "+Inf" among them), times as seconds since 1970.
"""

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hortus.values.refused import Refused

Labels = tuple[tuple[str, str], ...]
LONGEST_SAID = 300


class EngineFault(Refused):
    """An engine or a hub did not answer as it should. The sentence may be shown: it holds no address, no secret.

    code: "unreachable", "refused", "garbage", "shape", "several-series", "not-finite", "empty", "untrusted".
    """


@dataclass(frozen=True, slots=True)
class Samples:
    """One series: times in milliseconds since 1970, ascending, each once; values, finite; both of shape (samples,).

    not_finite: how many samples were left out because they were NaN or infinite.
    """

    labels: Labels
    at_ms: NDArray[np.int64]
    values: NDArray[np.float64]
    not_finite: int = 0


def _said(text: object) -> str:
    """Return what an engine said as one short printable line.

    >>> _said("bad\\n  query")
    'bad query'
    """
    line = " ".join("".join(c if c.isprintable() else " " for c in str(text)).split())
    return line if len(line) <= LONGEST_SAID else f"{line[: LONGEST_SAID - 1]}…"


def data_of(body: bytes, status: int) -> Any:
    """Return the `data` of an answer.

    body: as it came. status: HTTP status. Raises EngineFault "refused" with the engine's own message when it reports
    an error, "garbage" when the body is not what the API promises.
    """
    try:
        told = json.loads(body, parse_constant=_no_constant)
    except (ValueError, RecursionError):
        told = None
    if isinstance(told, dict) and told.get("status") == "error":
        message = _said(told.get("error") or told.get("errorType") or "it gave no reason")
        raise EngineFault("refused", f"The engine refused the query (HTTP {status}): {message}")
    if not 200 <= status < 300:
        seen = _said(body[:2000].decode("utf-8", "replace")) or "nothing else"
        raise EngineFault("refused", f"The engine answered with HTTP status {status} and said: {seen}")
    if not isinstance(told, dict) or told.get("status") != "success" or "data" not in told:
        seen = _said(body[:60].decode("utf-8", "replace")) or "nothing"
        raise EngineFault("garbage", f"The answer is no answer of the Prometheus HTTP API; it begins with: {seen}")
    return told["data"]


def _no_constant(word: str) -> None:
    raise ValueError(f"{word} is not JSON")


def number(text: Any) -> float:
    """Return a sample value, which the API writes as text. Raises EngineFault for anything else.

    >>> number("+Inf")
    inf
    """
    if isinstance(text, str) and 0 < len(text) <= 40 and text.isascii() and "_" not in text and text == text.strip():
        try:
            return float(text)
        except ValueError:
            pass
    raise EngineFault("shape", f"A sample should be a number written as text, but the engine gave {_said(text)!r:.80}.")


def _labels(metric: Any) -> Labels:
    if not isinstance(metric, dict) or not all(isinstance(value, str) for value in metric.values()):
        raise EngineFault("shape", "The labels of a series should be texts by name; the engine gave something else.")
    return tuple(sorted(metric.items()))


def _at_ms(at: Any) -> int:
    if isinstance(at, bool) or not isinstance(at, int | float) or not math.isfinite(at) or not 0 <= at < 1e11:
        raise EngineFault("shape", f"A time should be in seconds since 1970, but the engine gave {_said(at)!r:.80}.")
    return round(at * 1000)


def _result(data: Any, wanted: Sequence[str]) -> tuple[str, list[Any]]:
    kind = data.get("resultType") if isinstance(data, dict) else None
    found = data.get("result") if isinstance(data, dict) else None
    if kind not in wanted or not isinstance(found, list):
        words = " or ".join(wanted)
        raise EngineFault("shape", f"The answer should be a {words}, but the engine gave {_said(kind)!r:.80}.")
    return str(kind), found


def vector(data: Any, at_ms: int) -> Mapping[Labels, float]:
    """Return an instant vector (or a scalar, under no labels); values may be NaN or infinite.

    at_ms: the pinned evaluation time. Raises EngineFault when a value stands at another time, or the shape is wrong.
    """
    kind, result = _result(data, ("vector", "scalar"))
    rows = [{"metric": {}, "value": result}] if kind == "scalar" else result
    found: dict[Labels, float] = {}
    for row in rows:
        pair = row.get("value") if isinstance(row, dict) else None
        if not isinstance(pair, list) or len(pair) != 2:
            raise EngineFault("shape", "A series of the answer has no pair of time and value.")
        if _at_ms(pair[0]) != at_ms:
            raise EngineFault(
                "shape", f"The engine was asked about second {at_ms / 1000:.3f} and answered for {_said(pair[0])}."
            )
        found[_labels(row.get("metric", {}))] = number(pair[1])
    return found


def several(count: int) -> EngineFault:
    """Return the fault of an expression that gives more than one series."""
    said = f"One value is expected, but {count} series came; put sum(...) around the expression."
    return EngineFault("several-series", said, "good")


def single(found: Mapping[Labels, float]) -> float | None:
    """Return the one value of a vector, None for an empty one.

    Raises EngineFault "several-series" when there are more, "not-finite" for NaN and infinity.
    """
    if len(found) > 1:
        raise several(len(found))
    for value in found.values():
        if not math.isfinite(value):
            raise EngineFault("not-finite", f"A number is expected, but the engine gave {value}.")
        return value
    return None


def matrix(data: Any, since_ms: int, until_ms: int) -> list[Samples]:
    """Return the series of a range answer, all samples within [since_ms, until_ms], NaN and infinity left out.

    Raises EngineFault when the shape is wrong or a sample lies outside of what was asked. A time that comes twice
    counts once (the last value of it): two replicas may have written it.
    """
    _, result = _result(data, ("matrix",))
    return [_series(row, since_ms, until_ms) for row in result]


def _series(row: Any, since_ms: int, until_ms: int) -> Samples:
    pairs = row.get("values") if isinstance(row, dict) else None
    if not isinstance(pairs, list) or not all(isinstance(pair, list) and len(pair) == 2 for pair in pairs):
        raise EngineFault("shape", "A series of the answer has no list of times and values.")
    held: dict[int, float] = {}
    dropped = 0
    for at, text in pairs:
        at_ms, value = _at_ms(at), number(text)
        if not since_ms <= at_ms <= until_ms:
            raise EngineFault(
                "shape", f"The engine gave a sample at {_said(at)}, outside of the time it was asked about."
            )
        if math.isfinite(value):
            held[at_ms] = value
        else:
            dropped += 1
    order = sorted(held)
    at_ms_ = np.array(order, dtype=np.int64)
    return Samples(_labels(row.get("metric", {})), at_ms_, np.array([held[at] for at in order], dtype=float), dropped)
