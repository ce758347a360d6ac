"""Reads what `hortus alert send` posts for Nagios, Icinga 2 and Checkmk: what their notification macros say."""

from collections.abc import Mapping
from typing import Any

from hortus.telemetry.alerts.rules.heard import (
    LONGEST_ANNOTATION,
    LONGEST_TITLE,
    Alert,
    Said,
    Told,
    Unreadable,
    digest,
    link,
    moment,
    text,
    whole,
)

FORM = "hortus-alert/1"
_SAID = {"PROBLEM": Said.FIRING, "RECOVERY": Said.RESOLVED}


def read(document: Any) -> Told:
    """Return what a notice says: one alert. It joins what is open of its host and service.

    Acknowledgements, flapping and planned work there are noted at an alert that is open, and open none. given_up: how
    many alerts before it were lost, as the sender's spool was full. Raises Unreadable for what is no such notice.
    """
    if not isinstance(document, Mapping) or document.get("form") != FORM:
        raise Unreadable(f"The body is no notice of `hortus alert send`: its form is not {FORM}.")
    host, service, sort = (text(document.get(name), 200) for name in ("host", "service", "type"))
    if not host and not service:
        raise Unreadable("The notice names neither a host nor a service.")
    state, output = text(document.get("state"), 40), text(document.get("output"), LONGEST_ANNOTATION)
    at = document.get("at")
    labels = {"host": host, "service": service, "state": state, "program": text(document.get("program"), 40)}
    notes = {"output": output, "type": sort} | {
        name: text(document.get(name), 1000) for name in ("author", "comment", "problem") if document.get(name)
    }
    kind = sort.upper().split(" ")[0] if sort else "PROBLEM"
    where = f"{service} on {host}" if host and service else host or service
    alert = Alert(
        digest([host, service]), _SAID.get(kind, Said.NOTED), f"{where} is {state or 'in trouble'}"[:LONGEST_TITLE],
        {name: value for name, value in labels.items() if value}, notes, starts_at=moment(at),
        starts_text=text(at, 64), url=link(document.get("url")),
    )  # fmt: skip
    return Told((alert,), truncated=whole(document.get("given_up")), sent_as=text(document.get("id"), 64))
