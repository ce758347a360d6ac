"""A clock that a test moves while real processes run: theirs on SQLite, the database's on PostgreSQL.

On SQLite the database has no clock of its own, so the process itself lives in shifted time; it reads the shift from a
file ten times a second. On PostgreSQL a schema before all others on the path has a clock_timestamp() of its own.
As a program: `python shifted_clock.py FILE ARGUMENTS…` runs `hortus ARGUMENTS` in time shifted by the file's seconds.
"""

import os
import subprocess
import sys
import threading
import time
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import quote

from tests.place import Place

_MAKE = """
CREATE SCHEMA shifted;
CREATE TABLE shifted.by (seconds double precision);
INSERT INTO shifted.by VALUES (0);
CREATE FUNCTION shifted.clock_timestamp() RETURNS timestamptz LANGUAGE sql VOLATILE AS
 'SELECT pg_catalog.clock_timestamp() + make_interval(secs => (SELECT seconds FROM shifted.by))';
"""


class ShiftedClock:
    """The clock by which a place lives. Make it when the place has its tables; start processes through it."""

    def __init__(self, place: Place) -> None:
        self.place = place
        self.file = place.scratch / "shift"
        self.file.write_text("0")
        if not place.is_sqlite:
            self._sql(_MAKE)
            path = quote("-c search_path=shifted,pg_catalog,public")
            place.env["HORTUS_DATABASE_URL"] = f"{place.database_url}?options={path}"

    def _sql(self, text: str) -> None:
        import psycopg

        with psycopg.connect(self.place.database_url, autocommit=True) as connection:
            connection.execute(text)

    def set(self, seconds: float) -> None:
        """Let the clock go on from `seconds` after the true time; below 0: before it."""
        draft = self.file.with_suffix(".new")
        draft.write_text(str(seconds))
        draft.replace(self.file)
        if self.place.is_sqlite:
            time.sleep(0.3)  # until every process has read it
        else:
            self._sql(f"UPDATE shifted.by SET seconds = {float(seconds)}")

    def start(self, *arguments: object) -> "subprocess.Popen[str]":
        """Start `hortus` in this time."""
        log = (self.place.scratch / f"log-{len(self.place.started)}.txt").open("w")
        process = subprocess.Popen(
            [sys.executable, __file__, str(self.file), *map(str, arguments)], env=self.env(), text=True,
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=log, cwd=self.place.scratch,
        )  # fmt: skip
        self.place.started.append(process)
        return process

    def python(self, code: str, *arguments: object) -> str:
        """Run Python with Django at this place in this time."""
        inside = f"from tests.faults.shifted_clock import begin; begin({str(self.file)!r})\n{code}"
        return self.place.python(inside, *arguments, PYTHONPATH=self.env()["PYTHONPATH"])

    def env(self) -> dict[str, str]:
        """Return the environment of a process that lives in this time."""
        known = {"SHIFT_ONLY_DATABASE": "" if self.place.is_sqlite else "1"}
        return self.place.env | known | with_tests(self.place.env)


def with_tests(env: Mapping[str, str]) -> dict[str, str]:
    """Return what an environment must say so that a process finds the tests."""
    known = [str(Path(__file__).parents[2]), env.get("PYTHONPATH", "")]
    return {"PYTHONPATH": os.pathsep.join(filter(None, known))}


def begin(file: str) -> None:
    """Let this process live in the time of the file, and follow it."""
    if os.environ.get("SHIFT_ONLY_DATABASE"):
        return
    import time_machine

    def follow() -> None:
        nonlocal shift
        while True:
            time.sleep(0.1)
            if (now := read()) != shift:
                clock.shift(now - shift)
                shift = now

    def read() -> float:
        return float(Path(file).read_text())

    def begin_following() -> None:
        threading.Thread(target=follow, daemon=True).start()

    clock = time_machine.travel(time.time() + (shift := read()), tick=True).start()
    begin_following()
    os.register_at_fork(after_in_child=begin_following)  # threads stay behind, and `hortus up` forks


if __name__ == "__main__":
    begin(sys.argv[1])
    from hortus.cli import main

    main(sys.argv[2:])
