"""What `hortus doctor` says of messages, worker and clocks: the auditor's findings, read anew."""

from datetime import UTC, datetime

from django.conf import settings

from hortus.config.finding import Finding, Found, State, ok, trouble
from hortus.ledger import clock
from hortus.ledger.outbox import auditing
from hortus.ledger.outbox.models import Delivery

# What the doctor's own check of workers says in its words.
_SAID_ALREADY = {"worker"}
_WELL = {
    "clocks": "The clocks of the workers agree with the database's.",
    "messages due": "No message is late.",
    "messages given up": "No message was given up.",
    "proposed incidents": "No alert waits for an incident that its source proposes.",
    "messages held": "No message of a restored backup waits for a word.",
}


def messages() -> Found:
    """Run every check of the auditor."""
    now = clock.now()
    for name, check in auditing.checks().items():
        if name in _SAID_ALREADY:
            continue
        found = list(check(now))
        for finding in found:
            yield trouble(name, finding.sentence)
        if not found:
            yield ok(name, _WELL.get(name, "The auditor finds nothing wrong."))
    waiting = Delivery.objects.due().count()
    yield ok("outbox", f"{waiting} deliveries wait to be sent.")
    if waiting and not settings.HORTUS.public_url:
        yield Finding("outbox", State.NOTE, "public_url is empty, so messages carry no links; set HORTUS_PUBLIC_URL.")


def database_clock() -> Found:
    """Compare this machine's clock with the database's, which decides what is due."""
    off = (datetime.now(UTC) - clock.now()).total_seconds()
    if abs(off) > 5:
        word = "ahead of" if off > 0 else "behind"
        yield trouble("database's clock", f"This machine is {abs(off):.0f} s {word} the database's clock, which "
                      "decides what is due; set one of them.")  # fmt: skip
    else:
        yield ok("database's clock", "This machine and the database agree on the time.")
