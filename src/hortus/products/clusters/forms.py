"""Forms of the clusters practice: an upload, what a cluster is, a promise, a reason, and what a reader chose to see."""

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from typing import Any

from django import forms

from hortus.access.models import Team
from hortus.access.policy import Kind, promise
from hortus.catalogue.models import Service
from hortus.products.clusters.actions import LONGEST_REASON, SIZES
from hortus.products.clusters.models import Promise
from hortus.products.clusters.queries import Filter
from hortus.products.clusters.rules import DAY, HOUR, MINUTE, midnight, week_of
from hortus.telemetry.models import BatchImport, Cluster
from hortus.web.forms import promise as promised

FORMATS = (
    ("", "Find out by itself"),
    ("sacct", "Slurm: sacct --parsable2"),
    ("sacct_json", "Slurm: sacct --json"),
    (BatchImport.NODE_EVENTS, "Slurm: sacctmgr show event"),
    ("swf", "Standard Workload Format"),
    ("pbs", "PBS accounting log"),
    ("sge", "Grid Engine accounting file"),
)
UNITS = ((MINUTE, "minutes"), (HOUR, "hours"), (DAY, "days"))


class ImportForm(forms.Form):
    """A file of accounting records, and what must be known to read it."""

    file = forms.FileField(
        label="Accounting records", help_text="As the scheduler wrote them, plain or packed with gzip, bzip2 or xz."
    )
    cluster = forms.CharField(
        max_length=60, help_text="The name that the scheduler uses. A name that is not there yet makes a new cluster."
    )
    format = forms.ChoiceField(choices=FORMATS, required=False)
    zone = forms.CharField(
        max_length=60, required=False, label="Time zone of the records",
        help_text="As in Europe/Paris. Left empty it is the cluster's own.",
    )  # fmt: skip
    columns = forms.CharField(
        max_length=4000, required=False, label="Columns",
        help_text="Only for sacct output without its header line: the names as given to --format, with commas.",
    )  # fmt: skip

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        promised(self, "file", f"Of jobs: {promise(Kind.JOB)} Who ran them: {promise(Kind.JOB_PERSON)}")


class DescribeForm(forms.ModelForm[Cluster]):
    """Which service a cluster belongs to, its zone, its number of nodes."""

    service = forms.ChoiceField(required=False, help_text="The service of the catalogue that this cluster is part of.")

    class Meta:
        model = Cluster
        fields = ["service", "zone", "node_count"]
        labels = {"zone": "Time zone", "node_count": "Number of nodes"}
        help_texts = {
            "zone": "In which records without an offset are read from now on.",
            "node_count": "Needed to say which share of them is out of service; 0 when unknown.",
        }

    def __init__(self, team: Team, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        found = Service.objects.filter(team=team, retired_on=None).values_list("slug", "name")
        field = self.fields["service"]
        assert isinstance(field, forms.ChoiceField)  # noqa: S101 -- narrows the type
        field.choices = [("", "None"), *found]

    def _post_clean(self) -> None:
        """Leave the row alone: the action sees what changed."""


class ReasonForm(forms.Form):
    """Why something is done; it goes into the ledger."""

    reason = forms.CharField(max_length=LONGEST_REASON, help_text="In a few words; the team reads it in the activity.")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        promised(self, "reason", promise(Kind.EVENT))


class PromiseForm(ReasonForm):
    """A promised wait."""

    partition = forms.CharField(max_length=80, required=False, help_text="Left empty it holds for every partition.")
    size_class = forms.ChoiceField(
        required=False, label="Size of the job", choices=[("", "Any size"), *SIZES.items()]
    )  # fmt: skip
    amount = forms.FloatField(min_value=0, label="Starts within")
    unit = forms.TypedChoiceField(choices=UNITS, coerce=int, label="Unit")
    field_order = ("partition", "size_class", "amount", "unit", "reason")

    @classmethod
    def about(cls, held: Promise) -> dict[str, Any]:
        """Return what the form starts with when a promise is changed."""
        unit = max((u for u, _ in UNITS if held.wait_seconds % u == 0), default=MINUTE)
        return {
            "partition": held.partition, "size_class": held.size_class, "unit": unit,
            "amount": f"{held.wait_seconds / unit:g}",
        }  # fmt: skip

    def seconds(self) -> int:
        """Return the promised wait, once the form is valid."""
        unit: int = self.cleaned_data["unit"]
        amount: float = self.cleaned_data["amount"]
        return round(min(amount, 1e9) * unit)


class ViewForm(forms.Form):
    """What of a cluster is looked at: a partition, a size, a week. Wrong values count as not given."""

    partition = forms.ChoiceField(required=False)
    size = forms.ChoiceField(required=False, choices=[("", "All sizes"), *SIZES.items(), ("unknown", "Unknown size")])
    week = forms.DateField(required=False, widget=forms.Select)

    def __init__(self, given: Mapping[str, Any], partitions: Sequence[str], weeks: Sequence[date]) -> None:
        super().__init__(given)
        partition = self.fields["partition"]
        assert isinstance(partition, forms.ChoiceField)  # noqa: S101 -- narrows the type
        partition.choices = [("", "All partitions"), *((p, p) for p in partitions)]
        named = [(week.isoformat(), f"Week of {week:%-d %B %Y}") for week in reversed(weeks)]
        self.fields["week"].widget.choices = [("", "All weeks"), *named]
        self.full_clean()

    def chosen(self, name: str) -> Any:
        """Return what was chosen, None for all and for a value that is not among the choices."""
        return self.cleaned_data.get(name) or None


class JobsForm(forms.Form):
    """Which jobs are listed. Wrong values count as not given, so that an old link still opens."""

    partition = forms.CharField(required=False, max_length=80)
    size = forms.ChoiceField(required=False, choices=[("", "All sizes"), *SIZES.items(), ("unknown", "Unknown size")])
    week = forms.DateField(required=False, widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"))
    state = forms.CharField(required=False, max_length=40)
    job = forms.CharField(required=False, max_length=80, label="Job id")
    which = forms.ChoiceField(
        required=False, choices=[("", "All"), ("late", "Waited longer than promised"), ("lost", "Lost to us")]
    )  # fmt: skip
    user = forms.CharField(required=False, max_length=120)
    group = forms.CharField(required=False, max_length=120, label="Group or account")

    def __init__(self, given: Mapping[str, Any], *, persons: bool) -> None:
        super().__init__(given)
        if not persons:
            del self.fields["user"], self.fields["group"]
        self.full_clean()

    def wanted(self, team: Team, *, reach: timedelta = timedelta(days=7)) -> Filter:
        """Return the filter that was asked for; a week begins on the Monday of the day that was given."""
        found = self.cleaned_data
        week = found.get("week")
        monday = week_of(week) if week and date(1971, 1, 1) < week < date(9000, 1, 1) else None
        return Filter(
            partition=found.get("partition") or None, size_class=found.get("size") or None,
            since=midnight(monday, team.zoneinfo) if monday else None,
            until=midnight(monday + reach, team.zoneinfo) if monday else None,
            state=(found.get("state") or "").upper() or None, job=found.get("job") or None,
            user=found.get("user") or None, group=found.get("group") or None,
            late=found.get("which") == "late", lost=found.get("which") == "lost",
        )  # fmt: skip
