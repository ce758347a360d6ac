"""Pages and API of follow-ups: who sees them, what they ask, what bad input is told."""

from datetime import date, timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from hortus.access.models import Person
from hortus.access.policy import Kind
from hortus.follow_ups.models import FollowUp
from tests.conftest import signed_in  # type: ignore[import-not-found]
from tests.follow_ups.conftest import Make  # type: ignore[import-not-found]

API = "/api/v1/teams/rcd/follow-ups"


def _url(name: str, *args: object) -> str:
    return reverse(f"follow_ups:{name}", args=["rcd", *args])


def _json(client: Client, method: str, path: str, body: dict[str, Any] | None = None) -> Any:
    return getattr(client, method)(path, body, content_type="application/json")


def test_the_list_says_how_it_stands_mine_first(make: Make, as_member: Client, member: Person, lead: Person) -> None:
    assert "No follow-up is open" in as_member.get(_url("follow-ups")).content.decode()
    make("Somebody else does this", owner=lead)
    make("Nobody does this")
    make("I do this", owner=member)
    FollowUp.objects.filter(text="I do this").update(due_on=date(2026, 1, 1))
    page = as_member.get(_url("follow-ups")).content.decode()
    assert "3 follow-ups are open, 1 is late, 1 has no owner" in page
    assert page.index("Yours") < page.index("I do this") < page.index("Nobody does this") < page.index("Somebody else")
    assert "days late" in page


def test_strangers_and_guests_see_nothing(make: Make, as_stranger: Client, guest: Person) -> None:
    one = make()
    for client in (as_stranger, signed_in(guest)):
        assert client.get(_url("follow-ups")).status_code == 404
        assert client.get(_url("follow-up", one.pk)).status_code == 404
        assert client.post(_url("done", one.pk)).status_code == 404
    assert Client().get(_url("follow-ups")).status_code == 302


def test_a_reader_reads_but_changes_nothing(make: Make, reader: Person) -> None:
    one, client = make(), signed_in(reader)
    page = client.get(_url("follow-up", one.pk)).content.decode()
    assert "The order of starting matters." in page
    assert "It is done" not in page
    assert client.post(_url("done", one.pk)).status_code == 404


def test_one_guarded_by_its_practice_is_absent_for_others(make: Make, reader: Person, as_member: Client) -> None:
    one = make("Among few", guard=Kind.JOB_PERSON)
    for path in (_url("follow-up", one.pk), f"{API}/{one.pk}"):
        assert as_member.get(path).status_code == 200
        assert signed_in(reader).get(path).status_code == 404
    assert "Among few" not in signed_in(reader).get(_url("follow-ups")).content.decode()
    # Members read who ran a job, but may not change that: so it is with what is guarded by it.
    assert as_member.post(_url("done", one.pk)).status_code == 404
    assert as_member.post(f"{API}/{one.pk}/done").status_code == 404


def test_forms_move_hand_on_and_end_it(make: Make, as_member: Client, member: Person, today: date) -> None:
    one = make()
    for name, data in (
        ("hand", {"owner": str(member.pk)}),
        ("move", {"due_on": (today + timedelta(days=3)).isoformat(), "reason": "Sooner is better."}),
        ("done", {}), ("reopen", {}), ("drop", {"reason": "Not worth it."}),
    ):  # fmt: skip
        if name in {"hand", "move", "drop"}:
            assert as_member.get(_url(name, one.pk)).status_code == 200
        assert as_member.post(_url(name, one.pk), data).status_code == 302
    one.refresh_from_db()
    assert (one.state, one.owner, one.reason) == ("dropped", member, "Not worth it.")
    page = as_member.get(_url("follow-up", one.pk)).content.decode()
    assert "Not worth it." in page
    assert "moved 1 time" in page
    assert "Not worth it." in as_member.get(_url("follow-ups") + "?state=dropped").content.decode()


def test_a_form_that_cannot_be_done_comes_back_with_its_words(make: Make, as_member: Client) -> None:
    one = make()
    answer = as_member.post(_url("move", one.pk), {"due_on": "2026-01-01", "reason": "We were slow."})
    assert answer.status_code == 200
    assert "has gone by" in answer.content.decode()
    assert "We were slow." in answer.content.decode()
    as_member.post(_url("done", one.pk))
    answer = as_member.post(_url("done", one.pk), follow=True)
    assert "is done already" in answer.content.decode()


@pytest.mark.parametrize("path", ["", "/{pk}"])
def test_the_api_reads(make: Make, as_member: Client, as_stranger: Client, path: str) -> None:
    here = API + path.format(pk=make().pk)
    assert as_member.get(here).status_code == 200
    assert as_stranger.get(here).status_code == 404


def test_the_api_changes_and_refuses(make: Make, as_member: Client, member: Person, today: date) -> None:
    one = make()
    here = f"{API}/{one.pk}"
    assert _json(as_member, "put", f"{here}/owner", {"owner": str(member.pk)}).json()["owner_id"] == str(member.pk)
    assert _json(as_member, "put", f"{here}/owner", {"owner": "0" * 32}).status_code == 422
    day = (today + timedelta(days=4)).isoformat()
    assert _json(as_member, "put", f"{here}/day", {"due_on": day, "reason": "So."}).json()["due_on"] == day
    assert _json(as_member, "post", f"{here}/done").json()["state"] == "done"
    refused = _json(as_member, "post", f"{here}/done")
    assert (refused.status_code, refused.json()["code"]) == (422, "ended")
    assert _json(as_member, "post", f"{here}/open").json()["state"] == "open"
    assert _json(as_member, "post", f"{here}/dropped", {"reason": "No."}).json()["reason"] == "No."
    assert as_member.get(f"{API}?state=dropped&owner={member.pk}").json()["total"] == 1
    assert as_member.get(f"{API}?state=done").json()["total"] == 0


def test_the_list_asks_as_often_for_thirty_as_for_one(
    make: Make, as_member: Client, django_assert_max_num_queries: Any
) -> None:
    make()
    as_member.get(_url("follow-ups"))
    with django_assert_max_num_queries(14):
        as_member.get(_url("follow-ups"))
    for number in range(29):
        make(f"Number {number}")
    with django_assert_max_num_queries(14):
        as_member.get(_url("follow-ups"))
