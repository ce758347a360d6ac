"""Django's description of the ledger app."""

from django.apps import AppConfig


class LedgerConfig(AppConfig):
    """The ledger: events and the queue."""

    name = "hortus.ledger"
    label = "ledger"
