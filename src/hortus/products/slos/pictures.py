"""Charts of objectives, made from figures that were read before. Asks and decides nothing."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, tzinfo

from hortus.products.slos.models import AlertEpisode
from hortus.products.slos.rules.burndown import Point
from hortus.products.slos.rules.episodes import Episode
from hortus.products.slos.rules.spans import Span
from hortus.products.slos.standing import Standing
from hortus.web import charts
from hortus.web.words import day, percent

MOST_EVENTS = 6


def moment(minute: int, zone: tzinfo) -> datetime:
    """Return a minute since 1970 as a time in a zone.

    >>> moment(60, UTC).isoformat()
    '1970-01-01T01:00:00+00:00'
    """
    return datetime.fromtimestamp(minute * 60, UTC).astimezone(zone)


def _events(
    episodes: Sequence[AlertEpisode], excluded: Sequence[Span], within: Span, zone: tzinfo
) -> list[charts.Event]:
    """Mark the days on which alerts stood up, and exclusions by the moment they began, at most six of each."""
    days: dict[tuple[date, str], datetime] = {}
    for one in episodes:
        if within[0] <= one.opened_at.timestamp() / 60 < within[1]:
            at = one.opened_at.astimezone(zone)
            days[at.date(), one.severity] = at  # newest first, so the first of the day remains
    shown = [charts.Event(at, severity) for (_, severity), at in days.items()]
    spans = [charts.Event(moment(since, zone), "excluded") for since, _ in excluded if within[0] <= since < within[1]]
    return [*shown[:MOST_EVENTS], *spans[-MOST_EVENTS:]]


def burn_down(
    points: Sequence[Point], standing: Standing, episodes: Sequence[AlertEpisode], zone: tzinfo
) -> charts.Chart | None:
    """Return the chart of what was left of the budget beside the line of even burning; None without any event."""
    if not points:
        return None
    left = [(moment(p.minute, zone), p.left_ratio) for p in points]
    even = [(moment(p.minute, zone), p.even_ratio) for p in points]
    since, until = standing.case.whole
    svg = charts.history(
        [charts.Line("left", left), charts.Line("even", even)],
        label=f"Budget left over {standing.case.terms.window.words}: {percent(points[-1].left_ratio, 0)} at the end",
        events=_events(episodes, standing.case.out_of_any, (since, until), zone),
        start=moment(since, zone), end=moment(until, zone), write=lambda value: percent(value, 0) if value >= 0 else
        f"−{percent(-value, 0)}",
    )  # fmt: skip
    ahead = points[-1].left_ratio < points[-1].even_ratio
    title = "The budget burned faster than evenly" if ahead else "The budget lasts: less was burned than evenly"
    step = max(1, len(points) // 14)
    rows = [
        [day(moment(p.minute, zone).date()), _told(p.left_ratio), _told(p.even_ratio)] for p in points[::-step]
    ]  # fmt: skip
    return charts.Chart(
        title=title, svg=svg, columns=("Until", "Left", "Even burning leaves"), rows=rows,
        subtitle=f"Part of the error budget that is left, over {standing.case.terms.window.words}; "
        f"{standing.events:,} {'slices' if standing.case.terms.slicing else 'events'}, {standing.bad:,} bad",
        note="Dashed: even burning would spend the whole budget by the end of the window. Thin rules mark where "
        "alerts and exclusions began.",
    )  # fmt: skip


def _told(ratio: float) -> str:
    return percent(ratio, 0) if ratio >= 0 else f"overdrawn by {percent(-ratio, 0)}"


def told(episodes: Sequence[Episode], zone: tzinfo) -> list[tuple[datetime, datetime | None]]:
    """Return from when to when episodes lasted in a zone, the newest first; None for one that goes on."""
    return [
        (moment(one.opened_at, zone), moment(one.closed_at, zone) if one.closed_at is not None else None)
        for one in reversed(episodes)
    ]
