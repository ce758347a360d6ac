"""The form of time that shall not count. What is allowed is said by the draft.

It is told as the clocks of the team show it. An hour that they show twice, when summer time ends, is asked about.
"""

from datetime import datetime
from typing import Any

from django import forms

from hortus.access.models import Team
from hortus.access.policy import Kind, promise
from hortus.catalogue.models import Service
from hortus.products.slos.drafts import ExclusionDraft
from hortus.products.slos.form_rows import apart
from hortus.products.slos.models import LONGEST_REASON, Exclusion, Objective
from hortus.web.forms import promise as promised
from hortus.web.forms_clock import ClockField, is_twice, place, which_of_two

LENGTHS = ((1, "minutes"), (60, "hours"), (1440, "days"))
REPEATS = (("", "Once"), ("FREQ=WEEKLY", "Every week"), ("FREQ=MONTHLY", "Every month, on the same day of the month"))


class ExclusionForm(forms.Form):
    """Time that shall not count: when, how long, how often, what it reaches, and why."""

    sort = forms.ChoiceField(choices=Exclusion.Sort.choices, label="What it is")
    reach = forms.ChoiceField(label="For", help_text="One objective, everything of one service, or all of the team.")
    began_at = ClockField(label="From", help_text="In the team's zone; of an agreed correction it may lie in the past.")
    which = which_of_two(widget=forms.RadioSelect)  # its page shows it in its own place, once there are two
    lasts = forms.IntegerField(min_value=1, label="How long")
    unit = forms.TypedChoiceField(choices=LENGTHS, coerce=int, initial=60)
    repeat = forms.ChoiceField(choices=REPEATS, required=False, label="How often")
    rule = forms.CharField(
        required=False, max_length=300, label="Or by a rule",
        help_text="As iCalendar writes it, such as FREQ=MONTHLY;BYDAY=2TU for the second Tuesday of a month.",
    )  # fmt: skip
    reason = forms.CharField(max_length=LONGEST_REASON, help_text="What the team and the auditors will read.")

    def __init__(self, team: Team, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.team = team
        self.objectives = {one.slug: one for one in Objective.objects.kept().filter(team=team)}
        services = Service.objects.filter(team=team, retired_on=None)
        reach = self.fields["reach"]
        assert isinstance(reach, forms.ChoiceField)  # noqa: S101 -- narrows the type
        reach.choices = [
            ("", "All of the team"), *((f"service:{one.slug}", f"Service {one.name}") for one in services),
            *((f"objective:{slug}", one.name) for slug, one in self.objectives.items()),
        ]  # fmt: skip
        reach.required = False
        promised(self, "reason", promise(Kind.EXCLUSION))
        apart(self.fields["which"])

    def clean(self) -> dict[str, Any]:
        """Refuse a form that says twice how it repeats, and a time that never comes or of which there are two."""
        given: dict[str, Any] = super().clean() or {}
        given["began_at"] = place(self, "began_at", "which", self.team.zoneinfo)
        if given.get("repeat") and given.get("rule"):
            self.add_error("rule", "Choose how often above, or write a rule here, not both.")
        return given

    @property
    def is_twice(self) -> bool:
        """Say whether the time that was given comes twice, so that the form asks which of the two is meant."""
        return is_twice(self, "which")

    def draft(self) -> ExclusionDraft:
        """Return what was said; the form must be valid."""
        given = self.cleaned_data
        kind, _, slug = given["reach"].partition(":")
        began: datetime = given["began_at"]
        return ExclusionDraft(
            given["sort"], began, given["lasts"] * given["unit"], given["reason"], given["rule"] or given["repeat"],
            service=slug if kind == "service" else "",
            objectives=[self.objectives[slug]] if kind == "objective" else (),
        )  # fmt: skip
