"""Forms of the status page: a function, what is said about it, planned work, and who may see the page."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from django import forms
from django.utils.html import escape

from hortus.access.models import Team
from hortus.access.policy import Kind, promise
from hortus.catalogue.functions import LONGEST_NAME, Details
from hortus.catalogue.models import Function, Service, StatusPage
from hortus.catalogue.notice import Late, sentence
from hortus.catalogue.planned_work import LONGEST_TITLE, Plan
from hortus.catalogue.rules import Condition
from hortus.catalogue.sentences import LONGEST_SENTENCE, Sentences
from hortus.catalogue.statements import Words
from hortus.web.forms import promise as promised
from hortus.web.words import duration

INTERVALS = [timedelta(minutes=15), timedelta(hours=1), timedelta(hours=4), timedelta(hours=12)] + [
    timedelta(days=days) for days in (1, 2, 7, 14, 28)
]
EVERYBODY = "Everybody can read this: the status page is open to the public."


def who_reads(page: StatusPage) -> str:
    """Return the sentence that says who reads what is written for the status page."""
    return EVERYBODY if page.is_public else promise(Kind.CONDITION)


def _moment(label: str, **more: Any) -> forms.DateTimeField:
    widget = forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M")
    return forms.DateTimeField(label=label, widget=widget, **more)


def _sentence(label: str, hint: str) -> forms.CharField:
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
        intervals.initial = int(timedelta(days=1).total_seconds())
        promised(self, "sentence", who_reads(page))

    def details(self) -> Details:
        """Return what was written, once the form is valid."""
        return Details(**self.cleaned_data)


class SayForm(forms.Form):
    """How a function stands, in the words that researchers read."""

    condition = forms.ChoiceField(choices=[(c.value, c.word) for c in Condition])
    can = _sentence("What can researchers do?", 'After "You can:", as in: read all files, and submit jobs.')
    cannot = _sentence("What can they not do?", 'After "You cannot:", as in: read what was written since 9 o\'clock.')
    instead = _sentence(
        "What can they do instead?", 'After "Instead:", as in: use your home folder for small files until tonight.'
    )
    next_update_at = _moment("When do you say more?", required=False, help_text="People wait for it, so keep it.")

    def __init__(self, page: StatusPage, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        promised(self, "can", who_reads(page))

    def words(self) -> Words:
        """Return what was written, once the form is valid."""
        given = self.cleaned_data
        said = Sentences(given["can"], given["cannot"], given["instead"])
        return Words(given["condition"], said, given["next_update_at"])


class PlanForm(forms.Form):
    """Work that is announced beforehand.

    is_late: a tick that is asked for only where some of it comes too late. It carries the sentence that it accepts, so
    that it accepts nothing else.
    """

    title = forms.CharField(max_length=LONGEST_TITLE, help_text="As in: Maintenance of the batch system.")
    functions = forms.ModelMultipleChoiceField(
        Function.objects.none(), label="Which functions does it touch?", widget=forms.CheckboxSelectMultiple
    )
    begins_at = _moment("Begins")
    ends_at = _moment("Ends")
    can = _sentence(
        "What can researchers do meanwhile?", 'After "You can:", as in: read all files, and submit jobs, which wait.'
    )
    cannot = _sentence("What can they not do?", 'After "You cannot:", as in: log in or run jobs.')
    instead = _sentence(
        "What can they do instead?", 'After "Instead:", as in: submit before Monday with a time limit that fits.'
    )
    is_late = forms.CharField(
        label="Announce it all the same, and let objectives count this time", required=False, widget=forms.HiddenInput
    )

    def __init__(self, team: Team, page: StatusPage, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.zone = team.zoneinfo
        functions = self.fields["functions"]
        assert isinstance(functions, forms.ModelMultipleChoiceField)  # noqa: S101 -- narrows the type
        functions.queryset = Function.objects.filter(team=team).offered()
        for name in ("begins_at", "ends_at"):
            self.fields[name].help_text = f"In the team's zone, {team.zone}."
        self.fields["begins_at"].help_text += " Objectives leave out only what is announced before it begins."
        promised(self, "title", who_reads(page))

    def clean(self) -> dict[str, Any]:
        """Show a tick that was given, and what it accepts: a form that comes back holds no consent unseen."""
        if accepted := self.cleaned_data.get("is_late"):
            self._show_tick(accepted, is_given=True)
        return self.cleaned_data

    def accepts(self, late: Sequence[Late]) -> bool:
        """Say whether time that is announced too late is none, or was accepted; else tell of it and ask for the tick.

        Call it once the form is valid.
        """
        told = sentence(late, self.zone)
        if not late or self.cleaned_data["is_late"] == told:
            return True
        self._show_tick(told, is_given=False)
        self.add_error("is_late", f"{told} Nothing was saved yet.")
        return False

    def _show_tick(self, accepted: str, *, is_given: bool) -> None:
        """Show the tick for a sentence, which stands beside it: as its error while it is asked, then as its help."""
        widget = forms.CheckboxInput(attrs={"value": accepted}, check_test=lambda _: is_given)
        self.fields["is_late"].widget = widget
        self["is_late"].help_text = escape(accepted) if is_given else ""  # the bound field took the field's one before

    def plan(self) -> Plan:
        """Return what was written, once the form is valid."""
        given = {name: value for name, value in self.cleaned_data.items() if name != "is_late"}
        said = Sentences(given.pop("can"), given.pop("cannot"), given.pop("instead"))
        return Plan(functions=list(given.pop("functions")), sentences=said, **given)


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
