"""Atom feeds that can always be written."""

from typing import Any

from django.utils.feedgenerator import Atom1Feed

from hortus.values.carriable import carriable


class Atom(Atom1Feed):
    """A feed without the characters that XML has no place for, which Django refuses to write.

    New texts hold none. But events stay as they were told, and one of them must not take the feed from all.
    """

    def write(self, outfile: Any, encoding: str) -> None:
        """Write the feed to a file."""
        self.feed, self.items = _carriable(self.feed), [_carriable(item) for item in self.items]
        super().write(outfile, encoding)


def _carriable(facts: dict[str, Any]) -> dict[str, Any]:
    return {name: carriable(fact) if isinstance(fact, str) else fact for name, fact in facts.items()}
