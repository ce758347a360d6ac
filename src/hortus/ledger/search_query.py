"""The one query of the search, in the language of each database. What may be read is part of it."""

from collections.abc import Sequence

from django.db import connection

from hortus.access.models import Team
from hortus.ledger.search_models import SearchEntry
from hortus.ledger.search_tables import INDEX, TABLE
from hortus.ledger.search_words import Term

# Words in the title weigh eight times those in the body.
_SQLITE = (
    f"SELECT e.id FROM {INDEX} JOIN {TABLE} e ON e.id = {INDEX}.rowid "  # noqa: S608 -- names of our own
    f"WHERE {INDEX} MATCH %s AND e.team_id = %s AND e.kind IN (%s) "
    f"ORDER BY bm25({INDEX}, 8.0, 1.0), e.title, e.id LIMIT %s OFFSET %s"
)
_POSTGRESQL = (
    f"SELECT e.id FROM {TABLE} e, to_tsquery('simple', %s) q "  # noqa: S608 -- names of our own
    "WHERE e.fts @@ q AND e.team_id = %s AND e.kind IN (%s) "
    "ORDER BY ts_rank('{0.125, 0.25, 0.5, 1}', e.fts, q) DESC, e.title, e.id LIMIT %s OFFSET %s"
)


def matching(
    team: Team, kinds: Sequence[str], looked_for: Sequence[Term], limit: int, offset: int
) -> list[SearchEntry]:
    """Return the entries of a team that are guarded by one of these kinds and hold all terms, the best first."""
    on_postgresql = connection.vendor == "postgresql"
    match = in_tsquery(looked_for) if on_postgresql else in_fts5(looked_for)
    statement = (_POSTGRESQL if on_postgresql else _SQLITE).replace("IN (%s)", f"IN ({', '.join(['%s'] * len(kinds))})")
    with connection.cursor() as cursor:
        team_id = Team._meta.pk.get_db_prep_value(team.pk, connection)
        cursor.execute(statement, [match, team_id, *kinds, limit, offset])
        ids = [row[0] for row in cursor.fetchall()]
    found = SearchEntry.objects.filter(team=team, kind__in=kinds).defer("title_words", "body_words").in_bulk(ids)
    return [found[pk] for pk in ids if pk in found]  # one may be gone since


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
