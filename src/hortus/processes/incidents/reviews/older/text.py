"""Reads one post-incident text in Markdown: its title, its times from the headings of its timeline, its parts.

No word is lost: a part whose heading we know answers that question, everything else tells how one got there.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, time
from zoneinfo import ZoneInfo

from hortus.processes.incidents.reviews.older import stamps
from hortus.processes.incidents.reviews.older.found import Left, Read, Span, Story

LONGEST_TITLE = 200
_HEADING = re.compile(r"^(#{1,6})\s+(.*?)\s*#*\s*$")
_FENCE = re.compile(r"^\s*(```|~~~)")
_LEADING_DATE = re.compile(r"^\s*\d{4}-\d\d-\d\d\s*[,:;–—-]*\s*")
ANSWERS = {
    "what went well": "helped", "where we got lucky": "helped", "where did we get lucky": "helped",
    "what went wrong": "hard", "conclusion": "believe", "lessons learned": "believe", "lessons learnt": "believe",
    "what was surprising": "surprising", "what we still do not know": "unknown", "open questions": "unknown",
}  # fmt: skip


@dataclass(slots=True)
class Part:
    """What stands below one heading, up to the next. level: 0 for what stands before the first."""

    line: int
    level: int
    heading: str
    lines: list[str] = field(default_factory=list)

    @property
    def body(self) -> str:
        """Return the text below the heading."""
        return "\n".join(self.lines).strip("\n")


def parts_of(text: str) -> Iterator[Part]:
    """Give the parts of a Markdown text in order; what looks like a heading inside a code block is none."""
    part, is_code = Part(1, 0, ""), False
    for number, line in enumerate(text.splitlines(), start=1):
        is_code ^= bool(_FENCE.match(line))
        found = None if is_code else _HEADING.match(line)
        if found:
            yield part
            part = Part(number, len(found[1]), found[2])
        else:
            part.lines.append(line)
    yield part


def read(name: str, text: str, zone: ZoneInfo | None, fallback: ZoneInfo) -> Read:
    """Return what one text tells. name: of its file. zone: of its times where somebody said it, else the text's own
    word counts, else the fallback."""
    parts = list(parts_of(text))
    first = next((part for part in parts if part.heading), None)
    if first is None:
        return Read(
            left=[Left(1, name, "It has no heading; begin it with a line such as “# 2024-03-01, Nobody can log in”.")]
        )
    told = stamps.stated_zone(text)
    of = zone or (ZoneInfo(told) if told else fallback)
    titled = stamps.day_in(first.heading) or stamps.day_in(name)
    moments, notes = _moments([part for part in parts if part is not first], titled)
    if not moments and titled is None:
        return Read(left=[Left(first.line, first.heading, "No date was found in its title, its name or its timeline.")])
    if not moments and titled is not None:
        moments = [datetime.combine(titled, time())]
        notes.append("No time of day was found: it begins and ends at midnight; correct it on its page.")
    if titled is not None and titled != min(moments).date():
        notes.append(
            f"Its title says {titled.isoformat()}, its timeline {min(moments).date().isoformat()}; that was taken."
        )
    notes.append(f"Times are those of {of.key}" + ("" if zone or told else ", since it names no zone") + ".")
    span = Span(first.line, stamps.placed(min(moments), of), stamps.placed(max(moments), of), notes=tuple(notes))
    return Read([Story(first.line, _title(first.heading, name), [span], _answers(parts, first))])


def _title(heading: str, name: str) -> str:
    plain = re.sub(r"[`*_]", "", _LEADING_DATE.sub("", heading)).strip()
    return (plain or heading or name)[:LONGEST_TITLE]


def _moments(parts: list[Part], titled: date | None) -> tuple[list[datetime], list[str]]:
    """Return the moments that headings name, and what is to be said about them."""
    walk = stamps.Walk(titled) if titled else None
    found: list[datetime] = []
    notes: list[str] = []
    for part in parts:
        day = stamps.day_in(part.heading, walk.day if walk else None)
        if day is not None:
            walk = stamps.Walk(day)
        for at in stamps.clocks_in(part.heading):
            if walk is None:  # a time without any day before it
                break
            moment = walk.step(at)
            if found and moment < found[-1] and "times out of order" not in " ".join(notes):
                notes.append(f"Line {part.line}: times out of order; the earliest and the latest were taken.")
            found.append(moment)
    return found, notes


def _answers(parts: list[Part], first: Part) -> dict[str, str]:
    """Return the whole text as answers: no line of it is left out."""
    found: dict[str, list[str]] = {"how": []}
    for part in parts:
        name = ANSWERS.get(part.heading.casefold().strip(" :?"), "how")
        heads = [f"{'#' * part.level} {part.heading}"] if part.heading and part is not first else []
        if name != "how" and not part.body.strip():
            continue  # a heading that we know, with nothing of its own below it, is only a frame
        told = [*heads, part.body] if part.body.strip() else heads
        if told:
            found.setdefault(name, []).append("\n\n".join(told))
    return {name: "\n\n".join(told).strip() for name, told in found.items() if told}
