"""What a service is made of, told by the floors above: each registers a word and a finder. Holds no part itself."""

from collections.abc import Callable, Sequence

from hortus.access.models import Person
from hortus.catalogue.models import Service
from hortus.values.evidence import Link

Finder = Callable[[Service, Person], Sequence[Link]]
_FINDERS: dict[str, Finder] = {}


def register(word: str, find: Finder) -> None:
    """Tell the catalogue how to find one sort of part of a service; called from AppConfig.ready.

    word: plural noun with a capital, as in "Clusters". find: from a service and who asks to the links
    that they may see.
    """
    _FINDERS[word] = find


def of(service: Service, person: Person) -> list[tuple[str, Sequence[Link]]]:
    """Return the parts of a service that a person may see, as (word, links), without empty sorts."""
    found = [(word, find(service, person)) for word, find in sorted(_FINDERS.items())]
    return [(word, links) for word, links in found if links]
