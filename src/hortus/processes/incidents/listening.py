"""What incidents make of alerts: those of a source that proposes become reports, and what ends is noted.

Called in the transaction that stores the alerts. Nothing is published or declared here: a person does that.
"""

from collections.abc import Sequence
from uuid import UUID

from hortus.access.models import Team
from hortus.processes.incidents import actions, from_alert, notes, once, telling
from hortus.processes.incidents.models import Incident, Link
from hortus.telemetry.alerts.standing import Change, Changed
from hortus.web.words import counted

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
    noted: dict[tuple[UUID, Change], list[Changed]] = {}
    linked = _linked(team, changes)
    for change in changes:
        known = linked.get((change.ref.kind, change.ref.id), ())
        for incident in known if change.change in _WORDS else ():
            noted.setdefault((incident, change.change), []).append(change)
        if change.proposes and change.change in _BEGINS and not known:
            proposed.setdefault(change.alert.service, []).append(change)
    live = Incident.objects.select_related("team").in_bulk({pk for pk, _ in noted})
    for (pk, _), ended in noted.items():
        _note(live[pk], ended)
    _propose(team, list(proposed.values()))


def _linked(team: Team, changes: Sequence[Changed]) -> dict[tuple[str, str], list[UUID]]:
    """Return the live incidents that these alerts are linked to, by the alert's reference."""
    kinds, ids = {change.ref.kind for change in changes}, {change.ref.id for change in changes}
    live = Incident.objects.filter(team=team).live()
    if not live.exists():
        return {}
    found: dict[tuple[str, str], list[UUID]] = {}
    rows = Link.objects.filter(incident__in=live, object_kind__in=kinds).order_by("pk")
    for kind, id, incident in rows.values_list("object_kind", "object_id", "incident"):  # noqa: A001 -- (kind, id)
        if id in ids:
            found.setdefault((kind, id), []).append(incident)
    return found


def _note(incident: Incident, changes: Sequence[Changed]) -> None:
    """Note what became of alerts of an incident: each by itself, or one line for many."""
    if len(changes) > MOST_NOTED:
        payload = {"words": _many(changes)}
        telling.note(incident, _WORDS[changes[0].change], by=None, door=DOOR, at=changes[-1].at, payload=payload)
        return
    for change in changes:
        payload = {"alert": change.alert.title[:200]}
        telling.note(incident, _WORDS[change.change], by=None, door=DOOR, at=change.at, payload=payload)


def _many(changes: Sequence[Changed]) -> str:
    return f"{counted(len(changes), 'alert')}, such as {from_alert.sentence(changes[0].alert)}"


def _propose(team: Team, proposed: Sequence[Sequence[Changed]]) -> None:
    """Let alerts, by service, join the incidents that are there, and report the others.

    Incidents are held before the team and in one order, as verbs hold them, so that nobody waits for the other for
    ever. Once the team is held they are looked for again: of two notices at once one reports, the other joins it.
    """
    there = [(_same(team, alerts[0]), alerts) for alerts in proposed]
    for incident, alerts in sorted(((one, alerts) for one, alerts in there if one), key=lambda pair: pair[0].pk):
        _join(incident, alerts)
    new = [alerts for incident, alerts in there if incident is None]
    if new:
        once.line_up(team)
    for alerts in new:
        _join(_same(team, alerts[0]) or _report(team, alerts[0]), alerts)


def _report(team: Team, change: Changed) -> Incident:
    return actions.report(
        team, from_alert.sentence(change.alert), by=None, door=DOOR, at=change.at, from_alert=change.ref,
        services=from_alert.services(team, change.alert),
    )  # fmt: skip


def _join(incident: Incident, alerts: Sequence[Changed]) -> None:
    """Link alerts to an incident: few one by one, many at once and with one line in its timeline."""
    if len(alerts) <= MOST_NOTED:
        for change in alerts:
            notes.link(incident, by=None, door=DOOR, words=_words(change), ref=change.ref, at=change.at)
        return
    mine = once.held(incident)
    known = set(mine.links.exclude(object_kind="").values_list("object_kind", "object_id"))
    new = [change for change in alerts if (change.ref.kind, change.ref.id) not in known]
    Link.objects.bulk_create(
        [
            Link(team=mine.team, incident=mine, words=_words(change), object_kind=change.ref.kind,
                 object_id=change.ref.id, at=change.at)
            for change in new
        ], batch_size=500, ignore_conflicts=True,
    )  # fmt: skip
    if new:
        telling.note(mine, "link added", by=None, door=DOOR, at=new[-1].at, payload={"words": _many(new)})


def _words(change: Changed) -> str:
    return from_alert.sentence(change.alert)


MOST_NOTED = 50  # alerts of one notice with a line each in the timeline; of more one line says how many


def _same(team: Team, change: Changed) -> Incident | None:
    """Return the live incident that alerts of a service join: the newest that touches it; None for none."""
    services = from_alert.services(team, change.alert)
    found: Incident | None = Incident.objects.filter(team=team, services__in=services).live().first()
    return found
