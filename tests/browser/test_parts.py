"""Every part of the web room, looked at in a real Chromium."""

import re

import pytest
from playwright.sync_api import Browser, Page, Route

from tests.browser.look import axe, every_look, looking
from tests.browser.parts import PARTS

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.mark.parametrize("path", PARTS)
def test_a_part_is_in_order_at_every_width_and_in_both_themes(browser: Browser, parts_server: str, path: str) -> None:
    code = re.search(r"/broken/(\d+)/", path)
    every_look(browser, parts_server + path, status=int(code[1]) if code else 200)


@pytest.mark.parametrize("path", ["/garden/", "/form/", "/charts/"])
def test_a_page_reads_well_when_the_fonts_are_missing(browser: Browser, parts_server: str, path: str) -> None:
    with looking(browser, viewport={"width": 320, "height": 900}) as context:
        context.route(re.compile(r"\.woff2"), lambda route: route.abort())
        page = context.new_page()
        page.goto(parts_server + path)
        assert page.evaluate("document.documentElement.scrollWidth") <= 320
        assert page.evaluate("[...document.fonts].every((font) => font.status !== 'loaded')")
        assert axe(page) == []


def test_every_page_reads_without_scripts(browser: Browser, parts_server: str) -> None:
    with looking(browser, java_script_enabled=False, color_scheme="dark") as context:
        page = context.new_page()
        page.goto(parts_server + "/garden/")
        assert page.locator("button.theme").is_hidden()
        assert page.locator("h3").count() == 9
        page.goto(parts_server + "/charts/")
        page.locator("summary").first.click()
        assert page.locator("table").first.is_visible()
        page.goto(parts_server + "/form/")
        page.locator("[name=name]").fill("ok")
        page.locator("[name=agreed]").check()
        page.locator("[name=parts]").first.check()
        page.locator("button[type=submit]").click()
        assert page.locator("h1").inner_text() == "Add a cluster"
        assert page.locator(".notice").count() == 0


def test_the_theme_goes_round_and_is_kept(browser: Browser, parts_server: str) -> None:
    with looking(browser, color_scheme="light") as context:
        page = context.new_page()
        page.goto(parts_server + "/empty/")
        button = page.locator("button.theme")
        light = _paper(page)
        assert button.get_attribute("aria-label") == "Theme: as your device. Change to: light."
        button.click()
        assert _paper(page) == light
        button.click()
        dark = _paper(page)
        assert dark != light
        page.reload()
        assert _paper(page) == dark
        button.click()
        assert _paper(page) == light
        assert page.evaluate("document.documentElement.dataset.theme") is None


def _paper(page: Page) -> str:
    return str(page.evaluate("getComputedStyle(document.body).backgroundColor"))


def test_the_first_key_leads_past_the_navigation(browser: Browser, parts_server: str) -> None:
    with looking(browser) as context:
        page = context.new_page()
        page.goto(parts_server + "/garden/")
        page.keyboard.press("Tab")
        assert page.evaluate("document.activeElement.textContent") == "Skip to the content"
        page.keyboard.press("Enter")
        assert page.evaluate("document.activeElement.id") == "main"


def test_every_key_stop_shows_where_it_is(browser: Browser, parts_server: str) -> None:
    with looking(browser) as context:
        page = context.new_page()
        page.goto(parts_server + "/list/")
        for _ in range(20):
            page.keyboard.press("Tab")
            outline = page.evaluate(
                "(() => { const s = getComputedStyle(document.activeElement);"
                " return s.outlineStyle !== 'none' && parseFloat(s.outlineWidth) >= 2; })()"
            )
            assert outline, page.evaluate("document.activeElement.outerHTML.slice(0, 200)")


@pytest.mark.parametrize(("width", "least"), [(1360, 24), (390, 44)])
def test_targets_are_large_enough(browser: Browser, parts_server: str, width: int, least: int) -> None:
    with looking(browser, viewport={"width": width, "height": 900}) as context:
        page = context.new_page()
        for path in ("/garden/", "/form/", "/list/"):
            page.goto(parts_server + path)
            small = page.evaluate(
                """(least) => [...document.querySelectorAll("main a, main button, nav a, nav button, main summary")]
                .filter((e) => e.offsetParent && !e.closest("p:not(.acts), .banner, .prose"))
                .map((e) => [e.textContent.trim(), e.getBoundingClientRect().height])
                .filter(([, height]) => height < least - 0.5)""",
                least,
            )
            assert small == [], f"{path} at {width} px"


def test_nothing_of_the_answer_to_a_wrong_form_is_lost(browser: Browser, parts_server: str) -> None:
    with looking(browser) as context:
        page = context.new_page()
        page.goto(parts_server + "/form/?wrong")
        assert page.locator("[name=name]").input_value() == "far too long a name"
        page.locator(".notice a").first.click()
        assert page.evaluate("document.activeElement.name || location.hash") in {"name", "#id_name"}
        described = page.locator("[name=name]").get_attribute("aria-describedby") or ""
        said = [page.locator(f"#{name}").inner_text() for name in described.split()]
        assert said == ["As people say it.", "Ensure this value has at most 10 characters (it has 19)."]


class Spoilt:
    """A browser that adds something to the empty page, under a policy of its own."""

    def __init__(self, browser: Browser, added: str, policy: str) -> None:
        self.browser, self.added, self.policy = browser, added, policy

    def new_context(self, **options: object):  # type: ignore[no-untyped-def]
        context = self.browser.new_context(**options)  # type: ignore[arg-type]
        context.route("**/empty/", self._spoil)
        return context

    def _spoil(self, route: Route) -> None:
        body = route.fetch().text().replace("</main>", f"{self.added}</main>")
        route.fulfill(body=body, headers={"content-type": "text/html", "content-security-policy": self.policy})


def test_a_page_that_asks_outside_would_be_caught(browser: Browser, parts_server: str) -> None:
    """The look itself must be able to fail."""
    spoilt = Spoilt(browser, '<img src="http://192.0.2.1/x.png"><p style="color:#eee">x</p>', "style-src 'self'")
    with pytest.raises(AssertionError, match=r"axe|console|outside"):
        every_look(spoilt, parts_server + "/empty/")  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("where", "added", "fault"),
    [("(max-width: 330px) and (prefers-color-scheme: dark)", "<p>These words</p>", r"320 px, dark\n\s+color-contrast"),
     ("(max-width: 330px)", "<p><img src='data:,'></p>", r"320 px, light\n\s+image-alt"),
     ("(min-width: 800px) and (max-width: 900px)", "<p>These words</p>", r"834 px, light\n\s+color-contrast")],
    ids=["colour", "form", "middle"],
)  # fmt: skip
def test_what_is_wrong_at_one_width_only_would_be_caught(
    browser: Browser, parts_server: str, where: str, added: str, fault: str
) -> None:  # fmt: skip
    there = "#added p { display: block; color: #777; background: #888; }"
    page = f"<style>#added p {{ display: none; }} @media {where} {{ {there} }}</style><div id=added>{added}</div>"
    spoilt = Spoilt(browser, page, "default-src * data: 'unsafe-inline'")
    with pytest.raises(AssertionError, match=fault):
        every_look(spoilt, parts_server + "/empty/")  # type: ignore[arg-type]
