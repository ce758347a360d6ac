"""Tables whose rows stack on a phone: each cell learns the name of its column. For the markup of our own templates.

A style sheet cannot read the head of a column, so the name stands with each cell, where a narrow screen shows it. And
some browsers no longer read a table out as one when a style sheet lays its rows otherwise, so each part tells its role.
"""

import re
from collections.abc import Sequence
from html import unescape

from django.utils.html import escape, strip_tags

WIDE = 4  # columns from which on a table would be wider than a phone; with fewer it fits
_HEAD = re.compile(r"<t[hd]\b([^>]*)>(.*?)</t[hd]>", re.DOTALL)
_PART = re.compile(r"<(thead|tbody|tr|th|td)\b([^>]*)>")
_SPAN = re.compile(r'colspan="(\d+)"')
_ROLES = {"thead": "rowgroup", "tbody": "rowgroup", "tr": "row", "td": "cell"}


def names_of(head: str) -> list[str]:
    """Return the names of the columns of a table's head; "" where cells need none, as those of links and buttons.

    >>> names_of('<tr><th scope="col">Events, <i>bad</i></th><th class="screen">Change</th><td></td></tr>')
    ['Events, bad', '', '']
    """
    return [
        "" if 'class="screen"' in attributes else unescape(strip_tags(words)).strip()
        for attributes, words in _HEAD.findall(head)
    ]


def stacked(table: str) -> tuple[str, bool]:
    """Return what stands inside a table element with the name of its column at each cell, and whether it is wide.

    What heads a row needs no name: it stands above the others. Each part gets its role. Narrow tables stay as they are.
    """
    head, end, body = table.partition("</thead>")
    names = names_of(head)
    if len(names) < WIDE:
        return table, False
    return _told(head, []) + end + _told(body, names), True


def _told(rows: str, names: Sequence[str]) -> str:
    """Return rows with the name of its column at each cell, and roles. names: of the columns; none, no names."""
    at = 0

    def told(found: re.Match[str]) -> str:
        nonlocal at
        part, attributes = found.groups()
        label = ""
        if part == "tr":
            at = 0
        elif part in {"th", "td"}:
            name = names[at] if part == "td" and at < len(names) else ""
            span = _SPAN.search(attributes)
            at += int(span[1]) if span else 1
            label = f' data-label="{escape(name)}"' if name and not span else ""
        return f"<{part}{_role(part, attributes)}{attributes}{label}>"

    return _PART.sub(told, rows)


def _role(part: str, attributes: str) -> str:
    """Return the attribute that says what a part of a table is, "" where one stands already."""
    heads = "rowheader" if 'scope="row"' in attributes else "columnheader"
    return "" if " role=" in attributes else f' role="{_ROLES.get(part, heads)}"'
