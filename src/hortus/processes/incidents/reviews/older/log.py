"""Reads a centre's log of incidents: sections of notices, each with records of times in an HTML comment.

A record says start and stop, or periods from/to; a section may hold several. What contradicts itself is left out and
said, never guessed. Planned work is no incident.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from hortus.processes.incidents.reviews.older import stamps
from hortus.processes.incidents.reviews.older.found import Left, Read, Span, Story

_COMMENT = re.compile(r"<!--(.*?)-->", re.DOTALL)
_RECORD = re.compile(r"^\s*(?:start|period):", re.MULTILINE)
_FIELD = re.compile(r"^\s*([a-z_]+):[ \t]*(.*?)\s*$", re.MULTILINE)
_SECTION = re.compile(r"^(#{2,6})[ \t]+(.*?)[ \t]*$", re.MULTILINE)
_TAG = re.compile(r"<[^>]*>")
_HOURS = re.compile(r"^(\d+(?:\.\d+)?)\s*hours?\b")
DISAGREES = timedelta(minutes=30)
NO_TAGS = {"", "*", "...", "n/a", "none"}
LONGEST_TITLE, LONGEST_WORD = 200, 40


def is_log(text: str) -> bool:
    """Say whether a text is such a log: one of its comments holds a record."""
    return any(_RECORD.search(found[1]) for found in _COMMENT.finditer(text))


@dataclass(frozen=True, slots=True)
class Section:
    """One heading with what stands below it: its records, by line, and its text without them."""

    line: int
    title: str
    text: str
    records: Sequence[tuple[int, str]]


def read(text: str, zone: ZoneInfo, now: datetime) -> Read:
    """Return what a log tells; zone: of its times where they name none themselves; now: aware."""
    found = Read()
    for section in _sections(text):
        spans: list[Span] = []
        for line, record in section.records:
            for one in _spans(line, record, zone, now):
                if isinstance(one, Left):
                    found.left.append(Left(one.line, section.title, one.why, one.is_fault))
                else:
                    spans.append(one)
        if spans:
            found.stories.append(Story(section.line, section.title, spans, {"how": section.text}))
        elif not section.records and "<span" in section.text + section.title:
            found.left.append(Left(section.line, section.title, "It has no record of start and stop.", is_fault=False))
    return found


def _sections(text: str) -> Iterator[Section]:
    heads = list(_SECTION.finditer(text))
    for place, head in enumerate(heads):
        end = heads[place + 1].start() if place + 1 < len(heads) else len(text)
        body = text[head.end() : end]
        records = [
            (_line(text, head.end() + found.start(1)), found[1])
            for found in _COMMENT.finditer(body)
            if _RECORD.search(found[1])
        ]
        title = _plain(head[2])[:LONGEST_TITLE]
        yield Section(_line(text, head.start()), title, _plain(_COMMENT.sub("", body)) if records else body, records)


def _line(text: str, at: int) -> int:
    return text.count("\n", 0, at) + 1


def _plain(text: str) -> str:
    """Return a text without its HTML tags; a span of several lines is cut out whole."""
    return re.sub(r"\n{3,}", "\n\n", _TAG.sub("", text)).strip()


def _spans(line: int, record: str, zone: ZoneInfo, now: datetime) -> Iterator[Span | Left]:
    fields = dict(_FIELD.findall(record))
    reasons = _words(fields.get("reason", ""))
    if "scheduled" in reasons:
        yield Left(line, "", "It was planned work, which is no incident.", is_fault=False)
        return
    for at, begins, ends, length in _times(line, record, fields):
        span = _span(at, begins, ends, length, zone, now)
        yield span if isinstance(span, Left) else _described(span, fields, reasons)


def _times(line: int, record: str, fields: Mapping[str, str]) -> Iterator[tuple[int, str, str, str]]:
    """Give line, start, stop and length of each span of a record, as they are written."""
    periods = [(found.start(1), found[2]) for found in _FIELD.finditer(record) if found[1] == "period"]
    for at, period in periods:
        begins, _, rest = period.partition("/")
        ends, _, length = rest.partition(" (")
        yield line + record.count("\n", 0, at), begins.strip(), ends.strip(), length.rstrip(")")
    if "start" in fields:
        yield line, fields["start"], fields.get("stop", ""), fields.get("length", "")


def _span(line: int, begins: str, ends: str, length: str, zone: ZoneInfo, now: datetime) -> Span | Left:
    if not ends:
        return Left(line, "", f"It began {begins} and has no stop; if it goes on, declare it instead.")
    try:
        began_at, ended_at = (stamps.placed(datetime.fromisoformat(text), zone) for text in (begins, ends))
    except ValueError:
        return Left(line, "", f"Its times cannot be read: start {begins!r}, stop {ends!r}; write 2024-03-01T09:30:00.")
    if ended_at < began_at:
        return Left(line, "", f"It stops ({ends}) before it starts ({begins}); correct the file.")
    if ended_at > now:
        return Left(line, "", f"It stops ({ends}) in the future.")
    said = _HOURS.match(length.strip())
    notes = []
    if said and abs(timedelta(hours=float(said[1])) - (ended_at - began_at)) > DISAGREES:
        lasted = (ended_at - began_at).total_seconds() / 3600
        notes.append(
            f"Line {line}: it says that it lasted {length.strip()}, from start to stop it is {lasted:g} hours."
        )
    return Span(line, began_at, ended_at, notes=tuple(notes))


def _described(span: Span, fields: Mapping[str, str], reasons: Sequence[str]) -> Span:
    tags = tuple(word[:LONGEST_WORD] for word in _words(fields.get("affected", "")) if word not in NO_TAGS)
    others = [word for word in reasons if word != "external"]
    origin = "" if "external" not in reasons else "mixed" if others else "outside"
    severity = ", ".join(_words(fields.get("severity", "")))[:LONGEST_WORD]
    return Span(span.line, span.began_at, span.ended_at, severity, tags, origin, span.notes)


def _words(text: str) -> list[str]:
    return [word.strip().lower() for word in text.split(",") if word.strip()]
