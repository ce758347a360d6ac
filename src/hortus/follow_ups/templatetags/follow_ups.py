"""Template filters of follow-ups."""

from django import template
from django.utils import timezone

from hortus.follow_ups.models import FollowUp
from hortus.follow_ups.rules import lateness

register = template.Library()


@register.filter
def how_late(found: FollowUp) -> str:
    """Return in words how an open follow-up stands to its day, and of an ended one how it ended."""
    return lateness(found.due_on, timezone.localdate()) if found.is_open else found.word


@register.filter
def late_state(found: FollowUp) -> str:
    """Return the state of the garden whose colour repeats what the words say."""
    if not found.is_open:
        return "bare"
    return "overgrown" if found.is_late(timezone.localdate()) else "thriving"
