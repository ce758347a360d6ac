"""One request, one effect: rows are held while a verb works on them, and a key of the client is known again."""

import hashlib
from datetime import datetime
from typing import Any

from hortus.access.models import Person, Team
from hortus.processes.incidents.models import Incident, Receipt
from hortus.values.refused import Refused

LONGEST_KEY = 100  # characters, as the table holds them


def held(incident: Incident) -> Incident:
    """Return an incident as it stands now, held until the transaction ends: two who act on it line up.

    Rows that only point at it may be written meanwhile (no_key), or two verbs could wait for each other for ever.
    """
    rows = Incident.objects.select_for_update(of=("self",), no_key=True).select_related("team")
    found: Incident = rows.get(pk=incident.pk)
    return found


def line_up(team: Team) -> None:
    """Hold a team until the transaction ends: incidents of a team get their numbers one after the other."""
    Team.objects.select_for_update(no_key=True).get(pk=team.pk)


def both_held(first: Incident, second: Incident) -> tuple[Incident, Incident]:
    """Hold two incidents, always in the same order, so that nobody waits for the other for ever."""
    rows = {row.pk: row for row in map(held, sorted((first, second), key=lambda one: one.pk))}
    return rows[first.pk], rows[second.pk]


def known(team: Team, by: Person | None, client_key: str, verb: str) -> dict[str, Any] | None:
    """Return what came of this request when it was made before, None for a new one or one without a key.

    Ask while the row that the verb is about is held. Raises Refused for a key that is too long, or was used for
    something else.
    """
    if not client_key or by is None:
        return None
    if len(client_key) > LONGEST_KEY:
        raise Refused("long-key", f"The key has {len(client_key)} characters; at most {LONGEST_KEY} are allowed.")
    receipt = Receipt.objects.filter(team=team, by=by, client_key=client_key).first()
    if receipt is None:
        return None
    if receipt.verb != verb:
        raise Refused("key-used", f"The key {client_key!r} was used for something else; make a new one.")
    found: dict[str, Any] = receipt.result
    return found


def named(verb: str, door: str, *said: str) -> str:
    """Return the name of a request: a program's holds a digest of what it says, so a key serves for one text only.

    A form has its key by itself: sent again with other words, as after going back, it is still the same request.
    """
    if door == "web":
        return verb
    return f"{verb} {hashlib.sha256(chr(0).join(said).encode()).hexdigest()[:12]}"


def keep(
    team: Team, by: Person | None, client_key: str, verb: str, at: datetime, result: dict[str, Any] | None = None
) -> None:
    """Write down what came of a request, in its transaction; nothing for one without a key."""
    if client_key and by is not None:
        Receipt.objects.create(team=team, by=by, client_key=client_key, verb=verb, at=at, result=result or {})
