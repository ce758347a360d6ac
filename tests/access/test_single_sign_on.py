"""Single sign-on: with a real provider, and with one that lies in every way that it could."""

import base64
import json
import os
import shutil
import subprocess
import time
from collections.abc import Callable, Iterator
from hashlib import sha256
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import jwt
import pytest
from allauth.socialaccount.models import SocialAccount
from cryptography.hazmat.primitives.asymmetric import rsa
from django.test import Client

from hortus.access import actions
from hortus.access.models import Membership, Person, SecurityEvent, Team
from hortus.access.policy import Role

HERE = Path(__file__).parent / "oidc"
CALLBACK = "http://testserver/account/oidc/sso/login/callback/"
SECRET = "a-secret-for-tests-only"
BOB = {"name": "Bob", "email": "bob@uni.example", "email_verified": True, "groups": []}
ADA = {"name": "Ada", "email": "ada@uni.example", "email_verified": True, "groups": ["rcd-staff"]}


def declare(settings: Any, issuer: str, **more: Any) -> None:
    """Point Hortus at a provider, as the environment would."""
    given = {"oidc_issuer": issuer, "oidc_groups": "rcd-staff=rcd:member,rcd-heads=rcd:lead", **more}
    settings.HORTUS = settings.HORTUS.model_copy(update=given)
    app = {
        "provider_id": "sso", "name": "Campus", "client_id": "hortus", "secret": SECRET,
        "settings": {"server_url": issuer, "oauth_pkce_enabled": True},
    }  # fmt: skip
    settings.SOCIALACCOUNT_PROVIDERS = {
        "openid_connect": {**settings.SOCIALACCOUNT_PROVIDERS["openid_connect"], "APPS": [app]}
    }


# A provider that does as it is told, good or bad.


class Lies:
    """What the provider does wrong; nothing to begin with."""

    def __init__(self) -> None:
        self.key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        self.other_key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        self.person: dict[str, Any] = {"sub": "ada", **ADA}
        self.change: Callable[[dict[str, Any]], Any] = lambda claims: None
        self.sign: Callable[[dict[str, Any]], str] = lambda claims: self.signed(claims)
        self.userinfo: dict[str, Any] = {}
        self.discovery: dict[str, Any] = {}
        self.asked: dict[str, str] = {}
        self.verifier = ""

    def signed(self, claims: dict[str, Any], key: Any = None, kid: str = "one", alg: str = "RS256") -> str:
        return jwt.encode(claims, key or self.key, algorithm=alg, headers={"kid": kid})


@pytest.fixture
def lies() -> Lies:
    return Lies()


@pytest.fixture
def issuer(lies: Lies) -> Iterator[str]:
    class Provider(BaseHTTPRequestHandler):
        def log_message(self, *_: Any) -> None:
            pass

        def _json(self, answer: Any) -> None:
            body = json.dumps(answer).encode()
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def do_GET(self) -> None:
            if self.path.startswith("/.well-known"):
                self._json({
                    "issuer": base, "authorization_endpoint": f"{base}/auth", "token_endpoint": f"{base}/token",
                    "userinfo_endpoint": f"{base}/me", "jwks_uri": f"{base}/keys",
                    "token_endpoint_auth_methods_supported": ["client_secret_post"], **lies.discovery,
                })  # fmt: skip
            elif self.path == "/keys":
                key = json.loads(jwt.algorithms.RSAAlgorithm.to_jwk(lies.key.public_key()))
                self._json({"keys": [{**key, "kid": "one", "use": "sig", "alg": "RS256"}]})
            else:
                self._json({**lies.person, **lies.userinfo})

        def do_POST(self) -> None:
            form = parse_qs(self.rfile.read(int(self.headers["Content-Length"])).decode())
            lies.verifier = form.get("code_verifier", [""])[0]
            now = int(time.time())
            claims = {
                "iss": base, "aud": "hortus", "sub": lies.person["sub"], "iat": now, "exp": now + 300,
                "nonce": lies.asked.get("nonce"),
            }  # fmt: skip
            lies.change(claims)
            self._json({"access_token": "x", "token_type": "Bearer", "id_token": lies.sign(claims)})

    server = ThreadingHTTPServer(("127.0.0.1", 0), Provider)
    base = f"http://127.0.0.1:{server.server_port}"
    Thread(target=server.serve_forever, daemon=True).start()
    yield base
    server.shutdown()
    server.server_close()


@pytest.fixture
def sso(issuer: str, lies: Lies, settings: Any, team: Team) -> Callable[..., Any]:
    """Walk through a sign-in; return the last answer."""
    declare(settings, issuer)

    def walk(client: Client, query: str = "", **answer: str) -> Any:
        sent = client.post(f"/account/oidc/sso/login/{query}")
        if sent.status_code != 302:
            return sent
        lies.asked = {name: values[0] for name, values in parse_qs(urlsplit(sent["Location"]).query).items()}
        return client.get(CALLBACK, {"code": "c", "state": lies.asked["state"], **answer})

    return walk


def is_in(client: Client) -> bool:
    return client.get("/account/").status_code == 200


def test_groups_give_a_role_and_the_way_in(sso: Callable[..., Any], client: Client, lies: Lies) -> None:
    sso(client)
    assert is_in(client)
    membership = Membership.objects.select_related("person").get()
    assert (membership.person.email, membership.role, membership.by_group) == ("ada@uni.example", "member", True)
    assert not membership.person.has_usable_password()
    assert client.get("/t/rcd/team/").status_code == 200


def test_asks_with_pkce_and_a_nonce_and_is_deaf_to_the_link(
    sso: Callable[..., Any], client: Client, lies: Lies
) -> None:
    evil = "?auth_params=nonce%3Dx%26redirect_uri%3Dhttp%3A%2F%2Fevil.example&scope=admin"
    sso(client, evil)
    asked = lies.asked
    assert asked["code_challenge_method"] == "S256"
    digest = base64.urlsafe_b64encode(sha256(lies.verifier.encode()).digest()).rstrip(b"=").decode()
    assert asked["code_challenge"] == digest
    assert len(asked["nonce"]) >= 32
    assert asked["redirect_uri"] == CALLBACK
    assert set(asked["scope"].split()) == {"openid", "profile", "email"}
    assert is_in(client)
    first = asked["nonce"]
    sso(Client())
    assert lies.asked["nonce"] != first


def test_a_link_alone_signs_nobody_in(sso: Callable[..., Any], client: Client) -> None:
    page = client.get("/account/oidc/sso/login/")
    assert page.status_code == 200
    assert "You go to Campus now" in page.content.decode()


def unsigned(lies: Lies) -> Callable[[dict[str, Any]], str]:
    return lambda claims: jwt.encode(claims, None, algorithm="none")


def with_public_key_as_secret(lies: Lies) -> Callable[[dict[str, Any]], str]:
    def sign(claims: dict[str, Any]) -> str:
        import hmac

        def part(data: bytes) -> str:
            return base64.urlsafe_b64encode(data).rstrip(b"=").decode()

        head = part(json.dumps({"alg": "HS256", "kid": "one"}).encode()) + "." + part(json.dumps(claims).encode())
        key = jwt.algorithms.RSAAlgorithm.to_jwk(lies.key.public_key()).encode()
        return head + "." + part(hmac.new(key, head.encode(), sha256).digest())

    return sign


FAULTS: dict[str, Callable[[Lies], None]] = {
    "wrong key": lambda lies: setattr(lies, "sign", lambda c: lies.signed(c, lies.other_key)),
    "unknown key": lambda lies: setattr(lies, "sign", lambda c: lies.signed(c, lies.other_key, kid="two")),
    "no signature": lambda lies: setattr(lies, "sign", unsigned(lies)),
    "public key as secret": lambda lies: setattr(lies, "sign", with_public_key_as_secret(lies)),
    "garbage": lambda lies: setattr(lies, "sign", lambda _: "a.b.c"),
    "nothing": lambda lies: setattr(lies, "sign", lambda _: None),
    "a list": lambda lies: setattr(lies, "sign", lambda _: []),
    "wrong nonce": lambda lies: setattr(lies, "change", lambda c: c.update(nonce="another")),
    "no nonce": lambda lies: setattr(lies, "change", lambda c: c.pop("nonce")),
    "empty nonce": lambda lies: setattr(lies, "change", lambda c: c.update(nonce="")),
    "expired": lambda lies: setattr(lies, "change", lambda c: c.update(exp=time.time() - 60)),
    "no expiry": lambda lies: setattr(lies, "change", lambda c: c.pop("exp")),
    "from the future": lambda lies: setattr(lies, "change", lambda c: c.update(iat=time.time() + 3600)),
    "wrong audience": lambda lies: setattr(lies, "change", lambda c: c.update(aud="another")),
    "for another client": lambda lies: setattr(lies, "change", lambda c: c.update(aud=["hortus", "b"], azp="b")),
    "wrong issuer": lambda lies: setattr(lies, "change", lambda c: c.update(iss="https://evil.example")),
    "no subject": lambda lies: setattr(lies, "change", lambda c: c.pop("sub")),
    "user information of another": lambda lies: lies.userinfo.update(sub="bob"),
    "another provider's description": lambda lies: lies.discovery.update(issuer="https://evil.example"),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_lying_provider_lets_nobody_in(sso: Callable[..., Any], client: Client, lies: Lies, fault: str) -> None:
    FAULTS[fault](lies)
    answer = sso(client)
    assert answer.status_code == 401
    assert "Single sign-on failed" in answer.content.decode()
    assert not is_in(client)
    assert not Person.objects.exists()
    assert SecurityEvent.objects.filter(verb="was refused by single sign-on").exists()


def test_a_state_is_used_once_and_belongs_to_its_session(sso: Callable[..., Any], client: Client, lies: Lies) -> None:
    sso(client)
    used = {"code": "c", "state": lies.asked["state"]}
    assert client.get(CALLBACK, used).status_code == 401
    assert Client().get(CALLBACK, used).status_code == 401
    assert Client().get(CALLBACK, {"code": "c"}).status_code == 401
    assert Client().get(CALLBACK, {"state": "\x01" * 40, "code": "\x01"}).status_code == 401
    assert Client().get(CALLBACK, {"state": "\x00" * 40, "code": "\x00"}).status_code == 400


def test_an_answer_in_another_issuers_name_is_refused(sso: Callable[..., Any], client: Client) -> None:
    assert sso(client, iss="https://evil.example").status_code == 401
    assert not is_in(client)


def test_a_provider_that_is_away_is_no_fault(settings: Any, client: Client, team: Team) -> None:
    declare(settings, "http://127.0.0.1:9")
    assert client.post("/account/oidc/sso/login/").status_code == 401


def test_other_providers_do_not_exist(client: Client, db: None) -> None:
    for name in ("sso", "other", "openid_connect"):
        assert client.get(f"/account/oidc/{name}/login/").status_code == 404
        assert client.get(f"/account/oidc/{name}/login/callback/?code=x&state=y").status_code == 404


def test_an_unverified_address_makes_no_account(
    sso: Callable[..., Any], client: Client, lies: Lies, settings: Any
) -> None:
    for told in (False, None, "no", 1):
        lies.person["email_verified"] = told
        assert sso(client).status_code == 403
    assert not Person.objects.exists()
    settings.HORTUS = settings.HORTUS.model_copy(update={"oidc_trust_email": True})
    sso(client)
    assert is_in(client)


@pytest.mark.parametrize("email", [None, "", "no address", "a@b\x00.example"])
def test_without_an_address_there_is_no_account(
    sso: Callable[..., Any], client: Client, lies: Lies, email: Any
) -> None:
    lies.person["email"] = email
    assert sso(client).status_code in (401, 403)
    assert not Person.objects.exists()


def test_the_same_address_never_opens_an_account_that_is_there(
    sso: Callable[..., Any], client: Client, lies: Lies, lead: Person
) -> None:
    lies.person["email"] = "LENA@example.org"
    answer = sso(client)
    assert answer.status_code == 403
    assert "connect single sign-on" in answer.content.decode()
    assert not is_in(client)
    assert not SocialAccount.objects.exists()


def test_connecting_takes_a_sign_in_to_the_account_first(
    sso: Callable[..., Any], client: Client, lies: Lies, lead: Person
) -> None:
    client.post("/account/login/", {"login": lead.email, "password": "a long garden path"})
    sso(client, "?process=connect")
    assert client.get("/account/reauthenticate/").status_code == 200
    client.post("/account/reauthenticate/", {"password": "a long garden path"})
    assert SocialAccount.objects.get().user == lead
    other = Client()
    sso(other)
    assert other.get("/account/").content.decode().count(lead.email) >= 1


def test_a_changed_address_there_opens_the_same_account_here(
    sso: Callable[..., Any], client: Client, lies: Lies, lead: Person
) -> None:
    sso(client)
    lies.person["email"] = lead.email
    again = Client()
    sso(again)
    assert is_in(again)
    assert Person.objects.get(email="ada@uni.example").socialaccount_set.count() == 1


def test_a_reused_address_there_opens_no_account_here(sso: Callable[..., Any], client: Client, lies: Lies) -> None:
    sso(client)
    lies.person["sub"] = "another-ada"
    again = Client()
    assert sso(again).status_code == 403
    assert not is_in(again)


def test_roles_follow_the_groups_at_each_sign_in(sso: Callable[..., Any], lies: Lies) -> None:
    for groups, role in ((["rcd-staff"], "member"), (["rcd-staff", "rcd-heads"], "lead"), ("rcd-staff", "member")):
        lies.person["groups"] = groups
        sso(Client())
        assert Membership.objects.get().role == role
    lies.person["groups"] = ["x", 7, None]
    client = Client()
    sso(client)
    assert is_in(client)
    assert not Membership.objects.exists()
    assert client.get("/t/rcd/team/").status_code == 404


def test_a_role_that_a_person_gave_stays(sso: Callable[..., Any], lies: Lies, lead: Person) -> None:
    sso(Client())
    membership = Membership.objects.get(person__email="ada@uni.example")
    actions.change_role(membership, "reader", by=lead)
    lies.person["groups"] = []
    sso(Client())
    assert Membership.objects.get(pk=membership.pk).role == "reader"


def test_who_has_no_group_gets_no_account_unless_invited(
    sso: Callable[..., Any], client: Client, lies: Lies, lead: Person, team: Team
) -> None:
    lies.person["groups"] = []
    assert sso(client).status_code == 403
    assert not Person.objects.filter(email="ada@uni.example").exists()
    _, secret = actions.invite(team, by=lead, role="reader")
    client.get(f"/account/invitation/{secret}/")
    sso(client)
    assert is_in(client)
    client.get(f"/account/invitation/{secret}/")
    assert client.post("/account/invitation/")["Location"] == "/t/rcd/"
    assert Membership.objects.get(person__email="ada@uni.example").role == Role.READER


def test_a_deactivated_person_stays_out(sso: Callable[..., Any], lies: Lies) -> None:
    sso(Client())
    Person.objects.update(is_active=False)
    client = Client()
    sso(client)
    assert not is_in(client)


def test_a_sample_team_is_not_for_groups(sso: Callable[..., Any], client: Client, settings: Any, team: Team) -> None:
    Team.objects.create(slug="sample", name="Sample", is_sample=True)
    settings.HORTUS = settings.HORTUS.model_copy(update={"oidc_groups": "rcd-staff=sample:lead"})
    sso(client)
    assert not Membership.objects.exists()


# The same with a real provider, which checks us too.


@pytest.fixture
def real(settings: Any, team: Team) -> Iterator[str]:
    """Start the real provider; return its issuer."""
    node = shutil.which("node")
    if node is None or not (HERE / "node_modules").is_dir():
        pytest.skip("the OpenID provider is absent: run `npm ci` in tests/access/oidc (Node 20 or later)")
    process = subprocess.Popen(
        [node, "provider.mjs", CALLBACK], cwd=HERE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
        env={**os.environ, "CLAIMS": json.dumps({"ada": ADA, "bob": BOB})},
    )  # fmt: skip
    try:
        assert process.stdout
        issuer = process.stdout.readline().strip()
        assert issuer.startswith("http://127.0.0.1:")
        declare(settings, issuer, oidc_scopes="openid profile email groups")
        yield issuer
    finally:
        process.terminate()
        process.wait(10)


def sign_in_there(url: str, login: str) -> str:
    """Walk through the provider's own pages like a browser; return the address that it sends back to."""
    with httpx.Client(follow_redirects=False, timeout=20) as browser:
        for _ in range(12):
            answer = browser.get(url)
            while answer.status_code == 200:
                action = answer.text.split('action="')[1].split('"')[0]
                prompt = answer.text.split('name="prompt" value="')[1].split('"')[0]
                answer = browser.post(action, data={"prompt": prompt, "login": login, "password": "x"})
            url = str(answer.url.join(answer.headers["location"]))
            if url.startswith(CALLBACK):
                return url
    raise AssertionError("the provider never sent the browser back")


@pytest.mark.oidc
def test_a_real_provider_lets_a_member_in(real: str, client: Client) -> None:
    sent = client.post("/account/oidc/sso/login/")
    back = sign_in_there(sent["Location"], "ada")
    client.get(back)
    assert is_in(client)
    membership = Membership.objects.select_related("person").get()
    assert (membership.person.name, membership.role) == ("Ada", "member")
    assert SocialAccount.objects.get().uid == f"{real} ada"
    assert client.get(back).status_code == 401


@pytest.mark.oidc
def test_a_real_provider_refuses_another_verifier(real: str, client: Client) -> None:
    sent = client.post("/account/oidc/sso/login/")
    back = sign_in_there(sent["Location"], "ada")
    session = client.session
    states = session["socialaccount_states"]
    for state, *_ in states.values():
        state["pkce_code_verifier"] = "x" * 64
    session["socialaccount_states"] = states
    session.save()
    assert client.get(back).status_code == 401
    assert not is_in(client)


@pytest.mark.oidc
def test_a_real_provider_and_no_group(real: str, client: Client) -> None:
    sent = client.post("/account/oidc/sso/login/")
    answer = client.get(sign_in_there(sent["Location"], "bob"))
    assert answer.status_code == 403
    assert "None of your groups" in answer.content.decode()
