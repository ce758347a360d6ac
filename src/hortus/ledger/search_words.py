"""What a word is for the search, on every database alike: folded, cut, prefix or not. No Django, no database.

Case, accents and ligatures are folded here and not by the database: SQLite and PostgreSQL fold differently, and
PostgreSQL's `unaccent` is an extension that not everybody may install. Both get words that are folded already.
"""

import re
import unicodedata
from dataclasses import dataclass

LONGEST_WORD = 60  # characters of a word that count
LONGEST_QUERY = 400  # characters of a query that are read
MOST_TERMS = 10  # words of a query that are looked for
PREFIX_FROM = 3  # a word of so many characters also finds longer words that begin with it

# Scripts written without spaces: each of their characters is a word.
UNSPACED = "\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff"
_WORD = re.compile(rf"[{UNSPACED}]|[^\W_{UNSPACED}]+")


class _Folding(dict[int, str]):
    """From a character to what it counts as, found when it is first met; at most one entry for each character."""

    def __missing__(self, code: int) -> str:
        apart = unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", chr(code)).casefold())
        kept = "".join(c for c in apart if unicodedata.category(c) != "Mn")
        self[code] = unicodedata.normalize("NFC", kept)
        return self[code]


FOLDING = _Folding()


@dataclass(frozen=True, slots=True)
class Term:
    """A word that is looked for; a prefix also finds longer words that begin with it."""

    word: str
    is_prefix: bool


def storable(text: str) -> str:
    """Return text as any database takes it: without NUL and without halves of characters.

    >>> storable("a" + chr(0) + "b")
    'ab'
    """
    return text.replace("\0", "").encode("utf-8", "ignore").decode("utf-8")


def folded(text: str) -> str:
    """Return text without case, accents and ligatures; the length may change.

    >>> folded("Straße ﬁn Élan")
    'strasse fin elan'
    """
    return text.translate(FOLDING)


def words(text: str) -> list[str]:
    """Return the folded words of a text in their order, each of at most LONGEST_WORD characters.

    >>> words("login-node_1: Größe!")
    ['login', 'node', '1', 'grosse']
    """
    return [word[:LONGEST_WORD] for word in _WORD.findall(folded(text))]


def terms(query: str) -> tuple[Term, ...]:
    """Return what a query looks for: its first words, each once. Quotes and operators mean nothing.

    >>> terms('"Nodes" OR no')
    (Term(word='nodes', is_prefix=True), Term(word='or', is_prefix=False), Term(word='no', is_prefix=False))
    """
    found = list(dict.fromkeys(words(storable(query[:LONGEST_QUERY]))))[:MOST_TERMS]
    return tuple(Term(word, len(word) >= PREFIX_FROM) for word in found)
