"""Charts of objectives, made from figures that were read before. Asks nothing."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo

from hortus.products.slos.models import AlertEpisode
from hortus.products.slos.rules.burndown import Point
from hortus.products.slos.rules.episodes import Episode
from hortus.products.slos.rules.spans import Span, clipped, length, merged
from hortus.products.slos.rules.states import BudgetState
from hortus.products.slos.standing import Standing
from hortus.web import charts
from hortus.web.words import counted, day, duration, percent

DAY = 1440  # minutes
MOST_TOLD = 6
WIDEST = 200  # a gap is drawn when it is wider than this part of the window
TAKEN, MUTE = "taken out", "not measured"


def moment(minute: int, zone: tzinfo) -> datetime:
    """Return a minute since 1970 as a time in a zone.

    >>> moment(60, UTC).isoformat()
    '1970-01-01T01:00:00+00:00'
    """
    return datetime.fromtimestamp(minute * 60, UTC).astimezone(zone)


@dataclass(frozen=True, slots=True)
class Marks:
    """Times that a chart marks, as spans of minutes: taken out of the budget, not measured; and alerts with names."""

    out: Sequence[Span] = ()
    gaps: Sequence[Span] = ()
    alerts: Sequence[tuple[str, Span]] = ()

    @classmethod
    def of(cls, standing: Standing, gaps: Sequence[Span], episodes: Iterable[AlertEpisode]) -> "Marks":
        """Return what lies in the window of an objective so far; an alert that stands lasts until now.

        Gaps that are too short to be seen are left out: the number of what was measured leads to them.
        """
        within, whole = standing.case.elapsed, standing.case.whole
        wide = [gap for gap in clipped(gaps, within) if gap[1] - gap[0] > (whole[1] - whole[0]) // WIDEST]
        alerts = []
        for one in episodes:
            until = one.closed_at.timestamp() // 60 if one.closed_at else within[1]
            lasted = clipped([(int(one.opened_at.timestamp() // 60), int(until))], within)
            alerts += [(one.severity, span) for span in lasted]
        return cls(clipped(standing.case.out_of_any, whole), wide, sorted(alerts))

    def bands(self, zone: tzinfo) -> list[charts.Band]:
        """Return them as a chart draws them."""
        told = [(TAKEN, span, "out") for span in self.out] + [(MUTE, span, "gap") for span in self.gaps]
        told += [(name, span, "alert") for name, spans in self._by_name.items() for span in merged(spans)]
        return [charts.Band(moment(begin, zone), moment(end, zone), name, kind) for name, (begin, end), kind in told]

    @property
    def _by_name(self) -> dict[str, list[Span]]:
        return {name: [span for of, span in self.alerts if of == name] for name in dict(self.alerts)}

    @property
    def counted(self) -> str:
        """Return in a few words how often what was marked, for those who do not see the chart."""
        told = [(TAKEN, self.out), (MUTE, self.gaps), *self._by_name.items()]
        return "".join(
            f"; {name} {counted(len(spans), 'time')}, {duration(60 * length(spans))}" for name, spans in told if spans
        )

    def sentences(self, zone: tzinfo) -> str:
        """Return when it was, the latest first, at most six of each, for print and for who cannot point at a band."""
        told = (("Grey bands do not count", self.out), ("Where the line is broken nobody measured", self.gaps))
        said = [f" {words}: {_list([_when(span, zone) for span in spans[::-1]])}." for words, spans in told if spans]
        if self.alerts:
            latest = sorted(self.alerts, key=lambda one: -one[1][0])
            said.append(f" Tinted bands are alerts: {_list([f'{name} {_when(span, zone)}' for name, span in latest])}.")
        return "".join(said)


def _list(found: Sequence[str]) -> str:
    more = len(found) - MOST_TOLD
    return ", ".join(found[:MOST_TOLD]) + (f" and {more} more" if more > 0 else "")


def _when(span: Span, zone: tzinfo) -> str:
    begin = moment(span[0], zone)
    return f"{day(begin.date(), moment(span[1], zone).date())}, {begin:%H:%M} ({duration(60 * (span[1] - span[0]))})"


def _broken(points: Sequence[Point], gaps: Sequence[Span], zone: tzinfo) -> list[tuple[datetime, float | None]]:
    """Return what was left as a line that is broken where nobody measured."""
    line: list[tuple[datetime, float | None]] = [
        (moment(p.minute, zone), p.left_ratio)
        for p in points
        if not any(since < p.minute < until for since, until in gaps)
    ]
    line += [(moment((since + until) // 2, zone), None) for since, until in gaps]
    return sorted(line, key=lambda point: point[0])


def burn_down(points: Sequence[Point], standing: Standing, marks: Marks, zone: tzinfo) -> charts.Chart | None:
    """Return the chart of what was left of the budget beside the line of even burning; None without any event.

    Where nobody can tell what is left no line is drawn, nothing at all where no time is marked either, and the numbers
    say why.
    """
    if not points:
        return None
    window, svg, note = standing.case.terms.window.words, "", ""
    if not standing.unknown or marks.counted:
        svg = _drawn(points, standing, marks, zone)
        note = "Dashed: even burning would spend the whole budget by the end of the window." + marks.sentences(zone)
    return charts.Chart(
        title=_title(points, standing, zone), svg=svg, note=note,
        columns=("Until", "Left", "Even burning leaves"), rows=_numbers(points, standing, zone),
        subtitle=f"Part of the error budget that is left, over {window}; "
        f"{standing.events:,} {standing.noun}s, {standing.bad:,} bad",
    )  # fmt: skip


def _drawn(points: Sequence[Point], standing: Standing, marks: Marks, zone: tzinfo) -> str:
    since, until = standing.case.whole
    left = "not known" if standing.unknown else f"{_told(points[-1].left_ratio)} at the end"
    line = [] if standing.unknown else _broken(points, marks.gaps, zone)
    even = [(moment(p.minute, zone), p.even_ratio) for p in points]
    return charts.history(
        [charts.Line("left", line), charts.Line("even", even)],
        label=f"Budget left over {standing.case.terms.window.words}: {left}{marks.counted}",
        bands=marks.bands(zone), start=moment(since, zone), end=moment(until, zone),
        write=lambda value: percent(value, 0) if value >= 0 else f"−{percent(-value, 0)}",
    )  # fmt: skip


def _numbers(points: Sequence[Point], standing: Standing, zone: tzinfo) -> list[list[str]]:
    """Return the numbers of a burn-down, the newest first; of what is not known only that, and why."""
    if standing.unknown:
        last = points[-1]
        return [[day(moment(last.minute, zone).date()), f"not known: {standing.unknown}", _told(last.even_ratio)]]
    step = max(1, len(points) // 14)
    return [[day(moment(p.minute, zone).date()), _told(p.left_ratio), _told(p.even_ratio)] for p in points[::-step]]


def _title(points: Sequence[Point], standing: Standing, zone: tzinfo) -> str:
    """Return what a burn-down shows as a sentence, never calmer than the state that stands above it."""
    state, last = standing.state, points[-1]
    if standing.unknown:
        return f"How much of the budget is left is not known: {standing.unknown}"
    if state is BudgetState.EXHAUSTED:
        spent = next((one.minute for one in points if one.left_ratio <= 0), last.minute)
        return f"The budget was spent by {day(moment(spent, zone).date())}"
    if standing.holding:
        before = next((one for one in reversed(points) if one.minute <= last.minute - DAY), points[0])
        lasted = last.minute - before.minute
        span = "day" if lasted == DAY else duration(60 * lasted)
        return f"{percent(before.left_ratio - last.left_ratio, 0)} of the budget went in the last {span}"
    if state is not BudgetState.HEALTHY:
        return f"Little is left: {percent(last.left_ratio, 0)} of the budget"
    if last.left_ratio < last.even_ratio:
        return "The budget burned faster than evenly"
    return "The budget lasts: less was burned than evenly"


def _told(ratio: float) -> str:
    return percent(ratio, 0) if ratio >= 0 else f"overdrawn by {percent(-ratio, 0)}"


def told(episodes: Sequence[Episode], zone: tzinfo) -> list[tuple[datetime, datetime | None]]:
    """Return from when to when episodes lasted in a zone, the newest first; None for one that goes on."""
    return [
        (moment(one.opened_at, zone), moment(one.closed_at, zone) if one.closed_at is not None else None)
        for one in reversed(episodes)
    ]
