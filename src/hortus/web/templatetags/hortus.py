"""The tags and filters of our templates: icons, states, numbers, times, prose. Thin over plain functions."""

from datetime import date, datetime

from django import template
from django.forms.utils import flatatt
from django.template.defaultfilters import date as format_date
from django.urls import get_script_prefix
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe

from hortus.values.reading import State
from hortus.web import icons, prose, words
from hortus.web.stacking import stacked

register = template.Library()

STATE_ICONS = {
    State.THRIVING: "sprout",
    State.CARE: "droplets",
    State.OVERGROWN: "shovel",
    State.BARE: "circle-dashed",
}
STATE_MEANINGS = {
    State.THRIVING: "the signal meets its target",
    State.CARE: "close to the target, or slipping",
    State.OVERGROWN: "past the target, act this week",
    State.BARE: "nothing measured yet",
}
LEVEL_ICONS = {
    "info": "info",
    "debug": "info",
    "success": "circle-check",
    "warning": "triangle-alert",
    "error": "circle-x",
}

register.filter("number", words.number)
register.filter("percent", words.percent)
register.filter("duration", words.duration)


@register.simple_tag
def icon(name: str, label: str = "") -> SafeString:
    """Draw a vendored icon inline; an unknown name raises, so that no page is shipped with a hole."""
    return mark_safe(icons.drawn(name, label))  # noqa: S308 -- a file of ours, and the label is escaped


@register.simple_tag
def level_icon(level: str) -> SafeString:
    """Draw the icon of a message level (info, success, warning, error)."""
    return icon(LEVEL_ICONS.get(level, "info"))


def chip(look: State, glyph: str, word: str) -> SafeString:
    """Draw an icon and a word in the colours of a state, for what has words of its own."""
    return format_html('<span class="state" data-state="{}">{}{}</span>', look.value, icon(glyph), word)


@register.simple_tag
def state_chip(state: State | str) -> SafeString:
    """Show a state as icon and word; the colour only repeats what the word says."""
    found = State(state)
    return chip(found, STATE_ICONS[found], found.word)


@register.simple_tag
def state_meanings() -> list[tuple[State, str]]:
    """List the four states with what they mean, for the legend."""
    return list(STATE_MEANINGS.items())


@register.simple_tag
def home() -> str:
    """Return where the product begins, base path included; works without a request."""
    return get_script_prefix()


@register.simple_tag
def share(part: int, whole: int) -> str:
    """Write a part of a whole: `1 of 3` when the whole is tiny, else per cent."""
    return words.share(part, whole)


@register.simple_tag
def counted(count: int, singular: str, plural: str = "") -> str:
    """Write a count with its noun in the right number."""
    return words.counted(count, singular, plural)


@register.simple_tag
def age(at: datetime | date | None) -> str:
    """Write how long ago something was, as a `time` element that carries the exact instant."""
    now = timezone.localtime()
    local = timezone.localtime(at) if isinstance(at, datetime) and timezone.is_aware(at) else at
    if local is None:
        return words.age(None, now)
    exact = format_date(local, "j F Y, H:i T" if isinstance(local, datetime) else "j F Y")
    return format_html('<time datetime="{}" title="{}">{}</time>', local.isoformat(), exact, words.age(local, now))


@register.simple_tag
def moment(at: datetime | date) -> str:
    """Write a date or an instant in the reader's zone, as a `time` element."""
    local = timezone.localtime(at) if isinstance(at, datetime) and timezone.is_aware(at) else at
    text = words.day(local) + (f", {local:%H:%M}" if isinstance(local, datetime) else "")
    return format_html('<time datetime="{}">{}</time>', local.isoformat(), text)


@register.filter
def markdown(text: str | None, below: int = 1) -> SafeString:
    """Show Markdown that a person wrote as safe HTML; `below`: the level of the heading it stands under."""
    return mark_safe(prose.rendered(text or "", below))  # noqa: S308 -- cleaned by nh3


@register.filter
def svg(drawing: str) -> SafeString:
    """Put a drawing of `hortus.web.charts` on the page; the chart functions escape all they are given."""
    if not drawing.startswith("<svg"):
        raise ValueError(f"svg takes a drawing made by hortus.web.charts, got {drawing[:40]!r}")
    return mark_safe(drawing)  # noqa: S308 -- see above


@register.simple_block_tag
def table(content: SafeString, label: str, *, even: bool = False) -> SafeString:
    """Show what stands between as a table that scrolls by itself, or stacks its rows where it is too wide for that.

    label: what is listed, for who does not see it. even: columns as wide as in other such tables of the page.
    """
    inside, is_wide = stacked(content)
    looks = " ".join(name for name, holds in (("stack", is_wide), ("even", even)) if holds)
    said = flatatt({"class": looks or None, "role": "table" if is_wide else None})
    return format_html(
        '<div class="scroll" role="region" aria-label="{}" tabindex="0"><table{}>{}</table></div>',
        label, said, mark_safe(inside),  # noqa: S308 -- of a template
    )  # fmt: skip
