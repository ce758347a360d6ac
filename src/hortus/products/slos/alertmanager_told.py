"""Whether the Alertmanager of the settings takes a team's alerts: an event when that changes, a sentence meanwhile.

The ledger alone remembers it, so each minute's failure is one event, not sixty an hour.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.conf import settings
from django.db import transaction

from hortus.access.models import Team
from hortus.ledger.actions import record
from hortus.ledger.models import Event
from hortus.ledger.refs import Ref
from hortus.values.plots import Plot
from hortus.values.refused import Refused
from hortus.web.words import day

REF = Ref("alertmanager", "alertmanager", "Alertmanager")
FAILED, RECOVERED = "failed", "recovered"
PLOT = Plot.named("products-urgent")
WHY = {
    "closed-address": "its address is closed; an administrator opens it in HORTUS_FETCH_NETWORKS",
    "no-token": "there is no token for it in the environment of Hortus", "not-taken": "it did not take them",
    "broken": "an alert could not be written",
}  # fmt: skip
"""By code, without an address: more people may read objectives than know where alerts go."""
ELSE = "it is out of reach"


def _last(team: Team) -> Event | None:
    # By number, not by time: the clock may have been set back.
    return Event.objects.filter(team=team).about(REF.kind, REF.id).order_by("-id").first()


def untold(team: Team) -> Event | None:
    """Return the event since which Alertmanager could not be told of a team's alerts, None where it can be."""
    last = _last(team) if settings.HORTUS.alertmanager_url else None
    return last if last is not None and last.verb == FAILED else None


@transaction.atomic
def note(team: Team, refused: Refused | None, at: datetime) -> None:
    """Take down how a sending ended, as an event where the one before ended otherwise.

    refused: None where it went well. at: aware, of the sending.
    """
    last = _last(team)
    verb = FAILED if refused else RECOVERED
    if verb == (last.verb if last else RECOVERED):
        return
    record(
        team, verb, REF, by=None, source="worker", at=at, plot=PLOT, payload={"code": refused.code} if refused else {},
        dedupe_key=f"alertmanager:{verb}:{last.pk if last else 0}",
    )  # fmt: skip


def why(code: object) -> str:
    """Return in words why Alertmanager could not be told, by the code of the refusal."""
    return WHY.get(str(code), ELSE)


def told(verb: str, payload: Mapping[str, Any]) -> list[str]:
    """Return what an event of it says beside its verb."""
    return [why(payload.get("code"))] if verb == FAILED else []


def sentence(team: Team) -> str:
    """Return what a lead must know: since when alerts reach nobody by Alertmanager, and why; "" where they do."""
    event = untold(team)
    if event is None:
        return ""
    at = event.occurred_at.astimezone(team.zoneinfo)
    return (
        f"Alertmanager could not be told of alerts since {at:%H:%M on} {day(at.date())}: "
        f"{why(event.payload.get('code'))}. The worker tries again each minute, and its log says more."
    )
