"""The questions that probes ask, one module for each kind, and the one door to them. Holds no Django, no schedule."""

import logging
from collections.abc import Callable, Mapping
from typing import Any

from hortus.telemetry.probes.asking import batch, dns, files, http, ssh, tcp, tls
from hortus.telemetry.probes.asking.found import Found, Means

__all__ = ["Found", "Means", "ask"]

log = logging.getLogger("hortus.probes")
Ask = Callable[[Mapping[str, Any], float, Means], Found]
ASKS: dict[str, Ask] = {
    "http": http.ask, "tcp": tcp.ask, "tls": tls.ask, "dns": dns.ask, "ssh": ssh.ask, "file_system": files.ask,
    "batch": batch.ask,
}  # fmt: skip


def ask(kind: str, given: Mapping[str, Any], limit_seconds: float, means: Means) -> Found:
    """Ask once and return what was found, within the limit and about a second of tidying up.

    kind: a slug of `kinds.KINDS`. given: its parameters, as `kinds.checked` returned them. Raises nothing: a fault of
    our own is found too, as something that could not be measured.
    """
    try:
        return ASKS[kind](given, limit_seconds, means)
    except Exception as error:
        log.exception("A %s probe failed by a fault of Hortus.", kind)
        return Found(None, "fault", f"Hortus could not ask: {type(error).__name__}; its log says more.")
