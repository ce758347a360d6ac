"""Asks the scheduler of a cluster for its jobs every few minutes: sacct on this machine, or slurmrestd by HTTP.

Where sacct answers, sacctmgr is asked for node events too; slurmrestd tells of none.

Each time it asks for a span that overlaps the last one, so that late ends are seen; the import knows every job that it
has already, so nothing counts twice. A span that could not be asked for stays open and is asked for the next time.
"""

import io
import json
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import BinaryIO
from urllib.parse import urlencode

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from hortus.access.models import Team
from hortus.telemetry import actions as telemetry
from hortus.telemetry.batch.live import count_nodes, read_live, read_live_events
from hortus.telemetry.batch.unreadable import SourceMissing, Unreadable
from hortus.telemetry.engines.client import get, token
from hortus.telemetry.engines.models import Poll
from hortus.telemetry.engines.rules.answers import EngineFault
from hortus.telemetry.models import BatchImport
from hortus.values.refused import Refused

log = logging.getLogger("hortus.engines")

OVERLAP = timedelta(hours=1)
LONGEST = timedelta(days=7)
"""A span longer than this is asked for in pieces: slurmdbd may refuse more."""
SECONDS, MOST_BYTES = 120.0, 200_000_000
NOTHING_FOUND, BAD_TOKEN = 9003, 1007
"""Numbers that slurmrestd 22.05 gives among its errors, with HTTP status 200: an empty list, and a token it refused."""
NODES = "sacctmgr on this machine, polled"


def poll(held: Poll, now: datetime | None = None) -> BatchImport | None:
    """Ask once for the jobs of a cluster since the last time, and import them; return the import.

    now: aware. The import says for which span it speaks, so that a quiet or stuck cluster is measured up to the poll.
    Returns None when the scheduler did not answer or its answer could not be imported: the reason is kept as the
    finding, the span stays open, and no minute of it counts as measured. Jobs count without node events: when only
    those are missing, the finding says so and they are asked for from the same time on again.
    """
    made, finding = None, ""
    try:
        since, until = _span(held, now or timezone.now())
        with _listing(held, since, until) as listing:
            made = _imported(held, listing, (since, until))
        held.polled_until = until
        finding = _nodes_read(held, until) if held.source == Poll.Source.SACCT else ""
    except (SourceMissing, Refused) as error:
        finding = _said(error)
    except Exception as error:  # a finding on the page, where a failed task would be tried again out of sight
        log.exception("asking the scheduler of %s failed", held.cluster.name)
        finding = f"Asking failed, which was not foreseen ({type(error).__name__}); the log of Hortus says more."
    held.asked_at, held.finding = timezone.now(), finding[:600]
    # Not save(): somebody may have stopped this poll while the scheduler was asked.
    Poll.objects.filter(pk=held.pk).update(
        asked_at=held.asked_at, finding=held.finding, polled_until=held.polled_until, nodes_until=held.nodes_until
    )  # fmt: skip
    return made


def _span(held: Poll, now: datetime) -> tuple[datetime, datetime]:
    """Return what to ask for: from an hour before the last time until now, or for a week."""
    first = held.polled_until or held.since
    return first - OVERLAP, min(now, first + LONGEST)


def refuse_sacct(team: Team) -> None:
    """Raise Refused for a team that may not have sacct of this machine asked: it tells of every cluster it knows."""
    allowed = {slug.strip() for slug in settings.HORTUS.poll_teams.split(",") if slug.strip()}
    if allowed and team.slug not in allowed:
        said = f"{team.slug} may not have sacct asked; an administrator lists the teams that may in HORTUS_POLL_TEAMS."
        raise Refused("closed-sacct", said, "source")


def _said(error: Unreadable | Refused) -> str:
    return error.sentence if isinstance(error, Refused) else str(error)


def _nodes_read(held: Poll, until: datetime) -> str:
    """Import the node events since the last time; return what was wrong, "" when nothing was."""
    name, first = held.cluster.name, (held.nodes_until or held.since) - OVERLAP
    try:
        found = read_live_events(since=first, until=until, clusters=[name])
        made = telemetry.import_nodes(
            held.team, name, found, by=None, source_name=NODES, door="worker", zone="UTC", since=first, until=until,
            may_create=False,
        )  # fmt: skip
    except (Unreadable, Refused) as error:
        return f"Jobs were read, node events were not: {_said(error)}"
    held.nodes_until = until
    _join(made)
    _count(held)
    return ""


@transaction.atomic
def _join(made: BatchImport) -> None:
    """Let an import of node events that found nothing new continue the one before, if that found nothing new either.

    Otherwise polls of a healthy cluster would fill the list of imports, and each garden would read them all.
    """
    if made.result["new"] or made.result["updated"]:
        return
    same = BatchImport.objects.filter(cluster=made.cluster, format=BatchImport.NODE_EVENTS).exclude(pk=made.pk)
    before = same.order_by("-ended_at").first()
    if before is None or before.source_name != NODES or before.result["new"] or before.result["updated"]:
        return
    if datetime.fromisoformat(before.result["until"]) >= datetime.fromisoformat(made.result["since"]):
        before.result |= {"until": made.result["until"]}
        before.ended_at = made.ended_at
        before.save(update_fields=["result", "ended_at"])
        made.delete()


def _count(held: Poll) -> None:
    """Say how many nodes a cluster has, once, where nobody said it: without it no share is out of service."""
    cluster = held.cluster
    counted = 0 if cluster.node_count else count_nodes(cluster=cluster.name)
    if counted:
        telemetry.describe_cluster(
            cluster, service=cluster.service, zone=cluster.zone, node_count=counted, by=None, door="worker"
        )  # fmt: skip


@dataclass(frozen=True, slots=True)
class _Listing:
    """What a scheduler gave: where it is, and how to read it. source: None when it knows of no job."""

    source: Path | BinaryIO | None
    format: str
    delimiter: str | None = None


def _imported(held: Poll, listing: _Listing, span: tuple[datetime, datetime]) -> BatchImport:
    name = f"{held.get_source_display()}, polled"
    if listing.source is None:
        return telemetry.heard_of_no_jobs(
            held.cluster, span, source_name=name, door="worker", zone="UTC", format=listing.format
        )  # fmt: skip
    return telemetry.import_batch(
        held.team, held.cluster.name, listing.source, by=None, source_name=name, door="worker", zone="UTC",
        format=listing.format, delimiter=listing.delimiter, may_create=False, speaks_for=span,
    )  # fmt: skip


@contextmanager
def _listing(held: Poll, since: datetime, until: datetime) -> Iterator[_Listing]:
    """Give the listing of a span."""
    if held.source == Poll.Source.REST:
        body = rest_jobs(held, since, until)
        has_jobs = _has_jobs(body)
        if not has_jobs:
            _check_name(held)
        yield _Listing(io.BytesIO(body) if has_jobs else None, "sacct_json")
        return
    refuse_sacct(held.team)
    with read_live(since=since, until=until, clusters=[held.cluster.name], timeout_seconds=SECONDS) as output:
        with output.path.open("rb") as lines:
            is_empty = sum(1 for _ in zip(lines, range(2), strict=False)) < 2
        yield _Listing(None if is_empty else output.path, "sacct", output.delimiter)


def _has_jobs(body: bytes) -> bool:
    """Say whether an answer of slurmrestd holds jobs. Raises EngineFault with its own words when it reports errors."""
    try:
        told = json.loads(body)
        jobs, errors = told["jobs"], told.get("errors") or []
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
        raise EngineFault("garbage", "The answer is no list of jobs as slurmrestd gives it.") from None
    first = errors[0] if errors and isinstance(errors, list) else errors
    number = first.get("error_number") if isinstance(first, dict) else None
    if number == NOTHING_FOUND and not jobs:
        return False
    if number == BAD_TOKEN:
        raise _bad_token("error 1007")
    if first:
        said = (first.get("description") or first.get("error") or first) if isinstance(first, dict) else first
        raise EngineFault("refused", f"slurmrestd refused: {' '.join(str(said).split())[:300]}")
    return bool(jobs)


def _bad_token(how: str) -> EngineFault:
    return EngineFault("forbidden", f"slurmrestd refused the token ({how}); it may have ended, or be another user's.")


def rest_jobs(held: Poll, since: datetime, until: datetime) -> bytes:
    """Return the jobs of a span as slurmrestd gives them, in JSON. Raises EngineFault.

    One slurmdbd may serve several clusters, so only ours is asked for: jobs of another must not count here.
    """
    given = {
        "start_time": f"uts{int(since.timestamp())}", "end_time": f"uts{int(until.timestamp())}",
        "cluster": held.cluster.name,
    }  # fmt: skip
    return _rest(held, f"{held.url}?{urlencode(given)}")


def _rest(held: Poll, url: str) -> bytes:
    headers = {
        "x-slurm-user-name": held.user_name,
        "x-slurm-user-token": token(held.token_name, held.url, held.team.slug),
    }
    answer = get(url, headers=headers, seconds=SECONDS, max_bytes=MOST_BYTES)
    if answer.status in {401, 403}:
        raise _bad_token(f"HTTP {answer.status}")
    if not answer.ok:
        raise EngineFault("refused", f"slurmrestd answered with HTTP status {answer.status}.")
    return answer.body


def _check_name(held: Poll) -> None:
    """Raise EngineFault when slurmrestd knows other clusters but not ours: its silence would be no quiet cluster.

    The list of clusters stands beside that of jobs; where it is not given, nothing is concluded.
    """
    try:
        told = json.loads(_rest(held, f"{held.url.rpartition('/')[0]}/clusters"))
        known = {str(one["name"]).lower() for one in told["clusters"]}
    except (EngineFault, ValueError, TypeError, KeyError, AttributeError, RecursionError):
        return
    if known and held.cluster.name not in known:
        names = ", ".join(sorted(known))[:200]
        raise EngineFault(
            "no-cluster",
            f"slurmrestd knows no cluster {held.cluster.name!r}, but {names}: name the cluster as Slurm does.",
        )  # fmt: skip
