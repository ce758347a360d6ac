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
    told_of,
    whole,
)

FORM = "hortus-alert/1"
_SAID = {"PROBLEM": Said.FIRING, "RECOVERY": Said.RESOLVED}
# What the programs send: Nagios, Icinga 2 and Checkmk end flapping and planned work each in a word of its own.
TYPES = (*_SAID, "ACKNOWLEDGEMENT", "FLAPPINGSTART", "FLAPPINGSTOP", "FLAPPINGEND", "FLAPPINGDISABLED", "DOWNTIMESTART",
         "DOWNTIMEEND", "DOWNTIMECANCELLED", "DOWNTIMEREMOVED", "CUSTOM", "ALERTHANDLER")  # fmt: skip


def kind_of(sort: str) -> str:
    """Return the word that says what happened, as one of `TYPES` where it is one.

    >>> kind_of("Problem"), kind_of("ALERTHANDLER (OK)"), kind_of("")
    ('PROBLEM', 'ALERTHANDLER', '')
    """
    return sort.strip().upper().split(" ")[0]


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
    notes = {"output": output, "type": sort} | told_of(document, ("author", "comment", "problem"))
    kind = kind_of(sort) or "PROBLEM"
    where = f"{service} on {host}" if host and service else host or service
    alert = Alert(
        digest([host, service]), _SAID.get(kind, Said.NOTED), f"{where} is {state or 'in trouble'}"[:LONGEST_TITLE],
        {name: value for name, value in labels.items() if value}, notes, starts_at=moment(at),
        starts_text=text(at, 64), url=link(document.get("url")),
    )  # fmt: skip
    return Told((alert,), truncated=whole(document.get("given_up")), sent_as=text(document.get("id"), 64))
