"""Shows where a text was found: marked, cut to a window, and escaped. Looks nothing up."""

import re
from collections.abc import Sequence
from functools import lru_cache

from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe

from hortus.ledger.search_words import FOLDING, UNSPACED, Term, folded

WIDTH = 220  # characters of an excerpt
BEFORE = 60  # of them before the first place found
_LETTER = rf"[^\W_{UNSPACED}]"
Span = tuple[int, int]


def marked(text: str, terms: Sequence[Term]) -> SafeString:
    """Return a text as HTML: escaped, the words that were found in <mark>.

    >>> marked("Nodes <out>", [Term("node", True)])
    '<mark>Nodes</mark> &lt;out&gt;'
    """
    return _html(text, spans(text, terms), 0, len(text))


def excerpt(text: str, terms: Sequence[Term]) -> SafeString:
    """Return the part of a text around the first word that was found, its beginning when none was, as HTML."""
    found = spans(text, terms)
    start = max(0, found[0][0] - BEFORE) if found else 0
    start = max(0, min(start, len(text) - WIDTH))
    end = min(len(text), start + WIDTH)
    if start:  # begin and end between words, unless a word is as long as the window
        gap = text.find(" ", start, found[0][0] if found else end)
        start = gap + 1 if gap >= 0 else start
    if end < len(text):
        gap = text.rfind(" ", start + WIDTH // 2, end)
        end = gap if gap >= 0 else end
    html = _html(text, [(max(a, start), min(b, end)) for a, b in found if a < end and start < b], start, end)
    return mark_safe(f"{'… ' if start else ''}{html}{' …' if end < len(text) else ''}")  # noqa: S308 -- escaped by _html


def spans(text: str, terms: Sequence[Term]) -> list[Span]:
    """Return where the words that were found stand in a text, in order, none inside another."""
    if not terms:
        return []
    found = (match.span() for match in _pattern(tuple(terms)).finditer(folded(text)))
    if text.isascii() or all(len(FOLDING[ord(character)]) == 1 for character in set(text)):
        return list(found)
    origin = [place for place, character in enumerate(text) for _ in FOLDING[ord(character)]]
    apart: list[Span] = []  # one character may hold two words, as in ½
    for start, end in ((origin[start], origin[end - 1] + 1) for start, end in found):
        if not apart or start >= apart[-1][1]:
            apart.append((start, end))
    return apart


@lru_cache(maxsize=32)
def _pattern(terms: tuple[Term, ...]) -> re.Pattern[str]:
    return re.compile("|".join(_looks_like(term) for term in sorted(terms, key=lambda t: -len(t.word))))


def _looks_like(term: Term) -> str:
    word = re.escape(term.word)
    if re.fullmatch(f"[{UNSPACED}]", term.word):
        return word
    return f"(?<!{_LETTER}){word}{_LETTER}*" if term.is_prefix else f"(?<!{_LETTER}){word}(?!{_LETTER})"


def _html(text: str, found: Sequence[Span], start: int, end: int) -> SafeString:
    parts, done = [], start
    for first, last in found:
        parts += [escape(text[done:first]), "<mark>", escape(text[first:last]), "</mark>"]
        done = last
    return mark_safe("".join([*parts, escape(text[done:end])]))  # noqa: S308 -- every piece is escaped
