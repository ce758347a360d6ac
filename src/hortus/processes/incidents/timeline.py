"""What an incident's events say beside their verb, in words: the timeline that writes itself."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from hortus.catalogue.rules import DataSafe, RunningJobs

_SPOKEN = (
    ("headline", "Published as: {}"), ("can", "Can: {}"), ("cannot", "Cannot: {}"), ("instead", "Instead: {}"),
    ("trying", "We are trying: {}"),
    ("reason", "Reason: {}"), ("question", "{}"), ("answer", "Answer: {}"), ("sentence", "{}"), ("words", "{}"),
    ("person", "{}"), ("into", "Into incident #{}"), ("came_back_of", "It is incident #{} that came back"),
    ("alert", "Alert: {}"),
)  # fmt: skip


def told(verb: str, payload: Mapping[str, Any]) -> Sequence[str]:
    """Return what an event says beside its verb, a line each. Times are those that clocks of the team showed."""
    lines = [words.format(payload[key]) for key, words in _SPOKEN if payload.get(key)]
    for key, label, kind in (("data_safe", "Stored data", DataSafe), ("running_jobs", "Jobs that run", RunningJobs)):
        if payload.get(key):
            lines.append(f"{label}: {kind(payload[key]).word}")
    stands = payload.get("conditions", ())
    lines += [f"{said['function']}: {str(said['condition']).replace('-', ' ')}" for said in stands]
    lines += [f"{field.replace('_', ' ')}: {old} → {new}" for field, (old, new) in payload.get("changed", {}).items()]
    for key, words in (("next_due", "Next word by {}"), ("due_at", "It was due at {}")):
        if payload.get(key):
            lines.append(words.format(_clock(payload[key])))
    if payload.get("is_note"):
        lines.append("It came when the incident was not open, so it was kept and not published")
    elif verb == "updated":
        lines.append("Published on the status page" if payload.get("is_public") else "For the team only")
    return lines


def _clock(moment: str) -> str:
    return f"{datetime.fromisoformat(moment):%H:%M on %-d %B}"
