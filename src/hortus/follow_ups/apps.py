"""Django's description of the follow ups app."""

from django.apps import AppConfig


class FollowUpsConfig(AppConfig):
    """Follow-ups: what somebody said they would do by a day, whichever practice it came from."""

    name = "hortus.follow_ups"
    label = "follow_ups"
