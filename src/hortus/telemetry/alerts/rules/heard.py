"""What a notice of another program says, in one shape whoever sent it; and what of its texts can be kept."""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from hashlib import sha256
from typing import Any

from hortus.values.carriable import carriable

LONGEST_TITLE = 200
MOST_LABELS, LONGEST_NAME, LONGEST_VALUE = 64, 100, 1000
LONGEST_ANNOTATION = 4000
LONGEST_URL = 500
EARLIEST_YEAR = 1971  # Go says year 1 for a time that is not
_FINGERPRINT = re.compile(r"[A-Za-z0-9_.:-]{1,64}\Z")


class Said(StrEnum):
    """What a notice says of an alert. NOTED: something about it that neither begins nor ends it."""

    FIRING = "firing"
    RESOLVED = "resolved"
    NOTED = "noted"


@dataclass(frozen=True, slots=True)
class Alert:
    """One alert as it was told. identity: at most 64 characters, the same for the same trouble.

    key: at most 64 characters, tells one time of the trouble from another; "" where the sender does not, so that a
    notice joins what is open. starts_at, ends_at: aware, by the sender's clock, None where it gave none that can be
    read. starts_text: as it was given. url: http or https, else "".
    """

    identity: str
    said: Said
    title: str
    labels: Mapping[str, str] = field(default_factory=dict)
    annotations: Mapping[str, str] = field(default_factory=dict)
    key: str = ""
    starts_at: datetime | None = None
    starts_text: str = ""
    ends_at: datetime | None = None
    url: str = ""


@dataclass(frozen=True, slots=True)
class Told:
    """A notice that was read. truncated: alerts that the sender left out. unread: parts that are no alert.

    remark: what it says where it tells of no alert, as a test does. sent_as: the sender's own id of the notice, by
    which a repeat is known; "" where it has none.
    """

    alerts: tuple[Alert, ...]
    truncated: int = 0
    unread: int = 0
    remark: str = ""
    sent_as: str = ""


class Unreadable(Exception):  # noqa: N818 -- an answer, not an error in the program
    """A notice that cannot be read. sentence: why not."""

    def __init__(self, sentence: str) -> None:
        super().__init__(sentence)
        self.sentence = sentence


def document_of(body: bytes) -> Any:
    r"""Return the JSON of a body; bytes that are no UTF-8 are replaced, control characters in texts let pass.

    >>> document_of(b'{"a": "\xff"}')
    {'a': '\ufffd'}

    Raises Unreadable.
    """
    try:
        return json.loads(body.decode("utf-8-sig", errors="replace"), strict=False)
    except RecursionError:
        raise Unreadable("The body is nested too deeply to be read.") from None
    except ValueError as error:
        raise Unreadable(f"The body is no JSON: {carriable(str(error))[:150]}.") from None


def text(value: object, longest: int) -> str:
    r"""Return a value as text that pages and both databases can carry, at most so many characters; None is "".

    >>> text("a\x00b\ud800", 10), text(None, 10), text({"a": 1}, 5)
    ('ab', '', '{"a":')
    """
    if value is None:
        return ""
    plain = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)
    return carriable(plain[: 2 * longest])[:longest]


def texts(given: object, longest: int = LONGEST_VALUE) -> dict[str, str]:
    """Return an object of texts as it is kept: at most 64 of them; nothing for what is no object.

    >>> texts({"a": None, "b": 1}), texts(None)
    ({'a': '', 'b': '1'}, {})
    """
    if not isinstance(given, Mapping):
        return {}
    pairs = list(given.items())[:MOST_LABELS]
    return {text(name, LONGEST_NAME): text(value, longest) for name, value in pairs}


def told_of(given: Mapping[str, Any], names: Sequence[str]) -> dict[str, str]:
    """Return as texts those members of an object that are there and say something.

    >>> told_of({"author": "Ada", "comment": "", "more": 1}, ("author", "comment", "problem"))
    {'author': 'Ada'}
    """
    return {name: text(given[name], LONGEST_VALUE) for name in names if given.get(name)}


def whole(given: object) -> int:
    """Return a number that is at least 0 and fits into a table, 0 for anything else."""
    if isinstance(given, bool) or not isinstance(given, int | float) or not 0 <= given < 2**31:
        return 0
    return int(given)


def link(given: object) -> str:
    """Return an address that a page may link to, "" for any other."""
    found = text(given, LONGEST_URL + 1)
    fits = len(found) <= LONGEST_URL and found.lower().startswith(("http://", "https://"))
    return found if fits and not any(mark in found for mark in ' "<>\\') else ""


def moment(given: object) -> datetime | None:
    """Return an ISO 8601 time with its offset, None for none, for Go's year 1 and for what is no time.

    >>> moment("2026-11-23T10:15:00.123456789Z")
    datetime.datetime(2026, 11, 23, 10, 15, 0, 123456, tzinfo=datetime.timezone.utc)
    >>> moment("0001-01-01T00:00:00Z"), moment("2026-11-23T10:15:00"), moment(7)
    (None, None, None)
    """
    if not isinstance(given, str):
        return None
    try:
        found = datetime.fromisoformat(given.strip())
        return found.astimezone(UTC) if found.tzinfo is not None and found.year >= EARLIEST_YEAR else None
    except (ValueError, OverflowError):
        return None


def key_of(given: object) -> str:
    """Return what tells one beginning from another: the instant, however it was written; "" for none.

    >>> key_of("2026-11-23T11:15:00+01:00") == key_of("2026-11-23T10:15:00.000Z"), key_of(None)
    (True, '')
    """
    at = moment(given)
    if at is not None:
        return at.isoformat()
    return digest(given) if isinstance(given, str) and given.strip() else ""


def identity_of(fingerprint: object, labels: object) -> str:
    """Return the sender's fingerprint, or a digest of the sorted labels where it gave none.

    >>> identity_of("5ef77f1f8a3ecfc8", {}), identity_of(None, {"b": 1, "a": 2}) == identity_of("", {"a": 2, "b": 1})
    ('5ef77f1f8a3ecfc8', True)
    """
    if isinstance(fingerprint, str) and _FINGERPRINT.match(fingerprint):
        return fingerprint
    return digest(sorted(labels.items()) if isinstance(labels, Mapping) else labels)


def digest(value: object) -> str:
    """Return 64 characters that are the same for the same JSON value."""
    return sha256(json.dumps(value, default=str).encode()).hexdigest()
