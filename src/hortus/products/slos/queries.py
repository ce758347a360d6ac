"""Reads of objectives: how they stand at a minute, and how one did over time. Writes nothing."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise

import numpy as np

from hortus.access.models import Team
from hortus.products.slos.case import Case
from hortus.products.slos.elsewhere import Elsewhere, Told
from hortus.products.slos.exclusions import Exclusions, minute_of
from hortus.products.slos.models import Objective
from hortus.products.slos.standing import Standing, judge
from hortus.products.slos.tallies import Answer, Question, answers, sliced, stretch_of, tallied, whole_slices
from hortus.products.slos.terms import LIMITS, Terms
from hortus.telemetry.counts.reading import sums

HOUR, DAY = 60, 1440


def standings(
    team: Team, now: datetime, objectives: Sequence[Objective] | None = None, exclusions: Exclusions | None = None,
    elsewhere: Elsewhere | None = None,
) -> dict[Objective, Standing]:  # fmt: skip
    """Return how objectives of a team stand, in a fixed number of queries where no slices are counted.

    now: aware. objectives: with their parts (`whole()`); all that are kept when left out. exclusions, elsewhere: of
    the team, when they were read already. An objective whose counts stay in an engine stands as the engine told last,
    at the minute of that; no engine is asked here.
    """
    if objectives is None:
        objectives = list(Objective.objects.whole().kept().filter(team=team))
    if not objectives:
        return {}
    exclusions, told = exclusions or Exclusions.of(team), (elsewhere or Elsewhere.of(team)).at(minute_of(now))
    cases = [
        Case.of(one, Terms.of(one, team.zone), told.minute_of(one.slis), exclusions) for one in objectives
    ]  # fmt: skip
    return dict(zip(objectives, stand(cases, told), strict=True))


def standing(objective: Objective, now: datetime, exclusions: Exclusions | None = None) -> Standing:
    """Return how one objective stands; `objective` as `whole()` gives it, retired ones too."""
    return standings(objective.team, now, [objective], exclusions)[objective]


def stand(cases: Sequence[Case], told: Told) -> list[Standing]:
    """Return how cases stand; the sums of all that count events are read at once. told: what engines told."""
    unasked = [told.untold(case) for case in cases]
    plain = [case for case in cases if case.terms.slicing is None]
    here = [
        Question(part.sli.series_id, case.windows, part.out)
        for case in plain for part in case.parts if part.sli.series_id not in told.queries
    ]  # fmt: skip
    found = iter(answers(here))
    looked = [
        _sliced(case) if case.terms.slicing else _plain(case, [
            told.answer(case, part) if part.sli.series_id in told.queries else next(found) for part in case.parts
        ])
        for case in cases
    ]  # fmt: skip
    mute = {
        part.sli.series_id
        for case, one in zip(cases, looked, strict=True)
        for part, n in zip(case.parts, one.heard, strict=True)
        if not n
    }
    quiet = quiet_minutes(sorted(mute - set(told.queries)), max(case.minute for case in cases))
    return [
        judge(
            case, one.counted, _silent(case, {**quiet, **_quiet_there(case, one, told)}),
            is_told=any(part.sli.series_id in told.queries for part in case.parts), unasked=why,
        )
        for case, one, why in zip(cases, looked, unasked, strict=True)
    ]  # fmt: skip


@dataclass(frozen=True, slots=True)
class _Looked:
    """What the windows of a case hold, and how many minutes of each part were measured in `Case.silence`."""

    counted: list[Answer]
    heard: list[int]


def _plain(case: Case, counted: list[Answer]) -> _Looked:
    heard = [answer[case.silence] for answer in counted]
    return _Looked(counted, [one.counted.measured_minutes + one.excluded.measured_minutes for one in heard])


def _sliced(case: Case) -> _Looked:
    slicing = case.terms.slicing
    assert slicing is not None  # noqa: S101 -- asked by who calls
    since = min(since for since, _ in case.windows)
    within = whole_slices((since, case.minute), slicing)
    stretches = [stretch_of(part.sli.series_id, within) for part in case.parts]
    kept = sliced(stretches, [part.out for part in case.parts], slicing)
    whole = sliced(stretches, [() for _ in case.parts], slicing)
    heard = [stretch.tally([case.silence]).measured_minutes for stretch in stretches]
    return _Looked([tallied(kept, whole, case.windows, case.out_of_any)], heard)


def _silent(case: Case, quiet: Mapping[int, int | None]) -> list[int | None]:
    """Return how long each part was silent, 0 for one that was heard within the limit; None for never."""
    return [quiet.get(part.sli.series_id, 0) for part in case.parts]


def _quiet_there(case: Case, one: "_Looked", told: Told) -> dict[int, int | None]:
    """Return for how long parts were silent whose counts stay elsewhere: as long as their shortest window that is not.

    None for one in which nothing was measured in any window.
    """
    if case.terms.slicing is not None:
        return {}
    return {
        part.sli.series_id: min(
            (until - since for (since, until), found in answer.items() if found.counted.measured_minutes), default=None
        )
        for part, answer, heard in zip(case.parts, one.counted, one.heard, strict=True)
        if part.sli.series_id in told.queries and not heard
    }


def quiet_minutes(series: Sequence[int], minute: int) -> dict[int, int | None]:
    """Return for how long series that were silent for the limit were so: to the hour, from two days on to the day.

    None for one in which nothing was ever measured. One statement.
    """
    if not series:
        return {}
    hours = [LIMITS.silent_minutes + HOUR * n for n in range(25)]
    edges = [*hours, *(hours[-1] + DAY * n for n in range(1, 29)), minute]
    found = sums(series, [(minute - far, minute - near) for near, far in pairwise(edges)]).measured
    # Within the first day the later edge is told, because the earlier is the limit itself, which is not yet silence.
    told = [*hours[1:], *edges[len(hours) - 1 : -1]]
    firsts = [np.flatnonzero(row) for row in found]
    return {one: told[int(first[0])] if len(first) else None for one, first in zip(series, firsts, strict=True)}
