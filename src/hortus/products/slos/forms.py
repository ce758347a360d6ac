"""Forms of objectives: what is promised, a what-if, a reason. What is allowed is said by the drafts."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from django import forms
from django.forms.boundfield import BoundField

from hortus.access.models import Person, Team
from hortus.access.policy import Kind, promise
from hortus.catalogue.models import Function, Service
from hortus.products.slos.drafts import LONGEST_NAME
from hortus.products.slos.form_rows import PairRows, PartRows, apart, weight_field
from hortus.products.slos.models import LONGEST_PROMISE, LONGEST_REASON, LONGEST_SENTENCE, Objective, Sli
from hortus.products.slos.replay import WhatIf
from hortus.products.slos.rows import judge_of
from hortus.products.slos.rules.alerts import standard_pairs
from hortus.products.slos.rules.little import Little
from hortus.products.slos.rules.windows import DAY
from hortus.products.slos.terms import pairs_told
from hortus.telemetry.counts.judges import Judge, Parameter
from hortus.telemetry.models import Cluster
from hortus.web.forms import promise as promised
from hortus.web.words import number


class WhatIfForm(forms.Form):
    """What a back-test shall try: another target, in percent; other numbers of the judge where one SLI has one."""

    target = forms.DecimalField(
        min_value=Decimal("0.000001"), max_value=Decimal("99.9999999"), label="If the target were, in percent",
        widget=forms.NumberInput(attrs={"type": "range"}),
    )  # fmt: skip

    def __init__(self, given: Any, objective: Objective, *, may_judge: bool) -> None:
        """may_judge: whether the judge may be asked for other numbers, as who may read its raw events may."""
        self.objective = objective
        self.own = _judged_numbers(objective) if may_judge else {}
        own = objective.target_ratio * 100
        asked = {"target": given.get("target") or f"{own.normalize():f}"}
        asked |= {name: given.get(name) or _plain(value) for name, (_, value) in self.own.items()}
        super().__init__(asked)
        for name, (parameter, _) in self.own.items():
            self.fields[name] = forms.FloatField(
                required=False, label=f"{parameter.label}, if it were", widget=forms.NumberInput(attrs={"step": "any"}),
            )  # fmt: skip
        # From ten times what the target leaves to a hundredth of it: a step is as fine as the target asks for, and
        # round, so that round targets can be tried. Browsers count steps from the least value, so the target itself
        # must lie on one of them, or they would move it.
        spare, step = 100 - own, _round_step((100 - own) / 100)
        least = own - (own - max(step, 100 - 10 * spare)) // step * step
        ends = {"min": least, "max": 100 - step, "step": step}
        self.fields["target"].widget.attrs |= {name: f"{value.normalize():f}" for name, value in ends.items()}

    def what_if(self) -> WhatIf | None:
        """Return what is different from how it is, None for nothing."""
        if not self.is_valid():
            return None
        ratio = Decimal(self.cleaned_data["target"]) / 100
        other = {
            parameter.name: self.cleaned_data[name]
            for name, (parameter, value) in self.own.items()
            if self.cleaned_data[name] is not None and self.cleaned_data[name] != value
        }
        changed = ratio if ratio != self.objective.target_ratio else None
        return WhatIf(changed, other or None) if changed is not None or other else None

    def words(self, asked: WhatIf) -> str:
        """Return what is different, in words."""
        told = [f"a target of {_percent(asked.target_ratio)}\xa0%"] if asked.target_ratio is not None else []
        for name, value in (asked.parameters or {}).items():
            told.append(f"{self.own[f'judge-{name}'][0].label.lower()} {number(value, 3)}")
        return " and ".join(told)


def _round_step(most: Decimal) -> Decimal:
    """Return the largest of 1, 2 and 5 times a power of ten that is not above `most`."""
    power = Decimal(1).scaleb(most.adjusted())
    return max(power * one for one in (1, 2, 5) if power * one <= most)


def _judged_numbers(objective: Objective) -> dict[str, tuple[Parameter, Any]]:
    """Return the numbers that the judge of an objective's one SLI was told, by field; none without judge."""
    slis = objective.slis
    judge = judge_of(slis[0]) if len(slis) == 1 else None
    return {
        f"judge-{one.name}": (one, slis[0].parameters.get(one.name))
        for one in (judge.parameters if judge else ())
        if one.type == "number"
    }


def _plain(value: Any) -> str:
    return "" if value is None else f"{value:g}" if isinstance(value, float) else str(value)


class ReasonForm(forms.Form):
    """Why something is done; it goes into the ledger."""

    reason = forms.CharField(max_length=LONGEST_REASON, help_text="In a few words; the team reads it in the activity.")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        promised(self, "reason", promise(Kind.EVENT))


WINDOWS = (
    ("28", "The last 28 days"), ("7", "The last 7 days"), ("30", "The last 30 days"), ("90", "The last 90 days"),
    ("week", "The calendar week"), ("month", "The calendar month"), ("quarter", "The calendar quarter"),
)  # fmt: skip


STANDARD, OWN = "standard", "own"
PLANNED = "leaves_out_planned_work"
ALERTS = ((STANDARD, "The usual four, fitted to target and window"), (OWN, "As written below"))


class ObjectiveForm(forms.Form):
    """What is promised: a target over a window, in words for researchers, and who tends it.

    What most leave as it is (slices, alerts, the rule for few events, several SLIs) is shown by the template apart, so
    those fields are left out where the form is shown as a whole. held: the objective that is changed.
    """

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
    function = forms.ChoiceField(
        required=False, label="Speaks for", help_text="The function of the status page about which it may propose."
    )
    owner = forms.ModelChoiceField(Person.objects.none(), required=False, empty_label="Nobody yet")
    slice_minutes = forms.IntegerField(
        min_value=1, max_value=60, required=False, label="Count slices of so many minutes",
        help_text="Left empty every event counts the same. With slices, busy hours weigh no more than quiet ones.",
    )  # fmt: skip
    slice_target = forms.DecimalField(
        min_value=Decimal("0.000001"), max_value=100, required=False, label="A slice is good from, in percent",
        widget=forms.NumberInput(attrs={"step": "any"}),
    )  # fmt: skip
    alerts = forms.ChoiceField(
        choices=ALERTS, required=False, label="Which alerts", initial=STANDARD,
        help_text="An alert stands while both of its windows burn so fast that its share of the budget would be gone "
        "within the long one. The preview says at which burn rate, and which could never stand.",
    )  # fmt: skip
    least_bad = forms.IntegerField(
        min_value=1, max_value=100, required=False, label="Bad events that an alert needs",
        initial=Little().least_bad,
        help_text="With little traffic one failure fills a window; so many must lie in the long one.",
    )  # fmt: skip
    confidence = forms.DecimalField(
        min_value=50, max_value=Decimal("99.99"), required=False, label="How sure few events must make, in percent",
        initial="99", widget=forms.NumberInput(attrs={"step": "any"}),
        help_text="99 pages for chance about once in a hundred; with 100 bad events or more it is not asked.",
    )  # fmt: skip

    leaves_out_planned_work = forms.BooleanField(
        required=False, initial=True, label="Leave out planned work",
        help_text="Work on the function that it speaks for, else on its service, that was announced before it began. "
        "What was told late needs an exclusion.",
    )  # fmt: skip

    def __init__(self, team: Team, data: Any = None, *, held: Objective | None = None, **kwargs: Any) -> None:
        super().__init__(data, **kwargs)
        self.held = held
        functions = Function.objects.filter(team=team, retired_on=None).values_list("slug", "name")
        speaks, owner = self.fields["function"], self.fields["owner"]
        assert isinstance(speaks, forms.ChoiceField)  # noqa: S101 -- narrows the type
        assert isinstance(owner, forms.ModelChoiceField)  # noqa: S101 -- narrows the type
        speaks.choices = [("", "None"), *functions]
        owner.queryset = Person.objects.filter(memberships__team=team).exclude(memberships__role="guest").distinct()
        promised(self, "name", promise(Kind.OBJECTIVE))
        simple = set(self.fields)
        self.pair_rows = PairRows(self, data, pairs_told(held, team.zone) if held else standard_pairs(28 * DAY))
        self.part_rows = PartRows(self, data, self._slis(team), self._parts())
        plain = simple - {"slice_minutes", "slice_target", "alerts", "least_bad", "confidence", PLANNED}
        for name, field in self.fields.items():
            if name not in plain:
                apart(field)

    def _slis(self, team: Team) -> Sequence[Sli]:
        return list(Sli.objects.filter(team=team).kept())

    def _parts(self) -> list[tuple[Sli, Decimal]]:
        return [(part.sli, part.weight) for part in self.held.parts.all()] if self.held else []

    @staticmethod
    def about(held: Objective) -> dict[str, Any]:
        """Return what the form shows of an objective."""
        return {
            "name": held.name, "promise": held.promise, "target": _percent(held.target_ratio),
            "window": held.calendar_unit or str(held.window_days), "slice_minutes": held.slice_minutes,
            "slice_target": _percent(held.slice_target_ratio), "function": held.function, "owner": held.owner_id,
            "alerts": OWN if held.pairs else STANDARD, "least_bad": held.least_bad,
            "confidence": _percent(Decimal(str(held.confidence))), PLANNED: held.leaves_out_planned_work,
        }  # fmt: skip

    def clean(self) -> dict[str, Any]:
        """Refuse own alerts without any, and parts that were all taken away."""
        given: dict[str, Any] = super().clean() or {}
        if given.get("alerts") == OWN:
            given["pairs"] = self.pair_rows.told()
            if not given["pairs"] and not self.pair_rows.has_errors:
                self.add_error("alerts", "Write at least one alert below, or take the usual four.")
        if self.held and self.part_rows.is_told and not self.part_rows.told():
            self.add_error("part-0-sli", "Choose at least one SLI that is counted.")
        return given

    def parts(self) -> list[tuple[Sli, Decimal]]:
        """Return the SLIs that were chosen with their weights; those that are held when the form did not ask."""
        return self.part_rows.told() if self.part_rows.is_told else self._parts()

    def _pairs(self) -> Sequence[Mapping[str, Any]]:
        if not self.cleaned_data["alerts"] and self.held:
            return list(self.held.pairs)
        return list(self.cleaned_data.get("pairs", ()))

    def details(self) -> dict[str, Any]:
        """Return what was said as the details of a draft; the form must be valid."""
        given, kept = self.cleaned_data, self.held or Little()
        window, sure = given["window"], given["confidence"]
        return {
            "name": given["name"], "promise": given["promise"], "target_ratio": given["target"] / 100,
            "window_days": int(window) if window.isdigit() else None,
            "calendar_unit": "" if window.isdigit() else window, "slice_minutes": given["slice_minutes"],
            "slice_target_ratio": given["slice_target"] / 100 if given["slice_target"] is not None else None,
            "function": given["function"], "owner": given["owner"], "pairs": self._pairs(),
            "least_bad": given["least_bad"] or kept.least_bad,
            "confidence": float(sure / 100) if sure else kept.confidence, PLANNED: given[PLANNED],
        }  # fmt: skip

    def shown(self) -> dict[str, Any]:
        """Return what would be sent of the form as it is shown, before anybody fills it in."""
        return {one.html_name: value for one in self if (value := _unfilled(one)) not in (None, False, "")}

    @property
    def opens(self) -> dict[str, bool]:
        """Return which of the folded parts say something, or something that is to be put right."""
        wrong, time = set(self.errors), not self[PLANNED].value() or bool(self["slice_minutes"].value())
        return {
            "time": time or bool({"slice_minutes", "slice_target"} & wrong),
            "alerts": self["alerts"].value() == OWN or self.pair_rows.has_errors
            or bool({"alerts", "least_bad", "confidence"} & wrong),
            "parts": self.part_rows.is_composite or self.part_rows.has_errors or "weight" in wrong,
        }  # fmt: skip


def _unfilled(field: BoundField) -> Any:
    """Return what a browser sends of a field that nobody touched: of a list without choice its first line."""
    value = field.value()
    if value is None and isinstance(field.field, forms.ChoiceField):
        choices: Any = field.field.choices
        return next((key for key, _ in choices), None)
    return value


def _percent(ratio: Decimal | None) -> str | None:
    return None if ratio is None else f"{(ratio * 100).normalize():f}"


class ChangeForm(ObjectiveForm):
    """What is promised from now on, and why."""

    reason = forms.CharField(
        max_length=LONGEST_REASON, required=False, label="Why",
        help_text="Needed when target, window or slices change; the team reads it in the activity.",
    )  # fmt: skip

    def __init__(self, team: Team, held: Objective, data: Any = None) -> None:
        super().__init__(team, data, held=held, initial=self.about(held))
        known = dict(WINDOWS)
        if held.window_days and str(held.window_days) not in known:
            window = self.fields["window"]
            assert isinstance(window, forms.ChoiceField)  # noqa: S101 -- narrows the type
            window.choices = [*WINDOWS, (str(held.window_days), f"The last {held.window_days} days")]


class NewForm(ObjectiveForm):
    """A new objective over something that is counted already, alone or with others beside it."""

    def __init__(self, team: Team, data: Any = None, *, beside: Sli | None = None, **kwargs: Any) -> None:
        self.beside = beside
        super().__init__(team, data, **kwargs)
        self.fields["weight"] = weight_field("Its own weight", Decimal(1))
        apart(self.fields["weight"])

    def _slis(self, team: Team) -> Sequence[Sli]:
        return [one for one in super()._slis(team) if one != self.beside]

    def parts_with(self, sli: Sli) -> list[tuple[Sli, Decimal]]:
        """Return the SLI that it is made over, and those that were chosen beside it, with weights."""
        return [(sli, self.cleaned_data["weight"] or Decimal(1)), *self.parts()]


class CountedForm(NewForm):
    """A new objective over something that is not counted yet: what counts as good, then what is promised of it."""

    def __init__(self, team: Team, data: Any = None, *, judge: Judge | None = None, **kwargs: Any) -> None:
        super().__init__(team, data, **kwargs)
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
        given = {name.removeprefix("judge-"): value for name, value in self.cleaned_data.items()
                 if name.startswith("judge-")}  # fmt: skip
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
