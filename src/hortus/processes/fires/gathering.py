"""Incidents as fires, gathered from the ledger: what was declared, where it came from, what was none after all.

The ledger is read, and not the incidents: practices do not know one another. Safe to run again.
"""

from datetime import datetime, timedelta

from django.db import transaction

from hortus.access.models import Team
from hortus.ledger.models import Event
from hortus.processes.fires.actions import kindle, open_card
from hortus.processes.fires.models import Fire, Kindling
from hortus.processes.fires.rules.kindling import SPAN, Answer, tags_of
from hortus.values.origin import Origin
from hortus.values.refused import Refused

KIND = "incident"
# Verbs of the ledger about incidents: it burned, it was none of its own, it is looked at again.
BEGAN, ENDED_AS_NONE, BACK = ("declared", "confirmed", "entered later"), ("dismissed", "merged"), ("reported again",)
LOOK_BACK = timedelta(days=400)


def gather(team: Team, now: datetime) -> int:
    """Lay a fire for each incident of a team that has none, and correct those of which more was said; return how many.

    now: aware. Only incidents of the last 400 days are looked at.
    """
    events = Event.objects.filter(team=team, object_kind=KIND, occurred_at__gt=now - LOOK_BACK).order_by("id")
    by_incident: dict[str, list[Event]] = {}
    for event in events:
        by_incident.setdefault(event.object_id, []).append(event)
    known = {fire.object_id: fire for fire in Fire.objects.filter(team=team, object_kind=KIND)}
    return sum(_lay(team, known.get(pk), told, now) for pk, told in sorted(by_incident.items(), key=_first))


def _first(pair: tuple[str, list[Event]]) -> tuple[datetime, str]:
    return min(event.occurred_at for event in pair[1]), pair[0]


@transaction.atomic
def _lay(team: Team, fire: Fire | None, told: list[Event], now: datetime) -> bool:
    first = next((event for event in told if event.verb in BEGAN), None)
    if first is None:
        return False
    wanted = _said(told)
    if fire is None:
        row, is_new = Fire.objects.get_or_create(
            team=team, object_kind=KIND, object_id=first.object_id,
            defaults={"at": _began(first), "noted_at": now, **wanted},
        )  # fmt: skip
        if is_new and row.is_counted:
            kindle(row, now)
        return is_new
    changed = [name for name, value in wanted.items() if getattr(fire, name) != value]
    for name in changed:
        setattr(fire, name, wanted[name])
    if changed:
        fire.save(update_fields=changed)
        if fire.is_counted:
            kindle(fire, now)
    return bool(changed)


def _began(first: Event) -> datetime:
    """Return when it began: what is entered later says so itself."""
    began = first.payload.get("began_at")
    return datetime.fromisoformat(began) if isinstance(began, str) else first.occurred_at


def _said(told: list[Event]) -> dict[str, object]:
    """Return what the events of one incident, oldest first, say of it by now."""
    counted, origin, tags = True, str(Origin.UNKNOWN), list[str]()
    service = next((event.service for event in reversed(told) if event.service), "")
    for event in told:
        counted = event.verb in BACK or (counted and event.verb not in ENDED_AS_NONE)
        changed = event.payload.get("changed")
        pairs = changed.items() if isinstance(changed, dict) else ()
        facts = event.payload | {name: pair[1] for name, pair in pairs}
        if facts.get("origin") in (*Origin, "none"):
            origin = str(facts["origin"]).replace("none", "")
        if "tags" in facts:
            tags = _tags(facts["tags"])
    return {
        "sentence": told[-1].object_name[:300], "service": service, "origin": origin, "tags": tags,
        "is_counted": counted,
    }  # fmt: skip


def _tags(given: object) -> list[str]:
    """Return tags from a list of them, or from words with commas; "none" is no tag."""
    try:
        return [] if given == "none" else tags_of(given if isinstance(given, str) else map(str, list(given)))  # type: ignore[call-overload]
    except Refused:  # of a shape that fires do not have; the service is enough then
        return []


def look_again(team: Team, now: datetime) -> list[Kindling]:
    """Open anew what the team wanted to look at again by now; return the new cards. now: aware."""
    today = now.astimezone(team.zoneinfo).date()
    due = Kindling.objects.filter(team=team, answer=Answer.ACCEPTED, look_again_on__lte=today, after=None)
    return [card for one in due.order_by("look_again_on", "pk") if (card := _opened_again(one, now)) is not None]


@transaction.atomic
def _opened_again(before: Kindling, now: datetime) -> Kindling | None:
    cards = Kindling.objects.select_for_update().filter(team=before.team, subject=before.subject)
    if any(card.opened_at > before.opened_at for card in cards):  # new fires were faster
        return None
    near = Fire.objects.filter(team=before.team).counted().filter(at__gt=now - SPAN)
    fires = [fire for fire in near if before.subject in fire.subjects]
    return open_card(before.team, before.subject, fires, at=now, before=before)
