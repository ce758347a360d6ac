"""Django's description of the reviews app."""

from django.apps import AppConfig


class ReviewsConfig(AppConfig):
    """Post-incident reviews: what was learned, and where it was used again."""

    name = "hortus.processes.incidents.reviews"
    label = "reviews"
