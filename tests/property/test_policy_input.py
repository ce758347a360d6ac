"""Unicode, NUL and huge input in every form and path of access: never a fault of ours."""

from typing import Any

import pytest
from django.core.cache import cache
from django.test import Client
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hortus.access.models import Membership, Person, Team

NASTY = st.one_of(
    st.text(max_size=300),
    st.sampled_from(
        ["\x00", "\x00" * 300, "\ud800", "a" * 70_000, "\u202e", "٣", "²", "-1", "9" * 400, "1e999", "NaN"]
    ),
    st.integers(-(2**70), 2**70).map(str),
)
FORMS = {
    "/start/": ("code", "team", "zone", "name", "email", "password"),
    "/account/login/": ("login", "password", "next"),
    "/account/password/reset/": ("email",),
    "/account/2fa/webauthn/login/": ("credential",),
    "/account/invitation/": ("name", "email", "password"),
    "/account/": ("name",),
    "/account/password/change/": ("oldpassword", "password1", "password2"),
    "/account/reauthenticate/": ("password", "next"),
    "/t/rcd/team/invitations/": ("role", "email", "days"),
    "/t/rcd/team/tokens/": ("name", "scopes", "days"),
    "/t/rcd/team/settings/": ("name", "zone"),
    "/t/rcd/team/members/MEMBER/role/": ("role",),
}
MANY = settings(
    max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)


def answer(client: Client, method: str, path: str, data: dict[str, str]) -> Any:
    cache.clear()
    clean = {name: value.encode("utf-8", "replace").decode() for name, value in data.items()}
    return getattr(client, method)(path, clean)


@pytest.mark.parametrize("path", FORMS)
@MANY
@given(data=st.data())
def test_no_form_breaks(path: str, as_lead: Client, lead: Person, team: Team, data: st.DataObject) -> None:
    given_data = data.draw(st.fixed_dictionaries(dict.fromkeys(FORMS[path], NASTY)))
    held = Membership.objects.get(person=lead).pk
    for client in (as_lead, Client()):
        assert answer(client, "post", path.replace("MEMBER", str(held)), given_data).status_code < 500


@pytest.mark.parametrize(
    "path", ["/t/rcd/team/security/?page=", "/account/events/?page=", "/start/?code=", "/account/login/?next="]
)
@MANY
@given(value=NASTY)
def test_no_query_breaks(path: str, as_lead: Client, value: str) -> None:
    where, _, name = path.partition("?")
    for client in (as_lead, Client()):
        assert answer(client, "get", where, {name.rstrip("="): value[:2000]}).status_code < 500


@MANY
@given(value=NASTY)
def test_no_path_breaks(as_lead: Client, value: str) -> None:
    from urllib.parse import quote

    part = quote(value.encode("utf-8", "replace")[:500], safe="")
    for path in (f"/t/{part}/team/", f"/account/invitation/{part}/", f"/account/password/reset/key/{part}-{part}/",
                 f"/t/rcd/team/members/{part}/", f"/account/oidc/{part}/login/", f"/api/v1/teams/{part}"):  # fmt: skip
        cache.clear()
        assert as_lead.get(path).status_code < 500, path


@pytest.mark.parametrize(
    "target", ["https://evil.example/", "//evil.example", "/\\evil.example", "javascript:alert(1)"]
)
def test_sign_in_leads_nowhere_else(lead: Person, team: Team, client: Client, target: str) -> None:
    given_data = {"login": lead.email, "password": "a long garden path", "next": target}
    assert client.post("/account/login/", given_data)["Location"].startswith("/"), target
    assert "evil" not in client.post("/account/login/", given_data).headers.get("Location", "")
