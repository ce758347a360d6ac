"""What other rooms show beside an incident: old reviews that may help now, and parts of its page. Knows none of them.

Called from AppConfig.ready of the room that shows something. A provider that fails takes only its own lines away: an
incident's page must open while something is wrong.
"""

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from django.db import transaction

from hortus.access.doors import Standing
from hortus.access.models import Person

if TYPE_CHECKING:
    from hortus.processes.incidents.models import Incident

logger = logging.getLogger(__name__)
MOST_BESIDE = 3  # from each provider: who is in the middle of something reads no list


@dataclass(frozen=True, slots=True)
class Beside:
    """One line: what it is called, the path of its page, and in a few words why it is shown."""

    text: str
    path: str
    reason: str = ""


Provider = Callable[[Standing, "Incident"], Sequence[Beside]]
PartProvider = Callable[["Incident", Person], Sequence[Beside]]
_PROVIDERS: list[Provider] = []
_PARTS: dict[str, PartProvider] = {}


def register(provider: Provider) -> None:
    """Let a room offer what may help with an incident: given who asks, at most three lines, best first, by policy."""
    if provider not in _PROVIDERS:
        _PROVIDERS.append(provider)


def register_part(heading: str, provider: PartProvider) -> None:
    """Give the page of each incident a part of its own: lines for who reads it (by policy), none leaves it out."""
    _PARTS[heading] = provider


def of(standing: Standing, incident: "Incident") -> list[Beside]:
    """Return what all rooms offer who asks beside an incident, at most three lines of each."""
    return [line for provider in _PROVIDERS for line in _asked(partial(provider, standing, incident))[:MOST_BESIDE]]


def parts(incident: "Incident", person: Person) -> list[tuple[str, Sequence[Beside]]]:
    """Return the parts that other rooms have for an incident's page, as (heading, lines), empty ones left out."""
    told = [(heading, _asked(partial(provider, incident, person))) for heading, provider in _PARTS.items()]
    return [(heading, lines) for heading, lines in told if lines]


def _asked(ask: Callable[[], Sequence[Beside]]) -> Sequence[Beside]:
    try:
        with transaction.atomic():
            return ask()
    except Exception:  # whatever another room does, the page of an incident opens
        logger.exception("what another room shows beside an incident could not be read")
        return ()
