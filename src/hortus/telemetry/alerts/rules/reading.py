"""Which reader reads the notices of which sort of source."""

from collections.abc import Callable, Mapping
from enum import StrEnum
from typing import Any

from hortus.telemetry.alerts.rules import alertmanager, monitoring, uptime_kuma
from hortus.telemetry.alerts.rules.heard import Told, Unreadable, document_of


class Sort(StrEnum):
    """What program a source is."""

    ALERTMANAGER = "alertmanager"
    GRAFANA = "grafana"
    UPTIME_KUMA = "uptime-kuma"
    COMMAND = "command"


READERS: Mapping[Sort, Callable[[Any], Told]] = {
    Sort.ALERTMANAGER: alertmanager.read,
    Sort.GRAFANA: alertmanager.read,
    Sort.UPTIME_KUMA: uptime_kuma.read,
    Sort.COMMAND: monitoring.read,
}


def read(sort: Sort, body: bytes) -> Told:
    """Return what the body of a notice says. Raises Unreadable, and nothing else, whatever the body holds."""
    document = document_of(body)
    try:
        return READERS[sort](document)
    except RecursionError:
        raise Unreadable("The body is nested too deeply to be read.") from None
