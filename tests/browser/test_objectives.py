"""Objectives in a real Chromium: the preview while one types, the what-if slider, the folded form without scripts."""

import re

import pytest
from playwright.sync_api import Browser, expect

from tests.browser.conftest import Site
from tests.browser.look import axe

pytestmark = pytest.mark.browser
CHANGE = "/t/sample/objectives/scratch-answers/change/"


def test_the_preview_follows_what_one_types_in_folded_fields_too(browser: Browser, site: Site) -> None:
    context = browser.new_context(viewport={"width": 390, "height": 900})
    context.add_cookies(site.lead)  # type: ignore[arg-type]
    page = context.new_page()
    page.goto(site.url + CHANGE)
    preview = page.locator("#preview")
    expect(preview).to_contain_text("Would have paged")  # as it is, before anything was typed
    was, brief = preview.inner_text(), page.locator("#in-short")
    expect(brief).to_contain_text("The last 28 days")
    page.get_by_label("Target, in percent").fill("99.9")
    expect(preview).not_to_have_text(was)
    expect(preview).to_contain_text("Would have paged")
    expect(preview).to_contain_text("13.44")
    page.get_by_text("Alerts, and how many events").click()
    page.get_by_label("Which alerts").select_option("own")
    page.get_by_label("Alert 1, name").fill("wake-up")
    expect(preview).to_contain_text("wake-up")
    page.get_by_label("Alert 1, long window").fill("soon")
    expect(preview).to_contain_text("As soon as the form is whole")
    expect(brief).to_contain_text("something is to be put right")
    page.get_by_role("button", name="Preview").click()
    expect(page.get_by_role("alert")).to_contain_text("Alert 1, long window")
    assert page.get_by_label("Alert 1, long window").is_visible()  # what is to be put right is not folded away
    assert axe(page) == []
    context.close()


@pytest.mark.parametrize(("width", "is_beside"), [(1360, True), (390, False)])
def test_the_preview_is_seen_while_one_types(browser: Browser, site: Site, width: int, is_beside: bool) -> None:
    """On a wide screen it stays beside the form; on a phone a line above the button says it in short."""
    context = browser.new_context(viewport={"width": width, "height": 900}, java_script_enabled=False)
    context.add_cookies(site.lead)  # type: ignore[arg-type]
    page = context.new_page()
    page.goto(site.url + CHANGE)
    assert page.locator("#in-short").is_visible() != is_beside
    page.get_by_role("button", name="Save").scroll_into_view_if_needed()
    if is_beside:
        expect(page.locator("#preview h2")).to_be_in_viewport()
    else:
        expect(page.locator("#in-short")).to_be_in_viewport()
    context.close()


def test_the_what_if_slider_moves_the_page(browser: Browser, site: Site) -> None:
    page = browser.new_page()
    page.goto(f"{site.url}/t/sample/objectives/jobs-start-in-time/what-if/")
    page.get_by_label("Longest wait in seconds").fill("60")
    expect(page.locator("#back-test")).to_contain_text("longest wait in seconds 60")
    own = page.get_by_label("If the target were").input_value()
    expect(page.locator("#back-test")).to_contain_text(f"{own}\u00a0%, as it is")  # the slider moved nothing by itself
    page.get_by_label("If the target were").fill("95")
    expect(page.locator("#back-test")).to_contain_text("with a target of 95\u00a0%")
    expect(page.locator("#asked-target")).to_have_text("95\u00a0%")
    expect(page).to_have_url(re.compile(r"target=95&judge-threshold_seconds=60"))
    page.get_by_label("Longest wait in seconds").fill("-5")
    expect(page.get_by_role("alert")).to_contain_text("What follows is how it is")
    page.close()


def test_alerts_are_written_without_scripts(browser: Browser, site: Site) -> None:
    context = browser.new_context(java_script_enabled=False)
    context.add_cookies(site.lead)  # type: ignore[arg-type]
    page = context.new_page()
    page.goto(site.url + CHANGE)
    page.get_by_text("Alerts, and how many events").click()
    page.get_by_label("Which alerts").select_option("own")
    for name, value in {"name": "weekly", "share of": "20", "long window": "7d", "short window": "12h"}.items():
        page.get_by_label(f"Alert 5, {name}").fill(value)
    page.get_by_role("button", name="Preview").click()
    expect(page.locator("#preview tbody tr").last).to_contain_text("weekly")
    assert page.get_by_label("Alert 6, name").is_visible()  # room for one more
    context.close()


SIDEWAYS = """
[...document.querySelectorAll(".scroll")].filter((one) => one.scrollWidth > one.clientWidth)
  .map((one) => one.getAttribute("aria-label"))
"""


def test_every_table_of_an_objective_is_read_whole_on_a_phone(browser: Browser, site: Site) -> None:
    context = browser.new_context(viewport={"width": 390, "height": 900}, java_script_enabled=False)
    page = context.new_page()
    for path in ("", "a-day-of-research/", "a-day-of-research/burn/?back=360", "jobs-start-in-time/what-if/"):
        page.goto(f"{site.url}/t/sample/objectives/{path}")
        assert page.locator(".scroll").count() > 0
        assert page.evaluate(SIDEWAYS) == [], path
    page.goto(f"{site.url}/t/sample/objectives/a-day-of-research/")
    cell = page.locator("#sum .stack td").first
    assert cell.evaluate("(cell) => getComputedStyle(cell, '::before').content") == '"Share"'
    page.set_viewport_size({"width": 1360, "height": 900})
    assert cell.evaluate("(cell) => getComputedStyle(cell, '::before').content") == "none"
    context.close()
