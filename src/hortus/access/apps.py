"""Django's description of the access app."""

from django.apps import AppConfig


class AccessConfig(AppConfig):
    """Access: persons, teams and the policy."""

    name = "hortus.access"
    label = "access"
