"""Forms of objectives: what is promised, a what-if, an exclusion. What is allowed is said by the drafts."""

from datetime import datetime
from decimal import Decimal, InvalidOperation
from typing import Any

from django import forms

from hortus.access.models import Person, Team
from hortus.access.policy import Kind, promise
from hortus.catalogue.models import Function, Service
from hortus.products.slos.drafts import LONGEST_NAME, ExclusionDraft
from hortus.products.slos.models import LONGEST_PROMISE, LONGEST_REASON, LONGEST_SENTENCE, Exclusion, Objective
from hortus.telemetry.counts.judges import Judge, Parameter
from hortus.telemetry.models import Cluster
from hortus.web.forms import promise as promised

LENGTHS = ((1, "minutes"), (60, "hours"), (1440, "days"))
REPEATS = (("", "Once"), ("FREQ=WEEKLY", "Every week"), ("FREQ=MONTHLY", "Every month, on the same day of the month"))


class WhatIfForm(forms.Form):
    """Another target, in percent, that a back-test shall try."""

    target = forms.DecimalField(
        min_value=Decimal("0.000001"), max_value=Decimal("99.9999999"), label="If the target were, in percent",
        widget=forms.NumberInput(attrs={"type": "range"}),
    )  # fmt: skip

    @classmethod
    def asked(cls, given: Any, objective: Objective) -> "WhatIfForm":
        """Return the form with what an address asks for, or with the objective's own target."""
        own = objective.target_ratio * 100
        form = cls(given if given.get("target") else {"target": f"{own.normalize():f}"})
        # From ten times what the target leaves to a hundredth of it: a step is as fine as the target asks for.
        spare = 100 - own
        ends = {"min": max(spare / 100, 100 - 10 * spare), "max": 100 - spare / 100, "step": spare / 100}
        form.fields["target"].widget.attrs |= {name: f"{value.normalize():f}" for name, value in ends.items()}
        return form

    def ratio(self) -> Decimal | None:
        """Return the target that was asked for as a ratio, None when it is none."""
        try:
            return Decimal(self.cleaned_data["target"]) / 100 if self.is_valid() else None
        except InvalidOperation:
            return None


class ReasonForm(forms.Form):
    """Why something is done; it goes into the ledger."""

    reason = forms.CharField(max_length=LONGEST_REASON, help_text="In a few words; the team reads it in the activity.")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        promised(self, "reason", promise(Kind.EVENT))


class ExclusionForm(forms.Form):
    """Time that shall not count: when, how long, how often, what it reaches, and why."""

    sort = forms.ChoiceField(choices=Exclusion.Sort.choices, label="What it is")
    reach = forms.ChoiceField(label="For", help_text="One objective, everything of one service, or all of the team.")
    began_at = forms.DateTimeField(
        label="From", help_text="In the team's zone; may lie in the past.",
        widget=forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M"),
        input_formats=["%Y-%m-%dT%H:%M", "%Y-%m-%d %H:%M"],
    )  # fmt: skip
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

    def clean(self) -> dict[str, Any]:
        """Refuse a form that says twice how it repeats."""
        given: dict[str, Any] = super().clean() or {}
        if given.get("repeat") and given.get("rule"):
            self.add_error("rule", "Choose how often above, or write a rule here, not both.")
        return given

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


WINDOWS = (
    ("28", "The last 28 days"), ("7", "The last 7 days"), ("30", "The last 30 days"), ("90", "The last 90 days"),
    ("week", "The calendar week"), ("month", "The calendar month"), ("quarter", "The calendar quarter"),
)  # fmt: skip


class ObjectiveForm(forms.Form):
    """What is promised: a target over a window, in words for researchers, and who tends it."""

    name = forms.CharField(max_length=LONGEST_NAME, help_text="What goes well, as in: Jobs start in time.")
    promise = forms.CharField(
        max_length=LONGEST_PROMISE, required=False, label="What researchers are promised",
        widget=forms.Textarea(attrs={"rows": 2}),
    )  # fmt: skip
    target = forms.DecimalField(
        min_value=Decimal("0.000001"), max_value=Decimal("99.9999999"), label="Target, in percent",
        help_text="How much must go well. 99 leaves one in a hundred for errors, maintenance and bad luck.",
        widget=forms.NumberInput(attrs={"step": "any"}),
    )  # fmt: skip
    window = forms.ChoiceField(choices=WINDOWS, label="Over")
    slice_minutes = forms.IntegerField(
        min_value=1, max_value=60, required=False, label="Count slices of so many minutes",
        help_text="Left empty every event counts the same. With slices, busy hours weigh no more than quiet ones.",
    )  # fmt: skip
    slice_target = forms.DecimalField(
        min_value=Decimal("0.000001"), max_value=100, required=False, label="A slice is good from, in percent",
        widget=forms.NumberInput(attrs={"step": "any"}),
    )  # fmt: skip
    function = forms.ChoiceField(
        required=False, label="Speaks for", help_text="The function of the status page about which it may propose."
    )
    owner = forms.ModelChoiceField(Person.objects.none(), required=False, empty_label="Nobody yet")

    def __init__(self, team: Team, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        functions = Function.objects.filter(team=team, retired_on=None).values_list("slug", "name")
        speaks, owner = self.fields["function"], self.fields["owner"]
        assert isinstance(speaks, forms.ChoiceField)  # noqa: S101 -- narrows the type
        assert isinstance(owner, forms.ModelChoiceField)  # noqa: S101 -- narrows the type
        speaks.choices = [("", "None"), *functions]
        owner.queryset = Person.objects.filter(memberships__team=team).exclude(memberships__role="guest").distinct()
        promised(self, "name", promise(Kind.OBJECTIVE))

    @staticmethod
    def about(held: Objective) -> dict[str, Any]:
        """Return what the form shows of an objective."""
        return {
            "name": held.name, "promise": held.promise, "target": _percent(held.target_ratio),
            "window": held.calendar_unit or str(held.window_days), "slice_minutes": held.slice_minutes,
            "slice_target": _percent(held.slice_target_ratio), "function": held.function, "owner": held.owner_id,
        }  # fmt: skip

    def details(self) -> dict[str, Any]:
        """Return what was said as the details of a draft; the form must be valid."""
        given = self.cleaned_data
        window = given["window"]
        return {
            "name": given["name"], "promise": given["promise"], "target_ratio": given["target"] / 100,
            "window_days": int(window) if window.isdigit() else None,
            "calendar_unit": "" if window.isdigit() else window, "slice_minutes": given["slice_minutes"],
            "slice_target_ratio": given["slice_target"] / 100 if given["slice_target"] is not None else None,
            "function": given["function"], "owner": given["owner"],
        }  # fmt: skip


def _percent(ratio: Decimal | None) -> str | None:
    return None if ratio is None else f"{(ratio * 100).normalize():f}"


class ChangeForm(ObjectiveForm):
    """What is promised from now on, and why."""

    reason = forms.CharField(
        max_length=LONGEST_REASON, required=False, label="Why",
        help_text="Needed when target, window or slices change; the team reads it in the activity.",
    )  # fmt: skip

    def __init__(self, team: Team, held: Objective, *args: Any, **kwargs: Any) -> None:
        super().__init__(team, *args, **kwargs)
        known = dict(WINDOWS)
        if held.window_days and str(held.window_days) not in known:
            window = self.fields["window"]
            assert isinstance(window, forms.ChoiceField)  # noqa: S101 -- narrows the type
            window.choices = [*WINDOWS, (str(held.window_days), f"The last {held.window_days} days")]


class CountedForm(ObjectiveForm):
    """A new objective over something that is not counted yet: what counts as good, then what is promised of it."""

    def __init__(self, team: Team, *args: Any, judge: Judge | None = None, **kwargs: Any) -> None:
        super().__init__(team, *args, **kwargs)
        self.judge = judge
        services = Service.objects.filter(team=team, retired_on=None).values_list("slug", "name")
        fields: dict[str, forms.Field] = {
            "sentence": forms.CharField(
                max_length=LONGEST_SENTENCE, label="What counts as good", initial=judge.sentence if judge else "",
                help_text="In one sentence that a researcher understands.",
            ),
            "service": forms.ChoiceField(choices=[("", "None"), *services], required=False),
        }  # fmt: skip
        for one in judge.parameters if judge else ():
            fields[f"judge-{one.name}"] = _parameter(team, one)
        self.fields = fields | self.fields

    def parameters(self) -> dict[str, Any]:
        """Return what the judge was told; what was left blank left out."""
        given = {name.removeprefix("judge-"): value for name, value in self.cleaned_data.items() if "-" in name}
        return {name: value for name, value in given.items() if value not in (None, "")}


def _parameter(team: Team, one: Parameter) -> forms.Field:
    """Return the field in which a parameter of a judge is told."""
    told: dict[str, Any] = {"label": one.label, "required": one.required, "help_text": one.help}
    if one.type == "number":
        return forms.FloatField(**told, widget=forms.NumberInput(attrs={"step": "any"}))
    if one.type in ("choice", "cluster"):
        known = [(c, c) for c in Cluster.objects.filter(team=team).values_list("name", flat=True)]
        choices = list(one.choices) if one.type == "choice" else known
        return forms.ChoiceField(**told, choices=choices if one.required else [("", "Any"), *choices])
    return forms.CharField(**told, max_length=300)
