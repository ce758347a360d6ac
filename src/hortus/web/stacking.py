"""Tables whose rows stack on a phone: each cell learns the name of its column. For the markup of our own templates.

A style sheet cannot read the head of a column, so the name stands with each cell, where a narrow screen shows it.
"""

import re
from html import unescape

from django.utils.html import escape, strip_tags

WIDE = 4  # columns from which on a table would be wider than a phone; with fewer it fits
_HEAD = re.compile(r"<t[hd]\b([^>]*)>(.*?)</t[hd]>", re.DOTALL)
_PART = re.compile(r"<(tr|th|td)\b([^>]*)>")
_SPAN = re.compile(r'colspan="(\d+)"')


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

    What heads a row needs no name: it stands above the others. Narrow tables stay as they are.
    """
    head, end, body = table.partition("</thead>")
    names = names_of(head)
    if len(names) < WIDE:
        return table, False
    at = 0

    def told(found: re.Match[str]) -> str:
        nonlocal at
        part, attributes = found.groups()
        if part == "tr":
            at = 0
            return found[0]
        name = names[at] if part == "td" and at < len(names) else ""
        span = _SPAN.search(attributes)
        at += int(span[1]) if span else 1
        return f'<td{attributes} data-label="{escape(name)}">' if name and not span else found[0]

    return head + end + _PART.sub(told, body), True
