"""Rows of fields in the form of an objective: its alert pairs, and the SLIs that it counts together with weights.

Rows are plain fields with numbers in their names, so that they work without scripts; blank ones are left out, and each
time the form is shown there is room for one more. What a row may hold is said by `terms.pair_of` and by the draft.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django import forms
from django.forms.boundfield import BoundField

from hortus.products.slos.models import Sli
from hortus.products.slos.objective_draft import HEAVIEST, LONGEST_SEVERITY, MOST_PARTS
from hortus.products.slos.openslo.durations import MINUTES, as_shorthand, shorthand
from hortus.products.slos.rules.alerts import MOST_PAIRS, Pair
from hortus.products.slos.terms import pair_of, row_of
from hortus.values.refused import Refused

URGENCIES = (("page", "page"), ("ticket", "ticket"))
UNITS = ("m", "h", "d", "w")


class SpanField(forms.Field):
    """A length of time as people of the trade write it, such as 5m, 6h or 3d; as minutes."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(required=False, widget=forms.TextInput(attrs={"maxlength": 12}), **kwargs)

    def to_python(self, value: Any) -> int | None:
        """Return minutes, None for nothing."""
        text = str(value or "").replace(" ", "")[:40]
        if not text:
            return None
        found = shorthand(text)
        if found is None or found[1] not in UNITS:
            raise forms.ValidationError("Write a number and m, h, d or w, such as 30m, 6h or 3d; got %(text)s.",
                                        params={"text": text})  # fmt: skip
        return found[0] * MINUTES[found[1]]

    def prepare_value(self, value: Any) -> Any:
        """Return how a field shows it."""
        return as_shorthand(value) if isinstance(value, int) and value > 0 else value


@dataclass(frozen=True, slots=True)
class Row:
    """The fields of one row, as its template shows them."""

    fields: Sequence[BoundField]

    @property
    def has_errors(self) -> bool:
        """Say whether anything of it is to be put right."""
        return any(field.errors for field in self.fields)


def numbered(data: Mapping[str, Any] | None, prefix: str, last: str, held: int, most: int) -> int:
    """Return how many rows to show: those given with something in them or those held, and one more.

    last: the field of a row that tells whether it is filled.
    """
    filled = [n for n in range(most) if data is not None and str(data.get(f"{prefix}-{n}-{last}", "")).strip()]
    return min(most, max([held, *(n + 1 for n in filled)]) + 1)


class PairRows:
    """The rows of alert pairs in a form."""

    NAMES = ("name", "urgency", "share", "long", "short", "keep")
    FIELDS: Mapping[str, str] = {
        "name": "name", "urgency": "urgency", "budget_share": "share", "long_minutes": "long", "short_minutes": "short",
        "keep_firing_minutes": "keep", "pairs": "name",
    }  # fmt: skip

    def __init__(self, form: forms.Form, data: Mapping[str, Any] | None, held: Sequence[Pair]) -> None:
        self.form = form
        self.count = numbered(data, "pair", "name", len(held), MOST_PAIRS)
        for n in range(self.count):
            pair = held[n] if n < len(held) else None
            for name, field in self._fields(pair).items():
                field.label = f"Alert {n + 1}, {field.label}"
                field.widget.attrs["aria-label"] = field.label
                form.fields[f"pair-{n}-{name}"] = field

    @staticmethod
    def _fields(pair: Pair | None) -> dict[str, forms.Field]:
        share = None if pair is None else f"{Decimal(str(float(pair.budget_share * 100))).normalize():f}"
        return {
            "name": forms.CharField(
                required=False, max_length=LONGEST_SEVERITY, label="name", initial=pair and pair.name
            ),
            "urgency": forms.ChoiceField(
                required=False, choices=URGENCIES, label="urgency", initial=pair and pair.urgency.value
            ),
            "share": forms.DecimalField(
                required=False, min_value=Decimal("0.001"), max_value=100, label="share of the budget in percent",
                initial=share, widget=forms.NumberInput(attrs={"step": "any"}),
            ),
            "long": SpanField(label="long window", initial=pair and pair.long_minutes),
            "short": SpanField(label="short window", initial=pair and pair.short_minutes),
            "keep": forms.IntegerField(
                required=False, min_value=0, label="minutes kept up", initial=pair and pair.keep_firing_minutes
            ),
        }  # fmt: skip

    @property
    def has_errors(self) -> bool:
        """Say whether anything of any row is to be put right."""
        return any(row.has_errors for row in self)

    def __iter__(self) -> Iterator[Row]:
        return (Row([self.form[f"pair-{n}-{name}"] for name in self.NAMES]) for n in range(self.count))

    def told(self) -> list[dict[str, Any]]:
        """Return the pairs that were filled in, as drafts write them; what is wrong becomes an error of its field."""
        found = []
        for n in range(self.count):
            given = {name: self.form.cleaned_data.get(f"pair-{n}-{name}") for name in self.NAMES}
            if not given["name"] or any(self.form.errors.get(f"pair-{n}-{name}") for name in self.NAMES):
                continue
            try:
                found.append(row_of(pair_of(_as_row(given))))
            except Refused as refused:
                self.form.add_error(f"pair-{n}-{self.FIELDS.get(refused.field, 'name')}", refused.sentence)
        return found


def _as_row(given: Mapping[str, Any]) -> dict[str, Any]:
    """Return what one row holds. Raises Refused for a row that is not whole."""
    for name, words in (("share", "budget_share"), ("long", "long_minutes"), ("short", "short_minutes")):
        if given[name] is None:
            raise Refused("half-a-pair", "An alert with a name needs share and both windows; or clear its name.", words)
    row = {
        "name": given["name"], "urgency": given["urgency"] or "page", "budget_share": str(given["share"] / 100),
        "long_minutes": given["long"], "short_minutes": given["short"],
    }  # fmt: skip
    return row if given["keep"] is None else row | {"keep_firing_minutes": given["keep"]}


class PartRows:
    """The rows of SLIs in a form, each with a weight."""

    NAMES = ("sli", "weight")

    def __init__(
        self, form: forms.Form, data: Mapping[str, Any] | None, slis: Sequence[Sli], held: Sequence[tuple[Sli, Decimal]]
    ) -> None:  # fmt: skip
        self.form, self.data = form, data
        self.by_slug = {one.slug: one for one in [*(sli for sli, _ in held), *slis]}
        self.count = numbered(data, "part", "sli", len(held), MOST_PARTS)
        choices = [("", "Nothing more"), *((slug, one.name) for slug, one in self.by_slug.items())]
        for n in range(self.count):
            sli, weight = held[n] if n < len(held) else (None, Decimal(1))
            form.fields[f"part-{n}-sli"] = forms.ChoiceField(
                required=False, choices=choices, label=f"SLI {n + 1}", initial=sli.slug if sli else ""
            )
            form.fields[f"part-{n}-weight"] = weight_field(f"Weight {n + 1}", weight)
            for name in self.NAMES:
                field = form.fields[f"part-{n}-{name}"]
                field.widget.attrs["aria-label"] = field.label

    @property
    def has_errors(self) -> bool:
        """Say whether anything of any row is to be put right."""
        return any(row.has_errors for row in self)

    def __iter__(self) -> Iterator[Row]:
        return (Row([self.form[f"part-{n}-{name}"] for name in self.NAMES]) for n in range(self.count))

    @property
    def is_composite(self) -> bool:
        """Say whether a second row is filled, or was."""
        return self.count > 1 and bool(self.form["part-1-sli"].value())

    @property
    def is_told(self) -> bool:
        """Say whether the rows were there when the form was filled in; who posts less keeps what is held."""
        return self.data is not None and "part-0-sli" in self.data

    def told(self) -> list[tuple[Sli, Decimal]]:
        """Return what was chosen, with weights."""
        given = self.form.cleaned_data
        rows = [(given.get(f"part-{n}-sli"), given.get(f"part-{n}-weight")) for n in range(self.count)]
        return [(self.by_slug[slug], weight or Decimal(1)) for slug, weight in rows if slug]


def weight_field(label: str, weight: Decimal) -> forms.DecimalField:
    """Return the field for how much one SLI weighs beside others."""
    return forms.DecimalField(
        required=False, min_value=Decimal("0.001"), max_value=HEAVIEST, decimal_places=3, label=label,
        initial=f"{weight.normalize():f}", widget=forms.NumberInput(attrs={"step": "any"}),
    )  # fmt: skip


def apart(field: forms.Field) -> None:
    """Have a field left out where a form is shown as a whole; its page shows it in another place."""
    field.template_name = "slos/more_field.html"  # type: ignore[attr-defined]
