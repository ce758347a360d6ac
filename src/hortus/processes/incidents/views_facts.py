"""The page that corrects what is known of an incident."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from hortus.access.doors import TeamRequest, team_page
from hortus.access.policy import Action, Kind
from hortus.processes.incidents import actions
from hortus.processes.incidents.forms_facts import FactsForm
from hortus.processes.incidents.views_room import find, url
from hortus.values.refused import Refused
from hortus.web.form_pages import form_page


@require_http_methods(["GET", "HEAD", "POST"])
@team_page(Kind.INCIDENT, Action.UPDATE)
def facts(request: TeamRequest, number: int) -> HttpResponse:
    """Correct what is known of an incident, whatever its state."""
    found = find(request, number)
    form = FactsForm(found, request.POST or None)
    if form.is_valid():
        try:
            changed = actions.change_facts(found, form.facts(), by=request.person, door="web", client_key=form.key)
            messages.success(
                request, f"Corrected: {', '.join(changed).replace('_', ' ')}." if changed else "Nothing was changed."
            )
            return redirect(url(found))
        except Refused as refused:
            form.refuse(refused)
    way = [("Incidents", reverse("incidents:incidents", args=[request.team.slug])), (f"#{found.number}", url(found))]
    said = "What was known before stays in its timeline."
    return form_page(request, form, f"What is known of #{found.number}", way, here="Correct", said=said)
