"""Django's description of the garden app."""

from django.apps import AppConfig


class GardenConfig(AppConfig):
    """The garden."""

    name = "hortus.garden"
    label = "garden"

    def ready(self) -> None:
        """Register the checks of the table of indicators."""
        from hortus.garden import checks  # noqa: F401
