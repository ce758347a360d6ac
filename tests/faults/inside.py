"""A Python process at a place that does one piece of work after the other, so that Django is loaded once for all.

As a program: `python inside.py [FILE]` reads a JSON text a line, runs it as Python, and writes what it left in `answer`
as a line of JSON. FILE: a clock shifted as shifted_clock.py says.
"""

import json
import subprocess
import sys
from typing import Any

from tests.faults.shifted_clock import ShiftedClock, with_tests
from tests.place import Place


class Inside:
    """Runs Python with Django at a place, in the time of a clock where one is given; names stay from piece to piece."""

    def __init__(self, place: Place, clock: ShiftedClock | None = None) -> None:
        file = (str(clock.file),) if clock else ()
        env = clock.env() if clock else place.env | with_tests(place.env)
        log = (place.scratch / f"log-{len(place.started)}.txt").open("w")
        self.place = place
        self.process = subprocess.Popen(
            [sys.executable, __file__, *file], env=env, text=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            stderr=log, cwd=place.scratch,
        )  # fmt: skip
        place.started.append(self.process)

    def do(self, code: str, **given: Any) -> Any:
        """Run code that knows what is given by its name; return what it leaves in `answer`, None for nothing."""
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.write(json.dumps([code, given]) + "\n")
        self.process.stdin.flush()
        line = self.process.stdout.readline()
        assert line, f"the process ended: {self.place.log()}"
        return json.loads(line)


def _serve() -> None:
    names: dict[str, Any] = {}
    for line in sys.stdin:
        code, given = json.loads(line)
        names |= given | {"answer": None}
        exec(compile(code, "<piece>", "exec"), names)
        print(json.dumps(names["answer"], default=str), flush=True)


if __name__ == "__main__":
    if sys.argv[1:]:
        from tests.faults.shifted_clock import begin

        begin(sys.argv[1])
    import django

    django.setup()
    _serve()
