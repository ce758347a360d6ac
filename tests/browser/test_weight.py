"""What a first visit costs: the files of production, over a real connection, counted as they travel."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django.test.testcases import LiveServerThread
from playwright.sync_api import Browser

from tests.browser.look import Heard, looking

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
MOST_BYTES = 150_000


def unwrapped(application: Callable[..., Any]) -> Callable[..., Any]:
    """Let WhiteNoise serve the static files, as in production, in place of the test server."""
    return application


@pytest.fixture
def production_server(only_web, settings, tmp_path: Path) -> Iterator[str]:  # type: ignore[no-untyped-def]
    """A server with collected, digested and compressed static files."""
    settings.STATIC_ROOT = tmp_path / "static"
    settings.WHITENOISE_USE_FINDERS = False
    settings.STORAGES = {
        **settings.STORAGES,
        "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"},
    }
    call_command("collectstatic", interactive=False, verbosity=0)
    thread = LiveServerThread("127.0.0.1", static_handler=unwrapped)
    thread.daemon = True
    thread.start()
    thread.is_ready.wait()
    assert thread.error is None
    yield f"http://127.0.0.1:{thread.port}"
    thread.terminate()
    thread.join()


def test_a_first_visit_is_small_and_the_second_nearly_free(browser: Browser, production_server: str) -> None:
    with looking(browser) as context:
        page = context.new_page()
        heard = Heard(production_server.partition("://")[2])
        heard.listen(page)
        wire = context.new_cdp_session(page)
        wire.send("Network.enable")
        names: dict[str, str] = {}
        bytes_of: dict[str, int] = {}
        wire.on("Network.requestWillBeSent", lambda e: names.update({e["requestId"]: e["request"]["url"]}))
        wire.on("Network.loadingFinished", lambda e: bytes_of.update({names[e["requestId"]]: e["encodedDataLength"]}))

        page.goto(production_server + "/garden/", wait_until="networkidle")
        page.evaluate("document.fonts.ready")
        first = {url.rpartition("/")[2] or "page": int(size) for url, size in bytes_of.items()}
        print(sum(first.values()), first)
        assert any(name.startswith("htmx") for name in first)
        assert sum(name.endswith(".woff2") for name in first) == 2
        assert sum(first.values()) < MOST_BYTES, first

        bytes_of.clear()
        page.goto(production_server + "/garden/", wait_until="networkidle")
        assert sum(bytes_of.values()) < 15_000, bytes_of
        assert heard.console == []


def test_static_files_are_kept_for_long_and_pages_are_not(browser: Browser, production_server: str) -> None:
    with looking(browser) as context:
        page = context.new_page()
        kept = {}
        page.on("response", lambda answer: kept.update({answer.url: answer.headers.get("cache-control", "")}))
        page.goto(production_server + "/garden/", wait_until="networkidle")
        static = {url: header for url, header in kept.items() if "/static/" in url}
        assert static
        assert all("immutable" in header for header in static.values()), static
        assert "immutable" not in kept[production_server + "/garden/"]
