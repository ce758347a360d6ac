"""Full-text search over whatever the practices declare: one thin layer over FTS5 and tsvector. Holds no page.

Private text is never indexed: what only its author may read (one-on-one notes and the like) has no entry, because
an entry is plain text in the database and is shown as an excerpt. Index only what a policy kind grants to a role.

A practice declares in AppConfig.ready what it indexes (`register`, for `rebuild`), and its actions call `index` and
`unindex` in the transaction of their rows. A table that is the same for all teams is declared whole
(`register_table`), and needs no rows.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from django.db import connection, transaction
from django.utils.safestring import SafeString

from hortus.access.doors import Standing
from hortus.access.models import Team
from hortus.access.policy import Action, Kind
from hortus.ledger import refs
from hortus.ledger.refs import Ref
from hortus.ledger.search_excerpts import excerpt, marked
from hortus.ledger.search_models import SearchEntry, SearchEntryQuerySet
from hortus.ledger.search_query import matching
from hortus.ledger.search_words import Term, storable, terms, words

LONGEST_TITLE = 200  # characters, as the table holds them
LONGEST_BODY = 50_000  # characters that are kept and found; what comes after them is not
FARTHEST = 1_000  # hits that can be leafed through


@dataclass(frozen=True, slots=True)
class Document:
    """What can be found of one object. id: of the ledger's reference; body: plain text."""

    id: str
    title: str
    body: str = ""


@dataclass(frozen=True, slots=True)
class Hit:
    """Something found. word: noun for its kind; url: "" when it has no page; title, excerpt: HTML, escaped, marked."""

    kind: str
    id: str
    word: str
    name: str
    url: str
    title: SafeString
    excerpt: SafeString


@dataclass(frozen=True, slots=True)
class _Found:
    kind: str
    document: Document


_ROWS: dict[str, tuple[Kind, Callable[[Team], Iterable[Document]]]] = {}
_TABLES: dict[str, tuple[Kind, Callable[[], Iterable[Document]]]] = {}


def register(object_kind: str, kind: Kind, documents: Callable[[Team], Iterable[Document]]) -> None:
    """Declare what of a team can be found; called from AppConfig.ready.

    object_kind: as in the ledger's references. kind: what guards these objects in the policy. documents: all of a
    team, for `rebuild`.
    """
    _ROWS[object_kind] = (kind, documents)


def register_table(object_kind: str, kind: Kind, documents: Callable[[], Iterable[Document]]) -> None:
    """Declare a small table of the program itself, the same in every team, to be found without any rows."""
    _TABLES[object_kind] = (kind, documents)


def index(team: Team, ref: Ref, *, kind: Kind, title: str, body: str = "") -> None:
    """Make an object findable, or change what is found of it, in the caller's transaction.

    kind: what guards the object in the policy. title: of it LONGEST_TITLE characters count, of body LONGEST_BODY.
    Nothing private: see above. Raises RuntimeError outside a transaction, because an entry without its row is a lie.
    """
    _in_transaction()
    _write([_entry(team, ref.kind, kind, Document(ref.id, title, body))])


def unindex(team: Team, ref: Ref) -> None:
    """Make an object unfindable, in the caller's transaction; nothing happens when it was so. Raises as `index`."""
    _in_transaction()
    SearchEntry.objects.filter(team=team, object_kind=ref.kind, object_id=ref.id).delete()


def rebuild(team: Team | None = None) -> int:
    """Write all entries anew from what the practices declare, of one team or of all; return how many there are."""
    count = 0
    for each in [team] if team else Team.objects.all():
        with transaction.atomic():
            SearchEntry.objects.filter(team=each).delete()
            found = [
                _entry(each, object_kind, kind, document)
                for object_kind, (kind, documents) in _ROWS.items()
                for document in documents(each)
            ]
            _write(found)
            count += len(found)
    return count


def search(standing: Standing, text: str, limit: int = 20, offset: int = 0) -> list[Hit]:
    """Return what holds all words of a text, the best first, as far as the policy lets who asks read it.

    text: anything at all; words of three letters and more also find longer words that begin with them. limit: at
    least 1; offset: at least 0, nothing is found from FARTHEST on. Who may not read the team's activity, as a guest,
    finds nothing.
    """
    looked_for = terms(text)
    kinds = readable(standing)
    if not looked_for or not kinds or offset >= FARTHEST:
        return []
    fixed = list(_in_tables(kinds, looked_for))
    found = fixed[offset : offset + limit]
    if len(found) < limit:
        rest = matching(standing.team, kinds, looked_for, limit - len(found), max(0, offset - len(fixed)))
        found += [_Found(row.object_kind, Document(row.object_id, row.title, row.body)) for row in rest]
    return [_hit(standing.team, one, looked_for) for one in found]


def readable(standing: Standing) -> list[str]:
    """Return the kinds of object that who asks may find: those they may read, none without the right to search."""
    if not standing.may(Action.READ, SearchEntryQuerySet.kind):
        return []
    return [kind.value for kind in Kind if standing.may(Action.READ, kind)]


def _in_transaction() -> None:
    if not connection.in_atomic_block:
        raise RuntimeError("change the search inside the transaction that writes the rows")


def _entry(team: Team, object_kind: str, kind: Kind, document: Document) -> SearchEntry:
    title, body = storable(document.title)[:LONGEST_TITLE], storable(document.body)[:LONGEST_BODY]
    return SearchEntry(
        team=team, kind=kind.value, object_kind=object_kind, object_id=document.id, title=title, body=body,
        title_words=" ".join(words(title)), body_words=" ".join(words(body)),
    )  # fmt: skip


def _write(entries: Sequence[SearchEntry]) -> None:
    SearchEntry.objects.bulk_create(
        entries, batch_size=100, update_conflicts=True, unique_fields=["team", "object_kind", "object_id"],
        update_fields=["kind", "title", "body", "title_words", "body_words"],
    )  # fmt: skip


def _in_tables(kinds: Sequence[str], looked_for: Sequence[Term]) -> Iterable[_Found]:
    """Give the documents of fixed tables that hold all words, those with a word in the title first."""
    found = []
    for object_kind, (kind, documents) in _TABLES.items():
        for document in documents() if kind.value in kinds else ():
            title, both = f" {' '.join(words(document.title))} ", words(f"{document.title} {document.body}")
            if all(_holds(f" {' '.join(both)} ", term) for term in looked_for):
                found.append((not any(_holds(title, term) for term in looked_for), _Found(object_kind, document)))
    return [one for _, one in sorted(found, key=lambda pair: pair[0])]


def _holds(spaced: str, term: Term) -> bool:
    return f" {term.word}" in spaced if term.is_prefix else f" {term.word} " in spaced


def _hit(team: Team, found: _Found, looked_for: Sequence[Term]) -> Hit:
    document = found.document
    return Hit(
        kind=found.kind, id=document.id, word=refs.word(found.kind), name=document.title,
        url=refs.link(team, found.kind, document.id), title=marked(document.title, looked_for),
        excerpt=excerpt(document.body, looked_for),
    )  # fmt: skip
