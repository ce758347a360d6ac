"""The form of time that shall not count. What is allowed is said by the draft.

It is told as the clocks of the team show it. An hour that they show twice, when summer time ends, is asked about.
"""

from datetime import UTC, datetime
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.dateparse import parse_datetime

from hortus.access.models import Team
from hortus.access.policy import Kind, promise
from hortus.catalogue.models import Service
from hortus.products.slos.drafts import ExclusionDraft
from hortus.products.slos.form_rows import apart
from hortus.products.slos.models import LONGEST_REASON, Exclusion, Objective
from hortus.web.forms import promise as promised

LENGTHS = ((1, "minutes"), (60, "hours"), (1440, "days"))
REPEATS = (("", "Once"), ("FREQ=WEEKLY", "Every week"), ("FREQ=MONTHLY", "Every month, on the same day of the month"))


class ClockField(forms.DateTimeField):
    """What a clock shows, without a zone: the form says where it hangs."""

    def to_python(self, value: Any) -> datetime | None:
        """Return it as it was written; None for nothing. Raises ValidationError for what is no time, or has a zone."""
        with timezone.override(UTC):  # where each time of day comes once; Django refuses those that do not
            found = super().to_python(value)
        written = parse_datetime(value.strip()) if found and isinstance(value, str) else None
        if written is not None and written.tzinfo is not None:
            raise ValidationError(
                "Leave out the zone at its end, as in 2026-03-02T10:00: what the clocks of the team show is meant."
            )
        return found and found.replace(tzinfo=None)


class ExclusionForm(forms.Form):
    """Time that shall not count: when, how long, how often, what it reaches, and why."""

    sort = forms.ChoiceField(choices=Exclusion.Sort.choices, label="What it is")
    reach = forms.ChoiceField(label="For", help_text="One objective, everything of one service, or all of the team.")
    began_at = ClockField(
        label="From", help_text="In the team's zone; of an agreed correction it may lie in the past.",
        widget=forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M"),
        input_formats=["%Y-%m-%dT%H:%M", "%Y-%m-%d %H:%M"],
    )  # fmt: skip
    which = forms.CharField(required=False, label="Which of the two", widget=forms.RadioSelect)
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
        if given.get("began_at"):
            given["began_at"] = self._placed(given["began_at"], given.get("which", ""))
        if given.get("repeat") and given.get("rule"):
            self.add_error("rule", "Choose how often above, or write a rule here, not both.")
        return given

    @property
    def is_twice(self) -> bool:
        """Say whether the time that was given comes twice, so that the form asks which of the two is meant."""
        return bool(self._which.choices)

    @property
    def _which(self) -> forms.RadioSelect:
        widget = self.fields["which"].widget
        assert isinstance(widget, forms.RadioSelect)  # noqa: S101 -- narrows the type
        return widget

    def _placed(self, shown: datetime, which: str) -> datetime | None:
        """Return the instant at which the clocks of the team show a time; None, with the reason, for none or two."""
        zone = self.team.zoneinfo
        first, second = (shown.replace(tzinfo=zone, fold=fold) for fold in (0, 1))
        if first.utcoffset() == second.utcoffset():
            return first
        if first.astimezone(UTC).astimezone(zone).replace(tzinfo=None) != shown:
            never = f"On that day the clocks go forward over {shown:%H:%M}, so it never comes"
            self.add_error("began_at", f"{never}; choose a time before or after.")
            return None
        names = {"first": first, "second": second}
        self._which.choices = [(name, f"The {name}, {at:%H:%M%z}") for name, at in names.items()]
        if which not in names:
            twice = f"On that day the clocks show {shown:%H:%M} twice"
            self.add_error("began_at", f"{twice}; say below which of the two is meant.")
        return names.get(which)

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
