"""The verb behind pushed events: count what can be counted, say of the rest why not. One transaction for a batch."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.db import transaction
from django.utils import timezone

from hortus.access.models import Team
from hortus.telemetry.counts import actions, bulk
from hortus.telemetry.counts.counting import Counts
from hortus.telemetry.counts.events import Events, Finding, Names, Row, read
from hortus.telemetry.counts.models import PUSH, Series

LONGEST_SOURCE = 40


@dataclass(frozen=True)
class Pushed:
    """What became of a batch of events. repeated: events of a batch whose key was taken before.

    findings: why events were refused, by reason. rows: the first refused ones, by line.
    """

    accepted: int
    repeated: int
    refused: int
    findings: list[Finding]
    rows: list[Row]

    def as_json(self) -> dict[str, Any]:
        """Return it as the API and the command line tell it."""
        return {
            "accepted": self.accepted, "repeated": self.repeated, "refused": self.refused,
            "findings": [found.as_json() for found in self.findings], "rows": [row.as_json() for row in self.rows],
        }  # fmt: skip


def names_of(team: Team) -> Names:
    """Return which SLIs of a team take pushed events, and which are fed otherwise."""
    rows = list(Series.objects.filter(team=team).values_list("id", "name", "source"))
    return Names(
        {name: key for key, name, source in rows if source == PUSH},
        frozenset(name for _, name, source in rows if source != PUSH),
    )


def push(team: Team, events: Iterable[tuple[int, Any]], *, source: str = PUSH, key: str = "") -> Pushed:
    """Count events that came with their lines; source and key as in `actions.add`. now is the clock's."""
    return keep(team, read(events, names_of(team), timezone.now()), source=source, key=key)


def push_lines(team: Team, body: bytes, *, source: str = PUSH, key: str = "") -> Pushed:
    """Count the events of NDJSON, as `push` does."""
    found, counts = bulk.read_lines(body, names_of(team), timezone.now())
    return keep(team, found, source=source, key=key, counts=counts)


def keep(team: Team, found: Events, *, source: str, key: str, counts: Counts | None = None) -> Pushed:
    """Count what was read. counts: instead of the cells, where they were read in bulk."""
    with transaction.atomic():
        added = actions.add(team, found.counts() if counts is None else counts, source=source, key=key)
    repeated = found.accepted if added.is_repeat else 0
    return Pushed(
        found.accepted - repeated, repeated, found.refused, list(found.findings.values()), found.first()
    )  # fmt: skip
