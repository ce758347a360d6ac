"""Ask whether a port takes connections."""

from collections.abc import Mapping
from typing import Any

from hortus.telemetry.probes.asking.found import Found, Means
from hortus.telemetry.probes.asking.wire import Failed, talking


def ask(given: Mapping[str, Any], limit_seconds: float, means: Means) -> Found:
    """Connect to a port and hang up."""
    try:
        with talking(given["host"], given["port"], limit_seconds, means) as (_, _, clock):
            return Found(True, "ok", f"{given['host']} takes connections on port {given['port']}.", clock.seconds)
    except Failed as failed:
        return failed.found
