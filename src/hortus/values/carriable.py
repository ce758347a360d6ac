"""Which characters every feed, calendar and page can carry; the others are refused when written, left out when read."""

import re

from hortus.values.refused import Refused

_NONE_AT_ALL = "".join(chr(plane << 16 | last) for plane in range(17) for last in (0xFFFE, 0xFFFF))
_UNCARRIABLE = re.compile(rf"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff{_NONE_AT_ALL}]")
"""Controls except tabulator and ends of lines, halves of pairs, and what is no character: XML has no place for them."""


def carriable(text: str) -> str:
    r"""Return a text without the characters that cannot be carried.

    >>> carriable("a\x01b\n")
    'ab\n'
    """
    return _UNCARRIABLE.sub("", text)


def refuse_uncarriable(text: str, field: str) -> None:
    """Refuse a text with a character that cannot be carried. field: its name in forms and in the API."""
    found = _UNCARRIABLE.search(text)
    if found is not None:
        raise Refused("control-character", f"The character U+{ord(found[0]):04X} cannot be shown; take it out.", field)
