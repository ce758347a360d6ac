"""Restoring last night's backup sends no old mail: what was due then is held until somebody decides."""

import json

import pytest

from tests.outbox_servers import PostOffice, post_office  # noqa: F401 -- a fixture
from tests.place import Place, until

SAY = """
from django.db import transaction
from hortus.access.models import Person, Team
from hortus.ledger.outbox import topics
from hortus.ledger.outbox.actions import tell
from hortus.ledger.outbox.recipients import Recipient
from hortus.ledger.refs import Ref
topics.register(topics.Topic("test-news", "x", to_teams=False))
team = Team.objects.get()
with transaction.atomic():
    tell(team, "test-news", Ref("team", "1", "x"), subject=sys.argv[1], body="x", thread="incident:1",
         to=[Recipient.person(Person.objects.get())])
"""
# The worker must know the topic, too.
TOPIC = """
from django_tasks import task
from hortus.ledger.outbox import topics
topics.register(topics.Topic("test-news", "x", to_teams=False))
"""


@pytest.fixture
def garden(place: Place, post_office: PostOffice) -> Place:  # noqa: F811
    place.env["HORTUS_EMAIL_URL"] = post_office.url
    return place.with_team()


def _subjects(office: PostOffice) -> list[str]:
    return sorted(str(mail.message["Subject"]).split("] ")[-1] for mail in office.accepted())


def _drain(garden: Place) -> None:
    garden.python(f"{TOPIC}\nfrom hortus.ledger.queue_worker import drain; drain()")


def test_old_mail_waits_for_a_word(garden: Place, post_office: PostOffice) -> None:  # noqa: F811
    garden.python(SAY, "Last night")
    garden.python(SAY, "Last night, too")
    file = garden.scratch / "night.hortus"
    garden.json("backup", file)
    _drain(garden)
    assert _subjects(post_office) == ["Last night", "Last night, too"]
    garden.json("restore", file, "--force")
    garden.python(SAY, "This morning")
    _drain(garden)
    assert _subjects(post_office) == ["Last night", "Last night, too", "This morning"]
    listed = garden.run("outbox", "list", "--state", "held", "--json")
    assert listed.returncode == 1
    held = json.loads(listed.stdout)["deliveries"]
    assert {(one["subject"], one["may_repeat"]) for one in held} == {("Last night", True), ("Last night, too", True)}
    assert "came back with a backup" in held[0]["reason"]
    doctor = json.loads(garden.run("doctor", "--json").stdout)["findings"]
    assert [one["state"] for one in doctor if one["check"] == "messages held"] == ["trouble"]
    first, second = sorted(held, key=lambda one: one["id"])
    assert garden.json("outbox", "release", first["id"])["release"] == 1
    assert garden.json("outbox", "drop", "--all")["drop"] == 1
    _drain(garden)
    assert _subjects(post_office) == ["Last night", "Last night", "Last night, too", "This morning"]
    repeated = [mail for mail in post_office.accepted() if mail.message["Subject"].endswith("Last night")]
    assert repeated[0].id == repeated[1].id
    assert garden.run("outbox", "list").returncode == 0
    refused = garden.run("outbox", "retry", second["id"])
    assert refused.returncode == 2
    assert "is dropped; only one that is dead can be chosen" in refused.stderr


def test_a_backup_from_before_there_were_messages(garden: Place) -> None:
    """The mark finds no table of messages, and nothing to hold."""
    if not garden.is_sqlite:
        told = garden.python(
            "from django.db import connection\nfrom hortus.config.restore_mark import sql_for_postgresql\n"
            "with connection.cursor() as c:\n c.execute('DROP TABLE outbox_delivery CASCADE')\n"
            " c.execute(sql_for_postgresql()); print('well')"
        )
        assert told.strip() == "well"
        return
    told = garden.python(
        "from pathlib import Path\nfrom hortus.config.restore_mark import hold_in_file\n"
        "print(hold_in_file(Path('old.sqlite3')))"
    )
    assert told.strip() == "0"


def test_a_worker_that_dies_is_missed(garden: Place) -> None:
    worker = garden.start("worker")
    until(lambda: garden.rows("SELECT count(*) FROM ledger_queueworker") == [(1,)], why="it lives")
    worker.kill()
    worker.wait(10)
    told = garden.python(
        "from datetime import timedelta\nfrom hortus.ledger import clock\nfrom hortus.ledger.outbox import auditing\n"
        "print(auditing.silent_since(clock.now()), auditing.silent_since(clock.now() + timedelta(minutes=3)))"
    )
    assert told.split()[0] == "None"
    assert len(told.split()) == 3
