"""References (kind, id): how one practice points at another's object without importing it."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from django.urls import NoReverseMatch, Resolver404, resolve

from hortus.access.models import Team
from hortus.values.refused import Refused

if TYPE_CHECKING:
    from hortus.access.doors import Standing

Telling = Callable[[str, Mapping[str, Any]], Sequence[str]]


@dataclass(frozen=True, slots=True)
class Ref:
    """An object that events speak of. id is text of at most 64 characters; name is what it was called then."""

    kind: str
    id: str
    name: str


Finder = Callable[["Standing", str], Ref | None]
Chooser = Callable[["Standing"], Sequence[Ref]]


@dataclass(frozen=True, slots=True)
class Registered:
    """What a practice tells about its kind: the word for it, how to find the page of an object, what its events say.

    told: from the verb and the payload of an event to what it says beside its verb, in words, a line each. page: name
    of the URL of an object's page, and the argument of it that is the id. find: the object with an id, None where who
    asks may not read it. choices: those that others may link to, as far as who asks may read them, by their names. The
    names that these two give are read by whoever reads what links to them: nothing that only few may read.
    """

    word: str
    url: Callable[[Team, str], str]
    told: Telling
    page: tuple[str, str] | None = None
    find: Finder | None = None
    choices: Chooser | None = None


_KINDS: dict[str, Registered] = {}


def register(
    kind: str, word: str, url: Callable[[Team, str], str], told: Telling = lambda verb, payload: (), *,
    page: tuple[str, str] | None = None, find: Finder | None = None, choices: Chooser | None = None,
) -> None:  # fmt: skip
    """Tell the ledger how objects of a kind are called and where their page is; called from AppConfig.ready.

    word: singular noun, lower case. url: from (team, id) to a path. told, page, find, choices: as of `Registered`,
    nothing when left out: then nobody can name an object of the kind, and nothing can be linked to one. Raises
    ValueError when the kind is taken.
    """
    if kind in _KINDS and _KINDS[kind].word != word:
        raise ValueError(f"kind {kind!r} is registered already; choose another word")
    _KINDS[kind] = Registered(word, url, told, page, find, choices)


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
    except (NoReverseMatch, ValueError):  # an id that no page can have, or of a practice that was taken out
        return ""


def links(team: Team, refs: Iterable[tuple[str, str]]) -> dict[tuple[str, str], str]:
    """Return the paths of many objects, each asked for once."""
    return {ref: link(team, *ref) for ref in set(refs)}


def nameable() -> Sequence[str]:
    """Return the kinds whose objects can be found by their ids, in the order of the alphabet."""
    return [kind for kind in kinds() if _KINDS[kind].find]


def linkable() -> Sequence[str]:
    """Return the kinds whose objects others may link to, in the order of the alphabet."""
    return [kind for kind in kinds() if _KINDS[kind].choices]


def choices(standing: "Standing", kind: str) -> Sequence[Ref]:
    """Return the objects of a kind that others may link to, as far as who asks may read them; none of most kinds."""
    choose = _KINDS[kind].choices if kind in _KINDS else None
    return choose(standing) if choose else ()


def find(standing: "Standing", kind: str, id: str) -> Ref | None:  # noqa: A002 -- see above
    """Return the reference to an object of the team that who asks may read, None where there is none."""
    found = _KINDS[kind].find if kind in _KINDS else None
    return found(standing, id) if found else None


def number(id: str) -> int:  # noqa: A002 -- see above
    """Return the number that an id is, 0 for one that is none.

    >>> number("12"), number("-1"), number("x"), number("9" * 40)
    (12, 0, 0, 0)
    """
    return int(id) if id.isascii() and id.isdecimal() and len(id) < 9 else 0


def of_address(standing: "Standing", address: str) -> Ref | None:
    """Return what an address of this team's pages names, None for an empty one; raise Refused for any other."""
    if not address.strip():
        return None
    named = named_by(standing.team, address)
    found = find(standing, *named) if named else None
    if found is None:
        raise Refused(
            "no-page", "This is not the address of something in this team; copy it from the browser.", "address"
        )
    return found


def named_by(team: Team, address: str) -> tuple[str, str] | None:
    """Return (kind, id) of what an address shows, of this team; None where it is no page of an object.

    address: a whole one as the browser shows it, or its path. Whether there is such an object is not asked.
    """
    try:
        match = resolve(urlsplit(address.strip()).path)
    except (Resolver404, ValueError):
        return None
    if match.kwargs.get("team") != team.slug:
        return None
    for kind, told in _KINDS.items():
        if told.page and told.find and told.page[0] == match.view_name and told.page[1] in match.kwargs:
            return kind, str(match.kwargs[told.page[1]])
    return None


def addresses_in(text: str) -> Sequence[str]:
    """Return the paths of pages of teams that stand in a text, in Markdown or plain.

    >>> addresses_in("As in (https://hortus.example/t/rcd/reviews/1/), and <https://elsewhere.example/>.")
    ['/t/rcd/reviews/1/']
    """
    words = text.replace("(", " ").replace(")", " ").split()
    return [word[word.find("/t/") :].strip("<>.,;") for word in words if "/t/" in word]
