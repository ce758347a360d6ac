"""Markdown from people: whatever they write, the page stays ours."""

import re
from html.parser import HTMLParser

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hortus.web.prose import TAGS, rendered

OURS = {("a", "href"), ("a", "rel"), ("ol", "start"), ("pre", "tabindex")}
WRAPPER = {"class": "scroll", "role": "region", "aria-label": "Table", "tabindex": "0"}


class Tags(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.seen: list[tuple[str, dict[str, str | None]]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.append((tag, dict(attrs)))


def tags(html: str) -> list[tuple[str, dict[str, str | None]]]:
    reader = Tags()
    reader.feed(html)
    return reader.seen


HOSTILE = [
    "<script>alert(1)</script>", "<img src=x onerror=alert(1)>", "[x](javascript:alert(1))", "[x](data:text/html,x)",
    "![x](http://192.0.2.1/track.png)", "<a href='javascript:x'>y</a>", "[x]: javascript:alert(1)\n\n[x]",
    "<svg/onload=x>", "`<table>`", "&lt;table&gt;", "<style>*{display:none}</style>", "<http://[::1]/\"onmouseover=x>",
]  # fmt: skip
pieces = st.sampled_from([*HOSTILE, "# a", "|a|\n|-|\n|b|", "* x", "1. y", "\n\n", "**", "`", "[", "](", ")", ">"])


@given(st.lists(pieces | st.text(max_size=12), max_size=8).map("\n".join), st.integers(1, 5))
def test_only_what_is_allowed_comes_out(text: str, below: int) -> None:
    for tag, attributes in tags(rendered(text, below)):
        if tag == "div":
            assert attributes == WRAPPER
            continue
        assert tag in TAGS
        assert {(tag, name) for name in attributes} <= OURS
        if tag == "a" and "href" in attributes:
            assert re.match(r"https?:|mailto:|[^:]*$|[/?#]", attributes["href"] or "")


@given(st.lists(st.integers(1, 6), max_size=8), st.integers(1, 5))
def test_headings_stand_below_the_pages_and_skip_no_level(levels: list[int], below: int) -> None:
    html = rendered("\n\n".join("#" * level + " x" for level in levels), below)
    found = [int(tag[1]) for tag, _ in tags(html) if re.fullmatch(r"h\d", tag)]
    assert len(found) == len(levels)
    for before, here in zip([below, *found], found, strict=False):
        assert below < here <= before + 1


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_text_shows_as_text(text: str) -> None:
    assert not {tag for tag, _ in tags(rendered(text))} & {"script", "img", "svg", "style", "table"}


def test_a_table_scrolls_by_itself_and_can_be_reached_by_key() -> None:
    html = rendered("|a|b|\n|-|-|\n|1|2|")
    assert tags(html)[0] == ("div", WRAPPER)
    assert html.count("<div") == html.count("</div>") == 1


def test_numbered_lists_keep_their_start() -> None:
    assert '<ol start="3">' in rendered("3. c\n4. d")
