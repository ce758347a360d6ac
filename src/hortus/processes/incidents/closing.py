"""What other rooms say about the end of an incident: why it may not be closed yet, and what they do when it is over."""

from collections.abc import Callable
from typing import TYPE_CHECKING

from hortus.access.models import Person

if TYPE_CHECKING:
    from hortus.processes.incidents.models import Incident

Check = Callable[["Incident"], str]
Callback = Callable[["Incident", Person | None, str], None]

_CHECKS: list[Check] = []
_ON_RESOLVED: list[Callback] = []


def register(check: Check) -> None:
    """Have a function asked before an incident is closed; called from AppConfig.ready.

    It returns "" where it may be closed, else a full sentence that says what is still to do.
    """
    if check not in _CHECKS:
        _CHECKS.append(check)


def on_resolved(callback: Callback) -> None:
    """Have a function called with incident, person and door in the transaction that resolves an incident."""
    if callback not in _ON_RESOLVED:
        _ON_RESOLVED.append(callback)


def objection(incident: "Incident") -> str:
    """Return why an incident may not be closed yet, "" where nothing stands against it."""
    return " ".join(filter(None, (check(incident) for check in _CHECKS)))


def resolved(incident: "Incident", by: Person | None, door: str) -> None:
    """Tell all that asked for it that an incident was resolved, in the caller's transaction."""
    for callback in _ON_RESOLVED:
        callback(incident, by, door)
