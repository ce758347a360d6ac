"""Planned work from its draft to its end: what persons say, what is due meanwhile, and what objectives make of it."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from django.db import transaction
from django.test import Client

from hortus.access.models import Person, Team
from hortus.catalogue import board, notice, planned_work, window_reminders, windows
from hortus.catalogue.models import Bulletin, Function, PlannedWork, Service
from hortus.catalogue.planned_work import Plan
from hortus.catalogue.rules import Condition
from hortus.catalogue.rules_windows import Phase
from hortus.catalogue.sentences import Sentences
from hortus.catalogue.statements import Words
from hortus.ledger.models import Event
from hortus.ledger.outbox.models import Message
from hortus.values.refused import Refused

from .speech import a_function, said

EIGHT = datetime(2026, 10, 14, 8, tzinfo=UTC)
WORKS = Words("working")


def at(hour: float) -> datetime:
    return EIGHT + timedelta(hours=hour - 8)


@pytest.fixture
def scratch(team: Team) -> Function:
    with time_machine.travel(at(-400), tick=False):
        return a_function(team, every=timedelta(days=30))


def announced(team: Team, by: Person, *functions: Function, told: float = -300, **more: object) -> PlannedWork:
    plan = Plan("Firmware", functions, at(8), at(12), Sentences(cannot="Run jobs."))
    return planned_work.announce(team, replace(plan, **more), by=by, door="test", at=at(told))  # type: ignore[arg-type]


def verbs() -> list[str]:
    found = Event.objects.filter(object_kind="planned-work").exclude(verb="published").order_by("id")
    return list(found.values_list("verb", flat=True))


def titles() -> list[str]:
    return list(Bulletin.objects.order_by("place").values_list("title", flat=True))


def look(hour: float) -> None:
    window_reminders.run(at(hour))


def reminders() -> list[str]:
    found = Message.objects.filter(topic="window").order_by("made_at", "dedupe_key")
    return list(found.values_list("subject", flat=True))


def shown(function: Function, hour: float) -> str:
    (line,) = [one for one in board.read(function.team, at(hour)).lines if one.function == function]
    return line.shown.condition.value


def test_a_window_lives_as_persons_say(team: Team, lead: Person, scratch: Function) -> None:
    with time_machine.travel(at(-200), tick=False):
        said(scratch, lead)
    work = announced(team, lead, scratch)
    windows.start(work, by=lead, door="test", at=at(8.1))
    windows.check(work, by=lead, door="test", at=at(11))
    with pytest.raises(Refused, match="Say how Scratch stands"):
        windows.finish(work, [], by=lead, door="test", at=at(11.5))
    words = Words("degraded", Sentences(cannot="Use rack 4."))
    done = windows.finish(work, [(scratch, words)], by=lead, door="test", at=at(11.5))
    assert verbs() == ["announced", "started", "checking", "finished"]
    assert titles() == [
        "Firmware: 14 Oct 2026, 04:00 to 08:00 (America/New_York, UTC-04:00)",
        "Firmware has begun: to end 14 Oct 2026, 08:00", "Firmware is done and being checked", "Firmware is over",
    ]  # fmt: skip
    assert shown(scratch, 11.6) == "degraded", "nothing goes back to working by itself"
    assert done.foretold_for(scratch) is not None
    assert done.foretold_for(scratch).ends_at == at(11.5), "nobody needed the rest of it, so it counts"
    assert notice.of_work(done) == []


def test_steps_that_do_not_follow_are_refused_politely(team: Team, lead: Person, scratch: Function) -> None:
    work = announced(team, lead, scratch)
    with pytest.raises(Refused, match="has not begun; possible now: change, cancel, start"):
        windows.check(work, by=lead, door="test", at=at(9))
    with pytest.raises(Refused, match="more than a day"):
        windows.start(work, by=lead, door="test", at=at(-20))
    windows.start(work, by=lead, door="test", at=at(8))
    with pytest.raises(Refused, match="has begun already"):
        windows.start(work, by=lead, door="test", at=at(8))
    with time_machine.travel(at(9), tick=False), pytest.raises(Refused, match="has begun already"):
        planned_work.cancel(work, by=lead, door="test")
    assert verbs() == ["announced", "started"]


def test_nothing_is_said_that_nobody_said(team: Team, lead: Person, scratch: Function) -> None:
    work = announced(team, lead, scratch)
    for hour in (7, 9, 11, 13):
        look(hour)
    work.refresh_from_db()
    assert (work.state, work.phase_at(at(9))) == ("announced", Phase.UNBEGUN)
    assert len(titles()) == 1
    assert reminders() == ["Firmware is to begin within a day", "Firmware should begin now", "What became of Firmware?"]


def test_an_overrun_starts_a_promise_and_a_silent_worker_misses_nothing(
    team: Team, lead: Person, scratch: Function
) -> None:
    work = announced(team, lead, scratch)
    windows.start(work, by=lead, door="test", at=at(8))
    look(11.8)
    work.refresh_from_db()
    assert (work.phase_at(at(12)), work.word_due) == (Phase.OVERRUN, at(12.5))
    for _ in range(3):  # nothing ran for three hours
        look(15)
    assert verbs() == ["announced", "started", "overran", "promise missed"]
    overdue = "A word about Firmware is due"
    assert reminders() == ["Firmware is to end soon", overdue]
    assert Event.objects.get(verb="promise missed").payload == {"due": at(12.5).isoformat()}
    assert shown(scratch, 12.4) == "planned-work"
    assert shown(scratch, 12.6) == "not-confirmed", "nobody vouches for more than was promised"
    windows.say_more(work, trying="Two nodes are left.", next_word_at=at(16), by=lead, door="test", at=at(15.1))
    assert Event.objects.get(verb="updated").payload["is_kept"] is False
    look(15.95)
    look(16.01)
    windows.check(work, by=lead, door="test", at=at(16.05))
    windows.finish(work, [(scratch, WORKS)], by=lead, door="test", at=at(16.2))
    look(18)
    assert reminders()[2:] == ["Researchers wait for a word about Firmware", overdue]
    assert Event.objects.filter(verb="promise missed").count() == 1
    assert titles()[2] == "Firmware goes on beyond its end, 14 Oct 2026, 08:00"


def test_what_overruns_counts_and_what_was_announced_does_not(team: Team, lead: Person, scratch: Function) -> None:
    work = announced(team, lead, scratch)
    windows.start(work, by=lead, door="test", at=at(8))
    windows.check(work, by=lead, door="test", at=at(13))
    done = windows.finish(work, [(scratch, WORKS)], by=lead, door="test", at=at(13.5))
    told = done.foretold_for(scratch)
    assert told is not None
    assert (told.begins_at, told.ends_at) == (at(8), at(12))
    assert [(one.span.begins_at, one.span.ends_at) for one in notice.of_work(done)] == [(at(12), at(13.5))]


def test_work_that_leaves_all_up_is_counted_and_shows_at_risk(team: Team, lead: Person, scratch: Function) -> None:
    work = announced(team, lead, scratch, sort="at-risk")
    assert work.foretold == {}
    assert notice.of_work(work) == []
    assert shown(scratch, 9) == Condition.AT_RISK


def test_a_draft_is_for_the_team_alone_and_can_be_announced(team: Team, lead: Person, scratch: Function) -> None:
    plan = Plan("Firmware", [scratch], at(8), at(12))
    with time_machine.travel(at(-300), tick=False):
        work = planned_work.draft(team, plan, by=lead, door="test")
        planned_work.change(work, replace(plan, ends_at=at(13)), by=lead, door="test")
        assert not PlannedWork.objects.filter(team=team).announced().exists()
        assert (board.read(team, at(9)).works, titles()) == ([], [])
        told = planned_work.announce_draft(work, replace(plan, ends_at=at(13)), by=lead, door="test")
    assert (told.is_in_time, told.sequence, len(titles())) == (True, 0, 1)
    assert verbs() == ["drafted", "changed", "announced"]
    with time_machine.travel(at(-200), tick=False):
        dropped = planned_work.draft(team, plan, by=lead, door="test")
        planned_work.cancel(dropped, by=lead, door="test")
    assert len(titles()) == 1


def test_moving_starts_the_notice_anew_and_tells(team: Team, lead: Person, scratch: Function) -> None:
    work = announced(team, lead, scratch)
    assert work.is_in_time
    plan = Plan("Firmware", [scratch], at(10), at(14), Sentences(cannot="Run jobs."))
    with time_machine.travel(at(-20), tick=False):
        planned_work.change(work, replace(plan, notice_reason="A part came late."), by=lead, door="test")
    work.refresh_from_db()
    assert (work.is_in_time, work.notice_reason, work.sequence) == (False, "A part came late.", 1)
    assert work.moved_from == at(8)
    assert titles()[-1].startswith("Firmware, moved from 14 Oct 2026, 04:00: 14 Oct 2026, 06:00 to 10:00")
    with time_machine.travel(at(-10), tick=False):
        planned_work.change(work, replace(plan, ends_at=at(13)), by=lead, door="test")
    work.refresh_from_db()
    assert work.told_at == at(-20), "who needs less of it surprises nobody"


@pytest.mark.parametrize(("days", "in_time"), [(2, True), (14, False)])
def test_each_service_has_its_own_notice(team: Team, lead: Person, scratch: Function, days: int, in_time: bool) -> None:
    scratch.service = Service.objects.create(
        team=team, slug="peat", name="Peat", sort="storage", sentence="Keep.", notice_seconds=days * 86400
    )
    scratch.save()
    now, plan = at(8 - 3 * 24), Plan("Firmware", [scratch], at(8), at(12))
    assert notice.shortness(plan, now) == ("" if in_time else "Peat asks for 14\xa0d of notice; this gives 3\xa0d.")
    assert announced(team, lead, scratch, told=8 - 3 * 24).is_in_time is in_time


def test_a_text_is_sent_again_the_day_before_only_where_somebody_wanted_that(
    team: Team, lead: Person, scratch: Function
) -> None:
    announced(team, lead, scratch)
    announced(team, lead, scratch, is_recalled=True)
    for hour in (-17, -15, 2, 7.9):
        look(hour)
    assert [title for title in titles() if title.startswith("Reminder")] == [
        "Reminder: Firmware, 14 Oct 2026, 04:00 to 08:00 (America/New_York, UTC-04:00)"
    ]


def test_two_clicks_at_once_begin_it_once(team: Team, lead: Person, member: Person, scratch: Function) -> None:
    work = announced(team, lead, scratch)
    seen: Sequence[PlannedWork] = [PlannedWork.objects.get(), PlannedWork.objects.get()]
    windows.start(seen[0], by=lead, door="test", at=at(8))
    with pytest.raises(Refused), transaction.atomic():
        windows.start(seen[1], by=member, door="test", at=at(8))
    work.refresh_from_db()
    assert (work.state, verbs()) == ("started", ["announced", "started"])


def test_the_notice_of_a_service_is_set_on_its_page_and_by_programs(team: Team, as_lead: Client) -> None:
    kind, url, days = "application/json", "/api/v1/teams/rcd/services", 86400
    body = {"name": "Peat", "sort": "storage", "sentence": "Keep."}
    assert as_lead.post(url, body, kind).json()["notice_seconds"] == 7 * days
    refused = as_lead.put(f"{url}/peat", body | {"notice_seconds": 91 * days}, kind)
    assert refused.json()["field"] == "notice_seconds"
    assert as_lead.put(f"{url}/peat", body | {"notice_seconds": 5 * days}, kind).json()["notice_seconds"] == 5 * days
    assert as_lead.put(f"{url}/peat", body, kind).json()["notice_seconds"] == 5 * days
    page = "/t/rcd/services/peat/change/"
    assert f'<option value="{5 * days}" selected>' in as_lead.get(page).content.decode()
    assert as_lead.post(page, body | {"notice_seconds": str(14 * days)}).status_code == 302
    assert Service.objects.get().notice_seconds == 14 * days
