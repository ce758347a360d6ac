"""Pages and API of reviews: who sees them, how one is written to its end, and what bad input is told."""

from datetime import timedelta
from typing import Any

from django.test import Client
from django.urls import reverse
from django.utils import timezone

from hortus.access.models import Person, Team
from hortus.processes.incidents.reviews.models import Review, Revision
from tests.conftest import signed_in  # type: ignore[import-not-found]
from tests.processes.incidents.reviews.resolved import (  # type: ignore[import-not-found]
    kept,
    resolved,
    review_of,
    service,
)

API = "/api/v1/teams/rcd/reviews"


def _url(name: str, *args: object) -> str:
    return reverse(f"reviews:{name}", args=["rcd", *args])


def _text(client: Client, path: str) -> str:
    answer = client.get(path)
    assert answer.status_code == 200, path
    return answer.content.decode()


def _json(client: Client, method: str, path: str, body: dict[str, Any] | None = None) -> Any:
    return getattr(client, method)(f"{API}{path}", body, content_type="application/json")


def test_a_review_is_written_to_its_end_in_the_browser(team: Team, member: Person, as_member: Client) -> None:
    incident = resolved(team, member, at=timezone.now() - timedelta(hours=2))
    assert "1 review waits to be written" in _text(as_member, _url("reviews"))
    page = _url("review", 1)
    assert "What to do comes after one thing was learned." in _text(as_member, page)
    assert as_member.get(_url("follow-up", 1)).status_code == 302
    answer = as_member.post(_url("begin", 1))
    assert answer["Location"] == _url("write", 1)
    form = _text(as_member, _url("write", 1))
    assert "resolved" in form  # the draft of the ledger
    words = {
        "version": 1,
        "how": "It **filled**.<script>alert(1)</script>",
        "surprising": "Mira knew.",
        "believe": "Look.",
    }
    answer = as_member.post(_url("write", 1), words, follow=True)
    told = answer.content.decode()
    assert "<strong>filled</strong>" in told
    assert "<script>alert" not in told
    assert "The text names Mira" in told
    for name, data in (
        ("depth", {"depth": "talk", "signs": ["many-teams"]}), ("learn", {"learning": "Growth is slow."}),
        ("contribute", {"factor": "Nobody watches growth.", "plot": "processes-care"}), ("share", {}),
        ("discussed", {}),
    ):  # fmt: skip
        assert as_member.post(_url(name, 1), data).status_code == 302, name
    learned = Review.objects.get().learnings.get().pk
    day = (timezone.localdate() + timedelta(days=9)).isoformat()
    given = {"learning": learned, "text": "Draw it by the month", "owner": str(member.pk), "due_on": day}
    assert as_member.post(_url("follow-up", 1), given).status_code == 302
    assert as_member.post(_url("keep", 1)).status_code == 302
    shown = _text(as_member, page)
    for words_shown in ("Growth is slow.", "Nobody watches growth.", "Draw it by the month", "More than two teams"):
        assert words_shown in shown
    assert "1 review is kept, none waits" in _text(as_member, _url("reviews") + "?shelf=kept&q=growth+slow")
    assert "No review on this shelf" in _text(as_member, _url("reviews") + "?shelf=kept&q=penguin")
    room = _text(as_member, reverse("incidents:room", args=["rcd", incident.number]))
    assert page in room


def test_conflicting_texts_are_both_shown(team: Team, member: Person, as_member: Client, as_lead: Client) -> None:
    review_of(resolved(team, member))
    as_member.post(_url("write", 1), {"version": 0, "how": "First.", "surprising": "", "believe": ""})
    answer = as_lead.post(_url("write", 1), {"version": 0, "how": "Second.", "surprising": "New.", "believe": ""})
    told = answer.content.decode()
    assert answer.status_code == 200
    assert "First." in told
    assert "Second." in told
    assert 'name="version" value="1"' in told
    as_lead.post(_url("write", 1), {"version": 1, "how": "First. Second.", "surprising": "New.", "believe": ""})
    review = Review.objects.get()
    assert (review.how, review.surprising) == ("First. Second.", "New.")
    assert [one.texts["how"] for one in Revision.objects.order_by("version")] == ["", "First.", "First. Second."]


def test_a_reader_reads_and_a_stranger_finds_nothing(
    team: Team, member: Person, reader: Person, guest: Person, as_stranger: Client
) -> None:
    kept(team, member)
    page = _text(signed_in(reader), _url("review", 1))
    assert "Take out" not in page
    assert "Hand it on" not in page
    assert signed_in(reader).post(_url("learn", 1), {"learning": "x"}).status_code == 404
    for client in (as_stranger, signed_in(guest)):
        for path in (_url("reviews"), _url("review", 1), f"{API}/1"):
            assert client.get(path).status_code == 404
    assert Client().get(_url("review", 1)).status_code == 302


def test_bad_input_comes_back_with_its_words(team: Team, member: Person, as_member: Client) -> None:
    kept(team, member)
    review_of(resolved(team, member))
    for name, number, data, said in (
        ("waive", 1, {"reason": "Nothing new."}, "from there it cannot become waived"),
        ("waive", 2, {"reason": ""}, "This field is required"),
        ("learn", 1, {"learning": "Too late."}, "stays as it is"),
        ("write", 1, {"version": 1, "how": "Too late."}, "stays as it is"),
        ("write", 2, {"version": 7, "how": "What?"}, "There is no version 7"),
        ("near-miss", None, {"title": "x" * 201}, "at most 200 characters"),
    ):  # fmt: skip
        answer = as_member.post(_url(name, *([number] if number else [])), data)
        assert answer.status_code == 200, name
        assert said in answer.content.decode(), name
    assert "stays as it is" in as_member.get(_url("write", 1), follow=True).content.decode()
    answer = as_member.post(_url("keep", 2), follow=True)
    assert "cannot become kept" in answer.content.decode()
    assert as_member.get(_url("reviews") + "?shelf=nowhere&page=x&q=%27").status_code == 200


def test_a_near_miss_is_wanted_with_its_services(team: Team, as_member: Client) -> None:
    disk = service(team)
    given = {"title": "The disk nearly ran full", "said": "Cron filled it.", "services": [str(disk.pk)]}
    answer = as_member.post(_url("near-miss"), given, follow=True)
    told = answer.content.decode()
    assert "It was a near miss." in told
    assert "Cron filled it." in told
    assert "Peat" in told


def test_an_incident_without_review_gets_one_once(team: Team, member: Person, as_member: Client) -> None:
    incident = resolved(team, member)
    assert as_member.get(_url("want", incident.number))["Location"] == _url("review", 1)
    Review.objects.all().delete()
    assert as_member.get(_url("want", incident.number)).status_code == 200
    assert as_member.post(_url("want", incident.number)).status_code == 302
    assert Review.objects.count() == 1


def test_the_api_does_what_the_pages_do(team: Team, member: Person, as_member: Client) -> None:
    resolved(team, member, at=timezone.now() - timedelta(hours=2))
    service(team)
    near = _json(as_member, "post", "", {"title": "Nearly", "services": ["peat"]})
    assert (near.status_code, near.json()["signs"], near.json()["services"]) == (201, ["near-miss"], ["peat"])
    assert _json(as_member, "post", "", {"incident": 1}).json()["number"] == 1
    assert _json(as_member, "post", "", {"incident": 9}).json()["field"] == "incident"
    assert _json(as_member, "post", "", {"title": "x", "services": ["fog"]}).json()["field"] == "services"
    assert _json(as_member, "post", "/2/incidents", {"incident": 9}).json()["field"] == "incident"
    assert _json(as_member, "put", "/1/answers", {"version": 0, "how": "So."}).json()["version"] == 1
    clash = _json(as_member, "put", "/1/answers", {"version": 0, "how": "Not so."})
    assert (clash.status_code, clash.json()["code"]) == (422, "changed-meanwhile")
    assert (
        _json(as_member, "put", "/1/depth", {"depth": "study", "signs": ["waited-for-one"]}).json()["depth"] == "study"
    )
    learned = _json(as_member, "post", "/1/learnings", {"text": "Growth is slow."}).json()["id"]
    assert _json(as_member, "post", "/1/factors", {"text": "No watch."}).status_code == 201
    day = (timezone.localdate() + timedelta(days=9)).isoformat()
    made = _json(as_member, "post", "/1/follow-ups", {"learning": learned, "text": "Draw it.", "due_on": day})
    assert (made.status_code, made.json()["learning"]) == (201, "Growth is slow.")
    assert _json(as_member, "post", "/1/follow-ups", {"learning": 0, "text": "x", "due_on": day}).status_code == 422
    for state in ("shared", "kept"):
        assert _json(as_member, "put", "/1/state", {"state": state}).json()["state"] == state
    assert _json(as_member, "put", "/1/state", {"state": "waived", "reason": "x"}).status_code == 422
    assert _json(as_member, "put", "/2/state", {"state": "waived", "reason": "Known."}).json()["reason"] == "Known."
    used = _json(as_member, "post", "/1/uses", {"kind": "review", "id": "2"})
    assert used.json()["uses"][0]["object_name"] == "Nearly"
    assert _json(as_member, "post", "/1/uses", {"kind": "star", "id": "2"}).json()["field"] == "kind"
    assert _json(as_member, "post", "/1/uses", {"kind": "follow-up", "id": "2"}).json()["code"] == "not-found"
    assert as_member.get(f"{API}?state=kept").json()["total"] == 1


def test_the_shelf_asks_as_often_for_thirty_as_for_one(
    team: Team, member: Person, as_member: Client, django_assert_max_num_queries: Any
) -> None:
    for count in (1, 29):
        for number in range(count):
            kept(team, member, f"Number {number}")
        with django_assert_max_num_queries(16):
            assert as_member.get(_url("reviews") + "?shelf=kept").status_code == 200
