"""The intake of a real `hortus up`: fifty requests at once, five thousand alerts in one, a database that is full."""

import http.client
import json
import resource
import threading
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import urlsplit

import psutil

from tests.place import Place, server, tree, until  # type: ignore[import-not-found]
from tests.telemetry.alerts.conftest import alert, notice  # type: ignore[import-not-found]

FORGET = """
from hortus.ledger.queue import enqueue
from hortus.telemetry.alerts import models, tasks
models.AlertSource.objects.update(repeat_interval_seconds=1)
models.Episode.objects.filter(title="Full on n1").update(seen_at="2026-01-01T00:00:00Z")
enqueue(tasks.fall_silent)
"""
ADD = """
import json
from hortus.access.models import Team
from hortus.telemetry.alerts import actions
for sort in sys.argv[1:]:
    made, token = actions.add_source(Team.objects.get(), actions.Details(sort, sort), by=None, door="cli")
    print(json.dumps([str(made.pk), token]))
"""


class Address:
    """The intake address of a source at a running Hortus."""

    def __init__(self, url: str, source: str, token: str) -> None:
        self.host, self.port = urlsplit(url).hostname, urlsplit(url).port
        self.path, self.token = f"/alerts/in/{source}", token
        self.url = f"http://{self.host}:{self.port}{self.path}"

    def post(self, body: object, chunked: bool = False) -> tuple[int, dict[str, Any]]:
        """Post a body, JSON where it is no bytes; return status and answer."""
        data = body if isinstance(body, bytes) else json.dumps(body).encode()
        connection = http.client.HTTPConnection(str(self.host), self.port, timeout=60)
        headers = {"Authorization": f"Bearer {self.token}", "Content-Type": "application/json"}
        try:
            if chunked:
                pieces = (data[at : at + 1000] for at in range(0, len(data), 1000))
                connection.request("POST", self.path, pieces, headers, encode_chunked=True)
            else:
                connection.request("POST", self.path, data, headers)
            answer = connection.getresponse()
            return answer.status, json.loads(answer.read())
        finally:
            connection.close()


def address_at(place: Place, ready: dict[str, Any], sort: str = "alertmanager") -> Address:
    """Add a source to the only team of a place and return its address."""
    return Address(ready["url"], *json.loads(place.python(ADD, sort)))


def episodes(place: Place) -> list[tuple[Any, ...]]:
    """Return title, life and how often each episode was heard of."""
    return place.rows("SELECT title, life, seen_count FROM alerts_episode ORDER BY title")


def together(count: int, do: Callable[[int], Any]) -> list[Any]:
    """Do something in so many threads that begin at once, and return what each returned."""
    barrier, found = threading.Barrier(count), list[Any]()

    def one(number: int) -> None:
        barrier.wait()
        found.append(do(number))

    threads = [threading.Thread(target=one, args=(number,)) for number in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return found


def test_many_at_once_many_in_one_and_no_room(place: Place) -> None:
    """One `hortus up` for all: it takes seconds to start."""
    process, ready = place.with_team().up()
    address = address_at(place, ready)

    # The same notice fifty times at once.
    answers = together(50, lambda _: address.post(notice(alert("Same"))))
    assert {status for status, _ in answers} == {200}
    assert sum(answer["opened"] for _, answer in answers) == 1
    assert episodes(place) == [("Same on n1", "firing", 50)]

    # In chunks, without a length.
    status, answer = address.post(notice(alert("Same")), chunked=True)
    assert (status, answer["alerts"]) == (200, 1)

    # Five thousand alerts in one body of twelve megabytes.
    many = [alert(f"Many{n:04}", annotations={"text": "x" * 2200}, fingerprint=f"{n:016x}") for n in range(5000)]
    body = json.dumps(notice(*many)).encode()
    assert len(body) > 12_000_000
    status, answer = address.post(body)
    assert (status, answer["opened"]) == (200, 5000)
    ended = json.dumps(notice(*[one | {"status": "resolved"} for one in many])).encode()
    assert address.post(ended)[1]["ended"] == 5000

    # No room on the disk, and then again.
    before = notices(place)
    with _no_room(place, process):
        status, answer = address.post(notice(alert("Full")))
        assert (status, answer["code"]) == (503, "not-stored")
    assert notices(place) == before
    status, answer = until(lambda: (found := address.post(notice(alert("Full"))))[0] == 200 and found)
    assert answer["opened"] == 1
    assert notices(place) == before + 1

    # No word of it any more: the worker finds its sender silent.
    place.python(FORGET)
    until(lambda: ("Full on n1", "silent", 1) in episodes(place), 60)

    # A command that sends what it had spooled, once though it is sent twice.
    command = address_at(place, ready, "command")
    told = {"form": "hortus-alert/1", "id": str(uuid.uuid4()), "type": "PROBLEM", "host": "n1", "state": "DOWN"}
    assert [command.post(told)[1]["repeat"] for _ in range(2)] == [False, True]
    done = place.run(
        "alert", "send", "--type", "RECOVERY", "--host", "n1", ALERT_INTAKE_URL=command.url,
        ALERT_INTAKE_TOKEN=command.token, ALERT_INTAKE_SPOOL=str(place.scratch / "spool"),
    )  # fmt: skip
    assert done.stdout == "delivered.\n", done.stderr
    assert ("n1 is DOWN", "resolved", 2) in episodes(place)


def notices(place: Place) -> int:
    """Return how many notices are stored."""
    return int(place.rows("SELECT count(*) FROM alerts_notice")[0][0])


@contextmanager
def _no_room(place: Place, process: Any) -> Iterator[None]:
    """Leave the database no room to write: no file may grow for SQLite, read-only for PostgreSQL."""
    if place.is_sqlite:
        _limit(process, 0)
        try:
            yield
        finally:
            _limit(process, resource.RLIM_INFINITY)
        return
    name = place.database
    others = f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{name}'"
    with server() as connection:
        connection.execute(f'ALTER DATABASE "{name}" SET default_transaction_read_only = on')
        connection.execute(others)
        try:
            yield
        finally:
            connection.execute(f'ALTER DATABASE "{name}" RESET default_transaction_read_only')
            connection.execute(others)


def _limit(process: Any, size: int) -> None:
    for one in tree(process):
        psutil.Process(one.pid).rlimit(psutil.RLIMIT_FSIZE, (size, resource.RLIM_INFINITY))
