"""Every page of the product that pages.py lists, looked at in a real Chromium."""

import pytest
from django.test import Client
from playwright.sync_api import Browser
from pytest_django.live_server_helper import LiveServer

from tests.browser.look import every_look
from tests.browser.pages import PAGES, SIGNED_IN

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.mark.parametrize("path", PAGES)
def test_a_page_is_in_order(browser: Browser, live_garden: LiveServer, path: str) -> None:
    every_look(browser, live_garden.url + path)


@pytest.mark.parametrize("path", SIGNED_IN)
def test_a_page_of_the_lead_is_in_order(browser: Browser, live_garden: LiveServer, as_lead: Client, path: str) -> None:
    cookie = next(iter(as_lead.cookies.values()))
    every_look(browser, live_garden.url + path, [{"name": cookie.key, "value": cookie.value, "url": live_garden.url}])
