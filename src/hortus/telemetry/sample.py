"""Telemetry's part of the sample garden: 26 weeks of an invented cluster, brought in as real records are."""

import io
import tempfile
from datetime import UTC, datetime, timedelta
from pathlib import Path

from hortus.access.models import Team
from hortus.access.sample import World
from hortus.telemetry import actions
from hortus.telemetry.batch.sample import invent, write_events, write_sacct

CLUSTER, SERVICE = "alder", "alder"
JOBS, WEEKS = 40_000, 26


def plant(team: Team, world: World) -> None:
    """Invent a cluster with jobs and node outages up to `world.until`, and import what its scheduler would print."""
    trace = invent(jobs=JOBS, weeks=WEEKS, seed=world.seed, until=world.until)
    operator = world.persons[1]
    with tempfile.TemporaryDirectory(prefix="hortus-sample-") as folder:
        listing = Path(folder) / "sacct.txt"
        with listing.open("w", encoding="utf-8") as stream:
            write_sacct(trace, stream, cluster=CLUSTER)
        made = actions.import_batch(
            team, CLUSTER, listing, by=operator, source_name="sacct.txt", door="sample", zone="UTC", format="sacct"
        )
    events = io.StringIO()
    write_events(trace, events, cluster=CLUSTER)
    _drain(events, trace.node_count, world.until - timedelta(days=9))
    actions.import_nodes(
        team, CLUSTER, io.BytesIO(events.getvalue().encode()), by=operator, source_name="events.txt", door="sample",
        zone="UTC", since=world.until - timedelta(weeks=WEEKS), until=world.until,
    )  # fmt: skip
    actions.describe_cluster(
        made.cluster, service=SERVICE, zone="UTC", node_count=trace.node_count, by=operator, door="sample"
    )


def _drain(events: io.StringIO, node_count: int, since: datetime) -> None:
    """Leave the last two nodes drained up to now, so that the sample garden has something to tend."""
    began = since.astimezone(UTC)
    for node in (node_count - 1, node_count):
        events.write(f"{CLUSTER}|n{node:03}|{began:%Y-%m-%dT%H:%M:%S}|Unknown|DRAIN|memory errors|root(0)\n")
