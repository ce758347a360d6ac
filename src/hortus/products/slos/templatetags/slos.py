"""Tags of the pages of objectives: the state of a budget as a chip, and how much of one is left as a bar."""

from collections.abc import Collection, Sequence
from datetime import datetime
from decimal import Decimal
from fractions import Fraction

from django import template
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe

from hortus.ledger import refs
from hortus.ledger.models import Event
from hortus.products.slos.exclusions import minute_of
from hortus.products.slos.forms_time import REPEATS
from hortus.products.slos.rows_asked import written
from hortus.products.slos.rules.alerts import last_words
from hortus.products.slos.rules.budgets import WorkedSum
from hortus.products.slos.rules.states import BudgetState
from hortus.products.slos.standing import PairStanding, Rate, Standing
from hortus.products.slos.wording import LOOKS
from hortus.web.templatetags.hortus import STATE_ICONS, chip
from hortus.web.words import duration, number, percent

register = template.Library()
register.filter("back", last_words)
STANDS = mark_safe("<strong>stands</strong>")


@register.simple_tag
def budget_chip(state: BudgetState) -> SafeString:
    """Show the state of a budget as icon and word; the colour only repeats what the word says."""
    look = LOOKS[state]
    return chip(look, STATE_ICONS[look], state.word)


@register.simple_tag
def budget_bar(standing: Standing) -> SafeString:
    """Show how much of a budget is left as a number over a bar from zero; no bar where nobody can tell."""
    left = standing.left_ratio
    if left is None:
        return format_html("<small>not known{}{}</small>", ": " if standing.unknown else "", standing.unknown)
    left_ratio = float(left)
    shown = max(0.0, min(1.0, left_ratio)) * 100
    return format_html(
        '{} <svg class="left" viewBox="0 0 100 8" preserveAspectRatio="none" aria-hidden="true">'
        '<rect class="bed" width="100" height="8"/><rect class="bar" width="{}" height="8"/></svg>',
        percent(left_ratio, 0) if left_ratio >= 0 else f"overdrawn by {percent(-left_ratio, 0)}", f"{shown:.1f}",
    )  # fmt: skip


@register.simple_tag
def pair_now(pair: PairStanding, still: Collection[tuple[str, int, int]]) -> str:
    """Say how an alert pair stands now. still: name, long and short minutes of the pairs whose alert is not over."""
    if pair.holds is not None:
        return STANDS if pair.holds else "quiet"
    rule = pair.rule.pair
    is_open = (rule.name, rule.long_minutes, rule.short_minutes) in still
    return format_html("{}, not measured now", STANDS) if is_open else "not measured"


@register.simple_tag
def to(path: str, words: str, more: str = "") -> str:
    """Show a number as a link to where it comes from; as plain text where `path` is empty. more: of its query."""
    return format_html('<a href="{}{}">{}</a>', path, more, words) if path else words


@register.filter
def target(ratio: Decimal | float) -> str:
    """Return a target as people write it, every nine of it.

    >>> target(Decimal("0.999500000"))
    '99.95\\xa0%'
    """
    return f"{(Decimal(str(ratio)) * 100).normalize():f}\xa0%"


@register.filter
def spare(ratio: Decimal) -> str:
    """Return what a target leaves for errors, as people write it.

    >>> spare(Decimal("0.99"))
    '1\\xa0%'
    """
    return target(1 - ratio)


@register.filter
def exactly(value: Fraction | float) -> str:
    """Return a number of the worked sum with up to two decimals.

    >>> exactly(Fraction(34, 3)), exactly(Fraction(2))
    ('11.33', '2')
    """
    return number(float(value), 2)


@register.filter
def minus(value: Fraction) -> Fraction:
    """Return a number with its sign turned, for "overdrawn by"."""
    return -value


@register.filter
def seen(worked: WorkedSum) -> int:
    """Return how many events were seen: those that count, and those that were taken out."""
    return worked.events + worked.excluded.events


@register.filter
def as_float(value: Fraction | None) -> float | None:
    """Return an exact ratio as a float, None as None."""
    return None if value is None else float(value)


@register.filter
def minutes(value: Fraction | int) -> str:
    """Return a number of minutes as a span of time in words."""
    return duration(float(value) * 60)


@register.filter
def told(event: Event) -> Sequence[str]:
    """Return what an event says beside its verb: what changed, and why."""
    return refs.told(event.object_kind, event.verb, event.payload)


@register.filter
def stamp(moment: datetime) -> str:
    """Return a moment as the addresses of rows write it, to the minute."""
    return written(minute_of(moment))


@register.filter
def again(rule: str) -> str:
    """Return how an exclusion repeats, in words where the form offers them, else its rule.

    >>> again("FREQ=WEEKLY"), again("FREQ=MONTHLY;BYDAY=2TU")
    ('every week', 'again by FREQ=MONTHLY;BYDAY=2TU')
    """
    words = dict(REPEATS).get(rule)
    return f"{words[0].lower()}{words[1:]}" if words else f"again by {rule}"


@register.filter
def windows(pair: PairStanding) -> tuple[Rate, Rate]:
    """Return the two windows of an alert pair, the long one first."""
    return pair.long, pair.short
