"""What goes into a channel and what comes back: plain values, so that a channel asks no database while it talks.

A letter is one message, or several that wait for the same recipient, folded into one. An outcome says what the other
side answered, in words that a person may read on the page of the message: never a secret, never a whole address.
"""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from hortus.ledger.outbox.recipients import Channel, Mailbox

LONGEST_ANSWER = 300


@dataclass(frozen=True, slots=True)
class Said:
    """One message as it was said. id: of the message, stable. body: plain text. path: of Hortus, "" for none."""

    id: str
    topic: str
    subject: str
    body: str
    made_at: datetime
    path: str = ""
    urgency: str = "normal"
    object_kind: str = ""
    object_id: str = ""


@dataclass(frozen=True, slots=True)
class Letter:
    """What one delivery sends.

    id: of the delivery that carries it, the same in every try. team: slug, team_name: as people know it. zone: IANA
    name, in which times are written. messages: oldest first, at least one. The id that the other side sees is of the
    newest: a letter that tells more than an earlier try did is not taken for its repeat, and thrown away.
    thread: what they have in common, "" for nothing. recipient_kind, recipient_id: to whom. mailbox: where e-mail goes;
    None for the other channels. may_repeat: an earlier try may have arrived. is_digest: a person's digest of a day.
    """

    id: str
    team: str
    team_name: str
    zone: str
    channel: Channel
    recipient_kind: str
    recipient_id: str
    messages: tuple[Said, ...]
    thread: str = ""
    mailbox: Mailbox | None = None
    may_repeat: bool = False
    is_digest: bool = False

    @property
    def newest(self) -> Said:
        """Return the last message; the others came before it and are told in the same letter."""
        return self.messages[-1]


class Verdict(StrEnum):
    """What became of a try."""

    ACCEPTED = "accepted"
    REFUSED = "refused"
    AGAIN = "again"
    UNSENT = "unsent"


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a try ended. answer: what the other side said, in at most 300 characters.

    is_channel_down: the server of the channel could not be reached or spoke no sense, so that others that go the same
    way need not be tried for some seconds. place: what they share, as in "smtp" or "webhook:hooks.example.org".
    is_unsure: all was sent and no answer came, so the letter may have been taken all the same.
    """

    verdict: Verdict
    answer: str
    is_channel_down: bool = False
    place: str = ""
    is_unsure: bool = False

    @property
    def is_accepted(self) -> bool:
        """Say whether the other side took the letter; whether anybody read it nobody knows."""
        return self.verdict is Verdict.ACCEPTED


def accepted(answer: str, *, place: str = "") -> Outcome:
    """Return that the other side took the letter."""
    return Outcome(Verdict.ACCEPTED, _short(answer), place=place)


def refused(answer: str, *, place: str = "") -> Outcome:
    """Return that the other side will never take this letter: trying again changes nothing."""
    return Outcome(Verdict.REFUSED, _short(answer), place=place)


def again(answer: str, *, is_channel_down: bool = False, place: str = "", is_unsure: bool = False) -> Outcome:
    """Return that the letter was not taken now, and may be later."""
    return Outcome(Verdict.AGAIN, _short(answer), is_channel_down, place, is_unsure)


def unsent(reason: str) -> Outcome:
    """Return that there is nothing to send with, as where no mail server is set: a record, and no dead letter."""
    return Outcome(Verdict.UNSENT, _short(reason))


def _short(answer: str) -> str:
    line = " ".join(answer.split())
    return line if len(line) <= LONGEST_ANSWER else f"{line[: LONGEST_ANSWER - 1]}…"
