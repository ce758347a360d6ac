"""Django's description of the outbox app."""

from typing import TYPE_CHECKING

from django.apps import AppConfig
from django.urls import reverse

if TYPE_CHECKING:
    from hortus.access.models import Team


def _message_url(team: "Team", id: str) -> str:  # noqa: A002 -- the ledger's reference is (kind, id)
    return reverse("outbox:message", args=[team.slug, id])


class OutboxConfig(AppConfig):
    """The outbox: who must hear of what, and what became of every message to them."""

    name = "hortus.ledger.outbox"
    label = "outbox"

    def ready(self) -> None:
        """Tell the outbox how persons are reached, and the ledger of messages and destinations; keep links secret."""
        from hortus.ledger import refs
        from hortus.ledger.outbox import choices
        from hortus.web.secret_paths import keep_out_of_logs

        refs.register("message", "message", _message_url)
        choices.register()
        keep_out_of_logs()  # what e-mails and feeds link to opens something by itself
