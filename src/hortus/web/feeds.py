"""Atom and RSS feeds that can always be written."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.utils.feedgenerator import Atom1Feed, Rss201rev2Feed, SyndicationFeed

from hortus.values.carriable import carriable


class _Carriable(SyndicationFeed):
    """A feed without the characters that XML has no place for, which Django refuses to write.

    New texts hold none. But events stay as they were told, and one of them must not take the feed from all.
    """

    def write(self, outfile: Any, encoding: str) -> None:
        """Write the feed to a file."""
        self.feed, self.items = _carried(self.feed), [_carried(item) for item in self.items]
        super().write(outfile, encoding)


class Atom(_Carriable, Atom1Feed):
    """An Atom feed."""


class Rss(_Carriable, Rss201rev2Feed):
    """A feed of RSS 2.0."""


def atom_of(request: HttpRequest, title: str, page: str) -> Atom:
    """Return an empty feed at the address that was asked for. page: path of the page that shows the same."""
    link, here = request.build_absolute_uri(page), request.build_absolute_uri()
    return Atom(title=title, link=link, description="", feed_url=here, language="en")


def as_atom(feed: Atom) -> HttpResponse:
    """Return a feed as an answer."""
    return HttpResponse(feed.writeString("utf-8"), content_type="application/atom+xml; charset=utf-8")


def _carried(facts: dict[str, Any]) -> dict[str, Any]:
    return {name: carriable(fact) if isinstance(fact, str) else fact for name, fact in facts.items()}
