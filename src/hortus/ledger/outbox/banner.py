"""The banner above every page of a team while no worker is heard of: what is said then reaches nobody."""

from typing import Any

from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import SimpleLazyObject

from hortus.access.context import Banner
from hortus.access.policy import Action, Kind
from hortus.ledger import clock
from hortus.ledger.outbox.auditing import silent_since
from hortus.web.words import duration


def worker_silent(request: HttpRequest) -> dict[str, Any]:
    """Give the base template a banner where a worker has been silent for two minutes; asked only when a page shows it.

    Who may not read messages, and visitors of the sample garden, see none.
    """
    standing = getattr(request, "standing", None)
    if getattr(request, "is_sample_visit", False) or standing is None or not standing.may(Action.READ, Kind.MESSAGE):
        return {}
    return {"banner": SimpleLazyObject(lambda: _banner(standing.team.slug))}


def _banner(slug: str) -> Banner | None:
    """Return the banner. Every page asks, so the database is asked for its time only when this machine's says so."""
    if silent_since(timezone.now()) is None:
        return None
    now = clock.now()
    since = silent_since(now)
    if since is None:
        return None
    sentence = f"No worker was heard of for {duration(abs(now - since).total_seconds())}: messages and reminders wait."
    return Banner(sentence, reverse("outbox:messages", args=[slug]), "Which ones")
