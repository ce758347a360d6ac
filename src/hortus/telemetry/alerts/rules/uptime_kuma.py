"""Reads the webhook of Uptime Kuma: one heartbeat of one monitor, or none in its tests."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from hortus.telemetry.alerts.rules.heard import (
    LONGEST_ANNOTATION,
    LONGEST_TITLE,
    Alert,
    Said,
    Told,
    Unreadable,
    digest,
    link,
    moment,
    text,
    told_of,
)

# 0 down, 1 up, 2 pending, 3 maintenance.
_SAID = {0: Said.FIRING, 1: Said.RESOLVED, 2: Said.NOTED, 3: Said.NOTED}


def read(document: Any) -> Told:
    """Return what a notice says: at most one alert. It joins what is open: a heartbeat does not say since when.

    Raises Unreadable for what is no such notice.
    """
    if not isinstance(document, Mapping) or not {"heartbeat", "monitor", "msg"} & set(document):
        raise Unreadable("The body is no notice of Uptime Kuma: it has no heartbeat, monitor or msg.")
    beat, monitor, said = document.get("heartbeat"), document.get("monitor"), document.get("msg")
    if not isinstance(beat, Mapping):
        return Told((), remark=text(said, LONGEST_TITLE))
    state = beat.get("status")
    if isinstance(state, bool) or not isinstance(state, int | float) or state not in _SAID:
        raise Unreadable(f"The heartbeat has no status that can be read: {text(state, 40) or 'none'}.")
    about = monitor if isinstance(monitor, Mapping) else {}
    number = beat.get("monitorID", about.get("id"))
    name = text(about.get("name"), 150) or f"Monitor {text(number, 40)}"
    at = text(beat.get("time"), 64)
    return Told((
        Alert(
            digest(["monitor", text(number, 100)]), _SAID[int(state)], f"{name} is down"[:LONGEST_TITLE],
            _labels(about, number, name),
            {"message": text(beat.get("msg") or said, LONGEST_ANNOTATION)}, starts_at=_moment(at), starts_text=at,
            url=link(about.get("url")),
        ),
    ))  # fmt: skip


def _labels(about: Mapping[str, Any], number: object, name: str) -> dict[str, str]:
    """Return the monitor's number, name and place, and its tags as labels."""
    tags = about.get("tags")
    named = {
        text(tag.get("name"), 100): text(tag.get("value"), 1000)
        for tag in (tags if isinstance(tags, list) else ())[:32]
        if isinstance(tag, Mapping)
    }
    return named | told_of(about, ("type", "hostname")) | {"monitor": name, "monitor_id": text(number, 100)}


def _moment(given: str) -> datetime | None:
    """Return a time as Uptime Kuma keeps it: in UTC, without saying so."""
    found = moment(given)
    if found is None and given:
        try:
            return datetime.fromisoformat(given).replace(tzinfo=UTC)
        except ValueError:
            return None
    return found
