"""Web-like readers and writers beside the worker: no write is lost to a lock. Bounded in count and time."""

import subprocess
import sys

from tests.place import Place, until

WRITER = """
import time
from django.db import transaction
from hortus.access.models import Team
mine = sys.argv[1]
for number in range(60):
    with transaction.atomic():
        list(Team.objects.all()[:5])  # a read first: without IMMEDIATE the write after it fails at once
        Team.objects.create(slug=f"{mine}-{number}", name="x")
    list(Team.objects.order_by("-started_at")[:20])
print("ok")
"""


def test_no_write_is_lost_to_a_lock(place: Place) -> None:
    place.ready()
    place.python("from hortus.ledger.tasks import sweep\\nfor _ in range(100): sweep.enqueue()".replace("\\n", "\n"))
    place.start("worker")
    command = [sys.executable, "-c", f"import django, sys; django.setup()\n{WRITER}"]
    writers = [
        subprocess.Popen([*command, f"w{n}"], env=place.env, text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        for n in range(6)
    ]
    told = [writer.communicate(timeout=120) for writer in writers]
    assert [out.strip() for out, _ in told] == ["ok"] * 6, [err for _, err in told]
    assert place.rows("SELECT count(*) FROM access_team WHERE slug LIKE 'w%'") == [(360,)]
    query = "SELECT count(*) FROM ledger_queuedtask WHERE state = 'done' AND path LIKE '%tasks.sweep'"
    until(lambda: place.rows(query) == [(100,)], 60, "the worker did all its tasks")
    assert "locked" not in place.log()


def test_sqlite_is_opened_as_it_was_measured_to_lose_nothing(place: Place) -> None:
    if not place.is_sqlite:
        told = place.ready().python("from django.conf import settings; print(settings.DATABASES['default'])")
        assert "'CONN_MAX_AGE': None" in told
        assert "'CONN_HEALTH_CHECKS': True" in told
        return
    told = place.ready().python(
        "from django.db import connection\n"
        "with connection.cursor() as c:\n"
        " for name in ('journal_mode', 'synchronous', 'busy_timeout', 'foreign_keys'):\n"
        "  c.execute(f'PRAGMA {name}'); print(c.fetchone()[0])\n"
        "print(connection.transaction_mode, connection.settings_dict['CONN_MAX_AGE'])"
    )
    assert told.split() == ["wal", "1", "20000", "1", "IMMEDIATE", "None"]
