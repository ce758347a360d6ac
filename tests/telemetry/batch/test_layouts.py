"""sacct's layouts: with and without header, either parsable form, any delimiter, columns named by hand."""

import pytest

from hortus.telemetry.batch.formats.sacct import ADVISED, SACCT_DEFAULT, XDMOD
from hortus.telemetry.batch.unreadable import Unreadable
from tests.telemetry.batch.shelf import COLUMNS, NAMES, Shelf, line, listing

LINES = [line(jobid=1), line(jobid=2, jobname="a b")]


@pytest.mark.parametrize("mark", ["|", "\x1f", "\t", ";", "^", "~", "||", ","])
@pytest.mark.parametrize("end", [False, True])
def test_delimiters_and_trailing_ones(shelf: Shelf, mark: str, end: bool) -> None:
    texts = [line(jobid=n, reqtres="cpu=4" if mark == "," else "cpu=4,node=1", alloctres="cpu=4") for n in (1, 2)]
    rows = [text.replace("|", mark) + (mark if end else "") for text in [COLUMNS, *texts]]
    report = shelf.bring("\n".join(rows) + "\n", delimiter=mark if mark == "||" else None)
    assert (report.new, report.rejected) == (2, 0)
    assert [(r["raw_id"], r["user_name"], r["name"]) for r in shelf.rows()] == [
        ("1", "ada", "sweep"),
        ("2", "ada", "sweep"),
    ]


def _xdmod(number: int, name: str = "fit") -> str:
    cells = {
        **dict.fromkeys(XDMOD, ""),
        "jobid": number,
        "jobidraw": number,
        "cluster": "fern",
        "submit": "2016-12-30T00:02:42",
        "state": "COMPLETED",
        "eligible": "2016-12-30T00:02:42",
        "start": "2016-12-30T00:02:52",
        "end": "2016-12-30T00:03:06",
        "exitcode": "0:0",
        "nnodes": 1,
        "ncpus": 8,
        "reqcpus": 8,
        "jobname": name,
    }
    return "|".join(str(cells[name]) for name in XDMOD)


@pytest.mark.parametrize("end", ["", "|"])
def test_the_order_of_xdmod_is_known_without_header(shelf: Shelf, end: str) -> None:
    report = shelf.bring("\n".join(_xdmod(n, "a|b" if n == 3 else "fit") + end for n in range(1, 6)))
    assert (report.new, report.rejected) == (5, 0)
    job = shelf.rows()[2]
    assert (job["name"], job["wait_seconds"], job["allocated_cpus"]) == ("a|b", 10, 8)


def test_the_default_layout_is_known_and_refused_for_what_it_lacks(shelf: Shelf) -> None:
    with pytest.raises(Unreadable, match="no column Submit"):
        shelf.bring("1|hostname|short|root|1|COMPLETED|0:0\n1.0|hostname||root|1|COMPLETED|0:0\n")
    assert len(SACCT_DEFAULT) == 7


def test_columns_can_be_named_for_lines_without_header(shelf: Shelf) -> None:
    with pytest.raises(Unreadable, match="no header, and 24 fields"):
        shelf.bring("\n".join(LINES))
    with pytest.raises(Unreadable, match="24 fields a line, but 2 columns"):
        shelf.bring("\n".join(LINES), columns=["JobID", "State"])
    report = shelf.bring("\n".join(LINES), columns=NAMES)
    assert report.new == 2
    assert shelf.rows()[1]["name"] == "a b"


def test_a_header_wins_over_named_columns(shelf: Shelf) -> None:
    assert shelf.bring(listing(*LINES), columns=["JobID", "State"]).new == 2


def test_text_before_the_header_and_headers_in_between(shelf: Shelf) -> None:
    text = "sacct: warning, something\n" + listing(LINES[0]) + listing(LINES[1])
    report = shelf.bring(text)
    assert report.new == 2
    assert report.skipped["header lines"] == 2
    assert sum(report.reasons.values()) + report.skipped.get("continuation lines", 0) == 1


def test_headers_in_any_letter_case_and_with_columns_twice(shelf: Shelf) -> None:
    report = shelf.bring("JOBID|state|SUBMIT|State\n1|FAILED|2026-03-02T10:00:00|COMPLETED\n")
    assert report.new == 1
    assert shelf.rows()[0]["state"] == "FAILED"


def test_a_missing_raw_id_is_stated(shelf: Shelf) -> None:
    report = shelf.bring("JobID|State|Submit\n35_4|FAILED|2026-03-02T10:00:00\n")
    assert shelf.rows()[0]["raw_id"] == "35_4"
    assert any("no JobIDRaw column" in note for note in report.notes)


def test_the_columns_we_advise_are_enough() -> None:
    assert {"JobIDRaw", "Submit", "Eligible", "State"} <= set(ADVISED.split(","))
    assert ADVISED.endswith(",JobName")


def test_the_format_can_be_named(shelf: Shelf) -> None:
    assert shelf.bring(listing(*LINES), source_format="sacct").new == 2
    with pytest.raises(Unreadable, match="no format 'csv'"):
        shelf.bring(listing(*LINES), source_format="csv")
    with pytest.raises(Unreadable):
        shelf.bring(listing(*LINES), source_format="swf")
    with pytest.raises(Unreadable):
        shelf.bring(listing(*LINES), source_format="sacct_json")
