"""System checks of the table of indicators: a mistake there stops the start with a sentence."""

from collections import Counter
from collections.abc import Sequence
from typing import Any

from django.apps import AppConfig
from django.core.checks import CheckMessage, Error, register
from django.urls import NoReverseMatch, reverse

from hortus.values.plots import PLOTS

MOST_ON_A_PLOT = 6


@register
def table_of_indicators(app_configs: Sequence[AppConfig] | None, **_: Any) -> list[CheckMessage]:
    """Refuse a slug used twice, a measure without a definition, a plot with too many, an act that leads nowhere."""
    from hortus.garden.indicators import INDICATORS, on

    found: list[CheckMessage] = [
        Error(f"the slug {slug} names {times} indicators; give each its own", id="garden.E001")
        for slug, times in Counter(i.slug for i in INDICATORS).items()
        if times > 1
    ]
    found += [
        Error(f"{i.slug}: its measure has no docstring, which is its definition", id="garden.E002")
        for i in INDICATORS
        if not i.definition
    ]
    found += [
        Error(f"{plot}: {len(on(plot))} indicators, at most {MOST_ON_A_PLOT} are read", id="garden.E003")
        for plot in PLOTS
        if len(on(plot)) > MOST_ON_A_PLOT
    ]
    acts = [(i.slug, act.url) for i in INDICATORS for act in (i.act, i.feed)]
    return found + [e for slug, url in acts if (e := _leads_nowhere(slug, url))]


def _leads_nowhere(slug: str, url: str) -> Error | None:
    try:
        reverse(url, args=["team"])
    except NoReverseMatch:
        return Error(f"{slug}: its act names the URL {url}, which does not exist", id="garden.E004")
    return None
