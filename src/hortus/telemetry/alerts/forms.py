"""Forms of alerts: what a source is, and why an alert is acknowledged or closed."""

from typing import Any

from django import forms

from hortus.access.models import Team
from hortus.access.policy import Kind, promise
from hortus.catalogue.models import Function, Service
from hortus.telemetry.alerts.actions import (
    GROUP_SECONDS,
    LONGEST_GROUP,
    LONGEST_NAME,
    LONGEST_REASON,
    LONGEST_REPEAT,
    Details,
)
from hortus.telemetry.alerts.models import SORT_WORDS, AlertSource
from hortus.web.forms import promise as promised

MAPPING_HELP = (
    "One rule a line, label=value => service/function, by the short names of their addresses, as in "
    "job=slurmctld => alder/submit. The first that fits decides; without one the labels service and function do."
)


class SourceForm(forms.Form):
    """What a source is and how its alerts are read. Short names stand beside names, as the rules want those."""

    name = forms.CharField(max_length=LONGEST_NAME)
    sort = forms.ChoiceField(choices=[(sort.value, word) for sort, word in SORT_WORDS.items()], label="Program")
    service = forms.ChoiceField(required=False, help_text="What its alerts are about where nothing else says so.")
    function = forms.ChoiceField(required=False)
    mapping = forms.CharField(
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
        label="From labels to services",
        help_text=MAPPING_HELP,
    )
    group_interval_seconds = forms.IntegerField(
        min_value=0, max_value=int(LONGEST_GROUP.total_seconds()), initial=GROUP_SECONDS,
        label="Group interval (seconds)",
        help_text="An alert that ended opens again when its sender still says that it fires this long after a late "
        "word.",
    )  # fmt: skip
    repeat_interval_seconds = forms.IntegerField(
        required=False, min_value=0, max_value=int(LONGEST_REPEAT.total_seconds()), label="Repeat interval (seconds)",
        help_text="How often it repeats what still fires; after three of them without a word an alert is silent. 0: it "
        "does not repeat. Left empty: 14400 for Alertmanager and Grafana, 0 for the others.",
    )  # fmt: skip
    proposes = forms.BooleanField(required=False, label="Propose an incident for each alert")

    def __init__(self, team: Team, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        services = Service.objects.filter(team=team, retired_on=None)
        functions = Function.objects.filter(team=team).offered()
        for name, offered in (("service", services), ("function", functions)):
            field = self.fields[name]
            assert isinstance(field, forms.ChoiceField)  # noqa: S101 -- narrows the type
            named = offered.order_by("name", "slug").values_list("slug", "name")
            field.choices = [("", "none"), *((slug, f"{called} ({slug})") for slug, called in named)]
        promised(self, "mapping", promise(Kind.ALERT_SOURCE))

    def details(self) -> Details:
        """Return what was written, once the form is valid."""
        return Details(**self.cleaned_data)


def initial_of(source: AlertSource) -> dict[str, Any]:
    """Return what the form shows of a source."""
    shown = {name: getattr(source, name) for name in SourceForm.base_fields}
    return shown | {"mapping": "\n".join(map(str, source.rules))}


class ReasonForm(forms.Form):
    """Why an alert is acknowledged or closed."""

    reason = forms.CharField(max_length=LONGEST_REASON)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        promised(self, "reason", promise(Kind.ALERT_NOTICE))
