"""Django's description of the outbox app."""

from django.apps import AppConfig


class OutboxConfig(AppConfig):
    """The outbox: who must hear of what, and what became of every message to them."""

    name = "hortus.ledger.outbox"
    label = "outbox"

    def ready(self) -> None:
        """Tell the outbox how persons are reached, and the ledger of destinations."""
        from hortus.ledger.outbox import choices

        choices.register()
