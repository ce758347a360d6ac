"""Django's description of the fires app."""

from django.apps import AppConfig


class FiresConfig(AppConfig):
    """Fires and kindling: interrupts, where they come from, and what they have in common."""

    name = "hortus.processes.fires"
    label = "fires"
