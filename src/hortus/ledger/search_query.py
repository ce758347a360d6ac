"""The one query of the search, in the language of each database. What may be read is part of it."""

from collections.abc import Sequence
from typing import NamedTuple

from django.db import connection

from hortus.access.models import Team
from hortus.ledger.search_tables import INDEX, TABLE
from hortus.ledger.search_words import Term


class Row(NamedTuple):
    """What is shown of an entry."""

    object_kind: str
    object_id: str
    title: str
    body: str


# The best are chosen first, and only then are their texts read. CROSS JOIN makes SQLite ask the index first: left to
# itself it was seen to walk all rows of a team and ask the index for each, which took 6 s at 10,000 rows.
_CHOSEN = (
    "SELECT e.object_kind, e.object_id, e.title, e.body FROM ({best}) best JOIN {table} e ON e.id = best.id "
    "ORDER BY best.score DESC, e.title, e.id"
)
_ALLOWED = "e.team_id = %s AND e.kind IN ({kinds})"
_SQLITE = (
    "SELECT e.id AS id, -bm25({index}, 8.0, 1.0) AS score FROM {index} CROSS JOIN {table} e ON e.id = {index}.rowid "
    "WHERE {index} MATCH %s AND {allowed} ORDER BY score DESC, e.title, e.id LIMIT %s OFFSET %s"
)
_POSTGRESQL = (
    "SELECT e.id AS id, ts_rank('{{0.125, 0.25, 0.5, 1}}', e.fts, q) AS score FROM {table} e, "
    "to_tsquery('simple', %s) q WHERE e.fts @@ q AND {allowed} ORDER BY score DESC, e.title, e.id LIMIT %s OFFSET %s"
)


def matching(team: Team, kinds: Sequence[str], looked_for: Sequence[Term], limit: int, offset: int) -> list[Row]:
    """Return the entries of a team that are guarded by one of these kinds and hold all terms, the best first.

    A word in the title weighs eight times one in the body.
    """
    on_postgresql = connection.vendor == "postgresql"
    match = in_tsquery(looked_for) if on_postgresql else in_fts5(looked_for)
    allowed = _ALLOWED.format(kinds=", ".join(["%s"] * len(kinds)))
    best = (_POSTGRESQL if on_postgresql else _SQLITE).format(table=TABLE, index=INDEX, allowed=allowed)
    team_id = Team._meta.pk.get_db_prep_value(team.pk, connection)
    with connection.cursor() as cursor:
        cursor.execute(_CHOSEN.format(best=best, table=TABLE), [match, team_id, *kinds, limit, offset])
        return [Row(*found) for found in cursor.fetchall()]


def in_fts5(looked_for: Sequence[Term]) -> str:
    """Return terms in FTS5's language; a word holds letters and digits only, so quotes hold it safely.

    >>> in_fts5([Term("node", True), Term("or", False)])
    '"node"* AND "or"'
    """
    return " AND ".join(f'"{term.word}"{"*" if term.is_prefix else ""}' for term in looked_for)


def in_tsquery(looked_for: Sequence[Term]) -> str:
    """Return terms in PostgreSQL's language; a word holds letters and digits only, so quotes hold it safely.

    >>> in_tsquery([Term("node", True), Term("or", False)])
    "'node':* & 'or'"
    """
    return " & ".join(f"'{term.word}'{':*' if term.is_prefix else ''}" for term in looked_for)
