"""Whether what a probe would ask is open to it, looked at when the probe is saved: else it could only ever fail."""

from collections.abc import Mapping
from ipaddress import ip_address
from typing import Any

from hortus.telemetry.probes.asking import Means
from hortus.web.fetch_addresses import refusal
from hortus.web.fetch_closed import closed, refuse_closed
from hortus.web.fetch_urls import Unfetchable, located
from hortus.web.fetch_wire import Watch, answers

LOOK_SECONDS = 2.0  # for the name server, while somebody waits
_HELD_IN = ("url", "host", "server")


def refuse_closed_address(parameters: Mapping[str, Any], means: Means) -> None:
    """Refuse parameters, checked ones, that lead to an address which is closed to probes; say which setting opens it.

    A name is looked up. One that has no address, or none in time, passes: a service may be added before its name.
    Raises Refused with the field.
    """
    for field in _HELD_IN:
        if text := parameters.get(field):
            host = located(text).host if field == "url" else str(text)
            refuse_closed(host, means.networks, field)
            _refuse_name(host, means, field)


def _refuse_name(host: str, means: Means, field: str) -> None:
    try:
        found = answers(host, means.resolve, Watch(LOOK_SECONDS, 0))
    except Unfetchable:
        return
    for text in found:
        if reason := refusal(ip_address(text.partition("%")[0]), means.networks):
            raise closed(host, reason, field)
