"""The restore mark: messages that were still due in a backup are held when it is put back, until a person decides.

They may have been sent after the backup was made. It is laid on the tables before anybody can work on them: into the
SQLite file before the folders are exchanged, into the same transaction on PostgreSQL.
"""

import sqlite3
from contextlib import closing
from pathlib import Path

REASON = "It came back with a backup; it may have been sent already."
# Old tables may lack the newer columns, so only those of the first version are named; every word here is ours.
STATEMENT = (
    "UPDATE outbox_delivery SET state = 'held', may_repeat = {true}, begun_at = NULL, "  # noqa: S608
    f"reason = '{REASON}' WHERE state = 'due'"
)
_POSTGRESQL = (
    f"DO $$ BEGIN IF to_regclass('outbox_delivery') IS NOT NULL THEN {STATEMENT.format(true='true')}; END IF; END $$;\n"
)


def hold_in_file(database: Path) -> int:
    """Hold what is due in a SQLite file that nobody has opened; return how many deliveries."""
    with closing(sqlite3.connect(database)) as held, held:
        has = held.execute("SELECT count(*) FROM sqlite_master WHERE name = 'outbox_delivery'").fetchone()[0]
        return held.execute(STATEMENT.format(true="1")).rowcount if has else 0


def sql_for_postgresql() -> str:
    """Return the statement that holds what is due, for the transaction that puts the tables back."""
    return _POSTGRESQL
