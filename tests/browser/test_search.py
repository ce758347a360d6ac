"""The search in a real Chromium: while one types, and with scripts off."""

import re

import pytest
from playwright.sync_api import Browser, expect

from tests.browser.conftest import Site

pytestmark = pytest.mark.browser


def test_finds_while_one_types(browser: Browser, site: Site) -> None:
    page = browser.new_page()
    said: list[str] = []
    page.on("console", lambda message: said.append(message.text))
    page.goto(f"{site.url}/t/sample/search/")
    page.get_by_role("searchbox").press_sequentially("alder")
    expect(page.locator("#found h2 mark").first).to_have_text(re.compile("^alder$", re.IGNORECASE))
    expect(page).to_have_url(f"{site.url}/t/sample/search/?q=alder")
    assert page.get_by_role("searchbox").input_value() == "alder"
    page.get_by_role("searchbox").fill("xyzzy")
    expect(page.locator("#found")).to_contain_text("Nothing found")
    assert said == []
    page.close()


def test_finds_with_scripts_off(browser: Browser, site: Site) -> None:
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(f"{site.url}/t/sample/search/")
    page.get_by_role("searchbox").fill("jobs lost")
    page.get_by_role("button", name="Search").click()
    page.get_by_role("link", name="Jobs lost to us").click()
    expect(page).to_have_url(f"{site.url}/t/sample/indicators/jobs-lost/")
    context.close()
