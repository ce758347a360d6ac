"""Forms of probes: one for each kind, built from the table of its parameters, and what a reader chose to see."""

from collections.abc import Mapping
from typing import Any

from django import forms

from hortus.access.models import Team
from hortus.access.policy import Kind, promise
from hortus.catalogue.models import Service
from hortus.telemetry.probes.actions import LONGEST_NAME, Details
from hortus.telemetry.probes.kinds import LONGEST_PERIOD, Parameter, ProbeKind
from hortus.telemetry.probes.models import Probe
from hortus.web.forms import promise as promised

REACHES = (("1", "24 hours"), ("7", "7 days"), ("28", "28 days"))


def _field(parameter: Parameter) -> forms.Field:
    """Return the field of a parameter. What it may hold is checked by the action, in one place for all doors."""
    common: dict[str, Any] = {
        "label": parameter.label, "help_text": parameter.help, "required": parameter.is_required,
        "initial": parameter.default,
    }  # fmt: skip
    if parameter.type == "choice":
        return forms.ChoiceField(choices=[(choice, choice) for choice in parameter.choices], **common)
    if parameter.type == "number":
        limits = {"min": parameter.low, "max": parameter.high}
        return forms.CharField(max_length=10, widget=forms.NumberInput(attrs=limits), **common)
    return forms.CharField(max_length=parameter.longest, **common)


class ProbeForm(forms.Form):
    """What a probe asks, how often, and what is too slow."""

    name = forms.CharField(max_length=LONGEST_NAME, help_text="As your team calls it, such as Login node.")
    service = forms.ChoiceField(required=False, help_text="The service of the catalogue that it watches.")
    period_seconds = forms.IntegerField(label="Seconds from one run to the next", max_value=LONGEST_PERIOD)
    limit_seconds = forms.IntegerField(
        label="Limit of one run, in seconds", min_value=1, help_text="What has not answered by then is bad."
    )
    latency_seconds = forms.FloatField(
        label="Slower than this is bad, in seconds", required=False, min_value=0,
        help_text="Left empty any answer within the limit is good. A change judges all of history anew.",
    )  # fmt: skip

    def __init__(self, team: Team, kind: ProbeKind, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.kind = kind
        self.fields |= {parameter.name: _field(parameter) for parameter in kind.parameters}
        asked = [parameter.name for parameter in kind.parameters]
        self.order_fields(["name", *asked, "service", "period_seconds", "limit_seconds", "latency_seconds"])
        self.fields["period_seconds"].initial, self.fields["limit_seconds"].initial = kind.period, kind.limit
        service = self.fields["service"]
        assert isinstance(service, forms.ChoiceField)  # noqa: S101 -- narrows the type
        found = Service.objects.filter(team=team, retired_on=None).values_list("slug", "name")
        service.choices = [("", "None"), *found]
        for name in ("name", *(p.name for p in kind.parameters if p.type == "text")):
            promised(self, name, promise(Kind.PROBE))

    @classmethod
    def about(cls, probe: Probe) -> dict[str, Any]:
        """Return what the form starts with when a probe is changed."""
        names = ("name", "service", "period_seconds", "limit_seconds", "latency_seconds")
        return {**{name: getattr(probe, name) for name in names}, **probe.parameters}

    def details(self) -> Details:
        """Return what was written, once the form is valid."""
        given = self.cleaned_data
        return Details(
            name=given["name"], service=given["service"], period_seconds=given["period_seconds"],
            limit_seconds=given["limit_seconds"], latency_seconds=given["latency_seconds"],
            parameters={parameter.name: given[parameter.name] for parameter in self.kind.parameters},
        )  # fmt: skip


class ViewForm(forms.Form):
    """What of a probe is looked at. Wrong values count as not given, so that an old link still opens."""

    reach = forms.ChoiceField(required=False, choices=REACHES, label="Chart of the last")
    day = forms.DateField(
        required=False, label="Results of", widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    )
    which = forms.ChoiceField(
        required=False, label="Show", choices=[("", "All results"), ("bad", "Only what was not good")]
    )

    def __init__(self, given: Mapping[str, Any]) -> None:
        super().__init__(given)
        self.full_clean()
