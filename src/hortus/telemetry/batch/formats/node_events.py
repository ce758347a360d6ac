"""`sacctmgr show event --parsable2`: when nodes were down or drained, and why. Events only; jobs are read elsewhere."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import BinaryIO

from hortus.telemetry.batch.canonical import LINES_KEPT
from hortus.telemetry.batch.source import clean, line_chunks, open_source
from hortus.telemetry.batch.unreadable import Unreadable
from hortus.telemetry.batch.zones import zone_named

DEFAULT: tuple[str, ...] = ("cluster", "nodename", "timestart", "timeend", "state", "reason", "user")
_FORMER = {"start": "timestart", "end": "timeend", "node": "nodename"}
_NEEDED = ("nodename", "timestart", "state")


@dataclass(frozen=True)
class NodeEvent:
    """A node out of service. `end_at` None: it still was when this was written. Key: cluster, node, start."""

    cluster: str
    node: str
    start_at: datetime
    end_at: datetime | None
    state: str
    reason: str
    user: str


@dataclass
class NodeEvents:
    """What a listing held. `read` = events + rejected; rows about the cluster as a whole are in `skipped`."""

    events: tuple[NodeEvent, ...] = ()
    read: int = 0
    rejected: int = 0
    skipped: dict[str, int] = field(default_factory=dict)
    reasons: dict[str, int] = field(default_factory=dict)
    lines: dict[str, list[int]] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)
    zone: str = "UTC"

    def refuse(self, reason: str, line: int) -> None:
        """Count a row that cannot be read."""
        self.rejected += 1
        self.reasons[reason] = self.reasons.get(reason, 0) + 1
        kept = self.lines.setdefault(reason, [])
        if len(kept) < LINES_KEPT:
            kept.append(line)


def looks_like(line: str) -> bool:
    """Tell whether a first line is a header or a row of node events."""
    names = {_FORMER.get(n.strip().lower(), n.strip().lower()) for n in line.split("|")}
    if {"nodename", "timestart"} <= names:
        return True
    return re.match(r"[\w.-]+\|[^|]*\|\d{4}-\d\d-\d\dT[\d:]{8}\|(Unknown|\d{4}-\d\d-\d\dT[\d:]{8})\|", line) is not None


def _moment(text: str, zone: str) -> datetime | None:
    if re.fullmatch(r"\d{2,11}", text):
        return datetime.fromtimestamp(int(text), UTC)
    try:
        return datetime.fromisoformat(text).replace(tzinfo=zone_named(zone)).astimezone(UTC)
    except ValueError:
        return None


def _fields(line: str, columns: Sequence[str]) -> list[str] | None:
    """Split a line; pipes within the reason go back to it."""
    pieces = line.split("|")
    surplus = len(pieces) - len(columns)
    if surplus == 1 and pieces[-1] == "":  # --parsable ends each line in a pipe
        pieces, surplus = pieces[:-1], 0
    if surplus <= 0 or "reason" not in columns:
        return pieces if surplus == 0 else None
    at = columns.index("reason")
    return [*pieces[:at], "|".join(pieces[at : at + surplus + 1]), *pieces[at + surplus + 1 :]]


def _columns(first: str, label: str) -> tuple[tuple[str, ...], bool]:
    names = tuple(_FORMER.get(n.strip().lower(), n.strip().lower()) for n in first.strip().rstrip("|").split("|"))
    if not {"nodename", "timestart"} & set(names):
        return DEFAULT, False
    missing = [name for name in _NEEDED if name not in names]
    if missing:
        raise Unreadable(
            f"{label} has no column {', '.join(missing)}: run sacctmgr --parsable2 show event without a format."
        )
    return names, True


def _event(cells: dict[str, str], zone: str) -> NodeEvent | str:
    start = _moment(cells["timestart"], zone)
    end_text = cells.get("timeend", "Unknown")
    end = _moment(end_text, zone)
    if start is None or (end is None and end_text not in {"Unknown", "None", "", "0"}):
        return "time not understood"
    if end and end < start:
        return "ends before it starts"
    named = (cells.get(key, "") for key in ("cluster", "nodename"))
    cluster, node = named
    return NodeEvent(cluster, node, start, end, cells["state"], cells.get("reason", ""), cells.get("user", ""))


def read_events(source: Path | BinaryIO, *, zone: str = "UTC", label: str = "") -> NodeEvents:
    """Read node events; local times are of `zone`.

    Raises `Unreadable` for a source that cannot be read at all.
    """
    zone_named(zone)
    opened = open_source(source, label=label)
    found, columns = NodeEvents(zone=zone), DEFAULT
    events: dict[tuple[str, str, datetime], NodeEvent] = {}
    for chunk in line_chunks(opened):
        for no, line in enumerate(clean(chunk.data)[0].decode().split("\n"), chunk.first_line):
            if no == 1:
                columns, is_header = _columns(line, opened.label)
                if is_header:
                    continue
            if line.strip():
                event = _read_line(line, no, columns, zone, found)
                if event:
                    events[event.cluster, event.node, event.start_at] = event
    found.events = tuple(events.values())
    found.notes = list(opened.notes)
    if not found.read and not found.skipped and found.rejected == 0:
        raise Unreadable(f"{opened.label} holds no node events.")
    return found


def _read_line(line: str, no: int, columns: Sequence[str], zone: str, found: NodeEvents) -> NodeEvent | None:
    fields = _fields(line, columns)
    cells = dict(zip(columns, fields, strict=True)) if fields else {}
    if cells and not cells["nodename"]:
        found.skipped["rows about the whole cluster"] = found.skipped.get("rows about the whole cluster", 0) + 1
        return None
    found.read += 1
    event = _event(cells, zone) if cells else "wrong number of fields"
    if isinstance(event, str):
        found.refuse(event, no)
        return None
    return event
