"""Which events are wanted: the filters of the activity page, its JSON, its feed and the API."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from django import forms

from hortus.access.doors import Standing
from hortus.ledger import refs
from hortus.ledger.models import Event, EventQuerySet
from hortus.values.plots import PLOTS


@dataclass(frozen=True, slots=True)
class Wanted:
    """Filters; an empty one filters nothing. since and until are days in the team's zone, both included."""

    plot: str = ""
    kind: str = ""
    service: str = ""
    since: date | None = None
    until: date | None = None

    def events(self, standing: Standing) -> EventQuerySet:
        """Return the events that are wanted and that the policy lets this person read, the newest first."""
        found: EventQuerySet = Event.objects.visible_to(standing.person).filter(team=standing.team)
        exact = {"plot": self.plot, "object_kind": self.kind, "service": self.service}
        found = found.filter(**{field: value for field, value in exact.items() if value})
        zone = standing.team.zoneinfo
        if self.since:
            found = found.filter(occurred_at__gte=datetime.combine(self.since, time(), zone))
        if self.until:
            found = found.filter(occurred_at__lt=datetime.combine(self.until + timedelta(days=1), time(), zone))
        return found.select_related("actor")


class FilterForm(forms.Form):
    """The filters as a form; a wrong value is said and filters nothing."""

    plot = forms.ChoiceField(required=False, choices=[("", "Any plot"), *((p.slug, str(p)) for p in PLOTS)])
    kind = forms.ChoiceField(required=False, label="About")
    since = forms.DateField(required=False, widget=forms.DateInput(attrs={"type": "date"}))
    until = forms.DateField(required=False, widget=forms.DateInput(attrs={"type": "date"}))

    def __init__(self, data: Mapping[str, str]) -> None:
        super().__init__(data)
        kinds = [("", "Anything"), *((kind, refs.word(kind)) for kind in refs.kinds())]
        self.fields["kind"].choices = kinds  # type: ignore[attr-defined]

    @property
    def wanted(self) -> Wanted:
        """Return what was filled in rightly."""
        self.is_valid()
        given = {name: value for name, value in self.cleaned_data.items() if value}
        given = {**given, "until": min(given["until"], date(9999, 12, 30))} if "until" in given else given
        return Wanted(**given)
