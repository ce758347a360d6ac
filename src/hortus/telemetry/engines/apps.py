"""Django's description of metric engines, hubs and schedulers that are asked for counts."""

from django.apps import AppConfig


class EnginesConfig(AppConfig):
    """Metric engines and hubs that are asked for counts."""

    name = "hortus.telemetry.engines"
    label = "engines"
