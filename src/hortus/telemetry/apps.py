"""Django's description of the telemetry app."""

from django.apps import AppConfig


class TelemetryConfig(AppConfig):
    """Raw events and their sources."""

    name = "hortus.telemetry"
    label = "telemetry"
