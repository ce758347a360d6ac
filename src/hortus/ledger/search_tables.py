"""Lays the full-text index beside the table of entries, as a migration operation: FTS5 or tsvector with GIN.

The database keeps the index by itself (triggers on SQLite, a generated column on PostgreSQL), so that no writer can
forget it.
"""

from typing import Any

from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor

TABLE = "ledger_searchentry"
INDEX = "ledger_searchentry_fts"

_NEW = f"INSERT INTO {INDEX}(rowid, title_words, body_words) VALUES (new.id, new.title_words, new.body_words);"  # noqa: S608
_OLD = (
    f"INSERT INTO {INDEX}({INDEX}, rowid, title_words, body_words) "  # noqa: S608 -- names of our own
    "VALUES ('delete', old.id, old.title_words, old.body_words);"
)
_SQLITE = (
    f"CREATE VIRTUAL TABLE {INDEX} USING fts5(title_words, body_words, content='{TABLE}', content_rowid='id', "
    "tokenize='unicode61 remove_diacritics 0', prefix='3')",
    f"CREATE TRIGGER {INDEX}_insert AFTER INSERT ON {TABLE} BEGIN {_NEW} END",
    f"CREATE TRIGGER {INDEX}_delete AFTER DELETE ON {TABLE} BEGIN {_OLD} END",
    f"CREATE TRIGGER {INDEX}_update AFTER UPDATE ON {TABLE} BEGIN {_OLD} {_NEW} END",
    f"INSERT INTO {INDEX}({INDEX}) VALUES ('rebuild')",  # noqa: S608
)
_POSTGRESQL = (
    f"ALTER TABLE {TABLE} ADD COLUMN fts tsvector GENERATED ALWAYS AS ("
    "setweight(to_tsvector('simple', title_words), 'A') || setweight(to_tsvector('simple', body_words), 'D')) STORED",
    f"CREATE INDEX {INDEX} ON {TABLE} USING GIN (fts) WITH (fastupdate = off)",
)


def lay(editor: BaseDatabaseSchemaEditor) -> None:
    """Create the index for what the table holds now and will hold."""
    for statement in _POSTGRESQL if editor.connection.vendor == "postgresql" else _SQLITE:
        editor.execute(statement, params=None)


def lift(editor: BaseDatabaseSchemaEditor) -> None:
    """Drop what `lay` created."""
    if editor.connection.vendor == "postgresql":
        editor.execute(f"ALTER TABLE {TABLE} DROP COLUMN IF EXISTS fts")
        return
    for verb in ("insert", "delete", "update"):
        editor.execute(f"DROP TRIGGER IF EXISTS {INDEX}_{verb}")
    editor.execute(f"DROP TABLE IF EXISTS {INDEX}")


def full_text_index() -> migrations.RunPython:
    """Return the migration operation that lays the index."""

    def forward(_apps: Any, editor: BaseDatabaseSchemaEditor) -> None:
        lay(editor)

    def backward(_apps: Any, editor: BaseDatabaseSchemaEditor) -> None:
        lift(editor)

    return migrations.RunPython(forward, backward)
