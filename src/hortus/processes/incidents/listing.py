"""Which incidents are listed: the filters of the page, of its CSV, its JSON and its feed."""

from collections.abc import Mapping
from datetime import date, datetime, time, timedelta

from django import forms

from hortus.access.doors import Standing
from hortus.access.models import Team
from hortus.catalogue.models import Service
from hortus.processes.incidents.models import LIVE, Incident, IncidentQuerySet
from hortus.processes.incidents.rules import State

LAST = date(9999, 12, 30)
OPEN, OVER = "open", "over"


class FilterForm(forms.Form):
    """The filters; a wrong value filters nothing. since and until: days in the team's zone, both included."""

    state = forms.ChoiceField(required=False, choices=[
        ("", "Any"), (OPEN, "open or reported"), (OVER, "over"), *((s.value, s.value) for s in State)
    ])  # fmt: skip
    service = forms.ChoiceField(required=False)
    since = forms.DateField(required=False, label="Began since", widget=forms.DateInput(attrs={"type": "date"}))
    until = forms.DateField(required=False, label="Until", widget=forms.DateInput(attrs={"type": "date"}))

    def __init__(self, team: Team, data: Mapping[str, str]) -> None:
        super().__init__(data)
        names = Service.objects.filter(team=team).order_by("name", "slug").values_list("slug", "name")
        self.fields["service"].choices = [("", "Any"), *names]  # type: ignore[attr-defined]

    def found(self, standing: Standing) -> IncidentQuerySet:
        """Return the incidents that are wanted and that the policy lets this person read, the newest first."""
        self.is_valid()
        given = self.cleaned_data
        wanted: IncidentQuerySet = Incident.objects.visible_to(standing.person).filter(team=standing.team)
        state = given.get("state", "")
        if state in (OPEN, OVER):
            wanted = wanted.live() if state == OPEN else wanted.exclude(state__in=LIVE)
        elif state:
            wanted = wanted.filter(state=state)
        if given.get("service"):
            wanted = wanted.filter(services__slug=given["service"])
        zone = standing.team.zoneinfo
        if since := given.get("since"):
            wanted = wanted.filter(began_at__gte=datetime.combine(since, time(), zone))
        if until := given.get("until"):
            wanted = wanted.filter(began_at__lt=datetime.combine(min(until, LAST) + timedelta(days=1), time(), zone))
        return wanted
