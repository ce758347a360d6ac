"""A real Chromium before a real server: the fixtures of every test that looks at a page."""

import os
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from playwright.sync_api import Browser, expect, sync_playwright
from pytest_django.fixtures import Settings
from pytest_django.live_server_helper import LiveServer

from tests.place import Place

FLAGS = [
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
]  # fmt: skip


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Debian's Chromium, or a skip that says what to install."""
    program = os.environ.get("HORTUS_TEST_CHROMIUM") or shutil.which("chromium")
    if program is None:
        pytest.skip("Chromium is absent, so no page was looked at; install it with: apt-get install chromium")
    # Playwright's loop runs in this thread, which Django would take for asynchronous code.
    before = os.environ.get("DJANGO_ALLOW_ASYNC_UNSAFE")
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"
    expect.set_options(timeout=30_000)  # a busy machine takes its time, and no time decides a test
    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=program, args=FLAGS)
        yield opened
        opened.close()
    if before is None:
        del os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"]


@pytest.fixture
def only_web(settings: Settings) -> None:
    """Show the test pages of the web room, without what other rooms put on every page."""
    settings.ROOT_URLCONF = "tests.browser.parts"
    settings.TEMPLATES = [_without_upper_floors(engine) for engine in settings.TEMPLATES]


@pytest.fixture
def parts_server(live_server: LiveServer, only_web: None) -> str:
    """The address of a server that shows every part of the web room with made-up data."""
    return live_server.url


@dataclass(frozen=True)
class Site:
    """The product as a person starts it, with the sample garden: its address, and the session of its lead."""

    url: str
    lead: list[dict[str, str]]


SIGN_THE_LEAD_IN = """
from django.conf import settings
from django.contrib.auth import login
from django.contrib.sessions.backends.db import SessionStore
from django.http import HttpRequest
from hortus.access.models import Person
request = HttpRequest()
request.session = SessionStore()
request.META["REMOTE_ADDR"] = "127.0.0.1"
person = Person.objects.get(memberships__role="lead")
person.set_password("a long garden path")
person.save()
login(request, person, backend="allauth.account.auth_backends.AuthenticationBackend")
request.session.save()
print(settings.SESSION_COOKIE_NAME, request.session.session_key)
"""


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """`hortus up` on a ready place of its own, planted as for a newcomer; once for all tests of a process."""
    place = Place(tmp_path_factory.mktemp("site")).ready()
    try:
        _process, ready = place.up(HORTUS_SAMPLE="true")
        url = ready["url"].rstrip("/")
        name, value = place.python(SIGN_THE_LEAD_IN).split()
        yield Site(url, [{"name": name, "value": value, "url": url}])
    finally:
        place.close()


def _without_upper_floors(engine: dict[str, Any]) -> dict[str, Any]:
    """Leave out the context of other rooms: the web room must stand without it."""
    options = engine["OPTIONS"]
    processors = [name for name in options["context_processors"] if not name.startswith("hortus.")]
    return {**engine, "OPTIONS": {**options, "context_processors": processors}}
