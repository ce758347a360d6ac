"""The pages of planned work: drafted, announced, begun, checked and ended by pressing, on a phone in a machine room."""

import re
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.test import Client

from hortus.access.models import Person, Team
from hortus.catalogue import planned_work, window_measures, windows
from hortus.catalogue.models import Bulletin, Function, PlannedWork, RepeatingWork, Statement
from hortus.catalogue.planned_work import Plan
from hortus.catalogue.statements import Words
from hortus.values.evidence import Slice
from tests.conftest import signed_in  # type: ignore[import-not-found]

from .speech import opened, text

NOW = datetime(2026, 10, 20, 16, tzinfo=UTC)  # noon in the team's zone
STATUS, API = "/t/rcd/status/", "/api/v1/teams/rcd"


@pytest.fixture(autouse=True)
def clock(db: None):  # type: ignore[no-untyped-def]
    with time_machine.travel(NOW, tick=False) as found:
        yield found


def form(function: Function, begins: str, ends: str, **more: str) -> dict[str, Any]:
    times = {"begins_at": begins, "ends_at": ends}
    return {"title": "Firmware", "functions": [str(function.pk)], "cannot": "Run jobs.", **times, **more}


def path(work: PlannedWork, step: str = "") -> str:
    return f"{STATUS}+planned-work/{work.pk}/{step}"


def announced(function: Function, by: Person, hours: float = 200) -> PlannedWork:
    begins = NOW + timedelta(hours=hours)
    plan = Plan("Firmware", [function], begins, begins + timedelta(hours=2))
    return planned_work.announce(function.team, plan, by=by, door="test")


def test_a_draft_is_announced_when_it_is_ready(
    as_member: Client, guest: Person, reader: Person, team: Team, scratch: Function
) -> None:
    opened(team)
    given = form(scratch, "2026-10-29T08:00", "2026-10-29T10:00")
    answer = as_member.post(f"{STATUS}+planned-work/", given | {"draft": "1"}, follow=True)
    work = PlannedWork.objects.get()
    assert "Firmware is a draft" in text(answer)
    for client in (signed_in(guest), signed_in(reader)):
        assert client.get(path(work)).status_code == 404
        assert client.get(f"{API}/planned-work").json() == {"total": 0, "planned_work": []}
    as_guest = signed_in(guest)
    for client, page in ((Client(), "/status/rcd/"), (as_guest, STATUS), (signed_in(reader), "/t/rcd/search/?q=jobs")):
        found = client.get(page)
        assert (found.status_code, str(work.pk) in found.content.decode(), "Run jobs" in text(found)) == (
            200,
            False,
            False,
        )
    assert as_member.post(path(work, "change/"), given | {"announce": "1"}).status_code == 302
    assert "Firmware" in text(Client().get("/status/rcd/"))
    assert signed_in(guest).get(path(work)).status_code == 200


def test_it_is_begun_checked_and_ended_by_pressing(
    as_member: Client, member: Person, guest: Person, team: Team, scratch: Function, clock: Any
) -> None:
    opened(team)
    work = announced(scratch, member)
    assert "It has begun" not in as_member.get(path(work)).content.decode(), "it is to begin in more than a week"
    clock.move_to(work.begins_at + timedelta(minutes=5))
    assert "It should have begun 28 Oct 2026, 20:00, as announced; nobody has said yet" in text(
        Client().get("/status/rcd/")
    )
    page = as_member.get(path(work)).content.decode()
    assert "It has begun" in page
    assert (
        "publishes, and sends to who follows it: Firmware has begun: to end 28 Oct 2026, 22:00. Touches: Scratch."
        in page
    )
    assert 'action="' + path(work, "begin/") in page
    assert "It has begun" not in signed_in(guest).get(path(work)).content.decode()
    assert signed_in(guest).post(path(work, "begin/")).status_code in (403, 404)
    assert "Firmware goes on" in text(as_member.post(path(work, "begin/"), follow=True))
    assert "has begun already" in text(as_member.post(path(work, "begin/"), follow=True))
    clock.move_to(work.ends_at + timedelta(minutes=5))
    assert "Firmware overruns" in text(as_member.get(path(work)))
    assert "should have ended 28 Oct 2026, 22:00; it is not over. More was promised by 28 Oct 2026, 22:30." in text(
        Client().get("/status/rcd/")
    )
    said = {"trying": "Two nodes are left.", "cannot": "Run jobs.", "next_word_at": "2026-10-28T23:00"}
    assert as_member.post(path(work, "more/"), said).status_code == 302
    assert as_member.post(path(work, "check/")).status_code == 302
    assert "Firmware is being checked" in text(as_member.get(path(work)))
    asked = as_member.post(path(work, "finish/"), {"scratch": ""})
    assert "This field is required" in text(asked)
    assert not Statement.objects.exists()
    assert as_member.post(path(work, "finish/"), {"scratch": "degraded", "cannot": "Use rack 4."}).status_code == 302
    assert Statement.objects.get().cannot == "Use rack 4."
    assert "Firmware is over" in text(as_member.get(path(work)))


def test_a_reader_sees_how_it_stands_and_can_change_nothing(
    reader: Person, member: Person, team: Team, scratch: Function, clock: Any
) -> None:
    opened(team)
    work, as_reader = announced(scratch, member, hours=2), signed_in(reader)

    def seen() -> str:
        listed, page = as_reader.get(STATUS).content.decode(), as_reader.get(path(work)).content.decode()
        assert f'href="{path(work)}"' in listed
        assert "<form" not in page.split("<main")[1].split("</main")[0]
        listed = listed.split('id="planned"')[1]
        found = re.search(r'data-state="[a-z]+"><svg.*?</svg>([a-z ]+)</span>', listed, re.DOTALL)
        return found[1] if found else listed.split("Firmware</a>, ")[1].split("<")[0]

    words = [seen()]
    clock.move_to(work.begins_at)
    words.append(seen())
    windows.start(work, by=member, door="test")
    words.append(seen())
    clock.move_to(work.ends_at)
    words.append(seen())
    windows.check(work, by=member, door="test")
    words.append(seen())
    windows.finish(work, [(scratch, Words("working"))], by=member, door="test")
    assert [*words, seen()] == ["announced", "should have begun", "going on", "overrunning", "being checked", "over"]
    public = Client().get("/status/rcd/").content.decode()
    assert path(work) not in public
    assert signed_in(reader).post(path(work, "begin/")).status_code in (403, 404)


def test_every_step_shows_what_it_publishes_before_it_is_taken(
    as_member: Client, member: Person, team: Team, scratch: Function, clock: Any
) -> None:
    work = announced(scratch, member, hours=2)
    told = "sends to who follows it: Firmware"
    assert f"{told}, cancelled: it was to be 20 Oct 2026, 14:00 to 16:00" in text(as_member.get(path(work, "cancel/")))
    clock.move_to(work.ends_at)
    windows.start(work, by=member, door="test")
    assert f"{told} goes on beyond its end, 20 Oct 2026, 16:00." in text(as_member.get(path(work, "more/")))
    assert f"{told} is done and being checked. Touches: Scratch." in text(as_member.get(path(work)))
    assert f"{told} is over." in text(as_member.get(path(work, "finish/")))
    said = [one.title for one in Bulletin.objects.order_by("place")]
    assert said[1] == f"Firmware has begun: to end {said[0].split(', ')[0][-11:]}, 16:00"


def test_the_notice_rule_is_told_before_it_is_saved_and_kept(as_member: Client, team: Team, scratch: Function) -> None:
    given = form(scratch, "2026-10-22T12:00", "2026-10-22T14:00")
    asked = text(as_member.post(f"{STATUS}+planned-work/", given))
    assert "asks for 7 d of notice; this gives 2 d. Say why it cannot wait" in asked.replace("\xa0", " ")
    assert not PlannedWork.objects.exists()
    assert as_member.post(f"{STATUS}+planned-work/", given | {"notice_reason": "A disk fails."}).status_code == 302
    work = PlannedWork.objects.get()
    assert (work.is_in_time, work.notice_reason) == (False, "A disk fails.")
    assert "shorter than the 7 d that were asked: A disk fails." in text(as_member.get(path(work))).replace("\xa0", " ")


def test_the_hour_that_comes_twice_is_asked_for_both_times(as_member: Client, team: Team, scratch: Function) -> None:
    given = form(scratch, "2026-11-01T01:30", "2026-11-01T01:50")
    asked = text(as_member.post(f"{STATUS}+planned-work/", given))
    assert asked.count("say below which of the two is meant") >= 2
    assert "The second, 01:50-0500" in asked
    both = {"begins_which": "first", "ends_which": "second"}
    assert as_member.post(f"{STATUS}+planned-work/", given | both).status_code == 302
    work = PlannedWork.objects.get()
    assert work.ends_at - work.begins_at == timedelta(minutes=80)
    change = as_member.get(path(work, "change/")).content.decode()
    assert re.search(r'name="ends_which" value="second"[^>]* checked', change)
    assert as_member.post(path(work, "change/"), given | both | {"title": "Later"}).status_code == 302
    assert PlannedWork.objects.get().begins_at == work.begins_at


def test_work_that_comes_back_is_announced_and_stopped(as_member: Client, team: Team, scratch: Function) -> None:
    given = form(scratch, "2026-10-29T08:00", "2026-10-29T10:00", repeat="FREQ=WEEKLY")
    both = as_member.post(f"{STATUS}+planned-work/", given | {"rule": "FREQ=DAILY"})
    assert "not both" in text(both)
    assert as_member.post(f"{STATUS}+planned-work/", given).status_code == 302
    made = RepeatingWork.objects.get()
    assert made.windows.count() == 8
    page = as_member.get(path(made.windows.order_by("begins_at")[0]))
    assert "every week" in text(page)
    stop = f"{STATUS}+planned-work/repeating/{made.pk}/stop/"
    assert as_member.get(stop).status_code == 200
    assert as_member.post(stop).status_code == 302
    assert set(made.windows.values_list("state", flat=True)) == {"cancelled"}


def test_programs_take_all_steps(as_member: Client, team: Team, scratch: Function, clock: Any) -> None:
    kind, url = "application/json", f"{API}/planned-work"
    body = {
        "title": "Firmware", "functions": ["scratch"], "begins_at": "2026-10-29T08:00:00Z",
        "ends_at": "2026-10-29T10:00:00Z", "cannot": "Run jobs.",
    }  # fmt: skip
    made = as_member.post(url, body | {"is_draft": True}, kind).json()
    assert (made["state"], made["announced_at"], made["is_in_time"]) == ("planned", None, False)
    told = as_member.post(f"{url}/{made['id']}/announcement", body, kind).json()
    assert (told["state"], told["is_in_time"], told["notice_seconds"]) == ("announced", True, 604800)
    clock.move_to(datetime(2026, 10, 29, 8, tzinfo=UTC))
    steps = [
        ("check", None, 400, "wrong-state"), ("begin", None, 200, "started"), ("more", {}, 400, "says-nothing"),
        ("more", {"trying": "Half is done."}, 200, "started"), ("check", None, 200, "checking"),
        ("end", {"functions": []}, 400, "unsaid"),
        ("end", {"functions": [{"function": "home", "condition": "working"}]}, 400, "not-touched"),
        ("end", {"functions": [{"function": "scratch", "condition": "working"}]}, 200, "done"),
    ]  # fmt: skip
    for step, given, status, tells in steps:
        answer = as_member.post(f"{url}/{made['id']}/{step}", given or {}, kind)
        assert tells in answer.content.decode(), (step, answer.content)
        assert (answer.status_code < 300) is (status < 300)
    assert as_member.get(f"{url}/{made['id']}").json()["state"] == "done"
    weekly = as_member.post(f"{API}/repeating-work", body | {"rule": "FREQ=WEEKLY", "begins_at": "2026-11-09T08:00:00Z",
                            "ends_at": "2026-11-09T10:00:00Z"}, kind).json()  # fmt: skip
    assert as_member.post(f"{API}/repeating-work/{weekly['id']}/stop").json()["stopped_at"]
    assert [one["id"] for one in as_member.get(f"{API}/repeating-work").json()] == [weekly["id"]]


def test_the_measure_counts_windows_that_began_and_shows_them(
    team: Team, member: Person, scratch: Function, clock: Any
) -> None:
    today = NOW.date()
    assert window_measures.notice_kept(team, today) is None
    in_time, late, gone = (announced(scratch, member, hours) for hours in (200, 20, 30))
    planned_work.cancel(gone, by=member, door="test")
    clock.move_to(NOW + timedelta(days=20))
    later = (NOW + timedelta(days=20)).date()
    found = window_measures.notice_kept_many(team, [today, later, later + timedelta(days=200)])
    assert found[today] is None
    assert found[later] is not None
    assert (found[later].hits, found[later].n) == (1, 2)
    shown = window_measures.notice_kept_evidence(team, later, Slice(0, 10), persons=True)
    assert [(row[1], row[4]) for row in shown.rows] == [("too late", 604800), ("in time", 604800)]
    assert [row[2] for row in shown.rows] == [late.begins_at, in_time.begins_at]
