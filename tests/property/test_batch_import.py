"""What must hold for any listing: counts add up, order and cuts do not matter, twice is once."""

import tempfile
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hortus.telemetry.batch import rules
from tests.telemetry.batch.shelf import Shelf, holds_together, line, listing

QUICK = settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.too_slow])
STATES = st.sampled_from(["PENDING", "RUNNING", "COMPLETED", "FAILED", "NODE_FAIL", "CANCELLED by 7"])
SUBMITS = st.sampled_from([datetime(2026, 1, 31, 23, 59, tzinfo=UTC) + timedelta(hours=h) for h in (0, 1, 700, 1500)])
JOBS = st.lists(st.tuples(st.integers(1, 8), SUBMITS, STATES), max_size=14)


def _line(job: tuple[int, datetime, str]) -> str:
    number, submit, state = job
    at = f"{submit:%Y-%m-%dT%H:%M:%S}"
    begun = "Unknown" if state == "PENDING" else at
    ended = "Unknown" if rules.phase(rules.canonical_state(state)) < 2 else at
    return line(jobid=number, submit=at, eligible=at, start=begun, end=ended, state=state)


def _wanted(jobs: Sequence[tuple[int, datetime, str]]) -> dict[tuple[str, str], int]:
    """Give the phase that each job must have reached in the end."""
    found: dict[tuple[str, str], int] = {}
    for number, submit, state in jobs:
        key = (str(number), f"{submit:%Y-%m-%dT%H:%M:%S}")
        found[key] = max(found.get(key, 0), rules.phase(rules.canonical_state(state)))
    return found


def _held(shelf: Shelf) -> dict[tuple[str, str], int]:
    rows = [((r["raw_id"], f"{r['submit_at']:%Y-%m-%dT%H:%M:%S}"), rules.phase(r["state"])) for r in shelf.rows()]
    assert len(dict(rows)) == len(rows)
    return dict(rows)


@QUICK
@given(JOBS, st.integers(1, 4))
def test_a_history_in_any_pieces_gives_each_job_once_at_its_furthest(
    jobs: list[tuple[int, datetime, str]], pieces: int
) -> None:
    with tempfile.TemporaryDirectory() as folder:
        shelf = Shelf(Path(folder))
        for at in range(pieces):
            part = jobs[at::pieces]
            report = shelf.bring(listing(*map(_line, part)))
            assert holds_together(report)
            assert report.read == len(part)
        assert _held(shelf) == _wanted(jobs)
        for at in range(pieces):
            again = shelf.bring(listing(*map(_line, jobs[at::pieces])))
            assert (again.new, again.updated) == (0, 0)
        assert _held(shelf) == _wanted(jobs)
        assert sum(segment.rows for segment in shelf.segments("reed")) == len(_wanted(jobs))


NOISE = st.text(st.characters(codec="utf-8", exclude_characters="\n"), max_size=60)


@QUICK
@given(st.lists(st.one_of(NOISE, JOBS.map(lambda jobs: "\n".join(map(_line, jobs)))), max_size=6))
def test_noise_between_lines_never_breaks_the_import_nor_the_counts(parts: list[str]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        shelf = Shelf(Path(folder))
        report = shelf.bring(listing(*parts))
        assert holds_together(report)
        assert report.new == len(shelf.rows())
        assert {row["user_name"] for row in shelf.rows()} <= {"ada"}


@QUICK
@given(st.binary(max_size=400), st.integers(0, 2000))
def test_bytes_thrown_in_anywhere_never_break_it(junk: bytes, at: int) -> None:
    text = listing(*(_line((n, datetime(2026, 1, 1, tzinfo=UTC), "COMPLETED")) for n in range(1, 9))).encode()
    at = len(listing()) + at % (len(text) - len(listing()))
    with tempfile.TemporaryDirectory() as folder:
        shelf = Shelf(Path(folder))
        report = shelf.bring(text[:at] + junk + text[at:])
        assert holds_together(report)
        assert report.new == len(shelf.rows()) >= 7 - junk.count(b"\n") - 1
