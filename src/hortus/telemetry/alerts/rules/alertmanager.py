"""Reads the webhook of Prometheus Alertmanager (version 4) and that of Grafana, which has the same shape and more.

Any member but `alerts` may be missing; what is not known is kept in the raw notice and ignored.
"""

from collections.abc import Mapping
from typing import Any

from hortus.telemetry.alerts.rules.heard import (
    LONGEST_ANNOTATION,
    LONGEST_TITLE,
    Alert,
    Said,
    Told,
    Unreadable,
    identity_of,
    key_of,
    link,
    moment,
    text,
    texts,
    whole,
)

_LINKS = ("panelURL", "dashboardURL", "generatorURL")


def read(document: Any) -> Told:
    """Return what a notice says. Raises Unreadable for what is no such notice."""
    if not isinstance(document, Mapping) or "alerts" not in document:
        raise Unreadable("The body is no notice of Alertmanager or Grafana: it is no object with a list of alerts.")
    listed = document["alerts"]
    if listed is None:  # as Go writes an empty list
        listed = []
    if not isinstance(listed, list):
        raise Unreadable("What the body calls alerts is no list.")
    whole_state = document.get("status")
    found = [_alert(one, whole_state) for one in listed if isinstance(one, Mapping)]
    return Told(
        tuple(found), truncated=whole(document.get("truncatedAlerts")), unread=len(listed) - len(found),
        remark="" if found else text(document.get("message"), LONGEST_TITLE),
    )  # fmt: skip


def _alert(one: Mapping[str, Any], whole_state: object) -> Alert:
    labels = texts(one.get("labels"))
    annotations = texts(one.get("annotations"), LONGEST_ANNOTATION)
    starts = one.get("startsAt")
    return Alert(
        identity_of(one.get("fingerprint"), one.get("labels")), _said(one, whole_state), _title(labels, annotations),
        labels, annotations, key_of(starts), moment(starts), text(starts, 64), moment(one.get("endsAt")),
        next(filter(None, (link(one.get(name)) for name in _LINKS)), ""),
    )  # fmt: skip


def _said(one: Mapping[str, Any], whole_state: object) -> Said:
    """Return the alert's own state; that of the notice where it has none, and firing where nothing says otherwise."""
    for state in (one.get("status"), whole_state):
        if state in ("firing", "resolved"):
            return Said(str(state))
    return Said.FIRING


def _title(labels: Mapping[str, str], annotations: Mapping[str, str]) -> str:
    name = labels.get("alertname", "").strip()
    told = " ".join((annotations.get("summary") or annotations.get("title") or "").split())
    both = f"{name}: {told}" if name and told and name not in told else told or name
    return (both or "An alert without a name")[:LONGEST_TITLE]
