"""Every page of the product that pages.py lists, looked at in a real Chromium before a real server."""

import pytest
from playwright.sync_api import Browser

from tests.browser.conftest import Site
from tests.browser.look import every_look
from tests.browser.pages import ABSENT, LEAD, VISITOR

pytestmark = pytest.mark.browser


@pytest.mark.parametrize("path", VISITOR)
def test_a_page_is_in_order_for_a_visitor(browser: Browser, site: Site, path: str) -> None:
    every_look(browser, site.url + path)


@pytest.mark.parametrize("path", LEAD)
def test_a_page_is_in_order_for_the_lead(browser: Browser, site: Site, path: str) -> None:
    every_look(browser, site.url + path, site.lead)


@pytest.mark.parametrize("path", ABSENT)
def test_what_is_not_there_is_said_well(browser: Browser, site: Site, path: str) -> None:
    every_look(browser, site.url + path, status=404)
