"""References (kind, id): how one practice points at another's object without importing it."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.urls import NoReverseMatch

from hortus.access.models import Team

Telling = Callable[[str, Mapping[str, Any]], Sequence[str]]


@dataclass(frozen=True, slots=True)
class Ref:
    """An object that events speak of. id is text of at most 64 characters; name is what it was called then."""

    kind: str
    id: str
    name: str


@dataclass(frozen=True, slots=True)
class Registered:
    """What a practice tells about its kind: the word for it, how to find the page of an object, what its events say.

    told: from the verb and the payload of an event to what it says beside its verb, in words, a line each.
    """

    word: str
    url: Callable[[Team, str], str]
    told: Telling


_KINDS: dict[str, Registered] = {}


def register(
    kind: str, word: str, url: Callable[[Team, str], str], told: Telling = lambda verb, payload: ()
) -> None:  # fmt: skip
    """Tell the ledger how objects of a kind are called and where their page is; called from AppConfig.ready.

    word: singular noun, lower case. url: from (team, id) to a path. told: as of `Registered`, nothing when left out.
    Raises ValueError when the kind is taken.
    """
    if kind in _KINDS and _KINDS[kind].word != word:
        raise ValueError(f"kind {kind!r} is registered already; choose another word")
    _KINDS[kind] = Registered(word, url, told)


def kinds() -> Sequence[str]:
    """Return all registered kinds in the order of the alphabet."""
    return sorted(_KINDS)


def word(kind: str) -> str:
    """Return the noun for a kind, the kind itself when nobody registered it."""
    return _KINDS[kind].word if kind in _KINDS else kind


def told(kind: str, verb: str, payload: Mapping[str, Any]) -> Sequence[str]:
    """Return what an event of a kind says beside its verb, a line each; nothing when its practice tells none."""
    return _KINDS[kind].told(verb, payload) if kind in _KINDS else ()


def link(team: Team, kind: str, id: str) -> str:  # noqa: A002 -- the ledger's reference is (kind, id)
    """Return the path of an object's page, "" when its kind has none."""
    if kind not in _KINDS:
        return ""
    try:
        return _KINDS[kind].url(team, id)
    except NoReverseMatch:  # an id that no page can have, from a practice that was taken out
        return ""


def links(team: Team, refs: Iterable[tuple[str, str]]) -> dict[tuple[str, str], str]:
    """Return the paths of many objects, each asked for once."""
    return {ref: link(team, *ref) for ref in set(refs)}
