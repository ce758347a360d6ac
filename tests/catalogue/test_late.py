"""Planned work that is announced after it began: told before it is saved, by the API, and on the status page."""

import json
import re
from datetime import UTC, datetime, timedelta
from html import unescape
from typing import Any

import pytest
import time_machine
from django.test import Client

from hortus.access.models import Person
from hortus.catalogue import notice
from hortus.catalogue.models import Function, PlannedWork
from hortus.catalogue.rules import Span, untold

from .speech import a_function, a_work

NOW = datetime(2026, 11, 20, 17, 30, tzinfo=UTC)  # 12:30 in the team's zone
STATUS, API = "/t/rcd/status/", "/api/v1/teams/rcd/planned-work"
LATE = "Not announced before it began, so objectives count it: "


@pytest.fixture(autouse=True)
def _now(db: None):  # type: ignore[no-untyped-def]
    with time_machine.travel(NOW, tick=False):
        yield


def _form(function: Function, begins: str, ends: str, **more: str) -> dict[str, Any]:
    times = {"begins_at": f"2026-11-{begins}", "ends_at": f"2026-11-{ends}"}
    why = {"notice_reason": "A disk is failing."}
    return {"title": "Maintenance", "functions": [str(function.pk)], **times, **why, **more}


def _tick(page: str) -> dict[str, str]:
    """Return what a browser would send for the tick that a page shows."""
    (value,) = re.findall(r'<input type="checkbox" name="is_late" value="([^"]*)"', page)
    return {"is_late": unescape(value)}


def test_the_parts_that_were_not_told_and_those_that_were_are_the_whole() -> None:
    eight = NOW.replace(hour=8)
    whole, inner = Span(eight, eight + timedelta(hours=4)), Span(eight + timedelta(hours=1), eight + timedelta(hours=3))
    assert untold(whole, None) == [whole]
    assert untold(whole, whole) == []
    assert untold(whole, inner) == [Span(whole.begins_at, inner.begins_at), Span(inner.ends_at, whole.ends_at)]


def test_the_form_says_that_it_comes_too_late_before_it_is_saved(as_member: Client, scratch: Function) -> None:
    given = _form(scratch, "20T11:00", "20T15:00")
    answer = as_member.post(f"{STATUS}+planned-work/", given).content.decode()
    assert f"{LATE}20 Nov 2026, 11:00 to 15:00 (Scratch)." in answer
    assert "Nothing was saved yet." in answer
    assert _tick(answer) == {"is_late": f"{LATE}20 Nov 2026, 11:00 to 15:00 (Scratch)."}
    assert " checked" not in answer.partition('name="is_late"')[2].partition(">")[0]
    assert not PlannedWork.objects.exists()
    assert as_member.post(f"{STATUS}+planned-work/", given | _tick(answer)).status_code == 302
    assert notice.of_work(PlannedWork.objects.get()) != []
    assert f"{LATE}20 Nov 2026, 11:00 to 15:00 (Scratch)." in as_member.get(STATUS).content.decode()


def test_nothing_is_asked_of_who_is_in_time(as_member: Client, scratch: Function) -> None:
    page = as_member.get(f"{STATUS}+planned-work/").content.decode()
    assert "Objectives leave out only what is announced before it begins." in page
    assert 'type="hidden" name="is_late"' in page
    assert as_member.post(f"{STATUS}+planned-work/", _form(scratch, "20T13:00", "20T15:00")).status_code == 302
    assert LATE not in as_member.get(STATUS).content.decode()


def test_a_change_asks_only_for_what_comes_too_late_by_it(as_member: Client, member: Person, scratch: Function) -> None:
    work = a_work(scratch, member, timedelta(hours=-1), timedelta(hours=2), NOW - timedelta(days=1))
    page = f"{STATUS}+planned-work/{work.pk}/change/"
    given = _form(scratch, "20T11:30", "20T14:30")
    assert as_member.post(page, given | {"title": "Firmware"}).status_code == 302
    longer = given | {"ends_at": "2026-11-20T16:00"}
    asked = as_member.post(page, longer).content.decode()
    assert f"{LATE}20 Nov 2026, 14:30 to 16:00 (Scratch)." in asked
    assert as_member.post(page, longer | _tick(asked)).status_code == 302
    assert as_member.post(page, longer | {"title": "Firmware again"}).status_code == 302
    assert as_member.post(page, longer | {"ends_at": "2026-11-20T15:30"}).status_code == 302
    assert f"{LATE}20 Nov 2026, 14:30 to 16:00 (Scratch)." in as_member.post(page, longer).content.decode()


def test_what_is_late_for_two_is_not_asked_again_for_one(as_member: Client, member: Person, scratch: Function) -> None:
    home = a_function(scratch.team, "Home")
    work = a_work(scratch, member, timedelta(hours=-1), timedelta(hours=2))
    page = f"{STATUS}+planned-work/{work.pk}/change/"
    alone = _form(scratch, "20T11:30", "20T14:30")
    both = alone | {"functions": [str(scratch.pk), str(home.pk)]}
    asked = as_member.post(page, both).content.decode()
    assert f"{LATE}20 Nov 2026, 11:30 to 14:30 (Home)." in asked, "Scratch was late already"
    assert as_member.post(page, both | _tick(asked)).status_code == 302
    assert as_member.post(page, alone).status_code == 302
    assert [one.functions for one in notice.of_work(PlannedWork.objects.get())] == [(scratch,)]


@pytest.mark.parametrize("change", ["begin", "function"])
def test_the_tick_accepts_only_what_it_was_shown_beside(as_member: Client, scratch: Function, change: str) -> None:
    given = _form(scratch, "20T11:00", "20T15:00")
    asked = _tick(as_member.post(f"{STATUS}+planned-work/", given).content.decode())
    home = a_function(scratch.team, "Home")
    other, told = {
        "begin": ({"begins_at": "2026-11-20T09:00"}, f"{LATE}20 Nov 2026, 09:00 to 15:00 (Scratch)."),
        "function": (
            {"functions": [str(scratch.pk), str(home.pk)]},
            f"{LATE}20 Nov 2026, 11:00 to 15:00 (Scratch, Home).",
        ),
    }[change]
    answer = as_member.post(f"{STATUS}+planned-work/", given | asked | other)
    assert (answer.status_code, PlannedWork.objects.exists()) == (200, False)
    assert told in answer.content.decode()
    assert answer.content.decode().count(asked["is_late"]) == 0, "nothing is left of what was accepted before"
    again = _tick(answer.content.decode())
    assert as_member.post(f"{STATUS}+planned-work/", given | other | again).status_code == 302


def test_a_form_that_comes_back_shows_what_was_accepted(as_member: Client, scratch: Function) -> None:
    given = _form(scratch, "20T11:00", "20T15:00")
    asked = _tick(as_member.post(f"{STATUS}+planned-work/", given).content.decode())
    back = as_member.post(f"{STATUS}+planned-work/", given | asked | {"title": ""}).content.decode()
    assert _tick(back) == asked
    assert " checked" in back.partition('name="is_late"')[2].partition(">")[0]
    assert f'id="id_is_late_helptext">{asked["is_late"]}</div>' in back
    later = given | {"ends_at": "2026-11-20T17:00"}
    assert "11:00 to 17:00" in as_member.post(f"{STATUS}+planned-work/", later | _tick(back)).content.decode()
    assert not PlannedWork.objects.exists()
    assert as_member.post(f"{STATUS}+planned-work/", given | _tick(back)).status_code == 302


def test_a_forged_tick_is_shown_as_text(as_member: Client, scratch: Function) -> None:
    given = _form(scratch, "20T11:00", "20T15:00", title="", is_late='"><script>alert(1)</script>')
    assert "<script>alert" not in as_member.post(f"{STATUS}+planned-work/", given).content.decode()


def test_the_api_answers_what_comes_too_late(as_member: Client, scratch: Function, member: Person) -> None:
    home = a_function(scratch.team, "Home")
    told = a_work(scratch, member, timedelta(hours=-1), timedelta(hours=2), NOW - timedelta(days=1))
    body = {
        "title": "Firmware", "functions": ["scratch", "home"], "begins_at": told.begins_at.isoformat(),
        "ends_at": (told.ends_at + timedelta(days=1)).isoformat(),
    }  # fmt: skip
    made = as_member.put(f"{API}/{told.pk}", json.dumps(body), content_type="application/json").json()
    assert [(one["ends_at"][:16], one["functions"]) for one in made["late"]] == [
        ("2026-11-21T19:30", [home.slug]), ("2026-11-21T19:30", [scratch.slug])
    ]  # fmt: skip
    assert made["note"] == (
        f"{LATE}20 Nov 2026, 11:30 to 21 Nov 2026, 14:30 (Home); 20 Nov 2026, 14:30 to 21 Nov 2026, 14:30 (Scratch)."
    )
    soon = {"begins_at": (NOW + timedelta(hours=1)).isoformat(), "ends_at": (NOW + timedelta(hours=2)).isoformat()}
    made = as_member.post(API, json.dumps(body | soon), content_type="application/json").json()
    assert (made["late"], made["note"]) == ([], "")
