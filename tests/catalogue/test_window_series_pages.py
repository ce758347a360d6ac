"""The doors to changing work that comes back, and what two editors at once are told."""

import re
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.test import Client

from hortus.access.models import Person, Team
from hortus.catalogue import planned_work, window_repeats
from hortus.catalogue.models import Function, NewsThread, PlannedWork, RepeatingWork
from hortus.catalogue.planned_work import Plan
from tests.conftest import signed_in  # type: ignore[import-not-found]

from .speech import opened, text

NOW = datetime(2026, 11, 10, 17, tzinfo=UTC)  # noon in the team's zone
STATUS, API = "/t/rcd/status/+planned-work/", "/api/v1/teams/rcd"


@pytest.fixture(autouse=True)
def clock(db: None):  # type: ignore[no-untyped-def]
    with time_machine.travel(NOW, tick=False) as found:
        yield found


@pytest.fixture
def weekly(team: Team, scratch: Function, member: Person) -> RepeatingWork:
    begins_at = NOW + timedelta(days=10)  # a Friday
    plan = Plan("Firmware", [scratch], begins_at, begins_at + timedelta(hours=2))
    return window_repeats.repeat(team, plan, "FREQ=WEEKLY", by=member, door="test")


def shown(made: RepeatingWork) -> list[str]:
    works = made.windows.order_by("begins_at")[:3]
    return [f"{one.begins_at.astimezone(made.team.zoneinfo):%m-%d %H:%M} {one.title}" for one in works]


def filled(page: str) -> dict[str, Any]:
    """Return what stands in the fields of a page's form, as a browser would send it."""
    found: dict[str, Any] = {}
    for field in re.findall(r"<input [^>]*>", page[page.index("<main") :]):
        given = dict(re.findall(r'(\w+)="([^"]*)"', field))
        if "name" in given and (given["type"] not in {"checkbox", "radio"} or " checked" in field):
            found[given["name"]] = given.get("value", "")
    for name, options in re.findall(r'<select name="(\w+)"[^>]*>(.*?)</select>', page, re.S):
        chosen = re.search(r'value="([^"]*)" selected', options)
        found[name] = chosen[1] if chosen else ""
    return {name: value for name, value in found.items() if name != "csrfmiddlewaretoken"}


def test_this_and_all_later_are_changed_where_one_of_them_is_read(as_member: Client, weekly: RepeatingWork) -> None:
    second = weekly.windows.order_by("begins_at")[1]
    page = as_member.get(f"{STATUS}{second.pk}/").content.decode()
    path = re.search(r'href="([^"]*)">Change this and all later', page)
    assert path is not None
    form = as_member.get(path[1])
    assert "this and all later, from 27 Nov 2026 on" in text(form)
    given = filled(form.content.decode())
    assert (given["begins_at"], given["ends_at"], given["repeat"], given["changes"]) == (
        "2026-11-27T12:00", "2026-11-27T14:00", "FREQ=WEEKLY", "0",
    )  # fmt: skip
    answer = as_member.post(path[1], given | {"begins_at": "2026-11-28T13:00", "ends_at": "2026-11-28T15:00"})
    assert answer.status_code == 302
    assert shown(weekly) == ["11-20 12:00 Firmware", "11-28 13:00 Firmware", "12-05 13:00 Firmware"]
    assert "Saved. Times changed:" in text(as_member.get("/t/rcd/status/"))
    last = weekly.windows.order_by("begins_at")[2]
    assert "Change this and all later" in text(as_member.get(f"{STATUS}{last.pk}/"))


def test_all_are_changed_and_what_is_wrong_comes_back(as_member: Client, weekly: RepeatingWork) -> None:
    path = f"{STATUS}repeating/{weekly.pk}/change/"
    first = as_member.get(path)
    assert "all that have not begun" in text(first)
    given = filled(first.content.decode())
    assert "Choose how often" in text(as_member.post(path, given | {"repeat": ""}))
    wrong = as_member.post(path, given | {"repeat": "", "rule": "FREQ=WEEKLY;BYDAY=WE"})
    assert "does not happen on Friday, 20 Nov 2026" in text(wrong)
    soon = given | {"begins_at": "2026-11-11T12:00", "ends_at": "2026-11-11T14:00"}
    assert "Say why it cannot wait" in text(as_member.post(path, soon))
    assert shown(weekly)[0] == "11-20 12:00 Firmware"
    assert as_member.post(path, given | {"title": "Updates"}).status_code == 302
    assert shown(weekly)[0] == "11-20 12:00 Updates"
    elsewhere = as_member.get(f"{path}?since={weekly.pk}", follow=True)
    assert "has no such time to come" in text(elsewhere)


def test_two_editors_of_the_whole_do_not_undo_each_other(as_member: Client, weekly: RepeatingWork) -> None:
    path = f"{STATUS}repeating/{weekly.pk}/change/"
    mine = filled(as_member.get(path).content.decode())
    assert as_member.post(path, mine | {"title": "Theirs"}).status_code == 302
    late = as_member.post(path, mine | {"title": "Mine"})
    assert "Somebody changed Theirs meanwhile" in text(late)
    assert 'value="Mine"' in late.content.decode(), "what was written is not lost"
    assert shown(weekly)[0].endswith("Theirs")
    assert as_member.post(path, filled(late.content.decode())).status_code == 302
    assert shown(weekly)[0].endswith("Mine")


@pytest.mark.parametrize("is_draft", [False, True])
def test_two_editors_of_one_window_do_not_undo_each_other(
    as_member: Client, team: Team, member: Person, scratch: Function, clock: Any, is_draft: bool
) -> None:
    verb = planned_work.draft if is_draft else planned_work.announce
    begins_at = NOW + timedelta(days=10)
    work = verb(team, Plan("Firmware", [scratch], begins_at, begins_at + timedelta(hours=2)), by=member, door="test")
    path = f"{STATUS}{work.pk}/change/"
    mine = filled(as_member.get(path).content.decode())
    clock.shift(timedelta(minutes=1))
    assert as_member.post(path, mine | {"title": "Theirs", "save": "1"}).status_code == 302
    late = as_member.post(path, mine | {"title": "Mine", "save": "1"})
    assert "Somebody changed Theirs meanwhile" in text(late)
    assert PlannedWork.objects.get().title == "Theirs"
    clock.shift(timedelta(minutes=1))
    assert as_member.post(path, filled(late.content.decode()) | {"save": "1"}).status_code == 302
    assert PlannedWork.objects.get().title == "Mine"


def test_the_page_shows_the_next_time_and_lists_the_later_ones(
    as_member: Client, team: Team, weekly: RepeatingWork
) -> None:  # fmt: skip
    opened(team)
    works = list(weekly.windows.order_by("begins_at"))
    for client, page in ((Client(), "/status/rcd/"), (as_member, "/t/rcd/status/")):
        told = text(client.get(page))
        assert told.count("20 Nov 2026, 12:00 to 14:00") == 1
        assert f"The same again {len(works) - 1} times, next 27 Nov 2026, 12:00" in told
        assert "27 Nov 2026, 12:00 to" not in told
    given = filled(as_member.get(f"{STATUS}{works[2].pk}/change/").content.decode())
    functions = [str(one.pk) for one in weekly.functions.all()]
    as_member.post(f"{STATUS}{works[2].pk}/change/", given | {"title": "With disks", "functions": functions})
    told = text(Client().get("/status/rcd/"))
    assert "With disks 4 Dec 2026, 12:00 to 14:00" in told
    assert f"The same again {len(works) - 2} times" in told


def test_what_comes_back_is_never_called_over(team: Team, weekly: RepeatingWork) -> None:
    opened(team)
    assert "What is over" not in text(Client().get("/status/rcd/"))
    thread = NewsThread.objects.get(about_kind="repeating-work")
    told = text(Client().get(f"/status/rcd/news/{thread.pk}/"))
    assert "This is over" not in told
    assert "Each of its times is told on the status page" in told


def test_a_form_that_only_changes_words_moves_nothing(
    as_member: Client, team: Team, member: Person, scratch: Function
) -> None:
    begins_at = NOW + timedelta(days=10, seconds=30)
    plan = Plan("Firmware", [scratch], begins_at, begins_at + timedelta(hours=2))
    work = planned_work.announce(team, plan, by=member, door="api")
    path = f"{STATUS}{work.pk}/change/"
    given = filled(as_member.get(path).content.decode()) | {"functions": [str(scratch.pk)], "cannot": "run jobs."}
    assert as_member.post(path, given).status_code == 302
    work.refresh_from_db()
    assert (work.begins_at, work.moved_from, work.cannot) == (begins_at, None, "run jobs.")


@pytest.mark.parametrize("path", ["planned-work", "repeating-work"])
def test_the_api_takes_times_finer_than_clocks_show(
    as_member: Client, scratch: Function, clock: Any, path: str
) -> None:  # fmt: skip
    clock.move_to(datetime(2026, 10, 20, tzinfo=UTC))
    begins_at = datetime(2026, 11, 1, 6, 30, 0, 123456, tzinfo=UTC)  # the second 01:30 of the team's zone
    given = {"title": "Firmware", "functions": [scratch.slug], "begins_at": begins_at.isoformat(),
             "rule": "FREQ=WEEKLY", "ends_at": (begins_at + timedelta(minutes=20)).isoformat()}  # fmt: skip
    made = as_member.post(f"{API}/{path}", given, content_type="application/json")
    assert made.status_code == 201, made.content
    assert PlannedWork.objects.order_by("begins_at")[0].begins_at == begins_at.replace(microsecond=0)


def test_what_the_api_told_is_what_it_knows_again(as_member: Client, weekly: RepeatingWork, scratch: Function) -> None:
    PlannedWork.objects.update(changed_at=NOW - timedelta(microseconds=123457))
    work = as_member.get(f"{API}/planned-work").json()["planned_work"][0]
    given = {name: work[name] for name in ("title", "functions", "begins_at", "ends_at")} | {"cannot": "run jobs."}
    path, kind = f"{API}/planned-work/{work['id']}", "application/json"
    assert as_member.put(path, given | {"read_at": work["changed_at"]}, content_type=kind).status_code == 200
    assert as_member.put(path, given | {"read_at": work["changed_at"]}, content_type=kind).status_code == 422


def test_the_api_changes_it_for_those_who_may(
    as_member: Client, guest: Person, reader: Person, weekly: RepeatingWork, scratch: Function
) -> None:
    path = f"{API}/repeating-work/{weekly.pk}"
    second = weekly.windows.order_by("begins_at")[1]
    begins_at = second.begins_at + timedelta(hours=3)
    given = {
        "title": "Firmware", "functions": [scratch.slug], "begins_at": begins_at.isoformat(),
        "ends_at": (begins_at + timedelta(hours=1)).isoformat(), "since": str(second.pk), "changes": 0,
    }  # fmt: skip

    def put(client: Client, body: dict[str, Any]) -> Any:
        return client.put(path, body, content_type="application/json")

    assert {put(signed_in(one), given).status_code for one in (guest, reader)} <= {403, 404}
    told = put(as_member, given)
    assert told.status_code == 200, told.content
    made = told.json()
    assert (made["kept"], made["cancelled"], made["minutes"], made["changes"]) == (0, 0, 60, 1)
    assert made["changed"] == weekly.windows.count() - 1
    assert shown(weekly) == ["11-20 12:00 Firmware", "11-27 15:00 Firmware", "12-04 15:00 Firmware"]
    late = put(as_member, given)
    assert (late.status_code, "Somebody changed Firmware meanwhile" in late.content.decode()) == (422, True)
    assert put(as_member, given | {"since": str(weekly.pk), "changes": 1}).status_code == 422
    listed = as_member.get(f"{API}/planned-work").json()["planned_work"]
    assert {one["repeating"] for one in listed} == {str(weekly.pk)}
    work = listed[0]
    body = given | {"read_at": "2026-01-01T00:00:00Z"}
    refused = as_member.put(f"{API}/planned-work/{work['id']}", body, content_type="application/json")
    assert (refused.status_code, "changed" in refused.content.decode()) == (422, True)
