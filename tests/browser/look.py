"""Looks at one page as people do: every width, light and dark, by axe, without a word in the console."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from axe_playwright_python.base import AXE_SCRIPT
from playwright.sync_api import Browser, BrowserContext, Page

WIDTHS = (1360, 834, 390, 320)
SCHEMES = ("light", "dark")
WATCH_POLICY = """
window.__violations = [];
document.addEventListener("securitypolicyviolation", (e) =>
  window.__violations.push(`${e.violatedDirective} ${e.blockedURI} ${e.sample}`));
"""
# Says whether the page has a form, and whether it has colours, that no look since it was opened has seen: only there
# can axe find what it did not find before. Form: what stands in the document, and the box of each element. Colours:
# which elements are shown, and what of each decides its contrast; text is large as WCAG 2.2 (1.4.3) defines it.
WHAT_IS_NEW = """(() => {
  const all = [...document.querySelectorAll("body, body *")];
  const boxes = all.map((e) => { const b = e.getBoundingClientRect(); return [b.x, b.y, b.width, b.height]; });
  const form = JSON.stringify([document.documentElement.outerHTML, boxes]);
  const colours = JSON.stringify(all.map((e, n) => {
    if (!e.checkVisibility({opacityProperty: true, visibilityProperty: true})) return 0;
    const s = getComputedStyle(e), size = parseFloat(s.fontSize);
    const isLarge = size >= 24 || (size >= 18.66 && s.fontWeight >= 700);
    return [n, isLarge, s.color, s.backgroundColor, s.backgroundImage, s.opacity, s.textShadow, s.textDecoration,
      s.filter, s.position, s.zIndex, s.clip, s.clipPath];
  }));
  const seen = window.__seen ??= {form: new Set(), colours: new Set()};
  const isNew = {form: !seen.form.has(form), colours: !seen.colours.has(colours)};
  seen.form.add(form);
  seen.colours.add(colours);
  return isNew;
})()"""
COLOUR_RULES = ("color-contrast", "link-in-text-block")  # most of axe's time; by colour, size and visibility alone
WIDER = """
[...document.querySelectorAll("body *")].filter((e) => e.getBoundingClientRect().right > innerWidth + 1)
  .slice(0, 5).map((e) => e.outerHTML.slice(0, 120))
"""


@dataclass
class Heard:
    """What a page did that it should not: words in the console, errors, requests to outside."""

    host: str
    console: list[str] = field(default_factory=list)
    outside: list[str] = field(default_factory=list)

    def listen(self, page: Page) -> None:
        page.on("console", lambda m: self.console.append(m.text) if m.type in {"error", "warning"} else None)
        page.on("pageerror", lambda error: self.console.append(str(error)))
        page.on("request", lambda request: self._note(request.url))

    def _note(self, url: str) -> None:
        parts = urlsplit(url)
        if parts.scheme not in {"data", "blob"} and parts.netloc != self.host:
            self.outside.append(url)


def axe(page: Page, *, form: bool = True, colours: bool = True) -> list[str]:
    """Return the findings of axe-core, one readable line for each element; an empty list is what we want.

    form, colours: whether to ask the rules about everything but colours, and those about colours.
    Without preload: else axe fetches our style sheet's @import once more, from an address relative to the page.
    """
    if not (form or colours):
        return []
    if not page.evaluate("'axe' in window"):  # half a megabyte of script; one reading lasts until the page is left
        page.evaluate(AXE_SCRIPT)
    options: dict[str, object] = {"resultTypes": ["violations"], "preload": False}
    if not form:
        options["runOnly"] = {"type": "rule", "values": COLOUR_RULES}
    elif not colours:
        options["rules"] = {rule: {"enabled": False} for rule in COLOUR_RULES}
    found = page.evaluate("(options) => axe.run(options)", options)
    return [
        f"{violation['id']} ({violation['impact']}): {node['target']} {node['html'][:160]}"
        for violation in found["violations"]
        for node in violation["nodes"]
    ]


def policy_violations(page: Page) -> list[str]:
    """Return what the content security policy refused on this page."""
    return list(page.evaluate("window.__violations || []"))


@contextmanager
def looking(browser: Browser, **options: object) -> Iterator[BrowserContext]:
    """Open a window with its own cookies that notes every breach of the policy, and close it afterwards."""
    context = browser.new_context(reduced_motion="reduce", **options)  # type: ignore[arg-type]
    context.add_init_script(WATCH_POLICY)
    try:
        yield context
    finally:
        context.close()


def every_look(browser: Browser, url: str, cookies: list[dict[str, str]] | None = None, status: int = 200) -> None:
    """Visit a URL at every width in both themes and assert that nothing is wrong with it.

    The page is opened once; where neither its form nor its colours are new, axe is not asked the same again.
    cookies: as Playwright takes them, to visit as somebody. status: what the server should answer.
    """
    with looking(browser) as context:
        context.add_cookies(cookies or [])  # type: ignore[arg-type]
        page = context.new_page()
        heard = Heard(urlsplit(url).netloc)
        heard.listen(page)
        answer = page.goto(url)
        assert answer is not None
        assert answer.status == status, f"{url} answered {answer.status}, wanted {status}"
        page.evaluate("document.fonts.ready")
        for scheme in SCHEMES:
            page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
            for width in WIDTHS:
                page.set_viewport_size({"width": width, "height": 900})
                _assert_fits(page, url, width)
                new = page.evaluate(WHAT_IS_NEW)
                _assert_none(axe(page, **new), f"axe on {url} at {width} px, {scheme}")
        said = [words for words in heard.console if status == 200 or f"status of {status}" not in words]
        _assert_none(said, f"console of {url}")
        _assert_none(policy_violations(page), f"policy on {url}")
        _assert_none(heard.outside, f"requests to outside from {url}")


def _assert_none(found: list[str], where: str) -> None:
    assert not found, "\n  ".join([where, *found])


def _assert_fits(page: Page, url: str, width: int) -> None:
    wide = page.evaluate("document.documentElement.scrollWidth")
    wider = json.dumps(page.evaluate(WIDER), indent=1) if wide > width else ""
    assert wide <= width, f"{url} scrolls sideways at {width} px ({wide} px wide): {wider}"
