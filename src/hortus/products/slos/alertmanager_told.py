"""Whether the Alertmanager of the settings takes a team's alerts: an event when that changes, a sentence meanwhile.

The ledger alone remembers it: a failure each minute for the same reason is one event, not sixty an hour.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.conf import settings
from django.db import transaction

from hortus.access.models import Team
from hortus.ledger.actions import record
from hortus.ledger.models import Event, EventQuerySet
from hortus.ledger.refs import Ref
from hortus.products.slos.wording import moment
from hortus.values.plots import Plot
from hortus.values.refused import Refused

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


def _events(team: Team) -> EventQuerySet:
    """Return a team's events of it, the newest first: by number, not by time, as the clock may have been set back."""
    found: EventQuerySet = Event.objects.filter(team=team).about(REF.kind, REF.id).order_by("-id")
    return found


def untold(team: Team) -> Event | None:
    """Return the event that says why Alertmanager cannot be told of a team's alerts now, None where it can be."""
    last = _events(team).first() if settings.HORTUS.alertmanager_url else None
    return last if last is not None and last.verb == FAILED else None


def _first_of(team: Team, failed: Event) -> Event:
    """Return the failure that a failure goes on from, whatever the reasons between; itself where it is the first."""
    well = _events(team).filter(verb=RECOVERED, id__lt=failed.pk).first()
    return _events(team).filter(id__gt=well.pk if well else 0, id__lte=failed.pk).last() or failed


@transaction.atomic
def note(team: Team, refused: Refused | None, at: datetime) -> None:
    """Take down how a sending ended, as an event where the one before ended otherwise, or failed for another reason.

    refused: None where it went well. at: aware, of the sending.
    """
    last = _events(team).first()
    verb, payload = FAILED if refused else RECOVERED, {"code": refused.code} if refused else {}
    before = (last.verb, told(last.verb, last.payload)) if last else (RECOVERED, [])
    if (verb, told(verb, payload)) == before:  # by the words: a server that is away fails in many ways in turn
        return
    record(
        team, verb, REF, by=None, source="worker", at=at, plot=PLOT, payload=payload,
        dedupe_key=f"alertmanager:{verb}:{last.pk if last else 0}",
    )  # fmt: skip


def why(code: object) -> str:
    """Return in words why Alertmanager could not be told, by the code of the refusal."""
    return WHY.get(str(code), ELSE)


def told(verb: str, payload: Mapping[str, Any]) -> list[str]:
    """Return what an event of it says beside its verb."""
    return [why(payload.get("code"))] if verb == FAILED else []


def sentence(team: Team) -> str:
    """Return what whoever reads alerts must know: since when nobody hears of them by Alertmanager, and why now.

    "" where it takes them.
    """
    event = untold(team)
    if event is None:
        return ""
    at = moment(_first_of(team, event).occurred_at, team.zoneinfo)
    return (
        f"Alertmanager could not be told of alerts since {at}: "
        f"{why(event.payload.get('code'))}. The worker tries again each minute, and its log says more."
    )
