"""The web room as a Django app: it brings templates, static files and template tags, and no models."""

from django.apps import AppConfig


class WebConfig(AppConfig):
    """The look of every page."""

    name = "hortus.web"
    label = "web"
    verbose_name = "Web"
