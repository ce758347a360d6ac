"""Django's description of the counts of good and total events."""

from django.apps import AppConfig


class CountsConfig(AppConfig):
    """Good and total events by the minute."""

    name = "hortus.telemetry.counts"
    label = "counts"
