"""Forms of the status page: a function, what is said about it, and who may see the page."""

from datetime import timedelta
from typing import Any

from django import forms

from hortus.access.models import Team
from hortus.access.policy import Kind, promise
from hortus.catalogue.functions import DEFAULT_INTERVAL, LONGEST_NAME, Details
from hortus.catalogue.models import Function, Service, StatusPage
from hortus.catalogue.rules import Condition, DataSafe, RunningJobs
from hortus.catalogue.sentences import LONGEST_SENTENCE, Sentences
from hortus.catalogue.statements import Words
from hortus.web.forms import promise as promised
from hortus.web.forms_clock import ClockField, place, which_of_two
from hortus.web.words import duration

INTERVALS = [timedelta(minutes=15), timedelta(hours=1), timedelta(hours=4), timedelta(hours=12)] + [
    timedelta(days=days) for days in (1, 2, 7, 14, 30)
]
EVERYBODY = "Everybody can read this: the status page is open to the public."


def who_reads(page: StatusPage) -> str:
    """Return the sentence that says who reads what is written for the status page."""
    return EVERYBODY if page.is_public else promise(Kind.CONDITION)


def sentence(label: str, hint: str) -> forms.CharField:
    """Return a field for one of the sentences that researchers read."""
    return forms.CharField(
        label=label, help_text=hint, required=False, max_length=LONGEST_SENTENCE,
        widget=forms.Textarea(attrs={"rows": 2}),
    )  # fmt: skip


class FunctionForm(forms.Form):
    """What is said of a function, whatever its condition."""

    name = forms.CharField(
        max_length=LONGEST_NAME, help_text="What a researcher does, as in Log in, Submit jobs, Scratch."
    )
    sentence = forms.CharField(
        label="What is it?", max_length=LONGEST_SENTENCE, help_text="One sentence, as you would say it to a researcher."
    )
    service = forms.ModelChoiceField(Service.objects.none(), required=False, empty_label="None")
    confirm_every_seconds = forms.TypedChoiceField(
        label="How long does a word about it last?", coerce=int,
        help_text="After that the page says that it is not confirmed, until somebody or a measurement confirms it.",
    )  # fmt: skip
    place = forms.IntegerField(
        label="Place in the list",
        required=False,
        min_value=0,
        max_value=9999,
        help_text="0 is the first. Left empty, a new one comes last.",
    )

    def __init__(self, team: Team, function: Function | None, page: StatusPage, *args: Any, **kwargs: Any) -> None:
        if function is not None:
            shown = ("name", "sentence", "service", "confirm_every_seconds", "place")
            kwargs["initial"] = {name: getattr(function, name) for name in shown}
        super().__init__(*args, **kwargs)
        services = self.fields["service"]
        assert isinstance(services, forms.ModelChoiceField)  # noqa: S101 -- narrows the type
        services.queryset = Service.objects.filter(team=team, retired_on=None)
        if function is not None and function.service_id:
            services.queryset = Service.objects.filter(team=team)
        own = {function.confirm_every_seconds} if function else set()
        lengths = sorted({int(each.total_seconds()) for each in INTERVALS} | own)
        intervals = self.fields["confirm_every_seconds"]
        assert isinstance(intervals, forms.TypedChoiceField)  # noqa: S101 -- narrows the type
        intervals.choices = [(seconds, duration(seconds)) for seconds in lengths]
        intervals.initial = int(DEFAULT_INTERVAL.total_seconds())
        promised(self, "sentence", who_reads(page))

    def details(self) -> Details:
        """Return what was written, once the form is valid."""
        return Details(**self.cleaned_data)


class SayForm(forms.Form):
    """How a function stands, in the words that researchers read."""

    condition = forms.ChoiceField(choices=[(c.value, c.word) for c in Condition])
    can = sentence("What can researchers do?", 'After "You can:", as in: read all files, and submit jobs.')
    cannot = sentence("What can they not do?", 'After "You cannot:", as in: read what was written since 9 o\'clock.')
    instead = sentence(
        "What can they do instead?", 'After "Instead:", as in: use your home folder for small files until tonight.'
    )
    data_safe = forms.ChoiceField(
        label="Is the data that they stored safe?", required=False,
        choices=[("", "Say nothing of it")] + [(one.value, one.word) for one in DataSafe],
    )  # fmt: skip
    running_jobs = forms.ChoiceField(
        label="What becomes of jobs that run?", required=False,
        choices=[("", "Say nothing of them")] + [(one.value, one.word) for one in RunningJobs],
    )  # fmt: skip
    next_update_at = ClockField(
        label="When do you say more?", required=False, help_text="People wait for it, so keep it."
    )
    which = which_of_two()

    def __init__(self, page: StatusPage, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.zone = page.team.zoneinfo
        promised(self, "can", who_reads(page))

    def clean(self) -> dict[str, Any]:
        """Place the time in the team's zone."""
        self.cleaned_data["next_update_at"] = place(self, "next_update_at", "which", self.zone)
        return self.cleaned_data

    def words(self) -> Words:
        """Return what was written, once the form is valid."""
        given = self.cleaned_data
        said = Sentences(given["can"], given["cannot"], given["instead"])
        return Words(given["condition"], said, given["next_update_at"], given["data_safe"], given["running_jobs"])


class StatusPageForm(forms.Form):
    """Who may see the status page, and where it sends people who do not find their trouble on it."""

    is_public = forms.BooleanField(label="Everybody can see the status page, without signing in", required=False)
    where_to_turn = forms.CharField(
        label="Where can people turn?", required=False, max_length=LONGEST_SENTENCE,
        help_text="Stands on top of the page, as in: Something else is wrong? Write to help@rc.example.edu.",
    )  # fmt: skip

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        promised(self, "where_to_turn", "Everybody who can see the status page can read this.")
