"""Several at once, against a real database file or server: one truth remains, and nobody's text is lost."""

import json
import os
from pathlib import Path
from typing import Any

import pytest

from hortus.access.models import Person, Team
from hortus.ledger.models import Event
from hortus.processes.incidents import actions, moves
from hortus.values.refused import Refused
from tests.place import Place

ROOT = Path(__file__).resolve().parents[3]


@pytest.fixture
def played(place: Place) -> dict[str, Any]:
    """What came of every scene."""
    place.env["PYTHONPATH"] = os.pathsep.join(filter(None, [str(ROOT), os.environ.get("PYTHONPATH", "")]))
    place.with_team()
    code = "from tests.processes.incidents.scenes_at_once import main; main()"
    found: dict[str, Any] = json.loads(place.python(code).splitlines()[-1])
    return found


def test_what_several_do_in_the_same_moment_leaves_one_truth(played: dict[str, Any]) -> None:
    scene = played["resolve_twice_and_write"]
    first, second, third = scene.pop("saw")
    assert [first, second].count("resolve") == 1  # one transition
    polite = next(one for one in (first, second) if one != "resolve")
    assert "is resolved since" in polite
    assert "Your words are kept" in polite
    assert third == "written" or "Your words are kept" in third
    words = sorted(["Ada's last word.", "Bo's last word.", "What Cy writes meanwhile."])
    assert scene == {"state": "resolved", "words": words, "transitions": 1, "promises": 0, "is_told_again": True}
    assert played["press_resolve_twice"] == {"saw": ["done", "refused: wrong-state"]}
    assert played["one_key_many_times"] == {"saw": ["done", "written"], "updates": 1, "declared": 1}
    assert played["declare_many"]["numbers"] == played["declare_many"]["expected"]
    assert played["alerts_of_a_service"] == {"saw": ["done"], "incidents": 2, "links": [6, 6]}
    assert played["watch_many_times"] == {"saw": ["done"], "watch": 2}
    assert played["take_command_twice"] == {"saw": ["done", "done"], "leads": 1, "is_told_again": True}


@pytest.mark.django_db
def test_a_key_is_for_one_thing(team: Team, member: Person) -> None:
    incident = actions.declare(team, "It is down", by=member, door="api", client_key="k1")
    with pytest.raises(Refused) as refused:
        moves.contain(incident, by=member, door="api", client_key="k1")
    assert refused.value.code == "key-used"
    moves.contain(incident, by=member, door="api", client_key="k2")
    assert moves.contain(incident, by=member, door="api", client_key="k2").state == "contained"
    assert Event.objects.filter(verb="contained").count() == 1
