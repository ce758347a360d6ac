"""Turns people's Markdown into safe HTML: no raw HTML, no images, headings below those of the page."""

from functools import cache

import nh3
from markdown_it import MarkdownIt
from markdown_it.token import Token

TAGS = {
    "a", "blockquote", "br", "code", "del", "em", "h3", "h4", "h5", "h6", "hr", "li", "ol", "p", "pre", "s",
    "strong", "table", "tbody", "td", "th", "thead", "tr", "ul",
}  # fmt: skip
ATTRIBUTES = {"ol": {"start"}}
SCHEMES = {"http", "https", "mailto"}
TABLE = '<div class="scroll" role="region" aria-label="Table" tabindex="0"><table>'


@cache
def _parser() -> MarkdownIt:
    """Return the one parser: CommonMark with tables, where an image is only a link to itself."""
    return MarkdownIt("commonmark", {"html": False}).enable(["table", "strikethrough"]).disable("image")


def _lower(tokens: list[Token]) -> list[Token]:
    """Move headings two levels down, because the page owns the first two."""
    for token in tokens:
        if token.type in {"heading_open", "heading_close"}:
            token.tag = f"h{min(6, int(token.tag[1]) + 2)}"
    return tokens


def rendered(text: str) -> str:
    """Return Markdown as HTML that is safe to put on a page.

    >>> rendered("# Plan")
    '<h3>Plan</h3>\\n'
    """
    parser = _parser()
    html = parser.renderer.render(_lower(parser.parse(text)), parser.options, {})
    clean = nh3.clean(
        html, tags=TAGS, attributes=ATTRIBUTES | {"a": {"href"}}, url_schemes=SCHEMES, link_rel="nofollow noopener"
    )
    # Text cannot hold a bare tag after cleaning, so only real tables are wrapped: they scroll by themselves.
    clean = clean.replace("<pre>", '<pre tabindex="0">')
    return clean.replace("<table>", TABLE).replace("</table>", "</table></div>")
