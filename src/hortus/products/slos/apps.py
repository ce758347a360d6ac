"""Django's description of service level objectives."""

from django.apps import AppConfig


class SlosConfig(AppConfig):
    """Service level objectives."""

    name = "hortus.products.slos"
    label = "slos"
