"""Django's description of the alerts app."""

from django.apps import AppConfig


class AlertsConfig(AppConfig):
    """Alerts of other programs: taken in as they were sent, and read as episodes."""

    name = "hortus.telemetry.alerts"
    label = "alerts"
