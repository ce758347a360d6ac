"""Django's description of probes."""

from django.apps import AppConfig


class ProbesConfig(AppConfig):
    """Probes that the worker runs on a schedule."""

    name = "hortus.telemetry.probes"
    label = "probes"
