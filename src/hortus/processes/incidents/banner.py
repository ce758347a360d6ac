"""What every page of a team shows of incidents: that one is open, when the next word is due, where to declare one.

A context processor, so that no page has to think of it.
"""

from typing import Any

from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import SimpleLazyObject

from hortus.access.context import Banner
from hortus.access.models import Team
from hortus.access.policy import Action, Kind
from hortus.processes.incidents.models import OPEN, Promise
from hortus.processes.incidents.room import Clock, time_of_day


def incident_open(request: HttpRequest) -> dict[str, Any]:
    """Give the base template `incident_banner`, asked only where a page shows it, and `declare_url` to who may declare.

    The page of an incident has its own clock, so it shows none.
    """
    standing = getattr(request, "standing", None)
    if standing is None:
        return {}
    found: dict[str, Any] = {}
    here = request.resolver_match.view_name if request.resolver_match else ""
    if standing.may(Action.READ, Kind.INCIDENT) and here not in ("incidents:room", "incidents:incidents"):
        found["incident_banner"] = SimpleLazyObject(lambda: _banner(standing.team))
    if standing.may(Action.CREATE, Kind.INCIDENT) and not getattr(request, "is_sample_visit", False):
        found["declare_url"] = reverse("incidents:declare", args=[standing.team.slug])
    return found


def _banner(team: Team) -> Banner | None:
    """Return a banner about the open incident whose next word is due first, None while none is open.

    It goes by this machine's clock, to spare each page a question; the page of the incident goes by the database's.
    """
    promised = Promise.objects.filter(team=team, ended_at=None, incident__state__in=OPEN)
    open_ones = list(promised.select_related("incident").order_by("due_at", "id")[:100])
    if not open_ones:
        return None
    promise, now = open_ones[0], timezone.now()
    watch = Clock(promise.due_at, now)
    late = f"its next update is {watch.words}" if watch.is_late else f"next update {time_of_day(promise.due_at, now)}"
    more = f", and {len(open_ones) - 1} more" if len(open_ones) > 1 else ""
    sentence = f"An incident is open: #{promise.incident.number} {promise.incident.title}, {late}{more}."
    return Banner(sentence, reverse("incidents:room", args=[team.slug, promise.incident.number]), "See it")
