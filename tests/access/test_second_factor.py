"""Second factors: set up, asked for, guarded against guessing, and no way around them."""

import re
import time

import pytest
import time_machine
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value
from django.test import Client

from hortus.access import actions
from hortus.access.adapters import MFAAdapter, UnreadableSecretError
from hortus.access.models import Membership, Person, SecurityEvent, Team

PASSWORD = "a long garden path"


def code_of(secret: str, at: float | None = None) -> str:
    return format_hotp_value(hotp_value(secret, int((at or time.time()) // 30)))


def sign_in(client: Client, email: str, password: str = PASSWORD) -> str:
    answer = client.post("/account/login/", {"login": email, "password": password})
    return answer.headers.get("Location", "")


@pytest.fixture
def secret(member: Person, django_capture_on_commit_callbacks) -> str:  # type: ignore[no-untyped-def]
    """The member's authenticator app, set up in the browser."""
    client = Client()
    sign_in(client, member.email)
    page = client.get("/account/2fa/totp/activate/", follow=True)
    if "Is it you?" in page.content.decode():
        page = client.post(page.redirect_chain[-1][0], {"password": PASSWORD}, follow=True)
    text = page.content.decode()
    found = re.search(r"<code>([A-Z2-7]{32})</code>", text)
    assert found
    assert '<figure class="qr"' in text
    assert "data:" not in text
    with django_capture_on_commit_callbacks(execute=True):
        answer = client.post("/account/2fa/totp/activate/", {"code": code_of(found[1])})
    assert answer["Location"].endswith("/recovery-codes/")
    return found[1]


def is_in(client: Client) -> bool:
    return client.get("/account/").status_code == 200


def test_the_code_is_asked_for(member: Person, secret: str, client: Client) -> None:
    assert sign_in(client, member.email).startswith("/account/2fa/authenticate/")
    assert not is_in(client)
    assert client.get("/t/rcd/team/").status_code == 302
    assert client.get("/api/v1/teams/rcd").status_code == 401
    assert client.post("/account/2fa/authenticate/", {"code": "000000"}).status_code == 200
    assert not is_in(client)
    with time_machine.travel(time.time() + 60):
        client.post("/account/2fa/authenticate/", {"code": code_of(secret)})
        assert is_in(client)


def test_a_code_opens_only_once(member: Person, secret: str) -> None:
    first, second = Client(), Client()
    with time_machine.travel(time.time() + 90):
        code = code_of(secret)
        for client in (first, second):
            sign_in(client, member.email)
            client.post("/account/2fa/authenticate/", {"code": code})
        assert is_in(first)
        assert not is_in(second)


def test_a_recovery_code_opens_once(member: Person, secret: str) -> None:
    codes = Authenticator.objects.get(user=member, type="recovery_codes").wrap().get_unused_codes()
    assert len(codes) == 10
    first, second = Client(), Client()
    for client in (first, second):
        sign_in(client, member.email)
        client.post("/account/2fa/authenticate/", {"code": codes[0]})
    assert is_in(first)
    assert not is_in(second)


def test_guessing_codes_locks_the_account(member: Person, secret: str, client: Client) -> None:
    sign_in(client, member.email)
    answers = [client.post("/account/2fa/authenticate/", {"code": f"{n:06}"}).status_code for n in range(6)]
    assert answers[-2:] == [429, 429]
    with time_machine.travel(time.time() + 60):
        right = {"code": code_of(secret)}
        assert client.post("/account/2fa/authenticate/", right).status_code == 429
        assert not is_in(client)
        assert Client().post("/account/login/", {"login": member.email, "password": PASSWORD}).status_code == 429
    assert SecurityEvent.objects.filter(person=member, verb="gave a wrong second factor").count() == 5


def test_a_reset_link_does_not_go_around_it(member: Person, secret: str, lead: Person, client: Client) -> None:
    path = actions.make_reset_link(member, by=lead)
    form = client.get(path, follow=True).redirect_chain[-1][0]
    new = "another long garden path"
    client.post(form, {"password1": new, "password2": new})
    assert not is_in(client)
    assert "/2fa/authenticate/" in sign_in(client, member.email, new)
    assert not is_in(client)


def test_taking_it_off_asks_again_who_one_is(member: Person, secret: str, client: Client) -> None:
    with time_machine.travel(time.time() + 60):
        sign_in(client, member.email)
        client.post("/account/2fa/authenticate/", {"code": code_of(secret)})
    with time_machine.travel(time.time() + 3600):
        answer = client.post("/account/2fa/totp/deactivate/")
        assert "/reauthenticate/" in answer["Location"]
        assert Authenticator.objects.filter(user=member, type="totp").exists()


def test_the_secret_is_sealed_in_the_database(member: Person, secret: str, settings) -> None:  # type: ignore[no-untyped-def]
    authenticator = Authenticator.objects.get(user=member, type="totp")
    assert secret not in str(authenticator.data)
    sealed = authenticator.data["secret"]
    assert MFAAdapter().decrypt(sealed) == secret
    old, settings.SECRET_KEY = settings.SECRET_KEY, "another" * 10
    with pytest.raises(UnreadableSecretError, match=r"secret\.key"):
        MFAAdapter().decrypt(sealed)
    settings.SECRET_KEY_FALLBACKS = [old]
    assert MFAAdapter().decrypt(sealed) == secret


def test_all_of_it_is_recorded(member: Person, secret: str) -> None:
    found = SecurityEvent.objects.filter(person=member, verb="added a second factor")
    assert {event.detail["factor"] for event in found} == {"totp", "recovery_codes"}


@pytest.fixture
def required(settings) -> None:  # type: ignore[no-untyped-def]
    settings.HORTUS = settings.HORTUS.model_copy(update={"require_second_factor": True})


def test_where_it_is_required_nothing_else_opens_first(
    member: Person, team: Team, required: None, client: Client
) -> None:
    _, text = actions.make_token(team, member, name="x", scopes=["read"])
    sign_in(client, member.email)
    for path in ("/", "/account/", "/t/rcd/team/", "/t/rcd/team/tokens/", "/account/sessions/"):
        answer = client.get(path)
        assert (answer.status_code, answer.headers.get("Location")) == (302, "/account/2fa/"), path
    assert client.get("/api/v1/teams/rcd").status_code == 403
    assert client.get("/api/v1/teams/rcd").json()["code"] == "second-factor"
    assert client.get("/account/2fa/").status_code == 200
    assert client.get("/account/logout/").status_code == 200
    assert Client().get("/api/v1/teams/rcd", HTTP_AUTHORIZATION=f"Bearer {text}").status_code == 200


def test_where_it_is_required_one_with_a_factor_goes_on(member: Person, secret: str, required: None) -> None:
    client = Client()
    with time_machine.travel(time.time() + 60):
        sign_in(client, member.email)
        client.post("/account/2fa/authenticate/", {"code": code_of(secret)})
        assert is_in(client)
        assert client.get("/t/rcd/team/").status_code == 200


def test_where_it_is_required_the_last_factor_stays(member: Person, secret: str, required: None) -> None:
    client = Client()
    with time_machine.travel(time.time() + 60):
        sign_in(client, member.email)
        client.post("/account/2fa/authenticate/", {"code": code_of(secret)})
        page = client.post("/account/2fa/totp/deactivate/", follow=True)
        if "Is it you?" in page.content.decode():
            page = client.post(page.redirect_chain[-1][0], {"password": PASSWORD}, follow=True)
        client.post("/account/2fa/totp/deactivate/")
    assert Authenticator.objects.filter(user=member, type="totp").exists()


def test_recovery_codes_alone_are_no_second_factor(member: Person, required: None, client: Client) -> None:
    from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes

    RecoveryCodes.activate(member)
    sign_in(client, member.email)
    assert client.get("/account/").status_code == 302


def test_an_invitation_does_not_go_around_it(lead: Person, team: Team, required: None, client: Client) -> None:
    _, link = actions.invite(team, by=lead, role="member")
    client.get(f"/account/invitation/{link}/")
    given = {"name": "New", "email": "new@example.org", "password": PASSWORD}
    assert client.post("/account/invitation/", given).status_code == 302
    assert Membership.objects.filter(person__email="new@example.org").exists()
    assert client.get("/t/rcd/team/")["Location"] == "/account/2fa/"


MALFORMED = ["", "null", "[]", "7", '{"id": "x"}', "\x00", '"' * 50, '{"id":"AA","rawId":"AA"}', '{"id":[],"rawId":{}}']


@pytest.mark.parametrize("credential", MALFORMED)
def test_a_malformed_passkey_answer_is_no_fault(member: Person, secret: str, credential: str) -> None:
    client = Client()
    assert client.post("/account/2fa/webauthn/login/", {"credential": credential}).status_code in (200, 302)
    sign_in(client, member.email)
    assert client.post("/account/2fa/authenticate/", {"credential": credential}).status_code in (200, 429)
    assert not is_in(client)
