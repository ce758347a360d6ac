"""Probes that run: claimed once, written down, planned by any worker, whatever dies."""

import json
import threading
import time
from datetime import UTC, datetime

import pytest

from hortus.access.models import Team
from hortus.telemetry.probes import actions, running, schedule
from hortus.telemetry.probes.models import Probe, ProbeResult
from hortus.telemetry.probes.rules import shift
from hortus.telemetry.probes.schedule import Hands
from hortus.values.refused import Refused
from tests.place import Place, until  # type: ignore[import-not-found]
from tests.telemetry.probes import servers  # type: ignore[import-not-found]

SLOT = 1_780_000_000


def test_a_run_is_written_down(door: Probe) -> None:
    probe = running.claim(door.pk, SLOT)
    assert probe is not None
    result = running.run_claimed(probe, running.moment(SLOT))
    assert result is not None
    assert (result.ok, result.code, result.at) == (True, "ok", datetime.fromtimestamp(SLOT, UTC))
    assert result.value_seconds is not None
    assert Probe.objects.get().run is None


def test_a_slot_is_claimed_once_and_not_beside_a_running_one(door: Probe) -> None:
    first = running.claim(door.pk, SLOT)
    assert first is not None
    assert running.claim(door.pk, SLOT) is None
    assert running.claim(door.pk, SLOT + 60) is None, "the first still runs"
    with pytest.raises(Refused, match="under way"):
        running.run_now(door)
    assert running.run_claimed(first, running.moment(SLOT))
    assert running.claim(door.pk, SLOT) is None
    assert running.claim(door.pk, SLOT + 60) is not None


def test_a_dead_run_is_taken_over_and_cannot_write_any_more(door: Probe) -> None:
    dead = running.claim(door.pk, SLOT)
    assert dead is not None
    taken = running.claim(door.pk, SLOT + 60, [str(dead.run)])
    assert taken is not None
    assert running.run_claimed(dead, running.moment(SLOT)) is None
    assert running.run_claimed(taken, running.moment(SLOT + 60))
    assert ProbeResult.objects.count() == 1


def test_a_clock_set_back_does_not_stop_a_probe(door: Probe) -> None:
    ahead = running.claim(door.pk, SLOT + 86_400)
    assert ahead is not None
    running.run_claimed(ahead, running.moment(SLOT + 86_400))
    assert running.claim(door.pk, SLOT) is not None


def test_paused_and_removed_probes_are_not_claimed_but_a_paused_one_runs_by_hand(door: Probe) -> None:
    actions.pause(door, by=None, door="web")
    assert running.claim(door.pk, SLOT) is None
    assert not schedule.plan(SLOT, SLOT + 3600)
    assert running.run_now(door).ok
    actions.resume(door, by=None, door="web")
    claimed = running.claim(door.pk, SLOT)
    assert claimed is not None
    actions.remove(door, by=None, door="web")
    assert running.run_claimed(claimed, running.moment(SLOT)) is None


def test_the_plan_holds_each_active_probe_at_its_own_moment(door: Probe, team: Team) -> None:
    planned = schedule.plan(SLOT, SLOT + 120)
    assert [(run.slot - SLOT) % 60 for run in planned] == [(shift(door.pk.bytes, 60) - SLOT) % 60] * 2


def test_a_run_whose_moment_passed_is_left_out(door: Probe) -> None:
    schedule._run(schedule.Planned(SLOT, door.pk), time.monotonic() - 60, set())
    assert not ProbeResult.objects.exists()
    schedule._run(schedule.Planned(SLOT, door.pk), time.monotonic(), set())
    assert ProbeResult.objects.count() == 1


def test_hands_are_bounded_and_a_slow_one_delays_nobody() -> None:
    hands, guard, free = Hands(most=3), threading.Lock(), threading.Event()
    at_once, most, done = 0, 0, 0

    def work(is_slow: bool) -> None:
        nonlocal at_once, most, done
        with guard:
            at_once += 1
            most = max(most, at_once)
        if is_slow:
            free.wait(20)
        with guard:
            at_once -= 1
            done += 1

    hands.give(lambda: work(True))
    for _ in range(20):
        hands.give(lambda: work(False))
    until(lambda: done == 20, 10, "the quick ones do not wait for the slow one")
    free.set()
    until(lambda: done == 21, 10)
    assert most <= 3


def test_a_hand_that_fails_goes_on(caplog: pytest.LogCaptureFixture) -> None:
    hands, ran = Hands(most=1), threading.Event()
    hands.give(lambda: 1 // 0)  # type: ignore[arg-type, return-value]
    hands.give(ran.set)
    assert ran.wait(10)


ADD = """
from hortus.access.models import Team
from hortus.telemetry.probes import actions
from hortus.telemetry.probes.actions import Details
given = Details(sys.argv[1], parameters={"host": "127.0.0.1", "port": int(sys.argv[2])}, period_seconds=10)
actions.add(Team.objects.get(), sys.argv[3], given, by=None, door="cli")
"""
ROUND = """
from hortus.telemetry.probes import tasks
for _ in range(4):
    tasks.begin_round.enqueue()
"""


def test_two_workers_run_each_moment_once_and_a_hanging_server_delays_nobody(place: Place) -> None:
    place.with_team()
    place.env["HORTUS_FETCH_NETWORKS"] = "127.0.0.0/8"
    with servers.listening(servers.saying(b"SSH-2.0-x\r\n")) as port, servers.listening(servers.silent) as hanging:
        place.python(ADD, "Login", port, "ssh")
        place.python(ADD, "Hangs", hanging, "ssh")
        for _ in range(2):
            place.start("worker")
        place.python(ROUND)
        found = until(lambda: _results(place, 2), 75, "both were asked")
        done = place.run("probe", "run", "--all", "--json")
    states = {row["name"]: row["state"] for row in json.loads(done.stdout)}
    assert done.returncode == 1
    assert states["Login"] in {"good", "not run"}, "not run where a worker asks at this moment"
    assert states["Hangs"] in {"bad", "not run"}
    codes = {(name, code) for name, code, _ in found}
    assert codes <= {("Login", "ok"), ("Hangs", "too-slow")}
    moments = [(name, at) for name, _, at in found]
    assert len(moments) == len(set(moments)), "no moment ran twice"


def _results(place: Place, least: int) -> list[tuple[str, str, str]]:
    rows = place.rows("SELECT p.name, r.code, r.at FROM probes_proberesult r JOIN probes_probe p ON p.id = r.probe_id")
    return rows if len({name for name, *_ in rows}) >= least else []
