"""Forms of engines, hubs and polls: what they are called, where they are, what they are asked."""

from typing import Any

from django import forms

from hortus.access.models import Team
from hortus.access.policy import Kind, promise
from hortus.telemetry.engines.actions import LONGEST_NAME, PERIODS
from hortus.telemetry.engines.keeping import BACKFILL_DAYS
from hortus.telemetry.engines.models import Engine, EngineQuery, Poll
from hortus.telemetry.engines.rules.expressions import LONGEST
from hortus.telemetry.models import Cluster
from hortus.web.forms import promise as promised

VARIABLE_HELP = (
    "Only where a token is needed: METRICS for the variable ENGINE_TOKEN_METRICS in the environment of Hortus. An "
    "administrator sets it to the server's scheme, host and port, a blank, and the token, as in "
    "“https://metrics.example.org abc”. Never write the token itself here."
)
COMPARISONS = (("gte", "at least"), ("gt", "above"), ("lte", "at most"), ("lt", "below"))


class EngineForm(forms.Form):
    """What an engine is."""

    name = forms.CharField(max_length=LONGEST_NAME)
    url = forms.CharField(
        max_length=300, label="Address",
        help_text="What stands before /api/v1, as in http://metrics.example.org:9090; for GreptimeDB it ends in "
        "/v1/prometheus.",
    )  # fmt: skip
    kind = forms.ChoiceField(choices=Engine.Kind.choices, label="Engine")
    token_name = forms.CharField(max_length=60, required=False, label="Variable of the token", help_text=VARIABLE_HELP)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        promised(self, "url", promise(Kind.ENGINE))


class QuestionForm(forms.Form):
    """What tells an engine's good and total events."""

    sort = forms.ChoiceField(choices=EngineQuery.Sort.choices, label="It counts")
    good = forms.CharField(
        max_length=LONGEST, widget=forms.Textarea(attrs={"rows": 2}), label="Good events, bad events, or the value",
        help_text='A counter by its selector, as in http_requests_total{code!~"5.."}; for a value any expression that '
        "gives one series, as in histogram_quantile(0.9, sum by (le) (rate(x_bucket[5m]))).",
    )  # fmt: skip
    total = forms.CharField(
        max_length=LONGEST, required=False, widget=forms.Textarea(attrs={"rows": 2}), label="All events",
        help_text="The counter of all events, good and bad. Not needed for a value.",
    )  # fmt: skip
    comparison = forms.ChoiceField(
        choices=[("", "not compared"), *COMPARISONS], required=False, label="A minute is good when the value is",
        help_text="Only for a value.",
    )  # fmt: skip
    bound = forms.FloatField(required=False, label="Bound")


class QueryForm(QuestionForm):
    """What an engine is asked for one series of counts."""

    field_order = ("name",)
    name = forms.CharField(max_length=LONGEST_NAME, help_text="Of the series of counts, as in web-requests.")
    is_kept_here = forms.TypedChoiceField(
        choices=[("yes", "copied into Hortus every minute"), ("no", "kept in the engine, which is asked for sums")],
        coerce=lambda said: said == "yes", label="Counts are",
    )  # fmt: skip
    backfill_days = forms.IntegerField(
        min_value=0, max_value=400, initial=BACKFILL_DAYS, label="Days of history",
        help_text="As far as the engine has it.",
    )  # fmt: skip


class TryForm(forms.Form):
    """An expression to try."""

    expression = forms.CharField(max_length=LONGEST, widget=forms.Textarea(attrs={"rows": 2}))


class HubForm(forms.Form):
    """A hub whose metrics are read."""

    name = forms.CharField(max_length=LONGEST_NAME)
    url = forms.CharField(
        max_length=300, label="Address of its metrics", help_text="As in https://hub.example.org/hub/metrics."
    )  # fmt: skip
    threshold_seconds = forms.FloatField(
        min_value=0, initial=30, label="Opens within (seconds)",
        help_text="An edge of the hub's histogram, by default 0.5, 1, 2.5, 5, 10, 15, 30, 60, 120 and more: a hub "
        "tells only at these edges how many notebooks had opened.",
    )  # fmt: skip
    token_name = forms.CharField(max_length=60, required=False, label="Variable of the token", help_text=VARIABLE_HELP)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        promised(self, "url", promise(Kind.ENGINE))


class PollForm(forms.Form):
    """How the scheduler of a cluster is asked."""

    cluster = forms.ModelChoiceField(queryset=Cluster.objects.none(), to_field_name="name")
    source = forms.ChoiceField(choices=Poll.Source.choices, label="Ask")
    period_minutes = forms.TypedChoiceField(
        choices=[(n, f"{n} minutes") for n in PERIODS], coerce=int, initial=10, label="Every"
    )
    url = forms.CharField(
        max_length=300, required=False, label="Address of its list of jobs",
        help_text="Only for slurmrestd, as in http://slurm.example.org:6820/slurmdb/v0.0.38/jobs.",
    )  # fmt: skip
    user_name = forms.CharField(
        max_length=60, required=False, label="Account", help_text="Only for slurmrestd: whom the token is for."
    )
    token_name = forms.CharField(max_length=60, required=False, label="Variable of the token", help_text=VARIABLE_HELP)
    since = forms.DateTimeField(
        required=False, label="Begin with jobs since",
        widget=forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M"),
        help_text="In the team's time zone; left empty, an hour ago. A week is asked for at once.",
    )  # fmt: skip

    def __init__(self, team: Team, *args: Any, is_new: bool = True, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not is_new:
            del self.fields["since"]  # it goes on where it was
        field = self.fields["cluster"]
        assert isinstance(field, forms.ModelChoiceField)  # noqa: S101 -- narrows the type
        field.queryset = Cluster.objects.filter(team=team)
        promised(self, "url", promise(Kind.ENGINE))
