"""Reads that only pages ask for: what exclusions take out, or would; what makes a burn rate. Keeps nothing."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from fractions import Fraction

from django.db import transaction

from hortus.access.models import Person, Team
from hortus.products.slos import actions
from hortus.products.slos.case import Case, CasePart
from hortus.products.slos.drafts import ExclusionDraft
from hortus.products.slos.elsewhere import Elsewhere
from hortus.products.slos.exclusions import Exclusions, Left
from hortus.products.slos.models import Objective, Sli
from hortus.products.slos.queries import standings
from hortus.products.slos.rules.budgets import Tally, burn_rate
from hortus.products.slos.rules.spans import Span, clipped, length, without
from hortus.products.slos.standing import Standing
from hortus.products.slos.tallies import Answer, Question, answers


@dataclass(frozen=True, slots=True)
class Taken:
    """What an exclusion would take out of the window of one objective, and how it would stand then."""

    objective: Objective
    events: int
    bad: int
    then: Standing


def would_take(team: Team, draft: ExclusionDraft, now: datetime, *, by: Person) -> list[Taken]:
    """Return what a draft would take out of the objectives of a team, those it leaves alone left out.

    now: aware. It is made, looked at, and given up again, so that what is shown is what would be. Raises Refused as
    `actions.exclude`.
    """
    with transaction.atomic():
        was = standings(team, now)
        actions.exclude(team, draft, by=by, door="web", is_evaluated=False)
        found = [
            Taken(one, was[one].events - then.events, was[one].bad - then.bad, then)
            for one, then in standings(team, now).items()
        ]
        transaction.set_rollback(True)
    return [one for one in found if not one.then.unasked and (one.events or one.bad)]  # an engine was not asked


@dataclass(frozen=True, slots=True)
class TakenOut:
    """What one exclusion takes out of the window of an objective: its spans in it, and its events by SLI.

    They are None for an SLI whose counts stay in an engine, which was not asked for this one alone.
    """

    exclusion: Left
    spans: Sequence[Span]
    by_sli: Sequence[tuple[Sli, Tally | None]]

    @property
    def minutes(self) -> int:
        """Return how many minutes of the window it takes."""
        return length(self.spans)


def taken_out(objective: Objective, case: Case, exclusions: Exclusions) -> list[TakenOut]:
    """Return what each exclusion takes out of the window of a case; events in two of them stand with both."""
    there = Elsewhere.of(objective.team).queries
    marks = exclusions.marks(objective, case.elapsed)
    slis = [part.sli for part in case.parts]
    reached = [[sli for sli in slis if row.reaches(objective, sli)] for row, _ in marks]
    asked = [Question(sli.series_id, tuple(spans)) for (_, spans), of in zip(marks, reached, strict=True) for sli in of]
    found = iter(answers(asked) if asked else [])
    return [
        TakenOut(row, spans, [
            (sli, None if sli.series_id in there else tally)
            for sli, tally in ((sli, _sum(next(found))) for sli in of)
        ])
        for (row, spans), of in zip(marks, reached, strict=True)
    ]  # fmt: skip


def kept(team: Team, case: Case, sli: Sli, spans: Sequence[Span], window: Span) -> Tally | None:
    """Return what the worked sum, or a burn rate, counted of one SLI in some spans of a window.

    None where an engine keeps the counts and did not tell those spans.
    """
    told = Elsewhere.of(team).at(case.minute)
    if sli.series_id not in told.queries:
        return _sum(answers([Question(sli.series_id, tuple(spans))])[0]) if spans else Tally(0, 0)
    part = next(one for one in case.parts if one.sli.pk == sli.pk)
    if told.why_not(case) or window not in case.windows:
        return None
    found = told.answer(case, part)[window]
    whole = {tuple(without(window, part.out)): found.counted, tuple(clipped(part.out, window)): found.excluded}
    return whole.get(tuple(spans))


def _sum(answer: Answer) -> Tally:
    return sum((one.counted for one in answer.values()), Tally(0, 0))


@dataclass(frozen=True, slots=True)
class Burned:
    """What one SLI adds to a burn rate: its events in the window, its own burn rate, and that by its share."""

    part: CasePart
    tally: Tally
    rate: Fraction | None

    @property
    def adds(self) -> Fraction:
        """Return what it adds; nothing where nothing happened."""
        return self.part.share * (self.rate or Fraction(0))


def burned(team: Team, case: Case, window: Span) -> list[Burned]:
    """Return what each SLI of a case that counts events adds to its burn rate over one of the case's windows."""
    asked = [Question(part.sli.series_id, tuple(without(window, part.out))) for part in case.parts]
    told = Elsewhere.of(team).at(case.minute)
    tallies = [
        told.answer(case, part)[window].counted if part.sli.series_id in told.queries else _sum(answer)
        for part, answer in zip(case.parts, answers(asked), strict=True)
    ]
    return [
        Burned(part, tally, burn_rate(tally, case.terms.target))
        for part, tally in zip(case.parts, tallies, strict=True)
    ]
