"""Invitations, roles and tokens: what persons may do to one another, and what stays impossible."""

import re
from datetime import timedelta

import pytest
import time_machine
from django.test import Client
from django.utils import timezone

from hortus.access import actions
from hortus.access.models import Invitation, Membership, Person, SecurityEvent, Team, Token
from hortus.access.policy import Role
from hortus.values.refused import Refused

PASSWORD = "a long garden path"
NEW = {"name": "Nia", "email": "nia@example.org", "password": PASSWORD}


def link_of(client: Client, **given: object) -> str:
    page = client.post("/t/rcd/team/invitations/", {"role": "member", "email": "", "days": 7, **given})
    return page.content.decode().split("http://testserver")[1].split("<")[0]


def test_a_link_lets_one_new_person_in(as_lead: Client, client: Client) -> None:
    path = link_of(as_lead)
    landed = client.get(path, follow=True)
    assert landed.redirect_chain[-1][0] == "/account/invitation/"
    assert "Join Research Computing" in landed.content.decode()
    assert client.post("/account/invitation/", NEW)["Location"] == "/t/rcd/"
    assert Membership.objects.get(person__email=NEW["email"]).role == "member"
    assert client.get("/t/rcd/team/").status_code == 200
    again = Client().get(path, follow=True)
    assert again.status_code == 410
    assert "opens nothing any more" in again.content.decode()


def test_a_signed_in_person_joins(as_lead: Client, as_stranger: Client, stranger: Person) -> None:
    as_stranger.get(link_of(as_lead, role="reader"), follow=True)
    assert as_stranger.post("/account/invitation/")["Location"] == "/t/rcd/"
    assert Membership.objects.get(person=stranger, team__slug="rcd").role == "reader"


def test_a_link_for_somebody_lets_nobody_else_in(as_lead: Client, as_stranger: Client, stranger: Person) -> None:
    path = link_of(as_lead, email="nia@example.org")
    as_stranger.get(path)
    assert "is for nia@example.org" in as_stranger.post("/account/invitation/").content.decode()
    client = Client()
    client.get(path)
    client.post("/account/invitation/", {**NEW, "email": "mallory@example.org"})
    assert Membership.objects.get(team__slug="rcd", role="member").person.email == "nia@example.org"


def test_an_old_a_withdrawn_and_an_unknown_link_open_nothing(as_lead: Client, lead: Person, team: Team) -> None:
    old = link_of(as_lead, days=1)
    with time_machine.travel(timezone.now() + timedelta(days=1, seconds=5)):
        assert Client().get(old, follow=True).status_code == 410
    gone = link_of(as_lead)
    invitation = Invitation.objects.order_by("-made_at").first()
    assert invitation
    as_lead.post(f"/t/rcd/team/invitations/{invitation.pk}/withdraw/")
    assert Client().get(gone, follow=True).status_code == 410
    assert Client().get("/account/invitation/unknown/", follow=True).status_code == 410


def test_taking_an_existing_persons_address_is_refused(as_lead: Client, member: Person, client: Client) -> None:
    client.get(link_of(as_lead))
    page = client.post("/account/invitation/", {**NEW, "email": "MIRA@example.org"})
    assert "sign in instead" in page.content.decode()
    assert Invitation.objects.get().taken_at is None


def test_invitations_of_who_left_open_nothing(lead: Person, admin: Person, team: Team) -> None:
    _, secret = actions.invite(team, by=admin, role="member")
    actions.remove_member(Membership.objects.get(person=admin), by=lead)
    with pytest.raises(Refused, match="used, withdrawn"):
        actions.take_invitation(secret, **NEW)


def test_invitations_that_one_could_not_make_any_more_open_nothing(lead: Person, team: Team) -> None:
    other = actions.add_member(team, Person.objects.create_user("o@example.org", "O", PASSWORD), Role.LEAD, by=lead)
    _, secret = actions.invite(team, by=other.person, role="lead")
    actions.change_role(other, "admin", by=lead)
    with pytest.raises(Refused, match="used, withdrawn"):
        actions.take_invitation(secret, **NEW)


def test_only_leads_make_leads(admin: Person, member: Person, lead: Person, team: Team) -> None:
    for person in (admin, member):
        with pytest.raises(Refused, match="Only a lead"):
            actions.change_role(Membership.objects.get(person=person), "lead", by=admin)
    with pytest.raises(Refused, match="Only a lead"):
        actions.invite(team, by=admin, role="lead")
    with pytest.raises(Refused, match="Only a lead"):
        actions.change_role(Membership.objects.get(person=lead), "member", by=admin)
    with pytest.raises(Refused, match="Only a lead"):
        actions.remove_member(Membership.objects.get(person=lead), by=admin)


def test_a_team_keeps_a_lead(lead: Person, admin: Person) -> None:
    membership = Membership.objects.get(person=lead)
    with pytest.raises(Refused, match="only lead"):
        actions.change_role(membership, "member", by=lead)
    with pytest.raises(Refused, match="only lead"):
        actions.remove_member(membership, by=lead)
    with pytest.raises(Refused):
        actions.deactivate(lead, by=lead)


def test_who_leaves_loses_tokens_of_that_team_for_good(lead: Person, member: Person, team: Team) -> None:
    _, text = actions.make_token(team, member, name="x", scopes=["read"])
    actions.remove_member(Membership.objects.get(person=member), by=member)
    actions.add_member(team, member, Role.MEMBER, by=lead)
    assert Client().get("/api/v1/teams/rcd", HTTP_AUTHORIZATION=f"Bearer {text}").status_code == 401


def test_a_token_is_shown_once_and_works(as_member: Client, member: Person) -> None:
    given = {"name": "nightly", "scopes": ["read"], "days": ""}
    page = as_member.post("/t/rcd/team/tokens/", given).content.decode()
    text = page.split("<code>hortus_")[1].split("<")[0]
    bearer = {"HTTP_AUTHORIZATION": f"Bearer hortus_{text}"}
    assert Client().get("/api/v1/teams/rcd", **bearer).json()["my_role"] == "member"
    assert text not in as_member.get("/t/rcd/team/tokens/").content.decode()
    token = Token.objects.get()
    as_member.post(f"/t/rcd/team/tokens/{token.pk}/revoke/")
    assert Client().get("/api/v1/teams/rcd", **bearer).status_code == 401


def test_use_is_written_down_once_a_minute(member: Person, team: Team, django_assert_num_queries) -> None:  # type: ignore[no-untyped-def]
    token, text = actions.make_token(team, member, name="x", scopes=["read"])
    bearer = {"HTTP_AUTHORIZATION": f"Bearer {text}"}
    Client().get("/api/v1/teams/rcd", **bearer)
    token.refresh_from_db()
    first = token.used_at
    Client().get("/api/v1/teams/rcd", **bearer)
    token.refresh_from_db()
    assert token.used_at == first
    with time_machine.travel(timezone.now() + timedelta(seconds=61)):
        Client().get("/api/v1/teams/rcd", **bearer)
    token.refresh_from_db()
    assert token.used_at != first


def test_a_token_ends(member: Person, team: Team) -> None:
    _, text = actions.make_token(
        team, member, name="x", scopes=["read"], expires_at=timezone.now() + timedelta(hours=1)
    )
    bearer = {"HTTP_AUTHORIZATION": f"Bearer {text}"}
    assert Client().get("/api/v1/teams/rcd", **bearer).status_code == 200
    with time_machine.travel(timezone.now() + timedelta(hours=2)):
        assert Client().get("/api/v1/teams/rcd", **bearer).status_code == 401


WRONG_TOKENS = ["", "Bearer", "Bearer ", "Basic x", "Bearer hortus_x", "Bearer \x00", "Bearer " + "x" * 9000]


@pytest.mark.parametrize("header", WRONG_TOKENS)
def test_a_wrong_token_is_401_even_beside_a_session(as_lead: Client, header: str) -> None:
    assert as_lead.get("/api/v1/teams/rcd", HTTP_AUTHORIZATION=header).status_code == 401


def test_a_write_by_session_needs_the_csrf_token(lead: Person, member: Person) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(lead, backend="allauth.account.auth_backends.AuthenticationBackend")
    membership = Membership.objects.get(person=member)
    path, body = f"/api/v1/teams/rcd/members/{membership.pk}", {"role": "reader"}
    assert client.patch(path, body, content_type="application/json").status_code == 403
    client.get("/t/rcd/team/invitations/")
    csrf = client.cookies["hortus_csrf"].value
    answer = client.patch(path, body, content_type="application/json", HTTP_X_CSRFTOKEN=csrf)
    assert (answer.status_code, answer.json()["role"]) == (200, "reader")


def test_a_token_never_changes_who_belongs(lead: Person, member: Person, team: Team) -> None:
    _, text = actions.make_token(team, lead, name="x", scopes=["read", "write", "import"])
    client = Client(HTTP_AUTHORIZATION=f"Bearer {text}")
    membership = Membership.objects.get(person=member)
    path = f"/api/v1/teams/rcd/members/{membership.pk}"
    assert client.get("/api/v1/teams/rcd/members").status_code == 200
    assert client.patch(path, {"role": "lead"}, content_type="application/json").status_code == 404
    assert client.delete(path).status_code == 404
    body = {"role": "member"}
    assert client.post("/api/v1/teams/rcd/invitations", body, content_type="application/json").status_code == 404
    assert Membership.objects.get(person=member).role == "member"


def test_a_token_opens_one_team_only(stranger: Person, lead: Person, team: Team, other_team: Team) -> None:
    actions.add_member(team, stranger, Role.MEMBER, by=lead)
    _, text = actions.make_token(other_team, stranger, name="x", scopes=["read"])
    bearer = {"HTTP_AUTHORIZATION": f"Bearer {text}"}
    assert Client().get("/api/v1/teams/others", **bearer).status_code == 200
    assert Client().get("/api/v1/teams/rcd", **bearer).status_code == 404


def test_the_api_says_what_the_pages_say(as_lead: Client, lead: Person, member: Person) -> None:
    members = as_lead.get("/api/v1/teams/rcd/members").json()
    assert {m["email"] for m in members} == {lead.email, member.email}
    answer = as_lead.post("/api/v1/teams/rcd/invitations", {"role": "member"}, content_type="application/json")
    assert answer.status_code == 201
    made = answer.json()
    assert made["link"].startswith("http://testserver/account/invitation/")
    assert [i["id"] for i in as_lead.get("/api/v1/teams/rcd/invitations").json()] == [made["id"]]
    assert as_lead.delete(f"/api/v1/teams/rcd/invitations/{made['id']}").status_code == 204
    events = as_lead.get("/api/v1/teams/rcd/security-events?limit=2").json()
    assert [e["verb"] for e in events] == ["withdrew an invitation", "made an invitation"]
    older = as_lead.get(f"/api/v1/teams/rcd/security-events?before={events[-1]['id']}").json()
    assert all(e["id"] < events[-1]["id"] for e in older)
    assert as_lead.get("/api/v1/teams/rcd/policy").json()[0]["kind"] == "team"
    refused = as_lead.post("/api/v1/teams/rcd/invitations", {"role": "king"}, content_type="application/json")
    assert (refused.status_code, refused.json()["field"]) == (422, "role")


def test_when_a_member_comes_and_goes_is_not_the_leads_business(as_lead: Client, member: Person) -> None:
    client = Client()
    client.post("/account/login/", {"login": member.email, "password": "wrong"})
    client.post("/account/login/", {"login": member.email, "password": PASSWORD})
    page = as_lead.get("/t/rcd/team/security/").content.decode()
    assert "failed to sign in" in page
    assert "Mira" in page
    assert SecurityEvent.objects.filter(person=member, verb="signed in").exists()
    signed_in = re.compile(r"<td[^>]*>Mira</td><td[^>]*>signed in</td>")
    assert not signed_in.search(page)
    assert signed_in.search(client.get("/account/events/").content.decode())


@pytest.mark.parametrize("path", ["team/", "team/invitations/", "team/tokens/", "team/security/"])
def test_thirty_rows_take_no_more_queries_than_one(as_lead: Client, lead: Person, team: Team, path: str) -> None:
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    def queries() -> int:
        with CaptureQueriesContext(
            connection,
        ) as seen:
            assert as_lead.get(f"/t/rcd/{path}").status_code == 200
        return len(seen)

    def one(n: int) -> None:
        person = Person.objects.create_user(f"p{n}@example.org", f"P{n}", PASSWORD)
        actions.add_member(team, person, Role.MEMBER, by=lead)
        actions.invite(team, by=lead, role="member")
        actions.make_token(team, person, name="x", scopes=["read"])

    one(0)
    before = queries()
    for n in range(1, 30):
        one(n)
    assert queries() == before <= 12


def test_a_person_may_be_renamed_but_not_to_nothing(as_member: Client, member: Person) -> None:
    assert as_member.post("/account/", {"name": "Mïra ✿"}).status_code == 302
    assert as_member.post("/account/", {"name": "\u200b\u0007"}).status_code == 200
    member.refresh_from_db()
    assert member.name == "Mïra ✿"


def test_team_settings_are_saved(as_lead: Client, team: Team) -> None:
    assert as_lead.post("/t/rcd/team/settings/", {"name": "Data", "zone": "Asia/Tokyo"}).status_code == 302
    team.refresh_from_db()
    assert (team.name, team.zone, team.slug) == ("Data", "Asia/Tokyo", "rcd")
