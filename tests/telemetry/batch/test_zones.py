"""Local times around the change of clocks: gaps and overlaps are read as stated, and stated when met."""

from datetime import UTC, datetime

import pytest

from hortus.telemetry.batch.unreadable import Unreadable
from tests.telemetry.batch.shelf import Shelf, line, listing

BERLIN = "Europe/Berlin"


def at(*parts: int) -> datetime:
    return datetime(*parts, tzinfo=UTC)  # type: ignore[arg-type,misc]


def job(number: int, submit: str, start: str, end: str) -> str:
    return line(jobid=number, submit=submit, eligible=submit, start=start, end=end)


def test_summer_and_winter(shelf: Shelf) -> None:
    report = shelf.bring(
        listing(
            job(1, "2026-01-10T12:00:00", "2026-01-10T12:30:00", "2026-01-10T13:00:00"),
            job(2, "2026-07-10T12:00:00", "2026-07-10T12:30:00", "2026-07-10T13:00:00"),
        ),
        zone=BERLIN,
    )
    assert report.zone == BERLIN
    assert [row["submit_at"] for row in shelf.rows()] == [at(2026, 1, 10, 11), at(2026, 7, 10, 10)]


def test_a_job_across_the_end_of_summer_time_keeps_its_length(shelf: Shelf) -> None:
    # 02:00 to 03:00 happens twice on 25 October 2026; the clock goes back at 01:00 UTC.
    report = shelf.bring(
        listing(job(1, "2026-10-25T01:50:00", "2026-10-25T02:10:00", "2026-10-25T03:30:00")), zone=BERLIN
    )
    (row,) = shelf.rows()
    assert (row["start_at"], row["end_at"], row["wait_seconds"]) == (
        at(2026, 10, 25, 0, 10),
        at(2026, 10, 25, 2, 30),
        1200,
    )
    assert any("occurs twice" in note for note in report.notes)


def test_an_order_that_would_be_broken_shows_the_second_pass(shelf: Shelf) -> None:
    shelf.bring(listing(job(1, "2026-10-25T02:50:00", "2026-10-25T02:10:00", "2026-10-25T02:05:00")), zone=BERLIN)
    (row,) = shelf.rows()
    assert (row["submit_at"], row["start_at"]) == (at(2026, 10, 25, 0, 50), at(2026, 10, 25, 1, 10))
    # The end cannot be after the start in either reading; it is left as it was read.
    assert (row["end_at"], row["run_seconds"]) == (at(2026, 10, 25, 0, 5), None)
    assert row["wait_seconds"] == 1200


def test_a_time_that_never_was_is_read_with_the_offset_before(shelf: Shelf) -> None:
    report = shelf.bring(
        listing(job(1, "2026-03-29T01:59:00", "2026-03-29T02:30:00", "2026-03-29T03:31:00")), zone=BERLIN
    )
    (row,) = shelf.rows()
    assert (row["submit_at"], row["start_at"], row["end_at"]) == (
        at(2026, 3, 29, 0, 59), at(2026, 3, 29, 1, 30), at(2026, 3, 29, 1, 31)
    )  # fmt: skip
    assert any("skips" in note for note in report.notes)


def test_the_same_file_in_another_zone_is_another_reading(shelf: Shelf) -> None:
    text = listing(job(1, "2026-01-10T12:00:00", "2026-01-10T12:30:00", "2026-01-10T13:00:00"))
    assert shelf.bring(text, zone=BERLIN).new == 1
    assert shelf.bring(text, zone="UTC").new == 1


@pytest.mark.parametrize("name", ["Nowhere/Land", "../etc/passwd", "", "+01:00"])
def test_an_unknown_zone_is_refused(shelf: Shelf, name: str) -> None:
    with pytest.raises(Unreadable, match="no time zone"):
        shelf.bring(listing(line()), zone=name)
