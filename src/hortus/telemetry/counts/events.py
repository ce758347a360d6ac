"""Reads pushed events one by one and says of each that cannot be counted why. Slow and obvious; bulk.py is the fast
way for files in which everything is right. Holds no tables.

An event names its SLI (`sli`), its time (`at` as ISO 8601 with an offset or as seconds since 1970, or `minute` since
1970) and what happened: `ok` (true or false), or `good` and `total`, or `bad` and `total`.
"""

import json
import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import numpy as np

from hortus.telemetry.counts.counting import FIRST_MINUTE, MOST_EVENTS, Counts
from hortus.values.refused import Refused

LINES_KEPT = 20
LONGEST_GIVEN = 80  # characters told of what an event gave
AHEAD_MINUTES = 10  # how wrong the clock of a sender may be

SENTENCES = {
    "unreadable": "is no JSON object",
    "no-sli": "names no SLI; write its name as sli",
    "unknown-sli": "names an SLI that the team does not have",
    "fed-otherwise": "names an SLI that is not fed by pushed events",
    "bad-time": "has no time that can be read; write at as in 2026-11-23T10:15:00Z or as seconds since 1970, or minute "
    "as whole minutes since 1970",
    "in-the-future": f"lies more than {AHEAD_MINUTES} minutes in the future; look at the sender's clock",
    "no-count": "says neither ok, nor good and total, nor bad and total",
    "bad-count": f"has a count that is no whole number from 0 to {MOST_EVENTS}",
    "bad-ok": "has an ok that is neither true nor false",
    "good-above-total": "has more good or bad events than events in all",
}


@dataclass(frozen=True, slots=True)
class Names:
    """The SLIs of a team by name: the ids of those that take pushed events, and the names of the others."""

    ids: Mapping[str, int]
    others: frozenset[str]


@dataclass(frozen=True, slots=True)
class Garbled:
    """A line that is no JSON. text: how it begins."""

    text: str


@dataclass(frozen=True, slots=True)
class Row:
    """One event that was not counted: its line, why, and what it gave."""

    line: int
    reason: str
    given: str

    def as_json(self) -> dict[str, Any]:
        """Return it as the API and the command line tell it."""
        return {"line": self.line, "reason": self.reason, "sentence": sentence(self.reason), "given": self.given}


@dataclass
class Finding:
    """Why some events were not counted: how many, and the first of them."""

    reason: str
    count: int = 0
    rows: list[Row] = field(default_factory=list)

    @property
    def lines(self) -> list[int]:
        """Return the lines of the first of them."""
        return [row.line for row in self.rows]

    def as_json(self) -> dict[str, Any]:
        """Return it as the API and the command line tell it."""
        return {
            "reason": self.reason, "sentence": sentence(self.reason), "count": self.count,
            "lines": self.lines, "given": self.rows[0].given,
        }  # fmt: skip


def sentence(reason: str) -> str:
    """Return what is wrong with an event as a sentence.

    >>> sentence("unreadable")
    'The event is no JSON object.'
    """
    return f"The event {SENTENCES[reason]}."


class _Wrong(Exception):  # noqa: N818 -- a reason, caught at once
    def __init__(self, reason: str, given: object) -> None:
        super().__init__(reason)
        self.reason, self.given = reason, given


@dataclass
class Events:
    """What was read: cells by (series, minute), how many events they hold, and findings by reason."""

    cells: dict[tuple[int, int], list[int]] = field(default_factory=dict)
    accepted: int = 0
    findings: dict[str, Finding] = field(default_factory=dict)

    @property
    def refused(self) -> int:
        """Return how many events were not counted."""
        return sum(found.count for found in self.findings.values())

    def counts(self) -> Counts:
        """Return the cells as counts."""
        table = np.array([(*key, *cell) for key, cell in self.cells.items()], np.int64).reshape(-1, 4).T
        return Counts(*table)

    def first(self) -> list[Row]:
        """Return the first events that were not counted, in the order of their lines; at most `LINES_KEPT`."""
        rows = [row for found in self.findings.values() for row in found.rows]
        return sorted(rows, key=lambda row: row.line)[:LINES_KEPT]

    def refuse(self, line: int, reason: str, given: object) -> None:
        """Remember that the event of a line (from 1) was not counted."""
        found = self.findings.setdefault(reason, Finding(reason))
        found.count += 1
        if len(found.rows) < LINES_KEPT:
            found.rows.append(Row(line, reason, _short(given)))


def _short(given: object) -> str:
    text = given if isinstance(given, str) else json.dumps(given, default=str)
    return text if len(text) <= LONGEST_GIVEN else f"{text[: LONGEST_GIVEN - 3]}..."


def read(events: Iterable[tuple[int, Any]], names: Names, now: datetime, into: Events | None = None) -> Events:
    """Read events with their lines. now: aware. into: what was read before, to which these are added."""
    found, latest = Events() if into is None else into, int(now.timestamp() // 60) + AHEAD_MINUTES
    for line, event in events:
        try:
            series, minute, good, total = _read_one(event, names, latest)
        except _Wrong as wrong:
            found.refuse(line, wrong.reason, wrong.given)
            continue
        cell = found.cells.setdefault((series, minute), [0, 0])
        cell[0] += good
        cell[1] += total
        found.accepted += 1
    return found


def _read_one(event: Any, names: Names, latest: int) -> tuple[int, int, int, int]:
    if not isinstance(event, dict):
        raise _Wrong("unreadable", event.text if isinstance(event, Garbled) else event)
    name = event.get("sli")
    if not isinstance(name, str) or not name:
        raise _Wrong("no-sli", event)
    if name not in names.ids:
        raise _Wrong("fed-otherwise" if name in names.others else "unknown-sli", name)
    minute = _minute(event)
    if minute > latest:
        raise _Wrong("in-the-future", event.get("at", event.get("minute")))
    return names.ids[name], minute, *_happened(event)


def _minute(event: dict[str, Any]) -> int:
    given = event.get("minute") if event.get("at") is None else event.get("at")
    try:
        if event.get("at") is None:
            minute = _whole(given)
        elif isinstance(given, str):
            minute = _minute_of_text(given)
        elif isinstance(given, datetime):
            minute = int(given.timestamp() // 60)
        else:
            minute = int(_number(given) // 60)
    except (_Wrong, ValueError, OverflowError):
        raise _Wrong("bad-time", given) from None
    if minute < FIRST_MINUTE:
        raise _Wrong("bad-time", given)
    return minute


def _minute_of_text(text: str) -> int:
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        raise ValueError("a time without an offset may mean anything")
    return int(moment.timestamp() // 60)


def _number(given: Any) -> float:
    if isinstance(given, bool) or not isinstance(given, int | float) or not abs(given) < math.inf:
        raise _Wrong("bad-count", given)
    return given


def _whole(given: Any) -> int:
    number = _number(given)
    if number != int(number) or not 0 <= number <= MOST_EVENTS:
        raise _Wrong("bad-count", given)
    return int(number)


def _happened(event: dict[str, Any]) -> tuple[int, int]:
    """Return good and total."""
    ok, good, bad, total = (event.get(name) for name in ("ok", "good", "bad", "total"))
    if ok is not None:
        if not isinstance(ok, bool):
            raise _Wrong("bad-ok", ok)
        return int(ok), 1
    if total is None or (good is None) == (bad is None):
        raise _Wrong("no-count", event)
    some, whole = _whole(bad if good is None else good), _whole(total)
    if some > whole:
        raise _Wrong("good-above-total", event)
    return (some if bad is None else whole - some), whole


def parsed_lines(lines: Iterable[bytes], first: int = 1) -> Iterator[tuple[int, Any]]:
    """Yield the events of NDJSON with the numbers of their lines, or `Garbled`. Blank lines are skipped."""
    for number, line in enumerate(lines, first):
        if line.strip():
            try:
                yield number, json.loads(line)
            except (ValueError, RecursionError):
                yield number, Garbled(line[: 4 * (LONGEST_GIVEN + 1)].decode(errors="replace").strip())


def parsed_document(body: bytes) -> Sequence[tuple[int, Any]]:
    """Return the events of a JSON document: a list, an object with `events`, or one event. Raises Refused."""
    try:
        document = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise Refused("unreadable", f"The body is no JSON: {str(error)[:200]}.", "body") from None
    events = document.get("events", [document]) if isinstance(document, dict) else document
    if not isinstance(events, list):
        raise Refused("unreadable", "The body must be a list of events, or an object that holds one as events.", "body")
    return list(enumerate(events, 1))
