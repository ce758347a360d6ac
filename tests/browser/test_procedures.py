"""A procedure in a real Chromium: written and followed on a phone without scripts, its command copied with them."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from tests.browser.conftest import Site
from tests.browser.look import axe

pytestmark = pytest.mark.browser
WRITE = "/t/sample/procedures/+write/"
TEXT = """# Feed the cat of the machine room

## Open the tin {#open .critical}

```sh
open tin
```

## Call it {#call}
"""


@pytest.fixture
def phone(browser: Browser, site: Site) -> Iterator[BrowserContext]:
    """A phone of the lead that runs no scripts."""
    context = browser.new_context(viewport={"width": 390, "height": 844}, java_script_enabled=False)
    context.add_cookies(site.lead)  # type: ignore[arg-type]
    yield context
    context.close()


def started(page: Page, site: Site) -> str:
    """Write the procedure where it is not there yet, start a run, and return the run's address."""
    page.goto(site.url + WRITE)
    page.get_by_label("The procedure, in Markdown").fill(TEXT)
    page.get_by_role("button", name="Publish it").click()
    page.get_by_role("button", name="Start it").click()
    return page.url


def test_a_run_is_followed_to_its_end_without_scripts(phone: BrowserContext, site: Site) -> None:
    page = phone.new_page()
    run = started(page, site)
    page.get_by_role("button", name="Done: Open the tin").click()
    assert page.url == f"{run}#step-call"
    step = page.locator("#step-call")
    step.get_by_text("Otherwise").click()
    step.get_by_role("button", name="Skip").click()
    expect(page.get_by_role("alert")).to_contain_text("Say in a sentence how or why")
    page.get_by_role("link", name="Put it right").click()
    step.get_by_label("How, or why?").fill("It came by itself.")
    step.get_by_role("button", name="Skip").click()
    expect(step).to_contain_text("It came by itself.")
    page.get_by_role("button", name="The steps are through").click()
    page.get_by_role("button", name="Say how it went").click()
    page.get_by_label("Yes").check()
    page.get_by_role("button", name="End the run").click()
    expect(page.locator("main")).to_contain_text("Good result: yes.")


def test_a_command_is_copied_and_a_note_that_is_missing_is_pointed_to(browser: Browser, site: Site) -> None:
    context = browser.new_context(
        viewport={"width": 390, "height": 844}, permissions=["clipboard-read", "clipboard-write"]
    )
    context.add_cookies(site.lead)  # type: ignore[arg-type]
    page = context.new_page()
    started(page, site)
    page.get_by_role("button", name="Copy the command of “Open the tin”").click()
    expect(page.locator(".command button")).to_have_text("Copied")
    assert page.evaluate("navigator.clipboard.readText()") == "open tin"
    step = page.locator("#step-call")
    step.get_by_text("Otherwise").click()
    step.get_by_role("button", name="Failed").click()
    expect(step.get_by_label("How, or why?")).to_be_focused()
    assert axe(page) == []
    context.close()
