"""Importing into tables: rows, segments and event together or not at all; two at once; the doors' refusals."""

import gzip
import threading
from io import BytesIO
from pathlib import Path

import pytest
from django.db import IntegrityError, connection, transaction

from hortus.access.models import Person, Team
from hortus.ledger.models import Event
from hortus.telemetry import actions
from hortus.telemetry.models import BatchImport, Cluster, JobSegment, NodeOutage, jobs_folder
from hortus.values.refused import Refused

HEAD = "JobIDRaw|JobID|User|Account|Partition|Submit|Eligible|Start|End|State|AllocCPUS|JobName"
DAY = "2026-10-05"
ROW = f"{{n}}|{{n}}|ada|physics|short|{DAY}T10:00:00|{DAY}T10:00:00|{DAY}T10:0{{m}}:00|{DAY}T11:00:00|COMPLETED|1|a"


def sacct(*numbers: int) -> bytes:
    return "\n".join([HEAD, *(ROW.format(n=n, m=n % 10) for n in numbers), ""]).encode()


def bring(team: Team, data: bytes, name: str = "alder", by: Person | None = None, **more: object) -> BatchImport:
    return actions.import_batch(team, name, BytesIO(data), by=by, source_name="jobs.txt", door="cli", **more)  # type: ignore[arg-type]


def parquet() -> list[Path]:
    return sorted(jobs_folder().glob("*/*/*/*.parquet"))


def test_rows_segments_and_event_come_together(team: Team, member: Person, data_dir: Path) -> None:
    made = bring(team, sacct(1, 2, 3), by=member)
    assert (made.result["read"], made.result["new"], made.zone) == (3, 3, "America/New_York")
    assert Cluster.objects.get().name == "alder"
    segment = JobSegment.objects.get()
    assert (jobs_folder() / segment.file).is_file()
    event = Event.objects.get()
    assert (event.verb, event.object_id, event.actor, event.plot) == ("imported", "alder", member, "products-care")
    assert event.payload["new"] == 3
    assert "ada" not in str(event.payload)


def test_the_same_again_adds_nothing_and_is_told_once_a_day(team: Team, data_dir: Path) -> None:
    for _ in range(3):
        made = bring(team, sacct(1, 2, 3))
    assert (made.result["new"], made.result["known"]) == (0, 3)
    assert JobSegment.objects.count() == 1
    assert Event.objects.count() == 2


def test_more_rows_replace_segments_and_leave_no_orphan_row(team: Team, data_dir: Path) -> None:
    bring(team, sacct(1, 2))
    bring(team, sacct(2, 3, 4))
    files = set(JobSegment.objects.values_list("file", flat=True))
    assert sum(JobSegment.objects.values_list("rows", flat=True)) == 4
    assert all((jobs_folder() / file).is_file() for file in files)


@pytest.mark.django_db(transaction=True)
def test_a_failing_commit_leaves_nothing(team: Team, data_dir: Path) -> None:
    bring(team, sacct(1))
    before = list(JobSegment.objects.values_list("file", flat=True))
    nobody = Person(email="nobody@example.org", name="Nobody")  # not in the table: the transaction fails at its end
    for name in ("alder", "birch"):
        with pytest.raises(IntegrityError):
            bring(team, sacct(1, 2, 3), name=name, by=nobody)
    assert list(JobSegment.objects.values_list("file", flat=True)) == before
    assert list(Cluster.objects.values_list("name", flat=True)) == ["alder"]
    assert BatchImport.objects.count() == Event.objects.count() == 1
    assert bring(team, sacct(1, 2, 3)).result["new"] == 2


@pytest.mark.parametrize(
    ("data", "told"),
    [
        (b"", "empty"),
        (b"\x00\x01\x02\xff" * 500, "nothing"),
        (gzip.compress(sacct(*range(1, 400)))[:-40], ""),
        (b"one|two|three\n1|2|3\n", ""),
        ("Größe".encode("latin-1") * 3, ""),
    ],
)
def test_bad_input_is_one_sentence_and_changes_nothing(team: Team, data_dir: Path, data: bytes, told: str) -> None:
    with pytest.raises(Refused) as caught:
        bring(team, data)
    assert told in caught.value.sentence or caught.value.sentence.endswith(".")
    assert not Cluster.objects.exists()
    assert not Event.objects.exists()
    assert parquet() == []


@pytest.mark.parametrize("name", ["", "..", "a/b", "Alder", "ä", "-a", "a" * 61, "a\x00"])
def test_refuses_a_name_that_cannot_be_a_folder(team: Team, data_dir: Path, name: str) -> None:
    with pytest.raises(Refused) as caught:
        bring(team, sacct(1), name=name)
    assert caught.value.field == "cluster"


def test_refuses_unknown_zone_and_format(team: Team, data_dir: Path) -> None:
    with pytest.raises(Refused, match="time zone"):
        bring(team, sacct(1), zone="Mars/Olympus")
    with pytest.raises(Refused, match="format"):
        bring(team, sacct(1), format="xls")


def test_a_new_cluster_needs_the_right_to_make_one(team: Team, data_dir: Path) -> None:
    with pytest.raises(Refused, match="no cluster called"):
        bring(team, sacct(1), may_create=False)
    bring(team, sacct(1))
    assert bring(team, sacct(2), may_create=False).result["new"] == 1


def test_two_teams_with_the_same_cluster_and_jobs_do_not_meet(team: Team, other_team: Team, data_dir: Path) -> None:
    bring(team, sacct(1, 2))
    assert bring(other_team, sacct(1, 2)).result["new"] == 2
    assert JobSegment.objects.count() == 2


@pytest.mark.django_db(transaction=True)
def test_two_first_imports_at_once_end_in_one_cluster(team: Team, data_dir: Path) -> None:
    results: list[int] = []

    def run(*numbers: int) -> None:
        try:
            results.append(bring(team, sacct(*numbers)).result["new"])
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=pair) for pair in ((1, 2, 3), (3, 4, 5))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(results) == [2, 3]
    assert Cluster.objects.count() == 1
    assert sum(JobSegment.objects.values_list("rows", flat=True)) == 5


EVENTS = (
    "Cluster|NodeName|TimeStart|TimeEnd|State|Reason|User\n"
    "alder|n1|2026-10-05T10:00:00|2026-10-05T12:00:00|DOWN*|Not responding|slurm(0)\n"
    "alder|n2|2026-10-06T10:00:00|Unknown|DRAIN|bad dimm|root(0)\n"
)


def nodes(team: Team, text: str) -> BatchImport:
    return actions.import_nodes(
        team, "alder", BytesIO(text.encode()), by=None, source_name="events.txt", door="cli", zone="UTC"
    )


def test_node_events_are_taken_once_and_closed_later(team: Team, data_dir: Path) -> None:
    assert nodes(team, EVENTS).result["new"] == 2
    assert nodes(team, EVENTS).result["known"] == 2
    closed = EVENTS.replace("|Unknown|", "|2026-10-07T10:00:00|")
    assert nodes(team, closed).result["updated"] == 1
    assert nodes(team, EVENTS).result["known"] == 2  # an older listing does not open it again
    assert NodeOutage.objects.filter(ended_at=None).count() == 0
    assert NodeOutage.objects.count() == 2


def test_node_events_of_other_clusters_are_left_out(team: Team, data_dir: Path) -> None:
    two = EVENTS + "birch|b1|2026-10-05T10:00:00|2026-10-05T12:00:00|DOWN|x|root(0)\n"
    made = nodes(team, two)
    assert made.result["new"] == 2
    assert made.result["skipped"]["of another cluster"] == 1
    with pytest.raises(Refused, match="several clusters"):
        nodes(team, two.replace("alder|", "cedar|"))


def test_sweeping_removes_only_what_no_row_lists(team: Team, data_dir: Path) -> None:
    import os

    bring(team, sacct(1, 2))
    live = parquet()
    orphan = live[0].with_name("feedfeedfeedfeedfeedfeed.parquet")
    orphan.write_bytes(b"x")
    os.utime(orphan, (0, 0))
    os.utime(live[0], (0, 0))
    assert [path.endswith(orphan.name) for path in actions.sweep()] == [True]
    assert parquet() == live


def test_describing_a_cluster_tells_what_changed(team: Team, lead: Person, data_dir: Path) -> None:
    cluster = bring(team, sacct(1)).cluster
    say = {"service": "", "zone": "UTC", "node_count": 4, "by": lead, "door": "web"}
    assert actions.describe_cluster(cluster, **say) == ["zone", "node_count"]  # type: ignore[arg-type]
    assert actions.describe_cluster(cluster, **say) == []  # type: ignore[arg-type]
    assert Event.objects.filter(verb="described").count() == 1
    for wrong in ({"node_count": -1}, {"node_count": 10**9}, {"zone": "x"}):
        with pytest.raises(Refused), transaction.atomic():
            actions.describe_cluster(cluster, **(say | wrong))  # type: ignore[arg-type]
