"""Forms of fires: say more of an interrupt, answer a card."""

from collections.abc import Mapping

from django import forms

from hortus.access.models import Team
from hortus.access.policy import Kind, promise
from hortus.catalogue.models import Service
from hortus.processes.fires.actions import Answered, Noted
from hortus.processes.fires.models import Fire
from hortus.processes.fires.rules.kindling import Answer
from hortus.values.origin import Origin
from hortus.web.forms import promise as promised


class FireForm(forms.Form):
    """What can be said of an interrupt once it is noted."""

    service = forms.ChoiceField(required=False, label="What it was about")
    origin = forms.ChoiceField(required=False, label="Where it came from", widget=forms.RadioSelect)
    sentence = forms.CharField(required=False, label="What it was, in a sentence")
    tags = forms.CharField(
        required=False, help_text="Words that others of its kind share, with commas: cooling, quota."
    )

    def __init__(self, fire: Fire, data: Mapping[str, str] | None = None) -> None:
        said = {
            "service": fire.service, "origin": fire.origin, "sentence": fire.sentence, "tags": ", ".join(fire.tags)
        }  # fmt: skip
        super().__init__(data, initial=said)
        self.fields["service"].choices = [("", "Something else"), *services(fire.team)]  # type: ignore[attr-defined]
        self.fields["origin"].choices = [(o.value, o.word) for o in Origin]  # type: ignore[attr-defined]
        promised(self, "sentence", promise(Kind.FIRE))

    def noted(self) -> Noted:
        """Return what was said, once the form is valid."""
        said = self.cleaned_data
        return Noted(said["service"], said["sentence"], said["origin"], said["tags"].split(","))


class AnswerForm(forms.Form):
    """What the team does about a card."""

    answer = forms.ChoiceField(
        label="What we do", choices=[(a.value, a.word) for a in Answer], widget=forms.RadioSelect
    )
    sentence = forms.CharField(
        label="What exactly", help_text="One sentence. It is shown beside the quiet that follows."
    )
    look_again_on = forms.DateField(
        required=False, label="Look again on", help_text="Only when you live with it.",
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
    )  # fmt: skip

    def __init__(self, data: Mapping[str, str] | None = None) -> None:
        super().__init__(data)
        promised(self, "sentence", promise(Kind.FIRE))

    def answered(self) -> Answered:
        """Return the answer, once the form is valid."""
        return Answered(**self.cleaned_data)


def services(team: Team) -> list[tuple[str, str]]:
    """Return the services that can be chosen, by slug and name."""
    return list(Service.objects.filter(team=team, retired_on=None).values_list("slug", "name"))
