"""Template tags of planned work: how it stands in words, and what can be done with it now."""

from django import template
from django.utils import timezone
from django.utils.safestring import SafeString

from hortus.catalogue import bulletin_words, window_words
from hortus.catalogue.models import PlannedWork
from hortus.catalogue.rules_windows import EARLIEST_START, STEPS, Phase, Step
from hortus.values.reading import State
from hortus.web.templatetags.hortus import chip
from hortus.web.words import ended

register = template.Library()


@register.simple_tag
def stands(work: PlannedWork) -> str:
    """Say how planned work stands beyond its times; "" while it is only announced, a draft or cancelled."""
    now = timezone.now()
    quiet = (Phase.ANNOUNCED, Phase.PLANNED, Phase.CANCELLED)
    return "" if work.phase_at(now) in quiet else window_words.now_said(work, now)


@register.filter
def ends_that_day(work: PlannedWork) -> bool:
    """Say whether planned work ends on the day on which it begins, in the reader's zone."""
    return timezone.localdate(work.begins_at) == timezone.localdate(work.ends_at)


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


@register.filter
def published_by(work: PlannedWork, step: str) -> list[str]:
    """Return what a button without a form publishes, a line each. step: "start" or "check"."""
    title = window_words.started(work) if step == "start" else window_words.checking(work)
    touched = ", ".join(function.name for function in work.functions.all())
    return [ended(title), f"Touches: {touched}.", *bulletin_words.sentences(work)]


# The colour only repeats what icon and word say.
LOOKS: dict[Phase, tuple[State, str]] = {
    Phase.PLANNED: (State.BARE, "calendar"),
    Phase.ANNOUNCED: (State.BARE, "calendar"),
    Phase.UNBEGUN: (State.CARE, "triangle-alert"),
    Phase.STARTED: (State.CARE, "droplets"),
    Phase.OVERRUN: (State.OVERGROWN, "triangle-alert"),
    Phase.CHECKING: (State.CARE, "circle-question-mark"),
    Phase.DONE: (State.THRIVING, "circle-check"),
    Phase.CANCELLED: (State.BARE, "circle-x"),
}


@register.filter
def phase_chip(work: PlannedWork) -> SafeString:
    """Show how planned work stands now as icon and words."""
    phase = work.phase_at(timezone.now())
    state, glyph = LOOKS[phase]
    return chip(state, glyph, phase.word)


@register.filter
def phase_word(work: PlannedWork) -> str:
    """Return how planned work stands now in a word or two."""
    return work.phase_at(timezone.now()).word
