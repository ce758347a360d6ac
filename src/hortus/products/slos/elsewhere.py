"""SLIs whose counts stay in an engine: which they are, what is asked of the engine, and what it told last.

Engines are asked by the worker alone, each minute and outside of any transaction (`hear`). Everything that judges or
shows an objective reads what they told then, with the minute of it, and so never waits for one.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from hortus.access.models import Team
from hortus.products.slos.case import Case, CasePart, pieces
from hortus.products.slos.exclusions import Exclusions
from hortus.products.slos.models import Objective, Sli
from hortus.products.slos.rules.budgets import Tally
from hortus.products.slos.rules.spans import Span, clipped, length, without
from hortus.products.slos.rules.stretch import Stretch
from hortus.products.slos.tallies import Answer, Found
from hortus.products.slos.terms import Terms
from hortus.products.slos.wording import moment
from hortus.telemetry.engines import asking, telling
from hortus.telemetry.engines.asking import Sum
from hortus.telemetry.engines.models import EngineQuery
from hortus.telemetry.engines.telling import Wanted
from hortus.telemetry.engines.telling_models import Telling

STALE_MINUTES = 60
"""What an engine told longer ago than that judges nothing any more."""
STEPS = (1, 2, 5, 10, 15, 30, 60, 120, 180, 360, 720, 1440, 2880, 4320, 5760)
MOST_STEPS = 128


@dataclass(frozen=True, slots=True)
class Elsewhere:
    """The queries of a team's SLIs whose counts stay in an engine, by series."""

    queries: Mapping[int, EngineQuery]

    @classmethod
    def of(cls, team: Team) -> "Elsewhere":
        """Return those of a team, in one query."""
        found = EngineQuery.objects.filter(is_kept_here=False, series__sli__team=team)
        return cls({query.series_id: query for query in found.select_related("engine", "series")})

    def at(self, minute: int) -> "Told":
        """Return what was told last at a minute, in one query where there is anything to ask."""
        return Told(self.queries, telling.last_told(self.queries.values(), minute), minute)


@dataclass(frozen=True, slots=True)
class Told:
    """What engines told last at a minute. tellings: by series, of the last day."""

    queries: Mapping[int, EngineQuery]
    tellings: Mapping[int, Telling]
    minute: int

    def minute_of(self, slis: Iterable[Sli]) -> int:
        """Return the minute at which an objective over these SLIs can be judged: of the oldest that is not stale."""
        found = [self.tellings[sli.series_id].minute for sli in slis if sli.series_id in self.tellings]
        return min((one for one in found if self.minute - one <= STALE_MINUTES), default=self.minute)

    def why_not(self, case: Case) -> str:
        """Return why a case cannot be judged by what was told, "" when it can or nothing of it stays elsewhere."""
        return next(filter(None, self.untold(case)), "")

    def untold(self, case: Case) -> list[str]:
        """Return of each part why it cannot be judged by what was told, "" when it can or does not stay elsewhere."""
        found = [self._why_not(case, part) if part.sli.series_id in self.queries else "" for part in case.parts]
        if len(found) == 1:
            return found
        return [why and f"{part.sli.name}: {why}" for part, why in zip(case.parts, found, strict=True)]

    def _why_not(self, case: Case, part: CasePart) -> str:
        engine = self.queries[part.sli.series_id].engine.name
        if case.terms.slicing is not None:
            return f"Time slices are judged by the minute, but the counts stay in {engine}; have them kept here."
        told = self.tellings.get(part.sli.series_id)
        if told is None:
            return f"{engine} keeps the counts and was not asked in the last day; a worker asks it every minute."
        if told.minute != case.minute:
            at = datetime.fromtimestamp(told.minute * 60, UTC)
            return f"{engine} keeps the counts and was last asked at {at:%Y-%m-%d %H:%M} UTC; is a worker running?"
        if told.finding:
            return told.finding
        if not set(needed(case, part)) <= set(telling.sums_of(told)):
            return f"{engine} was not asked since the objective or its exclusions changed; that takes a minute."
        return ""

    def answer(self, case: Case, part: CasePart) -> Answer:
        """Return what each window of a case holds for a part that stays elsewhere; zeros where nothing was told."""
        told = self.tellings.get(part.sli.series_id)
        sums = telling.sums_of(told) if told is not None else {}
        return {window: _found(window, part.out, sums) for window in case.windows}

    def steps(self, case: Case, part: CasePart, counted: Tally) -> Stretch | None:
        """Return the window so far in steps of minutes or hours, for a chart; None while not all of them were told.

        counted: the window so far, after exclusions, to which the steps add up. Each stands in its last minute.
        """
        told = self.tellings.get(part.sli.series_id)
        sums = telling.sums_of(told) if told is not None else {}
        spans = steps(case, part)
        if told is None or told.minute != case.minute or not set(spans) <= set(sums):
            return None
        return _laid_out(case.elapsed, {span: sums[span] for span in spans}, counted)

    def gaps(self, case: Case, part: CasePart) -> list[Span]:
        """Return the spans of the window so far that were not measured, ascending; none while the steps were not told.

        How many minutes of each step were measured is exact; where in it the others lie was not told. They are laid
        beside those of the step before, else at the end: so a gap is shown to within a step, and one over several
        steps where it was. What lies before the first step is left out.
        """
        told = self.tellings.get(part.sli.series_id)
        sums = telling.sums_of(told) if told is not None else {}
        spans = steps(case, part)
        return _gaps({span: sums[span][2] for span in spans}) if set(spans) <= set(sums) else []


def _gaps(measured: Mapping[Span, int]) -> list[Span]:
    """Return gaps from the measured minutes of steps.

    >>> _gaps({(0, 60): 60, (60, 120): 40, (120, 180): 50, (180, 240): 30, (240, 300): 0})
    [(100, 130), (210, 300)]
    """
    found: list[Span] = []
    for (begin, end), minutes in sorted(measured.items()):
        lacking = end - begin - min(minutes, end - begin)
        if lacking and found and found[-1][1] == begin:
            found[-1] = found[-1][0], begin + lacking
        elif lacking:
            found.append((end - lacking, end))
    return found


def faults(team: Team, slis: Iterable[Sli]) -> list[str]:
    """Return what was wrong when the engines behind SLIs were asked the last time, for who may read objectives.

    Also between two rounds of the worker, as when somebody asked for a back-test. One statement.
    """
    held = EngineQuery.objects.filter(engine__team=team, series__sli__in=list(slis)).exclude(failed_at=None)
    found = []
    for query in held.select_related("engine").order_by("failed_at", "pk"):
        if query.fault is not None and query.failed_at is not None:
            at = moment(query.failed_at, team.zoneinfo)
            said = asking.for_objectives(query.engine, query.fault).sentence
            found.append(f"Asked {query.engine.name}; it failed at {at}: {said}")
    return list(dict.fromkeys(found))


def _found(window: Span, out: Sequence[Span], sums: Mapping[Span, Sum]) -> Found:
    excluded = clipped(out, window)
    return Found(_tally(without(window, out), sums), _tally(excluded, sums), length(excluded))


def _tally(spans: Iterable[Span], sums: Mapping[Span, Sum]) -> Tally:
    found = [sums.get(span, (0, 0, 0)) for span in spans]
    good, total, measured = (sum(column) for column in zip(*found, strict=True)) if found else (0, 0, 0)
    return Tally(total - good, total, measured)


def needed(case: Case, part: CasePart) -> list[Span]:
    """Return the spans that a part is judged by: the windows of a case, cut at what is excluded."""
    return sorted({piece for window in case.windows for piece in pieces(window, part.out)})


def steps(case: Case, part: CasePart) -> list[Span]:
    """Return the spans of a chart: the window so far in steps on a fixed grid, without what is excluded.

    What lies before the first step on the grid is left out; it is what the others leave of the whole.
    """
    since, until = case.elapsed
    most = (case.whole[1] - case.whole[0]) / MOST_STEPS
    size = next((size for size in STEPS if size >= most), STEPS[-1])
    edges = [*range(-(-since // size) * size, until, size), until]
    return [piece for cell in pairwise(edges) for piece in without(cell, part.out)]


def _laid_out(elapsed: Span, sums: Mapping[Span, Sum], counted: Tally) -> Stretch:
    since, size = elapsed[0], elapsed[1] - elapsed[0]
    good, total = np.zeros((2, size), np.int64)
    measured = np.zeros(size, np.bool_)
    for (begin, end), (n_good, n_total, n_measured) in sums.items():
        good[end - 1 - since], total[end - 1 - since] = n_good, n_total
        measured[begin - since : begin - since + n_measured] = True
    first = min((begin for begin, _ in sums), default=elapsed[1]) - since
    measured[: max(0, min(first, counted.measured_minutes - int(measured.sum())))] = True
    bad = _fitted(total - good, counted.bad, first)
    total = np.maximum(_fitted(total, counted.events, first), bad)
    return Stretch(since, total - bad, total, measured)


def _fitted(values: NDArray[np.int64], wanted: int, first: int) -> NDArray[np.int64]:
    """Return values that add up to what is wanted: what lacks stood before minute `first`, what is over is rounding."""
    fitted, rest = values.copy(), wanted - int(values.sum())
    if rest > 0:
        fitted[max(first - 1, 0)] += rest
        return fitted
    for at in np.flatnonzero(fitted)[::-1].tolist():
        taken = min(int(fitted[at]), -rest)
        fitted[at] -= taken
        rest += taken
    return fitted


def hear(team: Team, minute: int, *, seconds: float = telling.SECONDS) -> bool:
    """Ask the engines of a team what its objectives are judged by at a minute, and keep it; False for nothing to ask.

    seconds: how long is asked, see `telling.listen`. Not for a transaction: it takes that long where an engine is slow.
    """
    elsewhere = Elsewhere.of(team)
    if not elsewhere.queries:
        return False
    exclusions = Exclusions.of(team)
    wanted: dict[int, tuple[set[Span], set[Span]]] = {}
    held = Objective.objects.whole().kept().filter(team=team, parts__sli__series__in=list(elsewhere.queries))
    for objective in held.distinct():
        case = Case.of(objective, Terms.of(objective, team.zone), minute, exclusions)
        if case.terms.slicing is not None:
            continue
        for part in case.parts:
            if part.sli.series_id in elsewhere.queries:
                must, may = wanted.setdefault(part.sli.series_id, (set(), set()))
                must.update(needed(case, part))
                may.update(steps(case, part))
    asked = [
        Wanted(elsewhere.queries[series], sorted(must, reverse=True), sorted(may, reverse=True))
        for series, (must, may) in wanted.items()
    ]
    telling.keep(team, asked, telling.listen(asked, minute, seconds=seconds), minute)
    return bool(asked)
