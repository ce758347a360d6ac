"""A real Chromium: passkeys under our content policy, sign-in without scripts, nothing for axe to find."""

from collections.abc import Iterator
from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page

from hortus.access.models import Person, SecurityEvent

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
PASSWORD = "a long garden path"


@pytest.fixture
def url(live_server: Any, lead: Person) -> str:
    """Where the server is: by name, as a passkey belongs to a name."""
    return str(live_server.url).replace("127.0.0.1", "localhost")


@pytest.fixture
def said() -> list[str]:
    """What the browser complained about."""
    return []


@pytest.fixture
def page(browser: Browser, said: list[str]) -> Iterator[Page]:
    context = browser.new_context()
    context.set_default_timeout(20_000)
    found = context.new_page()
    found.on("console", lambda message: said.append(message.text) if message.type in {"error", "warning"} else None)
    found.on("pageerror", lambda error: said.append(str(error)))
    yield found
    context.close()


def sign_in(page: Page, url: str, person: Person) -> None:
    page.goto(f"{url}/account/login/")
    page.get_by_label("E-mail address").fill(person.email)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in", exact=True).click()
    page.wait_for_url(f"{url}/t/rcd/")


def guarded(page: Page, address: str) -> None:
    """Open a page that asks once more who one is."""
    page.goto(address)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Go on").click()
    page.wait_for_url(address)


def virtual_key(page: Page) -> None:
    tools = page.context.new_cdp_session(page)
    tools.send("WebAuthn.enable")
    options = {
        "protocol": "ctap2", "transport": "internal", "hasResidentKey": True, "hasUserVerification": True,
        "isUserVerified": True, "automaticPresenceSimulation": True,
    }  # fmt: skip
    tools.send("WebAuthn.addVirtualAuthenticator", {"options": options})


def test_a_passkey_is_added_and_opens_the_account(page: Page, url: str, lead: Person, said: list[str]) -> None:
    virtual_key(page)
    sign_in(page, url, lead)
    guarded(page, f"{url}/account/2fa/webauthn/add/")
    page.get_by_label("What you call it").fill("My laptop")
    page.get_by_label("Let it open the account without the password").check()
    page.get_by_role("button", name="Add a passkey").click()
    page.wait_for_url("**/recovery-codes/")
    assert Authenticator.objects.filter(user=lead, type="webauthn").count() == 1
    page.goto(f"{url}/account/logout/")
    page.get_by_role("button", name="Sign out").click()
    page.wait_for_url("**/account/login/")
    page.get_by_role("button", name="Sign in with a passkey").click()
    page.wait_for_url(f"{url}/t/rcd/")
    assert SecurityEvent.objects.filter(person=lead, verb="signed in").count() == 2
    page.context.clear_cookies()
    page.goto(f"{url}/account/login/")
    page.get_by_label("E-mail address").fill(lead.email)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in", exact=True).click()
    page.wait_for_url("**/2fa/authenticate/")
    page.get_by_role("button", name="Use a passkey").click()
    page.wait_for_url(f"{url}/t/rcd/")
    assert said == []


def test_at_a_bare_address_no_passkey_is_offered(page: Page, live_server: Any, lead: Person) -> None:
    page.goto(f"{str(live_server.url).replace('localhost', '127.0.0.1')}/account/login/")
    assert page.get_by_role("button", name="Sign in", exact=True).is_visible()
    assert not page.get_by_role("button", name="Sign in with a passkey").is_visible()


# What asks once more who one is, or ends the session; every other page of the account stands in pages.py.
PATHS = ("/account/2fa/totp/activate/", "/account/2fa/webauthn/add/", "/account/logout/")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_and_nothing_scrolls_sideways(
    browser: Browser, url: str, lead: Person, scheme: Any
) -> None:  # fmt: skip
    context = browser.new_context(color_scheme=scheme, viewport={"width": 320, "height": 800})
    page = context.new_page()
    found = []
    sign_in(page, url, lead)
    guarded(page, f"{url}{PATHS[0]}")
    for path in PATHS:
        page.goto(url + path)
        found += faults(page, path)
    context.close()
    assert not found


def faults(page: Page, path: str) -> list[str]:
    seen = [f"{path}: {v['id']}: {v['nodes'][0]['html'][:120]}" for v in Axe().run(page).response["violations"]]
    wide = page.evaluate("document.documentElement.scrollWidth")
    return seen + ([f"{path} is {wide} px wide"] if wide > 320 else [])


def test_signing_in_with_a_code_works_without_scripts(browser: Browser, url: str, lead: Person) -> None:
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    sign_in(page, url, lead)
    guarded(page, f"{url}/account/2fa/totp/activate/")
    secret = page.locator("p code").inner_text()
    page.get_by_label("The six digits").fill(code_of(secret))
    page.get_by_role("button", name="Set up the app").click()
    page.wait_for_url("**/recovery-codes/")
    code = page.locator("pre").inner_text().split()[0]
    context.clear_cookies()
    page.goto(f"{url}/account/login/")
    page.get_by_label("E-mail address").fill(lead.email)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in", exact=True).click()
    page.get_by_label("Code").fill(code)
    page.get_by_role("button", name="Sign in", exact=True).click()
    page.wait_for_url(f"{url}/t/rcd/")
    context.close()


def code_of(secret: str) -> str:
    from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value, yield_hotp_counters_from_time

    return format_hotp_value(hotp_value(secret, next(iter(yield_hotp_counters_from_time()))))
