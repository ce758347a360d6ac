"""What measurements propose about functions, told by the floors above. Proposals never publish: a person does."""

import logging
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from hortus.access.models import Team
from hortus.catalogue.rules import Condition

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Proposal:
    """What a measurement would say. function: slug. reason: one sentence. path: page of Hortus that shows why.

    since: since when it is so (aware). It is shown to the team beside the function, with a form filled in.
    """

    function: str
    condition: Condition
    reason: str
    path: str
    since: datetime


Provider = Callable[[Team], Iterable[Proposal]]
Confirmer = Callable[[Team], Mapping[str, datetime]]


@dataclass(frozen=True, slots=True)
class _Source:
    propose: Provider
    confirmed_until: Confirmer | None


_SOURCES: dict[str, _Source] = {}


def register(name: str, propose: Provider, confirmed_until: Confirmer | None = None) -> None:
    """Tell the catalogue who proposes; called from AppConfig.ready. The same name again takes the other's place.

    confirmed_until: from a team to, by the slug of a function, the instant (aware) up to which a measurement found that
    it works. That confirms the word *working* as a person would at that instant, and does nothing else. Functions that
    it does not name need a person. It is asked on every visit of the public page, for the whole team at once: keep it
    to few queries.
    """
    _SOURCES[name] = _Source(propose, confirmed_until)


def unregister(name: str) -> None:
    """Forget a source; nothing happens when there is none of this name."""
    _SOURCES.pop(name, None)


def proposed(team: Team) -> dict[str, list[Proposal]]:
    """Return what is proposed about a team's functions, by slug, the most urgent first.

    A source that fails is logged and left out: the status page must stand while a measurement lies in ruins.
    """
    found: dict[str, list[Proposal]] = {}
    for name, source in _SOURCES.items():
        try:
            proposals = list(source.propose(team))
        except Exception:
            log.exception("%s cannot propose", name)
            continue
        for proposal in proposals:
            found.setdefault(proposal.function, []).append(proposal)
    for each in found.values():
        each.sort(key=lambda proposal: (-proposal.condition.urgency, proposal.since))
    return found


def confirmed_until(team: Team) -> dict[str, datetime]:
    """Return up to when measurements found a team's functions working, by slug, the latest of all sources."""
    found: dict[str, datetime] = {}
    for name, source in _SOURCES.items():
        if source.confirmed_until is None:
            continue
        try:
            told = dict(source.confirmed_until(team))
        except Exception:
            log.exception("%s cannot confirm", name)
            continue
        for slug, until in told.items():
            found[slug] = max(until, found.get(slug, until))
    return found
