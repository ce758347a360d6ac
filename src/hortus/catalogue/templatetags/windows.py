"""Template tags of planned work: how it stands in words, and what can be done with it now."""

from django import template
from django.utils import timezone

from hortus.catalogue import window_words
from hortus.catalogue.models import PlannedWork
from hortus.catalogue.rules_windows import EARLIEST_START, STEPS, Phase, Step

register = template.Library()


@register.simple_tag
def stands(work: PlannedWork) -> str:
    """Say how planned work stands beyond its times; "" while it is only announced, a draft or cancelled."""
    now = timezone.now()
    quiet = (Phase.ANNOUNCED, Phase.PLANNED, Phase.CANCELLED)
    return "" if work.phase_at(now) in quiet else window_words.now_said(work, now)


@register.simple_tag
def steps(work: PlannedWork) -> list[str]:
    """Return what can be done with planned work as it stands now, as `Step` names it."""
    is_far = timezone.now() < work.begins_at - EARLIEST_START
    possible = [step for step, ways in STEPS.items() if work.stands in ways]
    return [step.value for step in possible if not (is_far and step is Step.START)]


@register.simple_tag
def skipped(work: PlannedWork) -> str:
    """Say where the clocks leave out the time that was meant; "" where they do not."""
    return window_words.skipped(work)
