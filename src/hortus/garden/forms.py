"""Forms of the garden: a target with its reason."""

from typing import Any

from django import forms

from hortus.access.policy import Kind, promise
from hortus.garden.indicators import Indicator, Unit
from hortus.values.reading import Target
from hortus.web.forms import promise as promised


class TargetForm(forms.Form):
    """Goal and slack as people write them: per cent for a ratio, a number for a count."""

    goal = forms.DecimalField(min_value=0, max_digits=12, decimal_places=4)
    slack = forms.DecimalField(
        min_value=0, max_digits=12, decimal_places=4,
        help_text="How far past the goal still counts as “needs care”; beyond that the plot is overgrown.",
    )  # fmt: skip
    reason = forms.CharField(
        max_length=300, widget=forms.Textarea(attrs={"rows": 3}),
        help_text="Why, in a sentence. It is kept with the change.",
    )  # fmt: skip

    def __init__(self, indicator: Indicator, target: Target, data: Any = None) -> None:
        self.scale = 100 if indicator.unit is Unit.RATIO else 1
        initial = {"goal": f"{target.goal * self.scale:g}", "slack": f"{target.slack * self.scale:g}"}
        super().__init__(data, initial=initial)
        unit = ", per cent" if self.scale == 100 else ""
        side = "at most" if target.at_most else "at least"
        self.fields["goal"].label = f"Goal: {side}{unit}"
        self.fields["slack"].label = f"Slack{unit}"
        promised(self, "reason", promise(Kind.TARGET))

    @property
    def goal_value(self) -> float:
        """Return the goal in the indicator's base unit."""
        return float(self.cleaned_data["goal"]) / self.scale

    @property
    def slack_value(self) -> float:
        """Return the slack in the indicator's base unit."""
        return float(self.cleaned_data["slack"]) / self.scale
