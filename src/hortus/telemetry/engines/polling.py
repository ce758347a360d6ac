"""Asks the scheduler of a cluster for its jobs every few minutes: sacct on this machine, or slurmrestd by HTTP.

Each time it asks for a span that overlaps the last one, so that late ends are seen; the import knows every job that it
has already, so nothing counts twice. A span that could not be asked for stays open and is asked for the next time.
"""

import io
import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import BinaryIO
from urllib.parse import urlencode

from django.utils import timezone

from hortus.telemetry import actions as telemetry
from hortus.telemetry.batch.live import read_live
from hortus.telemetry.batch.unreadable import SourceMissing
from hortus.telemetry.engines.client import get, token
from hortus.telemetry.engines.models import Poll
from hortus.telemetry.engines.rules.answers import EngineFault
from hortus.telemetry.models import BatchImport
from hortus.values.refused import Refused

OVERLAP = timedelta(hours=1)
LONGEST = timedelta(days=7)
"""A span longer than this is asked for in pieces: slurmdbd may refuse more."""
SECONDS, MOST_BYTES = 120.0, 200_000_000


def poll(held: Poll, now: datetime | None = None) -> BatchImport | None:
    """Ask once for the jobs of a cluster since the last time, and import them; return the import.

    now: aware. The import says for which span it speaks, so that a quiet or stuck cluster is measured up to the poll.
    Returns None when the scheduler did not answer or its answer could not be imported: the reason is kept as the
    finding, the span stays open, and no minute of it counts as measured.
    """
    until = now or timezone.now()
    first = held.polled_until or held.since
    until = min(until, first + LONGEST)
    made, finding = None, ""
    try:
        with _listing(held, first - OVERLAP, until) as listing:
            made = _imported(held, listing, (first - OVERLAP, until))
        held.polled_until = until
    except (SourceMissing, Refused) as error:
        finding = error.sentence if isinstance(error, Refused) else str(error)
    held.asked_at, held.finding = timezone.now(), finding[:600]
    held.save(update_fields=["asked_at", "finding", "polled_until"])
    return made


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
        yield _Listing(io.BytesIO(body) if _has_jobs(body) else None, "sacct_json")
        return
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
    if errors:
        first = errors[0] if isinstance(errors, list) else errors
        said = (first.get("description") or first.get("error") or first) if isinstance(first, dict) else first
        raise EngineFault("refused", f"slurmrestd refused: {' '.join(str(said).split())[:300]}")
    return bool(jobs)


def rest_jobs(held: Poll, since: datetime, until: datetime) -> bytes:
    """Return the jobs of a span as slurmrestd gives them, in JSON. Raises EngineFault."""
    given = {"start_time": f"uts{int(since.timestamp())}", "end_time": f"uts{int(until.timestamp())}"}
    headers = {"x-slurm-user-name": held.user_name, "x-slurm-user-token": token(held.token_name, held.url)}
    answer = get(f"{held.url}?{urlencode(given)}", headers=headers, seconds=SECONDS, max_bytes=MOST_BYTES)
    if answer.status in {401, 403}:
        raise EngineFault("forbidden", f"slurmrestd refused the token (HTTP {answer.status}); it may have ended.")
    if not answer.ok:
        raise EngineFault("refused", f"slurmrestd answered with HTTP status {answer.status}.")
    return answer.body
