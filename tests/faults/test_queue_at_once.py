"""The queue and the calendar asked by many threads at the same moment, on a real database."""

from tests.place import Place

TOGETHER = """
import threading
from django.db import connections
from hortus.ledger.tasks import sweep
found, gate = [], threading.Barrier(8)
def ask():
    gate.wait(30)
    found.append(once())
    connections.close_all()
threads = [threading.Thread(target=ask) for _ in range(8)]
for thread in threads: thread.start()
for thread in threads: thread.join(60)
"""


def test_one_key_makes_one_task_for_all_who_ask_at_once(place: Place) -> None:
    told = place.ready().python(
        "from hortus.ledger.queue import enqueue\n"
        "def once(): return enqueue(sweep, unique_key='k').id" + TOGETHER + "print(len(found), len(set(found)))"
    )
    assert told.split() == ["8", "1"]
    assert place.rows("SELECT count(*) FROM ledger_queuedtask") == [(1,)]


def test_a_due_moment_is_served_once_by_all_who_tick_at_once(place: Place) -> None:
    told = place.ready().python(
        "from datetime import datetime, timedelta, UTC\n"
        "from hortus.ledger.queue_periodic import Calendar\n"
        "now = datetime(2026, 11, 22, 12, tzinfo=UTC)\n"
        "def once(): return Calendar().tick(now)" + TOGETHER +
        "found.clear(); now += timedelta(days=1); gate.reset()\n"
        "threads = [threading.Thread(target=ask) for _ in range(8)]\n"
        "for thread in threads: thread.start()\n"
        "for thread in threads: thread.join(60)\n"
        "print(len(found), sum(names.count('ledger.sweep') for names in found))"
    )  # fmt: skip
    assert told.split() == ["8", "1"]
    assert place.rows("SELECT count(*) FROM ledger_queuedtask WHERE path LIKE '%ledger.tasks.sweep'") == [(1,)]
