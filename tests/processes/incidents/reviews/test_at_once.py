"""Two at once, against a real database file or server: one truth remains, and nobody's words are lost."""

import json
import os
from pathlib import Path

from tests.place import Place

ROOT = Path(__file__).resolve().parents[4]


def test_what_two_do_in_the_same_moment_leaves_one_truth(place: Place) -> None:
    place.env["PYTHONPATH"] = os.pathsep.join(filter(None, [str(ROOT), os.environ.get("PYTHONPATH", "")]))
    place.with_team()
    code = "from tests.processes.incidents.reviews.scenes_at_once import main; main()"
    found = json.loads(place.python(code).splitlines()[-1])
    assert found["wrote"] == ["changed-meanwhile", "done", "done"]
    assert found["how"] in {"One.", "Two."}
    assert (found["hard"], found["versions"]) == ("Three.", 3)
    assert found["ended"] == ["done", "ended"]
    assert found["state"] in {"done", "dropped"}
    assert found["endings"] == 1
    assert found["entered"] == [0, 3]
    assert (found["wanted"], found["of_old"]) == (["done"], 1)
    assert found["linked"] == ["False", "False", "False", "True"]
    assert (found["links"], found["unlinked"]) == (1, ["done", "not-linked", "not-linked"])
    assert found["told"] == 2
    assert found["numbers"] == [1, 2, 3, 4]
