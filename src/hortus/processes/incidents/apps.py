"""Django's description of the incidents app."""

from django.apps import AppConfig


class IncidentsConfig(AppConfig):
    """Incidents: declared, told about at the promised times, resolved."""

    name = "hortus.processes.incidents"
    label = "incidents"
