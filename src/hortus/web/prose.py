"""Turns people's Markdown into safe HTML: no raw HTML, no images, headings below those of the page."""

from functools import cache

import nh3
from markdown_it import MarkdownIt
from markdown_it.token import Token

TAGS = {
    "a", "blockquote", "br", "code", "del", "em", "h2", "h3", "h4", "h5", "h6", "hr", "li", "ol", "p", "pre", "s",
    "strong", "table", "tbody", "td", "th", "thead", "tr", "ul",
}  # fmt: skip
ATTRIBUTES = {"ol": {"start"}}
SCHEMES = {"http", "https", "mailto"}
TABLE = '<div class="scroll" role="region" aria-label="Table" tabindex="0"><table>'


@cache
def _parser() -> MarkdownIt:
    """Return the one parser: CommonMark with tables, where an image is only a link to itself."""
    return MarkdownIt("commonmark", {"html": False}).enable(["table", "strikethrough"]).disable("image")


def _lower(tokens: list[Token], below: int) -> list[Token]:
    """Put headings below the page's own, and let none skip a level: screen readers jump by them."""
    last = below
    for token in tokens:
        if token.type == "heading_open":
            last = min(int(token.tag[1]) + below, last + 1, 6)
        if token.type in {"heading_open", "heading_close"}:
            token.tag = f"h{last}"
    return tokens


def rendered(text: str, below: int = 1) -> str:
    """Return Markdown as HTML that is safe to put on a page.

    below: the level of the page's heading that the text stands under, 1 to 5.

    >>> rendered("# Plan"), rendered("### Step", below=2)
    ('<h2>Plan</h2>\\n', '<h3>Step</h3>\\n')
    """
    parser = _parser()
    html = parser.renderer.render(_lower(parser.parse(text), below), parser.options, {})
    clean = nh3.clean(
        html, tags=TAGS, attributes=ATTRIBUTES | {"a": {"href"}}, url_schemes=SCHEMES, link_rel="nofollow noopener"
    )
    # Text cannot hold a bare tag after cleaning, so only real tables are wrapped: they scroll by themselves.
    clean = clean.replace("<pre>", '<pre tabindex="0">')
    return clean.replace("<table>", TABLE).replace("</table>", "</table></div>")
