"""What was changed of an objective, in words: each term as it was and as it is. Reads what `actions.change` told."""

from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from typing import Any

from hortus.products.slos.openslo.durations import as_shorthand
from hortus.products.slos.rules.alerts import last_words
from hortus.products.slos.rules.windows import DAY

LABELS: Mapping[str, str] = {
    "name": "name", "promise": "promise", "target": "target", "window": "window", "parts": "what counts",
    "slices": "slices", "pairs": "alerts", "least_bad": "bad events that an alert needs",
    "confidence": "how sure few events must make", "function": "speaks for", "owner": "owner",
    "leaves_out_planned_work": "announced work",
}  # fmt: skip


def changes(payload: Mapping[str, Any]) -> list[str]:
    """Return one line for each term that an event "changed" tells, such as "target: 90 % → 92 %".

    A term whose values were not kept, as the owner's name never is, is named alone.
    """
    found = []
    for name in payload.get("fields", ()):
        label, values = LABELS.get(name, name), payload.get(name)
        if isinstance(values, Mapping) and {"was", "is"} <= values.keys():
            found.append(f"{label}: {_word(name, values['was'])} → {_word(name, values['is'])}")
        else:
            found.append(f"another {label}")
    return found


def told(verb: str, payload: Mapping[str, Any]) -> list[str]:
    """Return what an event of an objective says beside its verb: what changed, and why."""
    lines = changes(payload) if verb == "changed" else []
    return [*lines, *filter(None, [payload.get("reason", "")])]


def _word(name: str, value: Any) -> str:
    return WORDS.get(name, _text)(value)


def _text(value: Any) -> str:
    return str(value) if value not in ("", None) else "none"


def _quoted(value: Any) -> str:
    return f"“{value}”" if value else "none"


def _percent(value: Any) -> str:
    return f"{(Decimal(str(value)) * 100).normalize():f}\xa0%"


def _window(value: Any) -> str:
    days, _, unit = str(value).partition(" ")
    return last_words(int(days) * DAY) if unit else f"the calendar {days}"


def _slices(value: Any) -> str:
    if not value:
        return "every event counts the same"
    minutes, _, good = str(value).partition(", ")
    return f"of {minutes}, good from {_percent(good)}"


def _parts(value: Mapping[str, Any]) -> str:
    return ", ".join(sorted(value) if len(value) == 1 else (f"{sli} × {value[sli]}" for sli in sorted(value)))


def _pairs(value: Sequence[Mapping[str, Any]]) -> str:
    return ", ".join(map(_pair, value)) or "the usual four"


def _pair(row: Mapping[str, Any]) -> str:
    windows = f"{as_shorthand(row['long_minutes'])} and {as_shorthand(row['short_minutes'])}"
    kept = row.get("keep_firing_minutes")
    return (
        f"{row['name']} ({row['urgency']}) from {_percent(row['budget_share'])} in {windows}"
        f"{'' if kept is None else f', kept {kept} min'}"
    )


def _announced(value: Any) -> str:
    return "left out" if value else "counted"


WORDS: Mapping[str, Callable[[Any], str]] = {
    "name": _quoted, "promise": _quoted, "target": _percent, "confidence": _percent, "window": _window,
    "slices": _slices, "parts": _parts, "pairs": _pairs, "leaves_out_planned_work": _announced,
}  # fmt: skip
