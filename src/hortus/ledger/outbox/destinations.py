"""Verbs of destinations: add, change, renew the secret, try, remove. Each with its event, without address or secret."""

from collections.abc import Sequence
from dataclasses import replace

from django.conf import settings
from django.db import IntegrityError, transaction
from django.urls import reverse
from django.utils.text import slugify

from hortus.access import wording
from hortus.access.models import Person, Team
from hortus.ledger import clock
from hortus.ledger.actions import record
from hortus.ledger.outbox.actions import tell
from hortus.ledger.outbox.channels import signing
from hortus.ledger.outbox.choices import DESTINATION, TRIAL
from hortus.ledger.outbox.destination_models import Destination
from hortus.ledger.outbox.destination_secrets import Secrets, UnreadableSecretError, seal
from hortus.ledger.outbox.models import Message
from hortus.ledger.outbox.recipients import Recipient
from hortus.ledger.outbox.topics import topics
from hortus.ledger.refs import Ref
from hortus.values.plots import Plot
from hortus.values.refused import Refused
from hortus.web.fetch import networks
from hortus.web.fetch_closed import refuse_closed
from hortus.web.fetch_urls import located

CARE = Plot.named("processes-care")
LONGEST_NAME = 80
MOST = 50


def ref(destination: Destination) -> Ref:
    """Return how the ledger speaks of a destination."""
    return Ref(DESTINATION, destination.slug, destination.name)


def add(
    team: Team, *, name: str, sort: str, url: str, topics: Sequence[str] = (), is_on: bool = True, by: Person | None,
    door: str,
) -> tuple[Destination, str]:  # fmt: skip
    """Add a chat room or a program; return it and its signing secret, which is shown once, "" for a chat room.

    url: the incoming webhook of the room, or where the program listens. topics: slugs that it takes, all when empty.
    Raises Refused with the field that is wrong.
    """
    if sort not in Destination.Sort.values:
        raise Refused("unknown-sort", f"{sort[:40]!r} is no sort; choose chat or webhook.", "sort")
    if Destination.objects.filter(team=team).count() >= MOST:
        raise Refused("too-many", f"A team has at most {MOST} destinations; remove one first.")
    address, host = _address(url)
    secret = signing.new_secret() if sort == Destination.Sort.WEBHOOK else ""
    name = wording.line(name, "name", longest=LONGEST_NAME)
    made = Destination(
        team=team, slug=slugify(name)[:60].strip("-"), name=name, sort=sort, host=host, topics=_topics(topics),
        sealed=seal(Secrets(address, secret)), is_on=is_on, by=by, made_at=clock.now(),
    )  # fmt: skip
    if not made.slug:
        raise Refused("bad-name", f"A name needs letters or digits; got {name!r}.", "name")
    try:
        with transaction.atomic():
            made.save(force_insert=True)
            _note(made, "added", by, door, sort=sort, host=host)
    except IntegrityError:
        raise Refused("taken", f"There is one called {name!r} already; choose another name.", "name") from None
    return made, secret


@transaction.atomic
def change(
    destination: Destination, *, name: str, url: str = "", topics: Sequence[str] = (), is_on: bool = True,
    by: Person | None, door: str,
) -> list[str]:  # fmt: skip
    """Change a destination; return the names of what changed. url: "" leaves the address as it is. Raises Refused."""
    given = {
        "name": wording.line(name, "name", longest=LONGEST_NAME), "topics": _topics(topics), "is_on": is_on,
    }  # fmt: skip
    changed = [field for field, value in given.items() if getattr(destination, field) != value]
    for field in changed:
        setattr(destination, field, given[field])
    if url.strip():
        address, destination.host = _address(url)
        destination.sealed = seal(replace(_opened(destination), url=address))
        changed.append("address")
    if changed:
        destination.save()
        _note(destination, "changed", by, door, changed=changed)
    return changed


@transaction.atomic
def renew(destination: Destination, *, by: Person | None, door: str) -> str:
    """Replace the signing secret and return the new one, which is shown once; for a day the former signs too.

    Raises Refused for a chat room, which is sent nothing signed.
    """
    if destination.sort != Destination.Sort.WEBHOOK:
        raise Refused("not-signed", "A chat room gets nothing signed; write its address anew to change it.")
    held, secret = _opened(destination), signing.new_secret()
    destination.sealed = seal(replace(held, signing=secret, former=held.signing))
    destination.renewed_at = clock.now()
    destination.save(update_fields=["sealed", "renewed_at"])
    _note(destination, "renewed", by, door)
    return secret


@transaction.atomic
def attempt(destination: Destination, *, by: Person, door: str) -> Message:
    """Send a trial message to one destination, also when it is off; return the message."""
    team = destination.team
    _note(destination, "tried", by, door)
    return tell(
        team, TRIAL, ref(destination), subject="A trial from Hortus", by=by, to_team=False,
        to=[Recipient(DESTINATION, str(destination.pk))],
        body=f"{by.name} tries whether messages of {team.name} arrive here. Nothing is to be done.",
        path=reverse("outbox:destination", args=[team.slug, destination.slug]),
    )  # fmt: skip


@transaction.atomic
def remove(destination: Destination, *, by: Person | None, door: str) -> None:
    """Forget a destination with its address and secret; what is still due there is dropped, with a record."""
    _note(destination, "removed", by, door)
    destination.delete()


def _address(url: str) -> tuple[str, str]:
    """Return an address in one spelling, and its host. Raises Refused for one that would never be asked."""
    there = located(url)
    refuse_closed(there.host, networks(settings.HORTUS.fetch_networks))
    if len(there.url) > 2000:
        raise Refused("url-too-long", f"The address has {len(there.url)} characters; at most 2,000 are kept.", "url")
    return there.url, there.host


def _topics(given: Sequence[str]) -> list[str]:
    allowed = {one.slug for one in topics() if one.to_teams}
    wrong = sorted(set(given) - allowed)
    if wrong:
        known = ", ".join(sorted(allowed)) or "none yet"
        raise Refused(
            "unknown-topic", f"{wrong[0][:40]!r} is no topic that rooms can take; choose of {known}.", "topics"
        )
    return sorted(set(given))


def _opened(destination: Destination) -> Secrets:
    try:
        return destination.secrets
    except UnreadableSecretError as error:
        raise Refused("unreadable", f"The address cannot be read: {error}.") from error


def _note(destination: Destination, verb: str, by: Person | None, door: str, **facts: object) -> None:
    record(destination.team, verb, ref(destination), by=by, source=door, plot=CARE, payload=facts)
