"""kill -9 of web and worker at random moments under incident updates: no committed update is lost for anybody.

`make faults` runs it long: 200 kill points over 10,000 updates.
"""

import random
import re
from collections import defaultdict
from email.message import EmailMessage

import pytest

from tests.faults.kill_garden import MARK, OBSERVERS, Garden
from tests.outbox_servers import PostOffice, post_office  # noqa: F401 -- a fixture
from tests.place import Place

_MARKS = re.compile(r"\[(update-\d{6})\]")
FLAGGED = """
SELECT m.body FROM outbox_delivery d JOIN outbox_message m ON m.id = d.message_id
WHERE d.may_repeat AND m.topic = 'incident-update'
"""
LOST_TASKS = "SELECT count(*) FROM ledger_queuedtask WHERE queue = 'outbox' AND state IN ('dead', 'expired')"


def _told(office: PostOffice) -> dict[str, list[str]]:
    """Return the marks that each recipient was told and that the server took, in their order, repeats too."""
    told: dict[str, list[str]] = defaultdict(list)
    for mail in office.accepted():
        told[mail.to[0].partition("@")[0]] += _MARKS.findall(mail.text)
    return told


@pytest.mark.slow
@pytest.mark.timeout(14_400)
def test_no_committed_update_is_lost(
    place: Place, post_office: PostOffice, request: pytest.FixtureRequest  # noqa: F811
) -> None:  # fmt: skip
    kill_points, updates = request.config.getoption("--kill-points"), request.config.getoption("--updates")
    seed = request.config.getoption("--kill-seed")
    mischief, is_calm = random.Random(seed), False

    def answer(_message: EmailMessage) -> str:
        garden.aim.hold()
        if is_calm or mischief.random() > 0.004:
            return ""
        return mischief.choice(["reset", "451 4.3.0 try later"])

    garden = Garden(place, post_office)
    post_office.rcpt = lambda address: "550 5.1.1 nobody of that name" if address.startswith("refused") else ""
    post_office.data = answer
    posters = garden.posters(updates)
    garden.storm(posters, kill_points, seed)
    is_calm = True
    garden.settle(60 + updates / 5)

    marks = {MARK.format(number) for number in range(updates)}
    assert sum(len(one.acknowledged) for one in posters) == updates
    committed = [row[0] for row in place.rows("SELECT trying FROM incidents_update")]
    assert sorted(committed) == sorted(f"[{mark}]" for mark in marks), "each once, however often it was posted"
    told = _told(post_office)
    for name in OBSERVERS[:2]:
        assert marks - set(told[name]) == set(), f"{name} was not told these"
    dead = [row[0] for row in place.rows(
        "SELECT m.body FROM outbox_delivery d JOIN outbox_message m ON m.id = d.message_id WHERE d.state = 'dead'"
    )]  # fmt: skip
    assert set(_MARKS.findall("\n".join(dead))) == marks, "what was refused is dead and visible"
    assert "refused" not in told
    _repeats_are_flagged(place, told)
    _order_is_kept(posters, told)
    assert place.rows(LOST_TASKS) == [(0,)]
    print(f"\n{sum(garden.kills.values())} kills ({garden.kills}), {updates} updates committed, each told to "
          f"{len(OBSERVERS)} observers, {len(post_office.accepted())} mails taken, "
          f"{sum(len(one) - len(set(one)) for one in told.values())} texts told twice and flagged, "
          f"{sum(one.repeats for one in posters)} requests repeated")  # fmt: skip


def _repeats_are_flagged(place: Place, told: dict[str, list[str]]) -> None:
    flagged = set(_MARKS.findall("\n".join(row[0] for row in place.rows(FLAGGED))))
    for marks in told.values():
        twice = {mark for mark in marks if marks.count(mark) > 1} if len(marks) != len(set(marks)) else set()
        assert twice <= flagged


def _order_is_kept(posters: "list[object]", told: dict[str, list[str]]) -> None:
    """Check that each observer heard the updates of one incident in the order in which they were posted."""
    for marks in told.values():
        first = list(dict.fromkeys(marks))
        for poster in posters:
            mine = {MARK.format(number) for number in poster.numbers}  # type: ignore[attr-defined]
            heard = [mark for mark in first if mark in mine]
            assert heard == sorted(heard)
