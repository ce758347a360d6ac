"""Template tags of the catalogue: the chip that shows a condition as icon and words."""

from django import template
from django.utils import timezone
from django.utils.safestring import SafeString

from hortus.catalogue import bulletin_words, notice
from hortus.catalogue.models import Bulletin, PlannedWork, Statement
from hortus.catalogue.rules import Condition
from hortus.values.reading import State
from hortus.web.templatetags.hortus import chip

register = template.Library()

# The colour only repeats what icon and word say.
LOOKS: dict[Condition, tuple[State, str]] = {
    Condition.WORKING: (State.THRIVING, "circle-check"),
    Condition.AT_RISK: (State.CARE, "triangle-alert"),
    Condition.DEGRADED: (State.CARE, "droplets"),
    Condition.PARTLY_UNAVAILABLE: (State.OVERGROWN, "triangle-alert"),
    Condition.UNAVAILABLE: (State.OVERGROWN, "circle-x"),
    Condition.PLANNED_WORK: (State.BARE, "calendar"),
    Condition.NOT_CONFIRMED: (State.BARE, "circle-question-mark"),
}


@register.simple_tag
def condition_chip(condition: Condition | str) -> SafeString:
    """Show a condition as icon and words."""
    found = Condition(condition)
    return chip(*LOOKS[found], found.word)


@register.filter
def state_of(condition: Condition | str) -> str:
    """Return the state whose colours a condition wears."""
    return LOOKS[Condition(condition)][0].value


@register.filter
def word_of(condition: Condition | str) -> str:
    """Return a condition in words."""
    return Condition(condition).word


@register.filter
def late(work: PlannedWork) -> str:
    """Say what of planned work was announced too late, in the reader's zone; "" for nothing."""
    return notice.sentence(notice.of_work(work), timezone.get_current_timezone())


@register.filter
def statements_of(bulletin: Bulletin) -> list[Statement]:
    """Return what a bulletin said of functions, the worst first."""
    return bulletin_words.ordered(bulletin)


@register.filter
def touched_by(bulletin: Bulletin) -> list[str]:
    """Return the names of the functions that a bulletin only touches."""
    return bulletin_words.touched(bulletin)


@register.filter
def same_as(said: Statement, bulletin: Bulletin) -> bool:
    """Say whether a bulletin tells for all what it says of one function."""
    return bulletin_words.is_same(said, bulletin)


@register.filter
def safety_parts(said: Statement) -> list[list[str]]:
    """Return the same as pairs: what it is about, and how that stands."""
    return [line.split(": ", 1) for line in bulletin_words.safety(said)]


@register.filter
def sentences_of(words: Bulletin | Statement) -> str:
    """Return what one cannot do, can do and can do instead as sentences on one line."""
    return " ".join(bulletin_words.sentences(words))


@register.filter
def last_words_of(bulletin: Bulletin) -> str:
    """Return what a bulletin says as one line."""
    return bulletin_words.last_words(bulletin)


@register.filter
def safety_of(said: Statement) -> list[str]:
    """Return what was said of stored data and running jobs, a line each."""
    return bulletin_words.safety(said)
