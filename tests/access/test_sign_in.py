"""Sign-in by password: lock-out, no telling who has an account, sessions, what is recorded."""

import statistics
import time

import pytest
import time_machine
from django.conf import settings as django_settings
from django.core import mail
from django.test import Client

from hortus.access import actions, lockout
from hortus.access.models import Invitation, Membership, Person, SecurityEvent, Team, Token
from hortus.access.rules import digest
from hortus.access.security import verify_chain

PASSWORD = "a long garden path"


def sign_in(client: Client, email: str, password: str = PASSWORD, **extra: str) -> int:
    return client.post("/account/login/", {"login": email, "password": password}, **extra).status_code


def verbs(person: Person | None = None) -> list[str]:
    found = SecurityEvent.objects.order_by("id")
    return [e.verb for e in (found.filter(person=person) if person else found)]


def test_the_right_password_opens_and_the_session_key_is_new(member: Person, client: Client) -> None:
    client.get("/account/login/")
    session = client.session
    session["planted"] = True
    session.save()
    before = client.session.session_key
    client.cookies["hortus"] = before
    assert sign_in(client, "MIRA@example.org ") == 302
    assert client.session.session_key != before
    assert client.get("/account/").status_code == 200
    assert verbs(member) == ["signed in"]


def test_works_without_a_peer_address(member: Person, client: Client) -> None:
    assert sign_in(client, member.email, REMOTE_ADDR="") == 302
    assert SecurityEvent.objects.get(verb="signed in").address == "127.0.0.1"


def test_locks_out_without_a_peer_address(member: Person, client: Client) -> None:
    answers = [sign_in(client, member.email, "wrong", REMOTE_ADDR="") for _ in range(5)]
    assert answers == [200, 200, 200, 200, 429]
    assert sign_in(client, member.email, REMOTE_ADDR="") == 429


def test_a_forwarded_address_counts_only_from_a_trusted_proxy(member: Person, client: Client, settings) -> None:  # type: ignore[no-untyped-def]
    sign_in(client, member.email, "wrong", HTTP_X_FORWARDED_FOR="203.0.113.9")
    settings.HORTUS = settings.HORTUS.model_copy(update={"trusted_proxies": "127.0.0.1"})
    sign_in(client, member.email, "wrong", HTTP_X_FORWARDED_FOR="198.51.100.1, 203.0.113.9")
    sign_in(client, member.email, "wrong", HTTP_X_FORWARDED_FOR="'; drop table--")
    assert list(SecurityEvent.objects.order_by("id").values_list("address", flat=True)) == [
        "127.0.0.1",
        "203.0.113.9",
        "127.0.0.1",
    ]


def test_too_many_wrong_passwords_rest_the_account_for_a_while(member: Person, client: Client) -> None:
    for _ in range(4):
        assert sign_in(client, member.email, "wrong") == 200
    page = client.post("/account/login/", {"login": member.email, "password": "wrong"})
    assert page.status_code == 429
    assert page["Retry-After"] == "900"
    assert "15 minutes" in page.content.decode()
    assert sign_in(client, member.email) == 429
    assert verbs(member) == ["failed to sign in"] * 5 + ["was locked out"]
    with time_machine.travel(time.time() + 16 * 60):
        assert sign_in(client, member.email) == 302


def test_others_behind_the_same_address_are_not_locked_out(member: Person, lead: Person, client: Client) -> None:
    for _ in range(6):
        sign_in(client, member.email, "wrong")
    assert sign_in(Client(), lead.email) == 302


def test_many_addresses_meet_the_limit_of_the_account(member: Person) -> None:
    for n in range(20):
        sign_in(Client(), member.email, "wrong", REMOTE_ADDR=f"203.0.113.{n}")
    assert sign_in(Client(), member.email, REMOTE_ADDR="198.51.100.7") == 429


def test_few_wrong_passwords_from_elsewhere_do_not_lock_the_person_out(member: Person) -> None:
    for _ in range(5):
        sign_in(Client(), member.email, "wrong", REMOTE_ADDR="203.0.113.5")
    assert sign_in(Client(), member.email, REMOTE_ADDR="198.51.100.7") == 302


def test_a_lead_unlocks(as_lead: Client, member: Person, team: Team) -> None:
    for _ in range(5):
        sign_in(Client(), member.email, "wrong")
    membership = Membership.objects.get(person=member)
    assert "locked out" in as_lead.get("/t/rcd/team/").content.decode()
    assert as_lead.post(f"/t/rcd/team/members/{membership.pk}/unlock/").status_code == 302
    assert sign_in(Client(), member.email) == 302
    assert "was unlocked" in verbs(member)


def test_known_and_unknown_accounts_read_the_same(member: Person, client: Client) -> None:
    def answer(email: str) -> str:
        page = client.post("/account/login/", {"login": email, "password": "wrong"}).content.decode()
        return page[page.index("<main") : page.index("</main>")].replace(email, "X")

    import re

    token = re.compile(r'value="[A-Za-z0-9]{64}"')
    assert token.sub("", answer(member.email)) == token.sub("", answer("nobody@example.org"))
    for _ in range(4):
        known, unknown = answer(member.email), answer("nobody@example.org")
    assert "Too many wrong tries" in known
    assert token.sub("", known) == token.sub("", unknown)


@pytest.mark.slow
def test_known_and_unknown_accounts_take_the_same_time(db: None, settings) -> None:  # type: ignore[no-untyped-def]
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.Argon2PasswordHasher"]
    settings.AXES_ENABLED = False
    settings.ACCOUNT_RATE_LIMITS = False
    Person.objects.create_user("known@example.org", "Known", PASSWORD)

    def seconds(email: str) -> float:
        began = time.process_time()
        sign_in(Client(), email, "wrong")
        return time.process_time() - began

    pairs = [(seconds("known@example.org"), seconds("unknown@example.org")) for _ in range(15)]
    known, unknown = (statistics.median(side) for side in zip(*pairs, strict=True))
    assert 0.5 < known / unknown < 2


def test_a_deactivated_person_stays_out(member: Person, client: Client) -> None:
    Person.objects.filter(pk=member.pk).update(is_active=False)
    sign_in(client, member.email)
    assert client.get("/account/").status_code == 302


def test_deactivation_ends_sessions_and_tokens_at_once(
    member: Person, lead: Person, team: Team, client: Client
) -> None:
    sign_in(client, member.email)
    token, text = actions.make_token(team, member, name="x", scopes=["read"])
    api = {"HTTP_AUTHORIZATION": f"Bearer {text}"}
    assert client.get("/t/rcd/team/").status_code == 200
    assert Client().get("/api/v1/teams/rcd", **api).status_code == 200
    actions.deactivate(member, by=lead)
    assert client.get("/t/rcd/team/").status_code == 302
    assert Client().get("/api/v1/teams/rcd", **api).status_code == 401
    token.refresh_from_db()
    assert token.revoked_at is not None
    actions.reactivate(member, by=lead)
    assert client.get("/t/rcd/team/").status_code == 302
    assert Client().get("/api/v1/teams/rcd", **api).status_code == 401


def test_changing_the_password_ends_other_sessions(member: Person) -> None:
    here, there = Client(), Client()
    sign_in(here, member.email)
    sign_in(there, member.email)
    new = "another long garden path"
    answer = here.post("/account/password/change/", {"oldpassword": PASSWORD, "password1": new, "password2": new})
    assert answer.status_code == 302
    assert here.get("/account/").status_code == 200
    assert there.get("/account/").status_code == 302
    assert "changed the password" in verbs(member)


def test_sessions_are_listed_and_ended(member: Person) -> None:
    here, there = Client(), Client(HTTP_USER_AGENT="There")
    sign_in(here, member.email)
    sign_in(there, member.email)
    page = here.get("/account/sessions/").content.decode()
    assert "2 places" in page
    assert "There" in page
    assert here.post("/account/sessions/end-others/").status_code == 302
    assert here.get("/account/").status_code == 200
    assert there.get("/account/").status_code == 302


def test_nobody_ends_a_session_of_somebody_else(member: Person, as_lead: Client) -> None:
    client = Client()
    sign_in(client, member.email)
    from allauth.usersessions.models import UserSession

    session = UserSession.objects.get(user=member)
    assert as_lead.post(f"/account/sessions/{session.pk}/end/").status_code == 404
    assert client.get("/account/").status_code == 200


def test_a_session_ends_after_its_longest_time_and_without_use(member: Person, client: Client) -> None:
    now = time.time()
    sign_in(client, member.email)
    for day in range(1, 30, 7):
        with time_machine.travel(now + day * 86400, tick=False):
            assert client.get("/account/").status_code == 200, day
    with time_machine.travel(now + 31 * 86400, tick=False):
        assert client.get("/account/").status_code == 302
    idle = Client()
    sign_in(idle, member.email)
    with time_machine.travel(now + 15 * 86400, tick=False):
        assert idle.get("/account/").status_code == 302


def test_pages_are_not_kept_and_not_framed(as_lead: Client) -> None:
    for path in ("/account/", "/t/rcd/team/", "/t/rcd/team/security/"):
        headers = as_lead.get(path).headers
        assert "no-store" in headers["Cache-Control"]
        assert headers["X-Frame-Options"] == "DENY"
        assert headers["Cross-Origin-Opener-Policy"] == "same-origin"
        assert headers["Cross-Origin-Resource-Policy"] == "same-origin"
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert headers["Referrer-Policy"] == "same-origin"
        policy = headers["Content-Security-Policy"]
        assert "default-src 'none'" in policy
        assert "unsafe" not in policy


def test_the_session_cookie_is_out_of_reach(member: Person, client: Client) -> None:
    sign_in(client, member.email)
    cookie = client.cookies["hortus"]
    assert cookie["httponly"]
    assert cookie["samesite"] == "Lax"


@pytest.mark.parametrize("path", ["signup/", "email/", "sso/signup/", "password/set/"])
def test_pages_that_hortus_does_not_want_do_not_exist(as_lead: Client, client: Client, path: str) -> None:
    assert client.get(f"/account/{path}").status_code == 404
    assert as_lead.get(f"/account/{path}").status_code == 404
    assert as_lead.post(f"/account/{path}", {"email": "a@b.example"}).status_code == 404


def test_without_mail_the_reset_page_says_who_can_help(client: Client, member: Person) -> None:
    assert "sends no mail" in client.get("/account/password/reset/").content.decode()
    client.post("/account/password/reset/", {"email": member.email})
    assert not mail.outbox


@pytest.fixture
def mailing(settings):  # type: ignore[no-untyped-def]
    settings.HORTUS = settings.HORTUS.model_copy(
        update={"email_url": "console", "public_url": "https://hortus.example.org"}
    )
    return settings


def test_a_reset_link_by_mail_sets_a_password_once(client: Client, member: Person, mailing: object) -> None:
    client.post("/account/password/reset/", {"email": member.email})
    (message,) = mail.outbox
    link = next(word for word in message.body.split() if word.startswith("https://hortus.example.org/"))
    path = link.removeprefix("https://hortus.example.org")
    page = client.get(path, follow=True)
    new = "another long garden path"
    answer = client.post(page.redirect_chain[-1][0], {"password1": new, "password2": new})
    assert answer.status_code == 302
    assert client.get("/account/").status_code == 302
    assert sign_in(client, member.email, new) == 302
    assert "does not work" in Client().get(path, follow=True).content.decode()
    assert "set a new password by a reset link" in verbs(member)


def test_the_reset_page_does_not_tell_who_has_an_account(client: Client, member: Person, mailing: object) -> None:
    pages = [
        client.post("/account/password/reset/", {"email": e}, follow=True) for e in (member.email, "no@example.org")
    ]
    assert pages[0].content == pages[1].content
    assert len(mail.outbox) == 2


def test_who_signs_in_elsewhere_gets_no_reset_link(client: Client, db: None, mailing: object) -> None:
    Person.objects.create_user("sso@example.org", "Sso", None)
    client.post("/account/password/reset/", {"email": "sso@example.org"})
    assert not any("password/reset/key" in message.body for message in mail.outbox)


def test_an_admin_makes_a_reset_link_for_a_member_but_not_for_a_lead(
    admin: Person, member: Person, lead: Person, team: Team
) -> None:
    client = Client()
    sign_in(client, admin.email)
    of = {p: Membership.objects.get(person=p).pk for p in (member, lead, admin)}
    page = client.post(f"/t/rcd/team/members/{of[member]}/reset-link/").content.decode()
    path = page.split("http://testserver")[1].split("<")[0]
    assert "Set a new password" in Client().get(path, follow=True).content.decode()
    for other in (lead, admin):
        answer = client.post(f"/t/rcd/team/members/{of[other]}/reset-link/")
        assert answer.status_code == 302
    assert SecurityEvent.objects.filter(verb="was given a reset link").count() == 1


def test_nobody_governs_a_person_of_another_team(admin: Person, member: Person, other_team: Team) -> None:
    Membership.objects.create(team=other_team, person=member, role="member")
    client = Client()
    sign_in(client, admin.email)
    membership = Membership.objects.get(person=member, team__slug="rcd")
    for verb in ("reset-link", "deactivate"):
        client.post(f"/t/rcd/team/members/{membership.pk}/{verb}/")
    member.refresh_from_db()
    assert member.is_active
    assert not SecurityEvent.objects.filter(verb="was given a reset link").exists()


def test_the_chain_holds_and_secrets_are_nowhere(member: Person, lead: Person, team: Team, client: Client) -> None:
    sign_in(client, member.email, "a wrong canary word")
    sign_in(client, member.email)
    _, text = actions.make_token(team, member, name="x", scopes=["read"])
    _, secret = actions.invite(team, by=lead, role="member")
    assert verify_chain() is None
    from django.db import connection

    with connection.cursor() as cursor:
        for table in connection.introspection.table_names(cursor):
            cursor.execute(f'SELECT * FROM "{table}"')
            dump = repr(cursor.fetchall())
            for canary in (PASSWORD, "canary", text, secret):
                assert canary not in dump, table
    assert Token.objects.get().digest == digest(text)
    assert Invitation.objects.get().digest == digest(secret)


def test_unlocking_needs_something_to_unlock(member: Person) -> None:
    from hortus.values.refused import Refused

    with pytest.raises(Refused, match="Nobody has given"):
        lockout.unlock(member, by=None)
    assert django_settings.AXES_FAILURE_LIMIT == 5
