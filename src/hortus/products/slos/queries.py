"""Reads of objectives: how they stand at a minute, and how one did over time. Writes nothing."""

from collections.abc import Sequence
from datetime import datetime

from hortus.access.models import Team
from hortus.products.slos.case import Case
from hortus.products.slos.exclusions import Exclusions, minute_of
from hortus.products.slos.models import Objective, Sli
from hortus.products.slos.standing import Standing, judge
from hortus.products.slos.tallies import Answer, Question, answers, sliced, stretch_of, tallied, whole_slices
from hortus.products.slos.terms import LIMITS, Terms


def standings(team: Team, now: datetime, objectives: Sequence[Objective] | None = None) -> dict[Objective, Standing]:
    """Return how objectives of a team stand, in a fixed number of queries where no slices are counted.

    now: aware. objectives: with their parts (`whole()`); all that are kept when left out.
    """
    if objectives is None:
        objectives = list(Objective.objects.whole().kept().filter(team=team))
    if not objectives:
        return {}
    exclusions, minute = Exclusions.of(team), minute_of(now)
    cases = [Case.of(one, Terms.of(one, team.zone), minute, exclusions) for one in objectives]
    return dict(zip(objectives, stand(cases), strict=True))


def standing(objective: Objective, now: datetime) -> Standing:
    """Return how one objective stands; `objective` as `whole()` gives it, retired ones too."""
    return standings(objective.team, now, [objective])[objective]


def stand(cases: Sequence[Case]) -> list[Standing]:
    """Return how cases stand; the sums of all that count events are read at once."""
    plain = [case for case in cases if case.terms.slicing is None]
    questions = [Question(part.sli.series_id, case.windows, part.out) for case in plain for part in case.parts]
    found = iter(answers(questions))
    return [_sliced(case) if case.terms.slicing else _plain(case, [next(found) for _ in case.parts]) for case in cases]


def _plain(case: Case, counted: list[Answer]) -> Standing:
    heard = [answer[case.silence] for answer in counted]
    measured = [one.counted.measured_minutes + one.excluded.measured_minutes for one in heard]
    return judge(case, counted, _silent(case, measured))


def _sliced(case: Case) -> Standing:
    slicing = case.terms.slicing
    assert slicing is not None  # noqa: S101 -- asked by who calls
    since = min(since for since, _ in case.windows)
    within = whole_slices((since, case.minute), slicing)
    stretches = [stretch_of(part.sli.series_id, within) for part in case.parts]
    kept = sliced(stretches, [part.out for part in case.parts], slicing)
    whole = sliced(stretches, [() for _ in case.parts], slicing)
    measured = [stretch.tally([case.silence]).measured_minutes for stretch in stretches]
    return judge(case, [tallied(kept, whole, case.windows, case.out_of_any)], _silent(case, measured))


def _silent(case: Case, measured: Sequence[int]) -> int | None:
    """Return how long the most silent part was silent, 0 when all were heard within the limit; None for never."""
    silent = [_silent_since(part.sli, case.minute) for part, n in zip(case.parts, measured, strict=True) if not n]
    if None in silent:
        return None
    return max((n for n in silent if n is not None), default=0)


def _silent_since(sli: Sli, minute: int) -> int | None:
    """Return how long an SLI was silent, given that it was longer than the limit; to the hour that the store tells."""
    series = sli.series
    if series.last_hour is None or not series.measured:
        return None
    return max(minute - (series.last_hour + 1) * 60, LIMITS.silent_minutes + 1)
