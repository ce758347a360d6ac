"""`hortus import`, run as a person runs it: a process, a database of its own, exit codes, JSON and text."""

import gzip
import json
from pathlib import Path

import pytest

from tests.place import Place
from tests.telemetry.slurm import NODES, Slurm, slurm, wait_for  # noqa: F401 -- a fixture

HEAD = "JobIDRaw|JobID|User|Account|Partition|Submit|Eligible|Start|End|State|AllocCPUS|JobName"
DAY = "2026-10-05"
ROW = f"{{n}}|{{n}}|ada|physics|short|{DAY}T10:00:00|{DAY}T10:00:00|{DAY}T10:01:00|{DAY}T11:00:00|COMPLETED|1|a"
GOOD = "\n".join([HEAD, *(ROW.format(n=n) for n in range(1, 4)), ""])
EVENTS = "Cluster|NodeName|TimeStart|TimeEnd|State|Reason|User\nalder|n1|2026-10-05T10:00:00|Unknown|DOWN|x|root(0)\n"
FIRST = ["read", "new", "known", "rejected", "reasons", "first", "last"]


def test_prints_findings_as_a_table_and_as_json(place: Place) -> None:
    place.with_team()
    file = place.scratch / "jobs.gz"
    file.write_bytes(gzip.compress(f"{GOOD}9|9|too short\n".encode()))
    done = place.run("import", "slurm", file, "--cluster", "alder", "--zone", "Europe/Paris")
    assert done.returncode == 0, done.stderr
    assert "times read in Europe/Paris" in done.stdout
    assert "line 5" in done.stdout
    again = json.loads(place.run("import", "slurm", "-", "--zone", "Europe/Paris", "--json", text=GOOD).stdout)
    assert list(again)[:7] == FIRST
    assert (again["read"], again["known"], again["cluster"]) == (3, 3, "alder")
    assert place.run("import", "slurm", "-", "--strict", text=f"{GOOD}9|9|short\n").returncode == 1
    assert place.run("import", "slurm", "-", text=f"{HEAD}\n1|1|too short\n").returncode == 1
    events = place.run("import", "nodes", "-", "--nodes", "4", "--json", text=EVENTS)
    assert (events.returncode, json.loads(events.stdout)["new"]) == (0, 1)
    assert place.rows("SELECT node_count FROM telemetry_cluster") == [(4,)]


# Runs `hortus` with each list of arguments and input, one after the other in one process: each start takes seconds.
EACH = """
import json
from click.testing import CliRunner
from hortus.cli import main
for arguments, text in json.load(sys.stdin):
    done = CliRunner().invoke(main, arguments, input=text)
    print(json.dumps([done.exit_code, done.stdout, done.stderr, repr(done.exception)]))
"""


def each(place: Place, runs: list[tuple[list[str], str]]) -> list[tuple[int, str, str]]:
    """Return exit code, output and errors of each run; fail where one ended by anything but its exit code."""
    told = [json.loads(line) for line in place.python(EACH, text=json.dumps(runs)).splitlines()]
    assert len(told) == len(runs)
    for (arguments, _), (*_, ended) in zip(runs, told, strict=True):
        assert ended == "None" or ended.startswith("SystemExit("), (arguments, ended)
    return [(code, out, errors) for code, out, errors, _ in told]


def test_bad_input_is_one_sentence_and_exit_code_2(place: Place) -> None:
    assert "no team" in place.ready().run("import", "slurm", "-", text=GOOD).stderr
    place.with_team()
    wrong = [
        ["slurm"], ["slurm", "none.txt"], ["slurm", "-", "--live"], ["swf", str(place.scratch)], ["slurm", "-"],
        ["slurm", "-", "--team", "nobody"], ["slurm", "-", "--cluster", "../x"], ["cobalt", "-"],
        ["slurm", "-", "--cluster", "alder", "--zone", "Mars"], ["slurm", "--live", "--since", "yesterday"],
    ]  # fmt: skip
    done = place.run("import", *wrong[0], text=GOOD)
    assert (done.returncode, "Traceback" in done.stderr) == (2, False), done.stderr
    for given, (code, _, errors) in zip(wrong, each(place, [(["import", *one], GOOD) for one in wrong]), strict=True):
        assert (code, "Traceback" in errors) == (2, False), (given, errors)
    runs = []
    for n, data in enumerate(
        (b"", b"\x00\xff" * 999, gzip.compress(GOOD.encode() * 50)[:-30], b"a|b\n1|2\n", b"Gr\xf6\xdfe")
    ):
        file = place.scratch / f"bad-{n}"
        file.write_bytes(data)
        runs.append((["import", "slurm", str(file), "--cluster", "alder", "--json"], ""))
    for (given, _), (code, out, _) in zip(runs, each(place, runs), strict=True):
        assert code == 2, (given, out)
        assert json.loads(out)["error"]["detail"].endswith(".")
    assert place.rows("SELECT count(*) FROM telemetry_cluster") == [(0,)]


def test_real_files_of_other_schedulers(place: Place, data: Path) -> None:
    place.with_team()
    trace = next((data / "swf").glob("theta*"))
    assert place.json("import", "swf", trace, "--cluster", "theta")["new"] == 3000
    assert place.json("import", "pbs", data / "batch_logs_other" / "pbs.log", "--cluster", "pbs")["new"] > 0
    assert place.json("import", "sge", data / "batch_logs_other" / "sge.log", "--cluster", "sge")["new"] > 0
    events = place.json("import", "nodes", data / "slurm" / "sacctmgr_events.psv", "--cluster", "probe")
    assert events["new"] == 1


@pytest.mark.slurm
def test_a_real_slurm_is_read_live(place: Place, slurm: Slurm) -> None:  # noqa: F811
    """Jobs run on a real Slurm and a node goes down; the command asks it; the pages show both."""
    place.with_team()
    ids = [slurm.submit("-J", f"leaf{n}") for n in range(5)]

    def have_ended() -> bool:
        told = slurm.run("sacct", "-a", "-X", "-n", "-P", "-S", "now-1hour", "-o", "JobIDRaw,State").splitlines()
        return all(f"{number}|COMPLETED" in told for number in ids)

    wait_for(have_ended, "the accounting of five jobs", 90)
    slurm.run("scontrol", "update", "nodename=n2", "state=down", "reason=spade|through the cable")
    asking = {name: slurm.environment[name] for name in ("PATH", "SLURM_CONF")}
    told = place.json("import", "slurm", "--live", "--cluster", "demo", **asking)
    assert told["new"] >= 5
    assert told["nodes"]["new"] == 1
    assert place.rows("SELECT node_count FROM telemetry_cluster") == [(NODES,)]
    again = place.json("import", "slurm", "--live", "--cluster", "demo", **asking)
    assert (again["new"], again["nodes"]["new"]) == (0, 0)
    jobs, page = place.python(SHOWN).rsplit("PAGE", 1)
    assert int(jobs.split()[-1]) >= 5
    assert "1 node was out of service at least once" in page
    assert "spade|through the cable" in page


SHOWN = """
from django.conf import settings
settings.STORAGES["staticfiles"]["BACKEND"] = "django.contrib.staticfiles.storage.StaticFilesStorage"
from django.test import Client
from hortus.access.models import Person
client = Client(HTTP_HOST="localhost")
client.force_login(Person.objects.get(), backend="allauth.account.auth_backends.AuthenticationBackend")
print(client.get("/api/v1/teams/alder/clusters/demo/jobs").json()["total"])
print("PAGE", client.get("/t/alder/clusters/demo/").content.decode())
"""
