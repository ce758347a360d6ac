"""Incidents in a real Chromium: declared by keyboard alone, a live room that loses no word, and all without scripts."""

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from tests.browser.conftest import Site
from tests.browser.look import axe

pytestmark = pytest.mark.browser
LIST, DECLARE = "/t/sample/incidents/", "/t/sample/incidents/+declare/"
SENTENCE = "Nobody can log in to Alder"
SECONDS_A_KEY = 0.28  # of somebody who does not type for a living (Card, Moran and Newell 1980)


@pytest.fixture
def window(browser: Browser, site: Site) -> Iterator[BrowserContext]:
    """A window of the lead, without motion."""
    context = browser.new_context(viewport={"width": 390, "height": 844}, reduced_motion="reduce")
    context.add_cookies(site.lead)  # type: ignore[arg-type]
    yield context
    context.close()


def declared(page: Page, site: Site, sentence: str) -> str:
    """Declare an incident and return the address of its room."""
    page.goto(site.url + DECLARE)
    page.get_by_label("What can users not do?").fill(sentence)
    page.get_by_role("button", name="Declare").click()
    expect(page).to_have_url(re.compile(r"/incidents/\d+/$"))
    return page.url


def over(page: Page, room: str) -> None:
    """End an incident, so that it does not stand on the pages of other tests."""
    page.goto(room)
    page.get_by_label("What can users not do?").fill("")
    page.get_by_label("What are you trying?").fill("It was a test.")
    page.get_by_label("And from now on").select_option("resolve")
    page.get_by_role("button", name="Tell the team").click()
    expect(page.locator("#live")).to_contain_text("resolved")


def access_key(page: Page, key: str) -> None:
    """Press Alt and a key as a keyboard does: Playwright itself leaves out what the key would write."""
    told = {"key": key, "code": f"Key{key.upper()}", "windowsVirtualKeyCode": ord(key.upper()), "modifiers": 1}
    session = page.context.new_cdp_session(page)
    session.send("Input.dispatchKeyEvent", told | {"type": "keyDown", "text": key, "unmodifiedText": key})
    session.send("Input.dispatchKeyEvent", told | {"type": "keyUp"})


@pytest.mark.parametrize("place", ["/t/sample/", LIST, "/t/sample/status/"])
def test_the_access_key_leads_to_the_form_from_any_page(window: BrowserContext, site: Site, place: str) -> None:
    page = window.new_page()
    page.goto(site.url + place)
    access_key(page, "d")
    expect(page).to_have_url(site.url + DECLARE)


def test_declared_by_keyboard_alone_in_two_fields_and_under_twenty_seconds(window: BrowserContext, site: Site) -> None:
    page = window.new_page()
    page.goto(site.url + LIST)
    access_key(page, "d")
    expect(page).to_have_url(site.url + DECLARE)
    fields = page.locator("main form").locator("input:not([type=hidden]), select, textarea")
    assert fields.count() == 2
    assert [fields.nth(n).evaluate("(e) => e.required") for n in range(2)] == [True, False]
    keys = 2  # Alt and D
    for letter in SENTENCE:  # the first field has the focus already
        page.keyboard.press(letter if letter != " " else "Space")
        keys += 1
    page.keyboard.press("Enter")
    keys += 1
    expect(page.get_by_role("heading", level=1)).to_have_text(SENTENCE)
    expect(page.locator("#live")).to_contain_text("The first update is promised for")
    assert keys == len(SENTENCE) + 3
    assert keys * SECONDS_A_KEY < 20
    over(page, page.url)


def test_the_open_page_follows_and_keeps_what_is_typed(window: BrowserContext, site: Site) -> None:
    page, other = window.new_page(), window.new_page()
    page.clock.install()
    said: list[str] = []
    page.on("console", lambda message: said.append(message.text))
    room = declared(page, site, "Scratch does not answer")
    page.get_by_label("What are you trying?").fill("We restart the se")
    other.goto(room)
    other.locator("#questions + * ~ details summary", has_text="Ask").click()
    other.get_by_label("Your question").fill("Are files lost?")
    other.get_by_role("button", name="Ask").click()
    expect(other.get_by_role("status")).to_contain_text("Your question is answered by")
    page.clock.fast_forward(13_000)
    expect(page.locator("#asked")).to_contain_text("Are files lost?")
    expect(page.locator("#timeline")).to_contain_text("Are files lost?")
    box = page.get_by_label("Are files lost?")
    box.fill("No, all are safe.")
    other.get_by_role("button", name="The harm has stopped").click()
    expect(other.locator("#live")).to_contain_text("contained")
    page.clock.fast_forward(13_000)
    expect(page.locator("#live")).to_contain_text("It is contained now, and was active when you opened this page")
    assert page.get_by_label("What are you trying?").input_value() == "We restart the se"
    assert box.input_value() == "No, all are safe."
    assert page.get_by_label("Are files lost?").count() == 1
    assert axe(page) == []
    page.get_by_role("button", name="Tell the team").click()
    expect(page.get_by_role("alert")).to_contain_text("The incident is contained now.")
    assert page.get_by_label("Are files lost?").input_value() == "No, all are safe."
    page.get_by_role("button", name="Tell the team").click()
    expect(page.locator("#live")).to_contain_text("We restart the se")
    assert said == []
    window.set_offline(True)
    page.clock.fast_forward(13_000)
    expect(page.locator("#unheard")).to_contain_text("The server does not answer")
    window.set_offline(False)
    page.clock.fast_forward(13_000)
    expect(page.locator("#unheard")).to_be_hidden()
    over(page, room)


def test_from_the_first_word_to_the_last_without_scripts(browser: Browser, site: Site) -> None:
    context = browser.new_context(java_script_enabled=False, viewport={"width": 390, "height": 844})
    context.add_cookies(site.lead)  # type: ignore[arg-type]
    page = context.new_page()
    room = declared(page, site, "Transfers stop halfway")
    page.get_by_label("What can users not do?").fill("move large files.")
    page.get_by_label("What are you trying?").fill("We look at the gateway.")
    page.get_by_role("button", name="Tell the team").click()
    expect(page.locator("#live")).to_contain_text("We are trying: We look at the gateway.")
    page.get_by_role("button", name="That surprised me").click()
    expect(page.locator("main")).to_contain_text("1 surprise so far")
    page.get_by_role("link", name="Refresh").click()
    expect(page).to_have_url(room)
    over(page, room)
    page.goto(site.url + LIST)
    expect(page.get_by_role("table")).to_contain_text("Transfers stop halfway")
    context.close()
