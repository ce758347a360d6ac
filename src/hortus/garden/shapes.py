"""The garden as plain dictionaries: what the API, the JSON page and the terminal's --json give alike."""

from typing import Any

from hortus.garden.cards import Garden, IndicatorCard, PlotCard


def garden_as_dict(garden: Garden) -> dict[str, Any]:
    """Return the nine plots with their indicators; ratios run 0 to 1, instants are ISO 8601."""
    headline = garden.headline
    return {
        "team": garden.team.slug,
        "at": garden.at.isoformat(),
        "day": garden.day.isoformat(),
        "title": headline.title,
        "sentence": headline.sub,
        "tend": [
            {"indicator": c.indicator.slug, "act": c.indicator.act.label, "why": c.why} for c in garden.first_things
        ],
        "plots": [plot_as_dict(plot) for plot in garden.plots],
    }


def plot_as_dict(card: PlotCard) -> dict[str, Any]:
    """Return one plot."""
    return {
        "plot": card.plot.slug,
        "column": card.plot.column.value,
        "row": card.plot.row.value,
        "name": card.bed.name,
        "state": card.state.value,
        "grows": card.bed.grows,
        "unmeasured": card.unmeasured,
        "indicators": [indicator_as_dict(c) for c in card.cards],
    }


def indicator_as_dict(card: IndicatorCard) -> dict[str, Any]:
    """Return one indicator as it stands."""
    last = card.last
    return {
        "indicator": card.indicator.slug,
        "name": card.indicator.name,
        "state": card.state.value,
        "earned": card.earned.value,
        "unit": card.indicator.unit.value,
        "value": card.value,
        "n": last.n if last else 0,
        "hits": last.hits if last else None,
        "text": f"{card.figure} {card.says}",
        "goal": card.target.goal,
        "slack": card.target.slack,
        "at_most": card.target.at_most,
        "window": card.indicator.window,
        "read_at": last.taken_at.isoformat() if last else None,
        "evidence_until": last.evidence_until.isoformat() if last and last.evidence_until else None,
        "waits": card.waits,
        "next_reading_at": card.next_at.isoformat(),
        "weeks": list(card.series),
    }
