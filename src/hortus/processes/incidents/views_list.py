"""The list of incidents: open ones first with their clocks, past ones below, how long they lasted as dots."""

from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_safe

from hortus.access.doors import TeamRequest, team_page
from hortus.access.policy import Action, Kind
from hortus.ledger import clock
from hortus.processes.incidents import durations
from hortus.processes.incidents.listing import FilterForm
from hortus.processes.incidents.models import LIVE, Incident
from hortus.processes.incidents.room import clock_of
from hortus.processes.incidents.rules import State
from hortus.web.tables import Pages, page_number
from hortus.web.words import counted

ON_A_PAGE = 25
MOST_DOTS = 500


def heading(found: list[Incident], total: int) -> str:
    """Return the sentence above the list. found: open or reported now; total: how many there are."""
    is_open = sum(one.is_open for one in found)
    reported = len(found) - is_open
    if not found:
        return "No incident is open" if total else "No incident yet"
    said = [counted(is_open, "incident is open", "incidents are open")] if is_open else []
    said += [counted(reported, "is reported", "are reported")] if reported else []
    return " and ".join(said)


@require_safe
@team_page(Kind.INCIDENT)
def incidents(request: TeamRequest) -> HttpResponse:
    """List incidents."""
    form, now, team = FilterForm(request.team, request.GET), clock.now(), request.team
    mine = form.found(request.standing)
    live = list(mine.live().shown())
    over = mine.exclude(state__in=LIVE)
    page = Pages(page_number(request.GET.get("page", "1")), ON_A_PAGE, over.count())
    first = (page.number - 1) * ON_A_PAGE
    query = request.GET.urlencode()
    context: dict[str, Any] = {
        "form": form, "now": now, "page": page, "heading": heading(live, len(live) + page.count),
        "live": sorted(
            ((one, clock_of(next(iter(one.standing), None), now)) for one in live),
            key=lambda pair: (pair[1].due_at is None, pair[1].due_at or now),
        ),
        "over": [(one, durations.seconds(one)) for one in over.prefetch_related("services")[first : first + ON_A_PAGE]],
        "chart": durations.chart(list(over.exclude(resolved_at=None)[:MOST_DOTS]), team.zoneinfo),
        "may_declare": request.standing.may(Action.CREATE, Kind.INCIDENT), "is_filtered": bool(query),
        "feeds": [(words, f"{reverse(f'incidents:{name}', args=[team.slug])}{f'?{query}' if query else ''}")
                  for words, name in (("Atom feed", "atom"), ("CSV", "csv"), ("JSON", "json"))],
        "reported": State.REPORTED,
    }  # fmt: skip
    return render(request, "incidents/incidents.html", context)
