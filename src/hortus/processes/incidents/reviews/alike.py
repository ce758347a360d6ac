"""Which incidents and reviews say the same as a sentence, by the index of the search, as far as one may read them."""

from collections.abc import Mapping
from dataclasses import dataclass
from math import log

from hortus.access.doors import Standing
from hortus.access.policy import Kind
from hortus.ledger.search import readable
from hortus.ledger.search_models import SearchEntry
from hortus.ledger.search_query import matching
from hortus.ledger.search_words import terms, words

MOST_WORDS = 8
MOST_ENTRIES = 50  # of each word, the best: what more than these say tells nothing apart
# Words that sentences about any trouble hold. In other languages the count of entries finds most of them.
COMMON = frozenset(words(
    "again all and any are but can cannot does for from get gets has have here into its more most nobody not now off "
    "our out over people researchers say says some than that the their them there they this users very was were what "
    "when which who why will with work works you your"
))  # fmt: skip

Address = tuple[str, str]  # (kind, id), as the ledger refers to objects


@dataclass(frozen=True, slots=True)
class Likeness:
    """How much something says the same. weight: the more words are shared, and the rarer they are, the higher."""

    weight: float
    words: tuple[str, ...]

    @property
    def told(self) -> str:
        """Return it in words.

        >>> Likeness(1, ("quota", "scratch")).told
        'says “quota”, “scratch”'
        """
        return f"says {', '.join(f'“{word}”' for word in self.words)}"


def by_words(standing: Standing, sentence: str, own: frozenset[Address]) -> Mapping[Address, Likeness]:
    """Return what shares two words with a sentence, or has a rare one in its title, as far as who asks may read it.

    own: what is left out and not counted, as the incident that the sentence is of. At most MOST_WORDS + 1 queries.
    """
    kinds = sorted(set(readable(standing)) & {Kind.INCIDENT.value, Kind.REVIEW.value})
    looked_for = [term for term in terms(sentence) if term.is_prefix and term.word not in COMMON][:MOST_WORDS]
    if not kinds or not looked_for:
        return {}
    many = max(1, SearchEntry.objects.filter(team=standing.team, kind__in=kinds).count() - len(own))
    found: dict[Address, list[tuple[float, str]]] = {}
    is_enough: set[Address] = set()
    for term in looked_for:
        rows = matching(standing.team, kinds, [term], MOST_ENTRIES, 0)
        hits = {(row.object_kind, row.object_id): row.title for row in rows}
        hits = {address: title for address, title in hits.items() if address not in own}
        for address, title in hits.items():
            found.setdefault(address, []).append((log(1 + many / len(hits)), term.word))
            if len(hits) <= max(2, many // 5) and any(word.startswith(term.word) for word in words(title)):
                is_enough.add(address)
    return {
        address: Likeness(sum(weight for weight, _ in said), tuple(word for _, word in said))
        for address, said in found.items()
        if len(said) > 1 or address in is_enough
    }
