"""What incidents make of alerts: those of a source that proposes become reports, and what ends is noted.

Called in the transaction that stores the alerts. Nothing is published or declared here: a person does that.
"""

from collections.abc import Sequence

from hortus.access.models import Team
from hortus.catalogue.models import Service
from hortus.processes.incidents import actions, notes, once, telling
from hortus.processes.incidents.models import Incident, Link
from hortus.telemetry.alerts.standing import Change, Changed, Standing

DOOR = "alert"
_BEGINS = (Change.OPENED, Change.REOPENED)
_WORDS = {
    Change.REOPENED: "alert came back", Change.ENDED: "alert ended", Change.SILENT: "alert fell silent",
    Change.CLOSED: "alert closed",
}  # fmt: skip


def changed(team: Team, changes: Sequence[Changed]) -> None:
    """Note in live incidents what became of their alerts; link or report those that are proposed.

    An alert of a service that one live incident touches joins it; what else one notice proposes becomes one report for
    each service, however many alerts it holds.
    """
    proposed: dict[str, list[Changed]] = {}
    linked = _linked(team, changes)
    for change in changes:
        for incident in linked.get((change.ref.kind, change.ref.id), ()):
            _note(incident, change)
        if change.proposes and change.change in _BEGINS and (change.ref.kind, change.ref.id) not in linked:
            proposed.setdefault(change.alert.service, []).append(change)
    for slug, alerts in proposed.items():
        _propose(team, slug, alerts)


def _linked(team: Team, changes: Sequence[Changed]) -> dict[tuple[str, str], list[Incident]]:
    """Return the live incidents that these alerts are linked to, by the alert's reference."""
    kinds, ids = {change.ref.kind for change in changes}, {change.ref.id for change in changes}
    live = Incident.objects.filter(team=team).live()
    if not live.exists():
        return {}
    found: dict[tuple[str, str], list[Incident]] = {}
    rows = Link.objects.filter(incident__in=live, object_kind__in=kinds).select_related("incident__team").order_by("pk")
    for link in rows:
        if link.object_id in ids:
            found.setdefault((link.object_kind, link.object_id), []).append(link.incident)
    return found


def _note(incident: Incident, change: Changed) -> None:
    word = _WORDS.get(change.change)
    if word:
        payload = {"alert": change.alert.title[:200]}
        telling.note(incident, word, by=None, door=DOOR, at=change.at, payload=payload)


def _propose(team: Team, slug: str, alerts: Sequence[Changed]) -> None:
    service = Service.objects.filter(team=team, slug=slug, retired_on=None).first() if slug else None
    first, rest = alerts[0], list(alerts[1:])
    incident = _same(team, service)
    if incident is None:
        incident = actions.report(
            team, _sentence(first.alert), by=None, door=DOOR, services=[service] if service else [],
            from_alert=first.ref, at=first.at,
        )  # fmt: skip
    else:
        incident, rest = once.held(incident), list(alerts)
    for change in rest[:MOST_LINKED]:
        notes.link(incident, by=None, door=DOOR, words=change.alert.title[:200], ref=change.ref, at=change.at)


MOST_LINKED = 50  # alerts of one notice that are linked one by one; the page of alerts lists all


def _same(team: Team, service: Service | None) -> Incident | None:
    """Return the live incident that alerts of a service join: the newest that touches it; None for none."""
    if service is None:
        return None
    return Incident.objects.filter(team=team, services=service).live().first()


def _sentence(alert: Standing) -> str:
    return alert.title[: actions.LONGEST_TITLE].strip() or "An alert without a name stands"
