"""The rows behind the counts of an SLI: the raw events where a judge reads them, else its minutes. Writes nothing.

A window with exclusions is several spans. Each judge gives the bad rows of a span first, then the good ones; so the bad
rows of all spans, the newest span first, stand before the good ones of all, and only spans that a page shows are asked.
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime

import numpy as np

from hortus.products.slos.case import Case
from hortus.products.slos.models import Sli
from hortus.products.slos.rules.budgets import Tally
from hortus.products.slos.rules.composites import any_bad
from hortus.products.slos.rules.spans import Span
from hortus.products.slos.rules.stretch import Counts, Stretch
from hortus.products.slos.stretches import stretches
from hortus.products.slos.tallies import judged_slices, stretch_of, whole_slices
from hortus.telemetry.counts import judges
from hortus.telemetry.counts.reading import minutes
from hortus.telemetry.engines import asking
from hortus.values.evidence import Cell, Evidence, Head, Slice, Sort

HOUR = 60
_MINUTE_HEADS = (Head("at", "Minute", Sort.MOMENT), Head("bad", "Bad", Sort.COUNT), Head("good", "Good", Sort.COUNT))
_GAP_HEADS = (
    Head("from", "From", Sort.MOMENT), Head("to", "To", Sort.MOMENT), Head("seconds", "Lasted", Sort.DURATION),
)  # fmt: skip


def judge_of(sli: Sli) -> judges.Judge | None:
    """Return the judge that fills an SLI, None for one that programs, hubs or engines fill."""
    return next((one for one in judges.judges() if one.slug == sli.judge), None)


def at(minute: int) -> datetime:
    """Return a minute since 1970 as a time in UTC."""
    return datetime.fromtimestamp(minute * 60, UTC)


def behind(sli: Sli, spans: Sequence[Span], part: Slice, *, persons: bool, kept: Tally | None = None) -> Evidence:
    """Return one slice of what was counted in spans of minutes (disjoint, ascending), bad ones first.

    kept: the number that the rows stand behind, None where nobody knows it; where they add up to another, they say so.
    Raises EngineFault, which is a Refused, where an engine keeps the counts and does not tell them.
    """
    judge = judge_of(sli)
    if judge is None:
        evidence, found = _minutes(sli, spans, part)
    else:
        evidence, found = _stitched(judge, sli, spans, part, persons=persons)
    if kept is None or (kept.bad, kept.events) == (found.bad, found.events):
        return evidence
    stays = judge is None and bool(asking.kept_there([sli.series_id]))
    return replace(evidence, counted=f"{evidence.counted} {_differs(sli, spans, kept, found, stays=stays)}")


def _differs(sli: Sli, spans: Sequence[Span], kept: Tally, found: Tally, *, stays: bool) -> str:
    """Return why rows add up to another number than the one that led to them. stays: the counts do, in an engine."""
    said = (
        f"The sum counted {kept.events:,}, of them {kept.bad:,} bad; these rows add up to {found.events:,}, of them "
        f"{found.bad:,} bad."
    )
    if stays:
        return f"{said} The engine itself gave the sum, carried on to the edges and rounded; the rows are its samples."
    coarse_until = minutes(sli.series_id, 0, 0).coarse_until
    if any(edge % HOUR and edge < coarse_until for span in spans for edge in span):
        return f"{said} What is that old is counted by the hour, and this window, or a time taken out, ends inside one."
    return f"{said} They are counted anew: what came in since the last count is among them."


def _stitched(
    judge: judges.Judge, sli: Sli, spans: Sequence[Span], part: Slice, *, persons: bool
) -> tuple[Evidence, Tally]:  # fmt: skip
    """Return a slice of the rows of several spans, and what they add up to: as the judge finds them now.

    A judge may list more than it counts, after the bad rows: what could not be judged. Those are passed over.
    """
    tallies = [(span, found) for span, found in _judged(judge, sli, spans).items()][::-1]
    pieces = [(span, 0, one.bad) for span, one in tallies] + [(span, one.bad, one.events) for span, one in tallies]
    by_span, whole = dict(tallies), sum((one for _, one in tallies), Tally(0, 0))
    heads: Sequence[Head] = ()
    rows: list[Sequence[Cell]] = []
    said = "Nothing was counted."
    for span, wanted in _wanted(pieces, part):
        got = judge.rows(sli.team, dict(sli.parameters), *span, wanted, persons=persons)
        one = by_span[span]
        if got.total > one.events and wanted.offset >= one.bad:
            passed = Slice(wanted.offset + got.total - one.events, wanted.limit)
            got = judge.rows(sli.team, dict(sli.parameters), *span, passed, persons=persons)
        heads, said = got.heads, got.counted
        rows += got.rows
    return Evidence(heads, rows, whole.events, said), whole


def _judged(judge: judges.Judge, sli: Sli, spans: Sequence[Span]) -> dict[Span, Tally]:
    """Return what a judge counts now in each of several spans, asked once for all of them."""
    if not spans:
        return {}
    found = judge.judge(sli.team, dict(sli.parameters), spans[0][0], spans[-1][1])
    good, total = (np.concatenate([[0], np.cumsum(part)]) for part in (found.good, found.total))
    edges = [np.searchsorted(found.minute, span) for span in spans]
    return {
        span: Tally(int(total[end] - total[begin] - good[end] + good[begin]), int(total[end] - total[begin]))
        for span, (begin, end) in zip(spans, edges, strict=True)
    }


def _wanted(pieces: Sequence[tuple[Span, int, int]], part: Slice) -> Iterator[tuple[Span, Slice]]:
    """Return which rows of which span make a slice; pieces: (span, its first row, the row after its last)."""
    skip, left = part.offset, part.limit
    for span, first, last in pieces:
        size = last - first
        taken = min(max(size - skip, 0), left)
        if taken:
            yield span, Slice(first + skip, taken)
        skip, left = max(skip - size, 0), left - taken


def _minutes(sli: Sli, spans: Sequence[Span], part: Slice) -> tuple[Evidence, Tally]:
    """Return the minutes in which anything happened, those with the most bad events first, and what they add up to."""
    if not spans:
        return Evidence(_MINUTE_HEADS, [], 0, "Nothing was counted."), Tally(0, 0)
    since, until = spans[0][0], spans[-1][1]
    ((found, exact_since),) = stretches(sli.team, [sli], (since, until))
    is_in = np.zeros(len(found.total), np.bool_)
    for begin, end in spans:
        is_in[begin - since : end - since] = True
    bad = found.bad
    happened = np.flatnonzero(found.total * is_in)
    order = happened[np.lexsort((happened, -bad[happened]))]
    chosen = order[part.offset : part.offset + part.limit]
    rows = [(at(found.start + int(n)), int(bad[n]), int(found.good[n])) for n in chosen]
    coarse = " Older minutes are summed up in the first of their hour." if exact_since > since else ""
    said = f"Each row is a minute in which something happened, the worst first.{coarse}"
    whole = Tally(int(bad[happened].sum()), int(found.total[happened].sum()))
    return Evidence(_MINUTE_HEADS, rows, len(order), said), whole


def gaps(sli: Sli, within: Span, out: Sequence[Span] = ()) -> list[Span]:
    """Return the spans of minutes in which an SLI was not measured, ascending. out: what is excluded is no gap.

    Raises as `behind`.
    """
    ((stretch, _),) = stretches(sli.team, [sli], within)
    known = stretch.measured | (stretch.total > 0)
    for since, until in out:
        known[max(since - within[0], 0) : max(until - within[0], 0)] = True
    edges = np.flatnonzero(np.diff(np.concatenate([[True], known, [True]]))) + within[0]
    return [(int(since), int(until)) for since, until in edges.reshape(-1, 2)]


def unmeasured(sli: Sli, within: Span, out: Sequence[Span], part: Slice) -> Evidence:
    """Return the spans in which nobody looked, the newest first."""
    found = gaps(sli, within, out)[::-1]
    rows = [(at(since), at(until), (until - since) * 60) for since, until in found]
    said = "Each row is a time that nobody measured; it counts neither as good nor as bad."
    return Evidence(_GAP_HEADS, rows[part.offset : part.offset + part.limit], len(rows), said)


def slices(case: Case, within: Span, part: Slice, *, is_excluded: bool = False) -> Evidence:
    """Return the time slices that an objective counts in a window, bad ones first, each with its events by SLI.

    case: with slices. is_excluded: those that would count without exclusions, in place of those that count.
    """
    slicing = case.terms.slicing
    assert slicing is not None  # noqa: S101 -- asked by who calls
    begin, _ = span = whole_slices(within, slicing)
    stretches = [stretch_of(one.sli.series_id, span) for one in case.parts]
    kept = any_bad([judged_slices(s, one.out, slicing) for s, one in zip(stretches, case.parts, strict=True)])
    shown, counted = kept, kept.counted
    if is_excluded:
        shown = any_bad([judged_slices(stretch, (), slicing) for stretch in stretches])
        counted = shown.counted & ~kept.counted
        cells = [_by_slice(stretch, slicing.minutes) for stretch in stretches]
    else:
        cells = [_by_slice(s.cut(one.out), slicing.minutes) for s, one in zip(stretches, case.parts, strict=True)]
    chosen = np.flatnonzero(counted)
    order = chosen[np.lexsort((-chosen, shown.good[chosen]))]
    rows = [
        (at(begin + int(n) * slicing.minutes), "good" if shown.good[n] else "bad",
         *(int(number[n]) for cell in cells for number in cell))
        for n in order[part.offset : part.offset + part.limit]
    ]  # fmt: skip
    least = f"{float(slicing.target * 100):.6g}"
    said = f"Each row is a slice of {slicing.minutes} minutes, good when at least {least} % of its events were good."
    return Evidence(_slice_heads(case), rows, len(order), said)


def _slice_heads(case: Case) -> list[Head]:
    heads = [Head("at", "From", Sort.MOMENT), Head("counts_as", "Counts as")]
    for one in case.parts:
        heads += [Head(f"{one.sli.slug}_bad", f"{one.sli.name}: bad", Sort.COUNT),
                  Head(f"{one.sli.slug}_events", "of events", Sort.COUNT)]  # fmt: skip
    return heads


def _by_slice(stretch: Stretch, minutes: int) -> tuple[Counts, Counts]:
    """Return the bad and all events of each whole slice of a stretch that begins with one."""
    size = len(stretch.total) // minutes * minutes
    bad, total = (part[:size].reshape(-1, minutes).sum(axis=1) for part in (stretch.bad, stretch.total))
    return bad, total
