"""Template tags of incidents: the chip of a state, and times as one says them while something is on fire."""

from datetime import datetime

from django import template
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString

from hortus.processes.incidents.room import time_of_day
from hortus.processes.incidents.rules import State
from hortus.values.reading import State as Look
from hortus.web.templatetags.hortus import chip

register = template.Library()

# The colour only repeats what icon and word say.
LOOKS: dict[State, tuple[Look, str]] = {
    State.REPORTED: (Look.BARE, "circle-question-mark"),
    State.ACTIVE: (Look.OVERGROWN, "triangle-alert"),
    State.CONTAINED: (Look.CARE, "shield-check"),
    State.RESOLVED: (Look.THRIVING, "circle-check"),
    State.CLOSED: (Look.BARE, "circle-check"),
    State.DISMISSED: (Look.BARE, "circle-x"),
    State.MERGED: (Look.BARE, "link"),
}


@register.simple_tag
def incident_chip(state: State | str) -> SafeString:
    """Show the state of an incident as icon and word."""
    found = State(state)
    return chip(*LOOKS[found], found.value)


@register.simple_tag
def clock_time(at: datetime, now: datetime) -> SafeString:
    """Write an instant as the time of day, with its date where that is another than today's, in the reader's zone."""
    local = timezone.localtime(at)
    return format_html('<time datetime="{}">{}</time>', local.isoformat(), time_of_day(at, now))
