"""Django's description of the access app."""

from django.apps import AppConfig


class AccessConfig(AppConfig):
    """Access: persons, teams and the policy."""

    name = "hortus.access"
    label = "access"

    def ready(self) -> None:
        """Listen to what the sign-in libraries say."""
        from hortus.access import witness

        witness.listen()
