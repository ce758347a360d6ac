"""What was counted in the windows of many SLIs at once: one look into the store, exclusions taken out. No judgement."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from hortus.products.slos.rules.budgets import Tally
from hortus.products.slos.rules.composites import any_bad
from hortus.products.slos.rules.slices import Slices, Slicing, judged
from hortus.products.slos.rules.spans import Span, clipped, length
from hortus.products.slos.rules.stretch import Stretch
from hortus.telemetry.counts.reading import Sums, minutes, sums


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked of one series. out: excluded spans wherever a window reaches, disjoint and in order."""

    series: int
    windows: tuple[Span, ...]
    out: tuple[Span, ...] = ()


@dataclass(frozen=True, slots=True)
class Found:
    """What one window holds: what counts, what exclusions took out of it, and how many minutes they took."""

    counted: Tally
    excluded: Tally
    excluded_minutes: int


Answer = dict[Span, Found]


def answers(questions: Sequence[Question]) -> list[Answer]:
    """Return for each question what each of its windows holds, in their order; all from one statement."""
    spans = sorted({span for one in questions for span in _wanted(one)})
    ids = sorted({one.series for one in questions})
    read = _Read(ids, spans, sums(ids, spans))
    return [_plain(one, read) for one in questions]


def _wanted(question: Question) -> list[Span]:
    """Return the windows, and the excluded pieces inside them."""
    pieces = [piece for window in question.windows for piece in clipped(question.out, window)]
    return [*question.windows, *pieces]


class _Read:
    """Sums of many series over many spans, asked for by series and span."""

    def __init__(self, ids: Sequence[int], spans: Sequence[Span], found: Sums) -> None:
        self.rows = {series: row for row, series in enumerate(ids)}
        self.columns = {span: column for column, span in enumerate(spans)}
        self.found = found

    def tally(self, series: int, span: Span) -> Tally:
        at = self.rows[series], self.columns[span]
        good, total = int(self.found.good[at]), int(self.found.total[at])
        return Tally(total - good, total, int(self.found.measured[at]))


def _plain(question: Question, read: _Read) -> Answer:
    found = {}
    for window in question.windows:
        whole, out = read.tally(question.series, window), clipped(question.out, window)
        excluded = sum((read.tally(question.series, piece) for piece in out), Tally(0, 0))
        found[window] = Found(_less(whole, excluded, window[1] - window[0] - length(out)), excluded, length(out))
    return found


def _less(whole: Tally, part: Tally, most_minutes: int) -> Tally:
    """Return what is left of a window; where the store keeps hours or days, they may reach over its edge."""
    measured = min(whole.measured_minutes - part.measured_minutes, most_minutes)
    return Tally(whole.bad - part.bad, whole.events - part.events, measured)


def stretch_of(series: int, within: Span) -> Stretch:
    """Return the minutes of a series as the arithmetic reads them."""
    found = minutes(series, *within)
    return Stretch(found.start, found.good, found.total, found.measured)


def judged_slices(stretch: Stretch, out: Sequence[Span], slicing: Slicing) -> Slices:
    """Return the slices of a stretch with excluded spans taken out."""
    is_out = np.zeros(len(stretch.total), np.bool_)
    for since, until in clipped(out, (stretch.start, stretch.until)):
        is_out[since - stretch.start : until - stretch.start] = True
    return judged(stretch.cut(out), slicing, is_out)


def sliced(stretches: Sequence[Stretch], outs: Sequence[Sequence[Span]], slicing: Slicing) -> Stretch:
    """Return the slices of one or several SLIs as events: with several, a slice is bad when it is in any of them.

    stretches: of one start and end, not yet cut. outs: what is excluded from each.
    """
    slices = [judged_slices(stretch, out, slicing) for stretch, out in zip(stretches, outs, strict=True)]
    made = (any_bad(slices) if len(slices) > 1 else slices[0]).as_stretch()
    return made.marked(span for out in outs for span in out)


def whole_slices(window: Span, slicing: Slicing) -> Span:
    """Return a span that begins with a slice, so that moving windows judge the same slices."""
    since = window[0] // slicing.minutes * slicing.minutes
    return since, max(window[1], since)


def tallied(stretch: Stretch, whole: Stretch, windows: Sequence[Span], out: Sequence[Span]) -> Answer:
    """Return what windows hold, from slices as events. stretch: after exclusions; whole: without any; of one start.

    What exclusions took out are the slices that would count without them and do not count with them. One that is cut
    in part may still count, and be good for it.
    """
    gone, found = _gone(whole, stretch), {}
    for window in windows:
        taken = length(clipped(out, window))
        counted, excluded = stretch.tally([window]), gone.tally([window])
        # A slice that is excluded in part counts with all of its minutes; more than there are were never measured.
        measured = min(counted.measured_minutes, window[1] - window[0] - taken)
        found[window] = Found(
            Tally(counted.bad, counted.events, measured), Tally(excluded.bad, excluded.events), taken
        )  # fmt: skip
    return found


def _gone(whole: Stretch, kept: Stretch) -> Stretch:
    is_gone = (whole.total > 0) & (kept.total == 0)
    return Stretch(whole.start, whole.good * is_gone, whole.total * is_gone, whole.measured)
