"""`hortus planned-work` in a terminal: the same steps and the same words as the pages, and its exit codes."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine
from click.testing import CliRunner

from hortus.catalogue.models import Bulletin, PlannedWork, Statement
from hortus.cli import main

pytestmark = pytest.mark.usefixtures("member", "scratch")
NOW = datetime(2026, 10, 20, 16, tzinfo=UTC)  # noon in the team's zone
TIMES = ("--begins", "2026-10-29T08:00", "--ends", "2026-10-29 10:00")
SCRATCH = ("--function", "scratch", "--cannot", "write files.")


@pytest.fixture(autouse=True)
def clock(db: None) -> Iterator[Any]:
    with time_machine.travel(NOW, tick=False) as found:
        yield found


def run(*arguments: str) -> tuple[int, str, str]:
    result = CliRunner().invoke(main, ["planned-work", *arguments])
    assert result.exit_code in (0, 2), result.exception
    return result.exit_code, result.stdout, result.stderr


def test_work_is_announced_begun_checked_and_ended_in_a_terminal(clock: Any) -> None:
    code, text, errors = run("announce", "Firmware", *TIMES, *SCRATCH)
    assert (code, "Announced to begin 29 Oct 2026, 08:00." in text) == (0, True), errors
    work = PlannedWork.objects.get()
    assert (work.begins_at, work.ends_at) == (
        datetime(2026, 10, 29, 12, tzinfo=UTC),
        datetime(2026, 10, 29, 14, tzinfo=UTC),
    )
    short = str(work.pk)[:8]
    assert f"{short}  announced" in run("list")[1]
    code, _, errors = run("begin", short)
    assert (code, "is to begin in more than a day; move it if it begins now." in errors) == (2, True)
    clock.move_to(work.begins_at)
    assert "It began" in run("begin", short)[1]
    code, _, errors = run("begin", short)
    assert (code, "has begun already; possible now:" in errors) == (2, True)
    assert "going on" in run("list")[1]
    clock.move_to(work.ends_at + timedelta(minutes=1))
    assert "overrunning" in run("list")[1]
    assert "it is not over" in run("more", short, "Two nodes are left.", "--next", "2026-10-29T11:00")[1]
    code, _, errors = run("end", short)
    assert (code, "say more, check" in errors) == (2, True)
    assert "is done and being checked" in run("check", short)[1]
    code, _, errors = run("end", short)
    assert (code, "Say how Scratch stands now that the work is over." in errors) == (2, True)
    assert "Over since" in run("end", short, "--condition", "scratch=working")[1]
    assert Statement.objects.get().condition == "working"
    assert run("list")[1] == "No planned work is open.\n"
    assert json.loads(run("list", "--all", "--json")[1])["planned_work"][0]["state"] == "done"


def test_a_draft_is_changed_announced_and_cancelled() -> None:
    made = json.loads(run("draft", "Firmware", *TIMES, *SCRATCH, "--json")[1])
    assert (made["state"], made["functions"], Bulletin.objects.count()) == ("planned", ["scratch"], 0)
    assert f"{made['id'][:8]}  draft" in run("list")[1]
    assert "11:00" in run("change", made["id"], "--ends", "2026-10-29T11:00")[1]
    assert "You can: read files." in run("announce", "--draft", made["id"][:8], "--can", "read files.")[1]
    told = json.loads(run("show", made["id"], "--json")[1])
    assert (told["state"], told["cannot"], told["is_in_time"], told["note"]) == ("announced", "write files.", True, "")
    assert "Cancelled." in run("cancel", made["id"])[1]
    assert Bulletin.objects.count() == 2


def test_surprises_are_refused_as_on_the_page_until_they_are_meant() -> None:
    soon = ("--begins", "2026-10-22T12:00", "--ends", "2026-10-22T14:00")
    code, _, errors = run("announce", "Firmware", *soon, *SCRATCH)
    assert (code, "of notice; this gives 2" in errors, "--reason" in errors) == (2, True, True)
    code, _, errors = run(
        "announce", "Firmware", "--begins", "2026-10-20T11:00", "--ends", "2026-10-20T14:00", *SCRATCH
    )
    assert (code, "Not announced before it began, so objectives count it" in errors) == (2, True)
    assert not PlannedWork.objects.exists()
    code, text, _ = run("announce", "Firmware", "--begins", "2026-10-20T11:00", "--ends", "2026-10-20T14:00", *SCRATCH,
                        "--count-late", "--reason", "A disk fails.")  # fmt: skip
    assert (code, "so objectives count it" in text) == (0, True)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--begins", "2026-11-01T01:30", "--ends", "2026-11-01T05:00"), "twice; write 2026-11-01T01:30:00-04:00 or"),
        (("--begins", "2027-03-14T02:30", "--ends", "2027-03-14T05:00"), "so it never comes"),
        (("--begins", "tomorrow", "--ends", "2026-11-01T05:00"), "'tomorrow' is no time"),
        (("--begins", "0001-01-01T00:00+14:00", "--ends", "2026-11-01T05:00"), "is no time"),
        (("--begins", "2026-10-29T08:00"), "Say when it ends"),
        (("--begins", "2026-10-29T08:00", "--ends", "2026-10-29T07:00"), "It must end after it begins."),
        ((*TIMES, "--function", "nope"), "There is no function 'nope'; functions: scratch."),
        ((*TIMES, "--by", "who@example.org"), "'who@example.org' is no member of"),
    ],
)
def test_what_cannot_be_used_is_told_in_words(arguments: tuple[str, ...], words: str) -> None:
    code, _, errors = run("announce", "Firmware", "--function", "scratch", *arguments)
    assert (code, words in errors) == (2, True), errors
    assert not PlannedWork.objects.exists()


def test_an_id_that_names_none_is_answered_with_those_there_are() -> None:
    code, _, errors = run("show", "abc")
    assert (code, "none is open" in errors) == (2, True)
    run("announce", "Firmware", *TIMES, *SCRATCH)
    assert f"open ones: {str(PlannedWork.objects.get().pk)[:8]} (Firmware)" in run("begin", "nothing")[2]
