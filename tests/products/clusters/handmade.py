"""Hand-made jobs for tests: written as sacct prints them and imported as real ones are."""

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from io import BytesIO

from hortus.access.models import Team
from hortus.telemetry import actions
from hortus.telemetry.batch.formats.node_events import NodeEvents
from hortus.telemetry.models import Cluster

COLUMNS = (
    "JobIDRaw", "JobID", "User", "Group", "Account", "Partition", "Submit", "Eligible", "Start", "End", "State",
    "AllocCPUS", "ReqCPUS", "NodeList", "Reason", "JobName",
)  # fmt: skip
NOON = datetime(2026, 10, 14, 12, tzinfo=UTC)  # a Wednesday


@dataclass(frozen=True)
class Job:
    """A job; times are aware, None means that it never came to it."""

    n: int
    submit: datetime = NOON
    eligible: datetime | None = NOON
    start: datetime | None = NOON + timedelta(minutes=1)
    end: datetime | None = NOON + timedelta(hours=1)
    state: str = "COMPLETED"
    partition: str = "short"
    cpus: int = 1
    user: str = "ada"
    account: str = "physics"
    reason: str = "None"
    name: str = "job"

    def at(self, moment: datetime) -> "Job":
        """Return the same job, moved to another submission."""
        shift = moment - self.submit
        times = {k: getattr(self, k) and getattr(self, k) + shift for k in ("eligible", "start", "end")}
        return replace(self, submit=moment, **times)

    def line(self) -> str:
        """Return the job as sacct prints it."""
        waiting = self.state == "PENDING"
        cells = (
            self.n, self.n, self.user, "users", self.account, self.partition, _stamp(self.submit),
            _stamp(self.eligible),
            _stamp(self.start, "Unknown" if waiting else "None"), _stamp(self.end), self.state,
            self.cpus if self.start else 0, self.cpus, "n1" if self.start else "None assigned", self.reason, self.name,
        )  # fmt: skip
        return "|".join(str(cell) for cell in cells)


def _stamp(at: datetime | None, absent: str = "Unknown") -> str:
    return f"{at.astimezone(UTC):%Y-%m-%dT%H:%M:%S}" if at else absent


def listing(*jobs: Job) -> bytes:
    """Return a listing with header."""
    return "\n".join(["|".join(COLUMNS), *(job.line() for job in jobs), ""]).encode()


def bring(team: Team, *jobs: Job, cluster: str = "alder") -> Cluster:
    """Import jobs into a cluster and return it."""
    made = actions.import_batch(
        team, cluster, BytesIO(listing(*jobs)), by=None, source_name="jobs.txt", door="cli", zone="UTC"
    )
    return made.cluster


@dataclass
class Events:
    """Node events as sacctmgr prints them."""

    rows: list[str] = field(default_factory=list)

    def out(self, node: str, begin: datetime, end: datetime | None, state: str = "DOWN") -> "Events":
        """Add a span in which a node is out."""
        self.rows.append(f"alder|{node}|{_stamp(begin)}|{_stamp(end)}|{state}|broken|root(0)")
        return self

    def bring(self, team: Team, nodes: int, since: datetime, until: datetime) -> Cluster:
        """Import them into the cluster alder."""
        text = "\n".join(["Cluster|NodeName|TimeStart|TimeEnd|State|Reason|User", *self.rows, ""])
        source = BytesIO(text.encode()) if self.rows else NodeEvents()
        made = actions.import_nodes(
            team, "alder", source, by=None, source_name="events", door="cli", zone="UTC",
            since=since, until=until,
        )  # fmt: skip
        actions.describe_cluster(made.cluster, service="", zone="UTC", node_count=nodes, by=None, door="cli")
        return made.cluster
