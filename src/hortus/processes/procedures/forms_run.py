"""Forms of runs: how a step went, what is waited for, who goes on, how it ended."""

import uuid
from typing import Any

from django import forms

from hortus.access.models import Team
from hortus.access.policy import Kind, promise
from hortus.processes.procedures.forms import MOST_VERSIONS, people
from hortus.processes.procedures.models import Run
from hortus.processes.procedures.rules.content import LONGEST_KEY
from hortus.processes.procedures.rules.course import Outcome, Waiting
from hortus.processes.procedures.rules.steps import Step
from hortus.processes.procedures.runs import Word
from hortus.web.forms import promise as promised
from hortus.web.forms_clock import ClockField, place, which_of_two


class SayForm(forms.Form):
    """How a step went. What it carries unseen tells which wording of it was read, and what was known of the run."""

    key = forms.CharField(max_length=LONGEST_KEY, widget=forms.HiddenInput)
    digest = forms.CharField(max_length=16, widget=forms.HiddenInput)
    seen = forms.IntegerField(min_value=0, max_value=2**31 - 1, widget=forms.HiddenInput)
    version = forms.IntegerField(min_value=1, max_value=MOST_VERSIONS, widget=forms.HiddenInput)
    client_id = forms.UUIDField(widget=forms.HiddenInput)
    # A box of two lines: the key Enter must not press the first button, which says that it is done.
    note = forms.CharField(label="How, or why?", required=False, widget=forms.Textarea(attrs={"rows": 2}))

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        promised(self, "note", promise(Kind.RUN))

    @classmethod
    def of(cls, run: Run, step: Step) -> "SayForm":
        """Return the empty form of one step of a run."""
        carried = {
            "key": step.key, "digest": step.digest, "seen": run.last_number, "version": run.version.number,
            "client_id": uuid.uuid4(),
        }  # fmt: skip
        return cls(initial=carried, auto_id=id_of(step.key))

    def word(self, said: str) -> Word:
        """Return what was said, once the form is valid."""
        return Word(said=said, **self.cleaned_data)


def id_of(key: str) -> str:
    """Return the ids of the fields of a step's form, each of which is one of its page."""
    return f"say-{key}-%s"


class WaitForm(forms.Form):
    """What a run waits for."""

    kind = forms.ChoiceField(
        label="It waits for", choices=[(one.value, one.word) for one in Waiting], widget=forms.RadioSelect
    )
    what = forms.CharField(
        label="What exactly", required=False, help_text="As in: the new disk arrives. Needed unless you name somebody."
    )
    until = ClockField(label="Look at it again", required=False)
    until_which = which_of_two()

    def __init__(self, team: Team, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.team = team
        self.fields["person"] = forms.ModelChoiceField(
            people(team, Kind.RUN), label="Who of us", required=False, empty_label="Nobody in particular"
        )
        self.fields["until"].help_text = f"In the team's zone, {team.zone}."
        self.order_fields(["kind", "person", "what", "until", "until_which"])
        promised(self, "what", promise(Kind.RUN))

    def clean(self) -> dict[str, Any]:
        """Place the time on the clocks of the team."""
        given: dict[str, Any] = super().clean() or self.cleaned_data
        given["at"] = place(self, "until", "until_which", self.team.zoneinfo)
        return given


class HandForm(forms.Form):
    """Who follows it from now on."""

    def __init__(self, run: Run, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **{"initial": {"runner": run.runner}, **kwargs})
        self.fields["runner"] = forms.ModelChoiceField(people(run.team, Kind.RUN), label="Who follows it from now on")


class EndForm(forms.Form):
    """Whether the good result came about."""

    outcome = forms.ChoiceField(
        label="Did the good result come about?", choices=[(one.value, one.word.capitalize()) for one in Outcome],
        widget=forms.RadioSelect,
    )  # fmt: skip
    sentence = forms.CharField(
        label="How did it go?", required=False, help_text="One sentence; needed unless the result is good."
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        promised(self, "sentence", promise(Kind.RUN))
