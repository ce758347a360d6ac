"""Triggers that make a table append-only on SQLite and PostgreSQL, as a migration operation."""

from typing import Any

from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor

_PG_FUNCTION = """
CREATE OR REPLACE FUNCTION hortus_append_only() RETURNS trigger AS $$
BEGIN RAISE EXCEPTION 'rows of % are never changed or removed', TG_TABLE_NAME; END $$ LANGUAGE plpgsql
"""


def lay(editor: BaseDatabaseSchemaEditor, table: str) -> None:
    """Create the triggers on a table that refuse UPDATE and DELETE."""
    if editor.connection.vendor == "postgresql":
        editor.execute(_PG_FUNCTION, params=None)
        editor.execute(
            f"CREATE TRIGGER {table}_append_only BEFORE UPDATE OR DELETE ON {table} "
            "FOR EACH ROW EXECUTE FUNCTION hortus_append_only()"
        )
        return
    for verb in ("UPDATE", "DELETE"):
        editor.execute(
            f"CREATE TRIGGER {table}_no_{verb.lower()} BEFORE {verb} ON {table} "
            f"BEGIN SELECT RAISE(ABORT, 'rows of {table} are never changed or removed'); END"
        )


def lift(editor: BaseDatabaseSchemaEditor, table: str) -> None:
    """Drop the triggers of `lay`."""
    if editor.connection.vendor == "postgresql":
        editor.execute(f"DROP TRIGGER IF EXISTS {table}_append_only ON {table}")
        return
    for verb in ("update", "delete"):
        editor.execute(f"DROP TRIGGER IF EXISTS {table}_no_{verb}")


def append_only(table: str) -> migrations.RunPython:
    """Return the migration operation that makes a table append-only."""

    def forward(_apps: Any, editor: BaseDatabaseSchemaEditor) -> None:
        lay(editor, table)

    def backward(_apps: Any, editor: BaseDatabaseSchemaEditor) -> None:
        lift(editor, table)

    return migrations.RunPython(forward, backward)
