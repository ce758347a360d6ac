"""Reads a hub's metrics and counts the notebooks that opened since the last reading."""

import numpy as np
from django.db import transaction
from django.utils import timezone

from hortus.telemetry.counts import actions as counts
from hortus.telemetry.counts.counting import Counts
from hortus.telemetry.engines.client import authorised, get
from hortus.telemetry.engines.models import Hub
from hortus.telemetry.engines.rules.answers import EngineFault
from hortus.telemetry.engines.rules.counters import GAP_MS, minute_of
from hortus.telemetry.engines.rules.hub_metrics import Opened, Reading, as_json, from_json, opened, read, rule_for

SOURCE = "hub"
SECONDS, MOST_BYTES = 15.0, 10_000_000


def scrape(url: str, token_name: str = "", team: str = "") -> Reading:
    """Read a hub's page of metrics once. team: the slug of the team that asks. Raises EngineFault."""
    answer = get(url, headers=authorised(token_name, url, team), seconds=SECONDS, max_bytes=MOST_BYTES)
    if answer.status in {401, 403}:
        raise EngineFault(
            "forbidden",
            f"The hub does not show its metrics (HTTP {answer.status}): give it a token of a service with the scope "
            "read:metrics, or set JupyterHub.authenticate_prometheus = False.",
        )  # fmt: skip
    if not answer.ok:
        raise EngineFault("refused", f"The hub answered with HTTP status {answer.status}.")
    try:
        return read(answer.body.decode("utf-8"))
    except UnicodeDecodeError:
        raise EngineFault("garbage", "The answer is no text in UTF-8.") from None


def read_hub(hub: Hub, at_ms: int | None = None) -> Opened | None:
    """Read a hub and count what happened since its last reading; return that, None where nothing can be said.

    at_ms: when it was read, now when left out. Openings are counted in the minute of this reading. After more than
    five minutes without a reading the time between is unmeasured and its openings belong to no minute. A fault is kept
    as the hub's finding.
    """
    at = at_ms or int(timezone.now().timestamp() * 1000)
    try:
        after = scrape(hub.url, hub.token_name, hub.team.slug)
        found = _since_last(hub, after, at)
    except EngineFault as fault:
        Hub.objects.filter(pk=hub.pk).update(finding=fault.sentence[:600])
        hub.finding = fault.sentence[:600]
        return None
    return found if _written(hub, after, found, at) else None


def _since_last(hub: Hub, after: Reading, at_ms: int) -> Opened | None:
    before = from_json(hub.last["starts"]) if hub.last else Reading({})
    found = opened(before, after, hub.threshold_seconds)  # refuses a threshold that is no edge, at the first time too
    near = bool(hub.last) and 0 < at_ms - hub.last["at_ms"] <= GAP_MS
    return found if near else None


@transaction.atomic
def _written(hub: Hub, after: Reading, found: Opened | None, at_ms: int) -> bool:
    """Keep the reading and its counts together; return False when the hub was read or changed meanwhile."""
    kept = {"at_ms": at_ms, "starts": as_json(after)}
    moved = Hub.objects.filter(
        pk=hub.pk, read_at=hub.read_at, url=hub.url, threshold_seconds=hub.threshold_seconds
    )  # fmt: skip
    read_at = timezone.now()
    if not moved.update(last=kept, read_at=read_at, finding=""):
        return False
    if found is not None:
        was, now = (int(minute_of(np.array([t]))[0]) for t in (hub.last["at_ms"], at_ms))
        cells = [(hub.series_id, now, found.good, found.total)] if found.total else []
        measured = [(hub.series_id, was + 1, now + 1)] if now > was else []
        key = f"{hub.pk}:{at_ms}"
        counts.add(hub.team, Counts.of(cells), source=SOURCE, key=key, measured=measured)
    hub.last, hub.read_at, hub.finding = kept, read_at, ""
    return True


def starts(hub: Hub) -> list[tuple[str, str, int, str]]:
    """Return status, reason, count and what it counts as, of every start that the last reading told of."""
    found = from_json(hub.last["starts"]).starts if hub.last else {}
    return [
        (status, reason, one.count, rule_for(status, reason).verdict.value)
        for (status, reason), one in sorted(found.items())
        if one.count
    ]
