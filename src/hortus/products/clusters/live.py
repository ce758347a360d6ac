"""Reading a Slurm on this machine: where we are, what is asked of sacct and sacctmgr, and both imported."""

from datetime import UTC, datetime, timedelta

from hortus.access.models import Person, Team
from hortus.products.clusters import actions, queries
from hortus.telemetry import actions as telemetry
from hortus.telemetry.batch.live import count_nodes, read_live, read_live_events
from hortus.telemetry.batch.source import Progress
from hortus.telemetry.batch.unreadable import Unreadable
from hortus.telemetry.history import History
from hortus.telemetry.models import BatchImport, Cluster
from hortus.values.refused import Refused

FIRST_REACH = timedelta(days=366)
OVERLAP = timedelta(days=7)  # jobs that ran longer are told again by sacct as long as they ran in the time asked for


def _since(team: Team, name: str) -> datetime:
    """Return from when on to ask: a week before the newest event that we know of, a year back without any."""
    held = Cluster.objects.filter(team=team, name=name).first()
    known = queries.extent(History.of([held])) if held else None
    return known.last - OVERLAP if known else datetime.now(UTC) - FIRST_REACH


def bring_live(
    team: Team, name: str, *, by: Person | None, door: str, since: datetime | None = None,
    progress: Progress | None = None,
) -> tuple[BatchImport, BatchImport | None]:  # fmt: skip
    """Run sacct and sacctmgr on this machine and import what they print; return both imports.

    since: aware; left out it is a week before the newest event known. The second is None where sacctmgr does not
    answer: jobs count without node events. Raises Refused with one sentence; nothing was imported then.
    """
    begin, asked_at = since or _since(team, name), datetime.now(UTC)
    try:
        with read_live(since=begin) as output:
            jobs = actions.receive(
                team, name, output.path, by=by, source_name="sacct", door=door, zone="UTC", format="sacct",
                delimiter=output.delimiter, progress=progress, speaks_for=(begin, asked_at),
            )  # fmt: skip
    except Unreadable as unreadable:
        raise Refused("unreadable", str(unreadable), "source") from unreadable
    try:
        events = telemetry.import_nodes(
            team, name, read_live_events(since=begin), by=by, source_name="sacctmgr show event", door=door, zone="UTC",
            since=begin, until=jobs.began_at,
        )  # fmt: skip
    except (Unreadable, Refused):
        return jobs, None
    held = jobs.cluster
    nodes = 0 if held.node_count else count_nodes()
    if nodes:
        actions.described(held, service=held.service, zone=held.zone, node_count=nodes, by=by, door=door)
    return jobs, events
