"""The security record: nothing is changed in secret, and many writers make one chain."""

import os
import shutil
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from django.db import DatabaseError, connection, transaction

from hortus.access.append_only import lay, lift
from hortus.access.models import ChainHead, Person, SecurityEvent
from hortus.access.security import Verb, note, verify_chain
from tests.place import model  # type: ignore[import-not-found]

TABLE = "access_securityevent"


def write(count: int) -> None:
    for n in range(count):
        note(Verb.SIGNED_IN, n=n)


def tamper(statement: str) -> None:
    """Do what only the owner of the database can: lift the seal, change a row, lay it again."""
    with connection.schema_editor(atomic=False) as editor, connection.cursor() as cursor:
        lift(editor, TABLE)
        cursor.execute(statement)
        lay(editor, TABLE)


def test_an_untouched_chain_holds(db: None, member: Person) -> None:
    assert verify_chain() is None
    write(3)
    note(Verb.NAME_CHANGED, person=member, by=member, after="Mïra ✿\x00")
    assert verify_chain() is None


@pytest.mark.parametrize("statement", [f"UPDATE {TABLE} SET verb = 'x'", f"DELETE FROM {TABLE}"])
def test_the_database_refuses_to_rewrite_it(db: None, statement: str) -> None:
    write(1)
    refused = pytest.raises(DatabaseError, match="never changed or removed")
    with refused, transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement)
    assert verify_chain() is None


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(
    ("statement", "place"),
    [
        ("UPDATE {t} SET verb = 'x' WHERE id = {second}", "second"),
        ("UPDATE {t} SET address = '203.0.113.1' WHERE id = {second}", "second"),
        ("DELETE FROM {t} WHERE id = {second}", "third"),
        ("DELETE FROM {t} WHERE id = {third}", None),
    ],
)
def test_what_the_owner_of_the_database_changed_shows(statement: str, place: str | None) -> None:
    write(3)
    _, second, third = SecurityEvent.objects.order_by("id").values_list("id", flat=True)
    tamper(statement.format(t=TABLE, second=second, third=third))
    assert verify_chain() == {"second": second, "third": third, None: 0}[place]


WRITER = """
import django; django.setup()
from hortus.access.security import Verb, note
for n in range(10): note(Verb.SIGNED_IN, n=n)
"""
READER = """
import django; django.setup()
from hortus.access.models import SecurityEvent
from hortus.access.security import verify_chain
print(SecurityEvent.objects.count(), verify_chain())
"""


@pytest.mark.slow
def test_many_processes_make_one_chain_in_a_file(tmp_path: Path) -> None:
    """SQLite, as it is used: a file and several processes (the tests' own database is in memory)."""
    folder = shutil.copytree(model("ready").folder, tmp_path / "garden")
    env = {name: value for name, value in os.environ.items() if not name.startswith("HORTUS_")}
    env |= {"HORTUS_DATA_DIR": str(folder), "DJANGO_SETTINGS_MODULE": "hortus.config.settings"}
    writers = [subprocess.Popen([sys.executable, "-c", WRITER], env=env) for _ in range(4)]
    assert [writer.wait(120) for writer in writers] == [0] * 4
    told = subprocess.run([sys.executable, "-c", READER], env=env, check=True, capture_output=True, text=True)
    assert told.stdout.split() == ["40", "None"]


@pytest.mark.django_db(transaction=True)
def test_many_connections_make_one_chain() -> None:
    if connection.vendor == "sqlite":
        pytest.skip("the tests' SQLite is in memory and shared; the processes of the test above stand for this one")

    def work(_: int) -> None:
        try:
            write(10)
        finally:
            connection.close()

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(work, range(8)))
    assert SecurityEvent.objects.count() == 80
    assert verify_chain() is None
    assert ChainHead.objects.count() == 1


def test_an_event_goes_with_its_transaction(db: None) -> None:
    with transaction.atomic():
        write(2)
        transaction.set_rollback(True)
    assert not SecurityEvent.objects.exists()
    write(1)
    assert verify_chain() is None


@pytest.mark.parametrize("name", ["password", "new_password", "secret", "code", "token_digest", "api_key"])
def test_a_fact_that_sounds_like_a_secret_is_refused(db: None, name: str) -> None:
    with pytest.raises(ValueError, match="looks like a secret"):
        note(Verb.SIGNED_IN, **{name: "x"})


def test_every_verb_fits_its_column() -> None:
    longest = SecurityEvent._meta.get_field("verb").max_length
    assert longest
    assert all(len(verb) <= longest for verb in Verb)
