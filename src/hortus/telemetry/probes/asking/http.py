"""Ask a web service: status, a text in the answer, and how long it took. Goes through the guarded fetcher only."""

import re
from collections.abc import Mapping
from typing import Any

from hortus.telemetry.probes.asking.found import Clock, Found, Means, of_refusal
from hortus.web.fetch import Fetched, Rules, Unfetchable, fetch

MOST_BYTES = 5_000_000
_CHARSET = re.compile(r"charset=\"?([A-Za-z0-9_.:-]{1,40})", re.IGNORECASE)


def statuses(text: str) -> tuple[tuple[int, int], ...]:
    """Return the spans of a list of statuses; raise ValueError when it is none.

    >>> statuses("200, 300-399")
    ((200, 200), (300, 399))
    """
    spans = []
    for part in text.split(","):
        first, _, last = part.strip().partition("-")
        low, high = int(first), int(last or first)
        if not 100 <= low <= high <= 599:
            raise ValueError(part)
        spans.append((low, high))
    return tuple(spans)


def ask(given: Mapping[str, Any], limit_seconds: float, means: Means) -> Found:
    """Fetch a URL, following redirects, and compare status and text."""
    rules = Rules(
        networks=means.networks, seconds=limit_seconds, max_bytes=MOST_BYTES, resolve=means.resolve, tls=means.tls
    )
    clock = Clock()
    try:
        answer = fetch(given["url"], rules)
    except Unfetchable as refused:
        return of_refusal(refused, limit_seconds)
    return judged(answer, given["status"], given["text"], clock.seconds)


def judged(answer: Fetched, wanted: str, text: str, seconds: float) -> Found:
    """Return what an answer is worth."""
    if not any(low <= answer.status <= high for low, high in statuses(wanted)):
        return Found(False, "status", f"It answered with status {answer.status}; {wanted} was expected.", seconds)
    if text and text not in _text(answer):
        return Found(
            False, "text", f"It answered with status {answer.status}, but without the text “{text[:80]}”.", seconds
        )
    return Found(True, "ok", f"It answered with status {answer.status}{' and the text' if text else ''}.", seconds)


def _text(answer: Fetched) -> str:
    """Return the answer's text, read as UTF-8 where it names no encoding that can be used."""
    named = _CHARSET.search(answer.headers.get("content-type", ""))
    try:
        return answer.body.decode(named[1] if named else "utf-8", "replace")
    except (LookupError, ValueError):  # an encoding that we do not have, or that is none of text
        return answer.body.decode("utf-8", "replace")
