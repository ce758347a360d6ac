"""Writes a letter as plain text for a chat room, in the form that Slack, Mattermost and Matrix bridges take.

One JSON object with `text`. Whatever would ring for everybody in the room, or hide an address behind other words, is
made harmless: a message may quote text that came from outside.
"""

import json
import re
from collections.abc import Sequence

from hortus.ledger.outbox.channels.letters import Letter, Outcome
from hortus.ledger.outbox.channels.mail_text import REPEAT, Part, parts
from hortus.ledger.outbox.channels.posting import post

LONGEST_TEXT = 4_000
CUT = "… (cut; the page has all of it)"
# What tells that the room is gone, or never takes such a message; a busy server is asked again.
FINAL = frozenset({400, 401, 403, 404, 405, 410, 413, 415, 422})
_BREAK = "\u200b"  # no width: people read the same, programs no longer see a name or a link
_MENTION = re.compile(r"(?<![\w.+-])@(?=\w)")


def harmless(text: str) -> str:
    """Return a text that no chat program takes for a command, a mention of people, or a link under other words.

    >>> harmless("<!here> & @channel, ask ada@example.org").replace("\\u200b", "|")
    '&lt;!here&gt; &amp; @|channel, ask ada@example.org'
    """
    escaped = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return _MENTION.sub(f"@{_BREAK}", escaped).replace("](", f"]{_BREAK}(")


def text(letter: Letter, base: str) -> str:
    """Return a letter as one text. base: scheme and host of its links, "" for none."""
    shown = parts(letter, base)
    lines = [REPEAT] if letter.may_repeat else []
    for part in shown:
        lines += [*([""] if lines else []), *_lines(part, is_one_of_many=len(shown) > 1)]
    said = harmless("\n".join(lines))
    url = harmless(shown[-1].url)
    if len(said) > LONGEST_TEXT:
        said = f"{said[: LONGEST_TEXT - len(CUT)]}{CUT}\n{url}".rstrip()
    return said


def _lines(part: Part, *, is_one_of_many: bool) -> Sequence[str]:
    heading = f"{part.subject} ({part.at})" if is_one_of_many else part.subject
    return list(filter(None, [heading, part.below[: 2 * LONGEST_TEXT], part.url]))


def send(letter: Letter, url: str, base: str, place: str) -> Outcome:
    """Post a letter to the room's address. Accepted means that the other program took it, not that it is seen."""
    return post(url, json.dumps({"text": text(letter, base)}).encode(), {}, place=place, final=FINAL)
