"""Closed days: entered, taken from a calendar, removed; by page, API and command; and input that is none."""

from datetime import date, timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from hortus.access import closed_actions
from hortus.access.closed_calendar import LARGEST, read
from hortus.access.closed_spans import Span
from hortus.access.models import ClosedDay, Person, SecurityEvent, Team
from hortus.cli import main
from hortus.ledger.models import Event
from hortus.values.refused import Refused
from tests.conftest import signed_in  # type: ignore[import-not-found]

PAGE = "/t/rcd/team/closed-days/"
TODAY = date(2026, 11, 23)
WINTER = {"name": "Winter closure", "first_on": "2026-12-24", "last_on": "2027-01-01"}


def event(*lines: str, name: str = "Winter closure") -> str:
    return "\r\n".join(["BEGIN:VEVENT", "UID:x", f"SUMMARY:{name}", *lines, "END:VEVENT", ""])


def calendar(*events: str) -> str:
    return "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//x//y\r\n" + "".join(events) + "END:VCALENDAR\r\n"


WHOLE = ("DTSTART;VALUE=DATE:20261224", "DTEND;VALUE=DATE:20270102")


def test_a_lead_adds_and_removes_and_both_are_told(as_lead: Client, lead: Person) -> None:
    said = as_lead.post(f"{PAGE}+add/", WINTER, follow=True).content.decode()
    assert "Closed: Winter closure, 24 Dec 2026 to 1 Jan 2027. Promises that stand already keep their time." in said
    one = ClosedDay.objects.get()
    assert (one.first_on, one.last_on) == (date(2026, 12, 24), date(2027, 1, 1))
    again = as_lead.post(f"{PAGE}+add/", WINTER | {"name": "Christmas"}).content.decode()
    assert "These days are there already, as “Winter closure”." in again
    assert as_lead.post(f"{PAGE}{one.pk}/remove/")["Location"] == PAGE
    assert not ClosedDay.objects.exists()
    assert as_lead.post(f"{PAGE}{one.pk}/remove/").status_code == 404
    told = [(e.verb, e.object_name, e.actor) for e in Event.objects.filter(object_kind="closed-days").order_by("id")]
    assert told == [(verb, "Winter closure, 24 Dec 2026 to 1 Jan 2027", lead) for verb in ("added", "removed")]
    assert SecurityEvent.objects.filter(verb="removed closed days", by=lead).count() == 1


def test_a_member_sees_them_and_changes_none(as_member: Client, team: Team, lead: Person, guest: Person) -> None:
    one = closed_actions.add(team, date(2026, 12, 24), None, "Christmas Eve", by=lead)
    page = as_member.get(PAGE).content.decode()
    assert "Christmas Eve" in page
    assert "Remove" not in page
    assert "+add" not in page
    assert signed_in(guest).get(PAGE).status_code == 404
    for path in (f"{PAGE}+add/", f"{PAGE}{one.pk}/remove/", f"{PAGE}+import/"):
        assert as_member.post(path, WINTER).status_code == 404
    assert ClosedDay.objects.count() == 1


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"first_on": "2027-01-02"}, "The last day, 2027-01-01, comes before the first, 2027-01-02; change one."),
        ({"last_on": "2028-01-01"}, "2026-12-24 to 2028-01-01 are 374 days; at most 366 are allowed."),
        ({"last_on": "9999-12-31"}, "9999-12-31 is not of the years 2000 to 2199; look at the year."),
        ({"name": "x" * 10_000}, "at most 120 characters"),
        ({"name": "  "}, "This field is required."),
        ({"name": "a\x00b"}, "Null characters are not allowed."),
        ({"first_on": "Christmas"}, "Enter a valid date."),
    ],
)
def test_what_is_no_span_is_said_beside_its_field(as_lead: Client, given: dict[str, str], said: str) -> None:
    answer = as_lead.post(f"{PAGE}+add/", WINTER | given)
    assert answer.status_code == 200
    assert said in answer.content.decode()
    assert not ClosedDay.objects.exists()


def test_a_team_has_not_more_than_can_be_read(team: Team, lead: Person) -> None:
    spans = [Span(TODAY + timedelta(days=n), TODAY + timedelta(days=n), "Holiday") for n in range(501)]
    with pytest.raises(Refused, match="at most 500"):
        closed_actions.add_all(team, spans, by=lead)
    assert not ClosedDay.objects.exists()
    assert len(closed_actions.add_all(team, spans[:3], by=lead)) == 3
    assert closed_actions.add_all(team, spans[:3], by=lead) == []
    assert Event.objects.get(object_kind="closed-days").object_name == "Holiday, 23 Nov 2026 and 2 more"


def test_a_calendar_is_shown_before_it_is_taken(as_lead: Client, team: Team) -> None:
    text = calendar(
        event(*WHOLE),
        event("DTSTART;VALUE=DATE:20270405", name="Easter\\, Monday"),
        event("DTSTART;VALUE=DATE:20270401", "RRULE:FREQ=YEARLY", name="Fools"),
    )
    file = SimpleUploadedFile("days.ics", text.encode(), "text/calendar")
    looked = as_lead.post(f"{PAGE}+import/", {"file": file})
    page = looked.content.decode()
    assert "The calendar names 2 closures" in page
    assert "Left out: 1 event (“Fools”). What repeats is not laid out, so add the days that count one by one." in page
    assert not ClosedDay.objects.exists()
    kept = looked.context["form"]["text"].value()
    done = as_lead.post(f"{PAGE}+import/", {"text": kept, "add": "1"}, follow=True).content.decode()
    assert "2 closures are new." in done
    assert [str(one) for one in ClosedDay.objects.order_by("first_on")] == [
        "Winter closure, 24 Dec 2026 to 1 Jan 2027", "Easter, Monday, 5 Apr 2027",
    ]  # fmt: skip
    again = as_lead.post(f"{PAGE}+import/", {"text": kept, "add": "1"}, follow=True).content.decode()
    assert "Nothing is new." in again


@pytest.mark.parametrize(
    "given",
    [b"", b"Dear all, we are closed.", b"\xff\xfe\x00", b"BEGIN:VCALENDAR", b"END:VCALENDAR",
     b"BEGIN:VEVENT\nEND:VEVENT", b"BEGIN:VCALENDAR\n" + b"BEGIN:VEVENT\n" * 20_000, b"x" * (LARGEST + 1)],
)  # fmt: skip
def test_a_file_that_is_no_calendar_is_refused_in_words(as_lead: Client, given: bytes) -> None:
    answer = as_lead.post(f"{PAGE}+import/", {"file": SimpleUploadedFile("days.ics", given)})
    page = answer.content.decode()
    assert answer.status_code == 200
    said = ("This is no calendar that can be read", "at most 500,000 are read", "The submitted file is empty")
    assert any(words in page for words in said)


def test_what_a_calendar_says_otherwise_is_left_out_in_words() -> None:
    first = "DTSTART;VALUE=DATE:20261224"
    found = read(
        calendar(
            event(first, "DURATION:P3D", name=""),
            event(first, "DTEND;VALUE=DATE:20261227", name="Again"),
            event("DTSTART:20261224T100000Z", "DTEND:20261224T110000Z", name="Party"),
            event(first, "STATUS:CANCELLED", name="Off"),
            event("DTSTART;VALUE=DATE:20251224", name="Last year"),
            event("DTSTART;VALUE=DATE:20269924", name="Broken"),
            event("DTEND;VALUE=DATE:20261224", name="Without"),
            event(first, "DTEND;VALUE=DATE:20291224", name="Sabbatical"),
            event(first, "DTEND;VALUE=DATE:20261201", name="Backwards"),
            event(first, name="x" * 10_000),
            event("DTSTART;VALUE=DATE:99991231", "DURATION:P9D", name="End of time"),
            *(event("DTSTART;VALUE=DATE:20251224", name=f"Old {n}") for n in range(7)),
        ),
        TODAY,
    )
    assert [str(span) for span in found.spans] == ["Closed, 24 to 26 Dec 2026"]
    assert found.left_out == (
        "Left out: 1 event (“Again”). Another event has the same days.",
        "Left out: 1 event (“Party”). Only what fills whole days is taken.",
        "Left out: 1 event (“Off”). It is cancelled.",
        "Left out: 8 events (“Last year”, “Old 0”, “Old 1”, “Old 2”, “Old 3” and 3 more). "
        "What is over changes no promise.",
        "Left out: 3 events (“Broken”, “Without”, “End of time”). No first day can be read.",
        "Left out: 1 event (“Sabbatical”). 2026-12-24 to 2029-12-23 are 1096 days; at most 366 are allowed.",
        "Left out: 1 event (“Backwards”). The last day, 2026-12-01, comes before the first, 2026-12-24; change one.",
        f"Left out: 1 event (“{'x' * 59}…”). The name has 10000 letters; 120 are allowed.",
    )


def test_the_api_does_the_same(as_lead: Client) -> None:
    url, json = "/api/v1/teams/rcd/closed-days", "application/json"
    made = as_lead.post(url, WINTER, content_type=json)
    assert made.status_code == 201
    again = as_lead.post(url, WINTER, content_type=json)
    assert (again.status_code, again.json()["code"]) == (422, "closed-already")
    long = as_lead.post(url, WINTER | {"name": "x" * 10_000}, content_type=json).json()
    assert (long["field"], long["detail"]) == ("name", "The name has 10000 letters; 120 are allowed.")
    text = calendar(event(*WHOLE), event("DTSTART;VALUE=DATE:20990105", name="Epiphany"), event("RRULE:FREQ=DAILY"))
    tried = as_lead.post(f"{url}/calendar", {"text": text, "is_tried": True}, content_type=json).json()
    assert (len(tried["found"]), tried["added"], len(tried["left_out"])) == (2, 0, 1)
    assert as_lead.post(f"{url}/calendar", {"text": text}, content_type=json).json()["added"] == 1
    assert [one["name"] for one in as_lead.get(url).json()] == ["Winter closure", "Epiphany"]
    assert as_lead.delete(f"{url}/{made.json()['id']}").status_code == 204
    refused = as_lead.post(f"{url}/calendar", {"text": "none"}, content_type=json)
    assert (refused.status_code, refused.json()["code"]) == (422, "no-calendar")


def run(*arguments: str) -> tuple[int, str]:
    result = CliRunner().invoke(main, ["closed-days", *arguments])
    return result.exit_code, result.stdout + result.stderr


def test_the_command_does_the_same(team: Team, tmp_path: Path) -> None:
    assert run("list") == (0, "Research Computing has no closed day ahead.\n")
    said = "Closed: Winter closure, 24 Dec 2098 to 1 Jan 2099. Promises that stand already keep their time.\n"
    assert run("add", "2098-12-24", "2099-01-01", "--name", "Winter closure") == (0, said)
    code, told = run("add", "2099-01-01", "2098-12-24", "--name", "x")
    assert (code, "comes before the first" in told) == (2, True)
    file = tmp_path / "days.ics"
    file.write_text(calendar(event("DTSTART;VALUE=DATE:20990105", name="Epiphany"), event("RRULE:FREQ=DAILY")))
    code, told = run("import", str(file), "--dry-run")
    assert (code, told.splitlines()[-1]) == (0, "1 found, nothing added.")
    code, told = run("import", str(file))
    assert (code, told.splitlines()[0], told.splitlines()[-1]) == (0, "Epiphany, 5 Jan 2099", "1 found, 1 new.")
    assert [line.split(maxsplit=2)[2] for line in run("list")[1].splitlines()[1:]] == ["Winter closure", "Epiphany"]
    assert run("remove", "2099-01-05") == (0, "Removed: Epiphany, 5 Jan 2099.\n")
    assert run("remove", "2099-01-05")[0] == 2
    file.write_text("We are closed.")
    assert run("import", str(file))[0] == 2
