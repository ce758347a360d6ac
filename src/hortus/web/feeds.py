"""Atom and RSS feeds that can always be written."""

from typing import Any

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


def _carried(facts: dict[str, Any]) -> dict[str, Any]:
    return {name: carriable(fact) if isinstance(fact, str) else fact for name, fact in facts.items()}
