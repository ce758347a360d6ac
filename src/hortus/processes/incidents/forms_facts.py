"""The form that corrects what is known of an incident: what it touches, when it began, where it came from."""

from typing import Any

from django import forms

from hortus.catalogue.models import Function, Service
from hortus.processes.incidents.actions import Facts
from hortus.processes.incidents.forms import LONGEST_TITLE, Keyed
from hortus.processes.incidents.models import Incident
from hortus.values.origin import Origin
from hortus.web.forms_clock import FORMAT, ClockField, place, which_of_two


class FactsForm(Keyed):
    """What is known of an incident beside what was told of it. What is not changed stays exactly as it is."""

    name = "facts"
    title = forms.CharField(label="The sentence", max_length=LONGEST_TITLE)
    services = forms.ModelMultipleChoiceField(
        Service.objects.none(), required=False, widget=forms.CheckboxSelectMultiple
    )
    functions = forms.ModelMultipleChoiceField(
        Function.objects.none(), required=False, widget=forms.CheckboxSelectMultiple,
        help_text="What users do with a service. Updates then ask how each of them stands.",
    )  # fmt: skip
    severity = forms.CharField(required=False, max_length=40, help_text="In your own words; nothing depends on it.")
    origin = forms.ChoiceField(
        label="Where did it come from?", choices=[(one.value, one.word) for one in Origin], required=False
    )
    tags = forms.CharField(required=False, help_text="With commas between them, as in: storage, certificates.")
    began_at = ClockField(label="Began")
    began_which = which_of_two()
    detected_at = ClockField(label="Noticed")
    detected_which = which_of_two()
    entered_later = forms.BooleanField(
        label="It was written down afterwards, so the order of its times is not minded", required=False
    )

    def __init__(self, incident: Incident, data: Any = None) -> None:
        self.incident = incident
        zone = incident.team.zoneinfo
        first: dict[str, Any] = {
            name: getattr(incident, name) for name in ("title", "severity", "origin", "entered_later")
        }
        first |= {name: list(getattr(incident, name).all()) for name in ("services", "functions")}
        first |= {
            name: getattr(incident, name).astimezone(zone).strftime(FORMAT) for name in ("began_at", "detected_at")
        }
        super().__init__(data, initial=first | {"tags": ", ".join(incident.tags)})
        offered = {
            "services": Service.objects.filter(team=incident.team),
            "functions": Function.objects.filter(team=incident.team),
        }
        for name, rows in offered.items():
            self.fields[name].queryset = rows  # type: ignore[attr-defined]
        for name in ("began_at", "detected_at"):
            self.fields[name].help_text = f"In the team's zone, {incident.team.zone}."

    def clean(self) -> dict[str, Any]:
        """Find the instants that the times mean."""
        zone = self.incident.team.zoneinfo
        for name, which in (("began_at", "began_which"), ("detected_at", "detected_which")):
            if name in self.changed_data:
                self.cleaned_data[name] = place(self, name, which, zone)
        return self.cleaned_data

    def facts(self) -> Facts:
        """Return what was changed, once the form is valid."""
        given = {name: value for name, value in self.cleaned_data.items() if name in self.changed_data}
        if "tags" in given:
            given["tags"] = given["tags"].split(",")
        for name in ("client_key", "began_which", "detected_which"):
            given.pop(name, None)
        return Facts(**given)
