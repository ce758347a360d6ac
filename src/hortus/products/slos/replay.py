"""What an objective did, or would have done: back-test, what-if, preview of a draft, burn-down. Writes nothing."""

from collections.abc import Mapping, Sequence
from copy import copy
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hortus.access.models import Team
from hortus.products.slos.case import Case
from hortus.products.slos.drafts import SliDraft, free_series
from hortus.products.slos.elsewhere import Elsewhere
from hortus.products.slos.exclusions import Exclusions, minute_of
from hortus.products.slos.models import Objective, Sli
from hortus.products.slos.objective_draft import ObjectiveDraft
from hortus.products.slos.rules import backtest as alone
from hortus.products.slos.rules import composites
from hortus.products.slos.rules.backtest import Track, lead_in
from hortus.products.slos.rules.budgets import WorkedSum
from hortus.products.slos.rules.burndown import Point, burndown
from hortus.products.slos.rules.composites import CompositeSum
from hortus.products.slos.rules.spans import Span, clipped, length, without
from hortus.products.slos.rules.stretch import Stretch
from hortus.products.slos.standing import Standing, judge
from hortus.products.slos.stretches import stretches
from hortus.products.slos.tallies import Answer, Found, sliced, tallied
from hortus.products.slos.terms import Terms
from hortus.values.refused import Refused

DAY = 1440
DAYS = 28
MOST_DAYS = 100  # as long as hours are kept
POINTS = 200


@dataclass(frozen=True, slots=True)
class WhatIf:
    """What shall be different in a back-test. parameters: of the judge of the objective's only SLI, those to change."""

    target_ratio: Decimal | None = None
    parameters: Mapping[str, Any] | None = None


def parameters_of(given: Sequence[str]) -> dict[str, Any] | None:
    """Return parameters written as NAME=VALUE, numbers as numbers; None for none at all. Raises Refused.

    >>> parameters_of(["threshold_seconds=600", "cluster=alder"])
    {'threshold_seconds': 600, 'cluster': 'alder'}
    """
    found: dict[str, Any] = {}
    for one in given:
        name, equals, value = one.partition("=")
        if not (name and equals):
            raise Refused("bad-parameter", f"A parameter is written NAME=VALUE, got {one[:80]!r}.", "parameters")
        found[name] = _number(value)
    return found or None


def _number(text: str) -> int | float | str:
    for kind in (int, float):
        try:
            return kind(text)
        except ValueError:
            continue
    return text


@dataclass(frozen=True, slots=True)
class Replay:
    """What an objective would have done at every minute of a span, and how it would stand at the end of it.

    tracks: what each alert pair would have done. points: what was left of the budget over the window that ends there.
    exact_since: before this minute the store keeps no minutes, only hours or days, and alerts are as coarse as those.
    """

    standing: Standing
    since: int
    until: int
    tracks: tuple[Track, ...]
    points: tuple[Point, ...]
    exact_since: int

    @property
    def pages(self) -> int:
        """Return how often somebody would have been paged."""
        return sum(len(track.episodes) for track in self.tracks if track.rule.pair.urgency == "page")

    @property
    def tickets(self) -> int:
        """Return how often a ticket would have been written."""
        return sum(len(track.episodes) for track in self.tracks if track.rule.pair.urgency == "ticket")


def backtest(
    objective: Objective, since: datetime, until: datetime, what_if: WhatIf | None = None
) -> Replay:  # fmt: skip
    """Return what an objective would have done from `since` to `until` (aware), by its terms or by what-if.

    objective: as `whole()` gives it. Raises Refused for a span that is not 1 minute to 100 days, and for a what-if
    that is not allowed; EngineFault, which is one, when an engine that keeps the counts does not tell its minutes.
    """
    first, last = minute_of(since), minute_of(until)
    if not 0 < last - first <= MOST_DAYS * DAY:
        raise Refused("bad-span", f"A back-test covers up to {MOST_DAYS} days, and ends after it begins.", "since")
    draft = ObjectiveDraft.of(objective)
    if what_if is not None and what_if.target_ratio is not None:
        draft = replace(draft, target_ratio=what_if.target_ratio)
    if what_if is not None and what_if.parameters is not None:
        draft = replace(draft, parts=[(_other(objective, what_if.parameters), Decimal(1))])
    return _replay(objective, draft, first, last)


def _other(objective: Objective, parameters: Mapping[str, Any]) -> Sli:
    """Return the objective's SLI with other parameters of its judge, not kept."""
    slis = objective.slis
    if len(slis) != 1 or not slis[0].judge:
        raise Refused("no-judge-here", "Only an objective over one judged SLI can try other parameters.", "parameters")
    return drafted(
        objective.team,
        replace(SliDraft.of(slis[0]), parameters={**slis[0].parameters, **parameters}, series=""),
        of=slis[0],
    )


def drafted(team: Team, draft: SliDraft, of: Sli | None = None) -> Sli:
    """Return an SLI that is not kept, for a preview; nothing is written, as an engine may be asked through it.

    of: whose exclusions it shares. Raises Refused as `checked`, and when the series of the draft is not free.
    """
    cleaned = draft.checked(team, now_held=of.service if of else "")
    made = Sli(
        team=team, slug=of.slug if of else "draft", name=cleaned.name, sentence=cleaned.sentence,
        service=cleaned.service, judge=cleaned.judge, parameters=dict(cleaned.parameters),
    )  # fmt: skip
    if of is not None:
        made.pk = of.pk
    if cleaned.series:
        made.series = free_series(team, cleaned.series)
    return made


def preview(
    team: Team, draft: ObjectiveDraft, now: datetime, *, of: Objective | None = None, days: int = DAYS
) -> Replay:
    """Return what a draft would have done in the last days, and how it would stand now, without keeping anything.

    Its SLIs may be drafts themselves (`drafted`), which their judge fills on the spot. of: the objective that is
    changed. Raises Refused as `checked`.
    """
    until = minute_of(now)
    return _replay(of or Objective(team=team), draft.checked(team, now_held=of), until - days * DAY, until)


def _replay(objective: Objective, draft: ObjectiveDraft, since: int, until: int) -> Replay:
    team = objective.team
    objective = copy(objective)  # what it speaks for, which planned work touches it, is the draft's to say
    objective.function, objective.leaves_out_planned_work = draft.function, draft.leaves_out_planned_work
    terms = Terms.of(draft, team.zone)
    first = since - lead_in(terms.rules)
    case = Case.made(objective, terms, draft.parts, until, Exclusions.of(team), since=first)
    grain = terms.slicing.minutes if terms.slicing else 1
    begin = min(first, case.hull[0]) // grain * grain
    read = stretches(team, [part.sli for part in case.parts], (begin, until))
    looked = [stretch for stretch, _ in read]
    counted, cut = _counted(case, looked)
    standing = judge(case, counted, _silent(looked, until))
    if len(cut) > 1:
        tracks = composites.backtest(case.members, cut, since, terms.rules, terms.little)
    else:
        tracks = alone.backtest(cut[0], since, terms.rules, terms.little)
    points = _points(case, standing, cut)
    return Replay(standing, since, until, tracks, tuple(points), max(coarse for _, coarse in read))


def _counted(case: Case, looked: Sequence[Stretch]) -> tuple[list[Answer], list[Stretch]]:
    """Return what the windows hold, and the stretches after exclusions; one for all parts where slices are counted."""
    outs = [part.out for part in case.parts]
    if case.terms.slicing is not None:
        kept = sliced(looked, outs, case.terms.slicing)
        whole = sliced(looked, [() for _ in outs], case.terms.slicing)
        return [tallied(kept, whole, case.windows, case.out_of_any)], [kept]
    answers = [_answer(case, stretch, out) for stretch, out in zip(looked, outs, strict=True)]
    return answers, [stretch.cut(out) for stretch, out in zip(looked, outs, strict=True)]


def _answer(case: Case, stretch: Stretch, out: Sequence[Span]) -> Answer:
    return {
        window: Found(
            stretch.tally(without(window, out)), stretch.tally(clipped(out, window)), length(clipped(out, window))
        )
        for window in case.windows
    }


def _silent(looked: Sequence[Stretch], until: int) -> list[int | None]:
    """Return for how long each SLI was not measured, None for one that never was."""
    last = [np.flatnonzero(stretch.measured | (stretch.total > 0)) for stretch in looked]
    return [
        until - (stretch.start + int(found[-1])) - 1 if len(found) else None
        for stretch, found in zip(looked, last, strict=True)
    ]


def burn_down(objective: Objective, standing: Standing, most: int = POINTS) -> list[Point]:
    """Return what was left of the budget at points of the window, the last of them as it stands; none without events.

    objective: as `whole()` gives it, standing: of it. One read for each of its SLIs. Where counts stay in an engine it
    is drawn in the steps that were told with the standing; no points while they were not.
    """
    case = standing.case
    if standing.unasked:
        return []
    told = Elsewhere.of(objective.team).at(case.minute)
    grain = case.terms.slicing.minutes if case.terms.slicing else 1
    within = case.elapsed[0] // grain * grain, case.minute
    looked: list[Stretch] = []
    for place, part in enumerate(case.parts):
        if part.sli.series_id not in told.queries:
            looked.append(stretches(objective.team, [part.sli], within)[0][0])
        elif (steps := told.steps(case, part, standing.parts[place].worked.counted)) is not None:
            looked.append(steps)
        else:
            return []
    return _points(case, standing, _counted(case, looked)[1], most)


def _points(case: Case, standing: Standing, cut: Sequence[Stretch], most: int = POINTS) -> list[Point]:
    inside = [_from(stretch, case.elapsed) for stretch in cut]
    worked = standing.worked
    if isinstance(worked, WorkedSum):
        return burndown(inside[0], case.whole, worked, most)
    return _points_of_composite(case, worked, inside, most)


def _points_of_composite(case: Case, worked: CompositeSum, inside: Sequence[Stretch], most: int) -> list[Point]:
    """Add up what each part burned of its own budget, by its share; a part without events burns nothing."""
    burned: dict[int, Point] = {}
    for part, one, stretch in zip(case.parts, worked.parts, inside, strict=True):
        if not one.allowed:
            continue
        for point in burndown(stretch, case.whole, one, most):
            before = burned.get(point.minute, Point(point.minute, 1.0, point.even_ratio))
            left = before.left_ratio - float(part.share) * (1 - point.left_ratio)
            burned[point.minute] = replace(before, left_ratio=left)
    return [burned[minute] for minute in sorted(burned)]


def _from(stretch: Stretch, elapsed: Span) -> Stretch:
    """Return the part of a stretch that lies in the window so far; minutes that it has not are empty."""
    size, skipped = elapsed[1] - elapsed[0], elapsed[0] - stretch.start
    good, total = (_cut(part, skipped, size) for part in (stretch.good, stretch.total))
    measured = _cut(stretch.measured.astype(np.int64), skipped, size).astype(np.bool_)
    return Stretch(elapsed[0], good, total, measured)


def _cut(part: NDArray[np.int64], skipped: int, size: int) -> NDArray[np.int64]:
    kept = part[skipped : skipped + size]
    return np.pad(kept, (0, size - len(kept)))
