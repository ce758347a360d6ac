"""Forms of incidents: one sentence to declare, the update that people wait for, and what else one says in a room."""

import secrets
from typing import Any

from django import forms
from django.db.models import QuerySet

from hortus.access.models import Person, Team
from hortus.access.policy import Kind, promise
from hortus.catalogue.models import Service
from hortus.processes.incidents.models import Incident, Question, RoleHeld
from hortus.values.refused import Refused
from hortus.web.forms import promise as promised

LONGEST_TITLE, LONGEST_TEXT, LONGEST_REASON = 200, 500, 300


def text_area(label: str, hint: str = "", *, longest: int, required: bool = False, rows: int = 2) -> forms.CharField:
    """Return a field for one or two sentences; what is too long is refused in words and not cut by the browser."""
    widget = forms.Textarea(attrs={"rows": rows})
    field = forms.CharField(label=label, help_text=hint, required=required, max_length=longest, widget=widget)
    field.widget.attrs.pop("maxlength", None)
    return field


class Keyed(forms.Form):
    """A form that carries a key of its own, so that a second press of its button changes nothing.

    The ids of its fields begin with its name: many forms stand in a room, and each id is one of its page.
    """

    name = "form"
    client_key = forms.CharField(max_length=100, required=False, widget=forms.HiddenInput)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs.setdefault("auto_id", f"{self.name}_%s")
        super().__init__(*args, **kwargs)
        self.fields["client_key"].initial = secrets.token_hex(16)

    @property
    def key(self) -> str:
        """Return the key it came with, once the form is valid."""
        return str(self.cleaned_data.get("client_key") or "")

    def refuse(self, refused: Refused) -> None:
        """Put a refusal beside the field that it is about, or above the form."""
        self.add_error(refused.field if refused.field in self.fields else None, refused.sentence)


class DeclareForm(Keyed):
    """One sentence, and the service where one knows it."""

    name = "declare"
    sentence = forms.CharField(
        label="What can users not do?", max_length=LONGEST_TITLE,
        help_text="One sentence, as a user would say it: Nobody can log in to Alder.",
        widget=forms.TextInput(attrs={"autofocus": True, "autocomplete": "off"}),
    )  # fmt: skip
    service = forms.ModelChoiceField(
        Service.objects.none(), required=False, empty_label="Not known yet", to_field_name="slug"
    )
    alert = forms.CharField(max_length=200, required=False, widget=forms.HiddenInput)
    again = forms.ModelChoiceField(
        Incident.objects.none(), required=False, to_field_name="number", widget=forms.HiddenInput
    )

    def __init__(self, team: Team, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        offered = Service.objects.filter(team=team, retired_on=None).order_by("name", "slug")
        self.fields["service"].queryset = offered  # type: ignore[attr-defined]
        self.fields["again"].queryset = Incident.objects.filter(team=team)  # type: ignore[attr-defined]
        promised(self, "sentence", promise(Kind.INCIDENT))


class AskForm(Keyed):
    """A question that waits until the next update, unless there is danger."""

    name = "ask"
    text = text_area("Your question", longest=LONGEST_TEXT, required=True)
    urgency = forms.ChoiceField(
        label="May it interrupt?", choices=Question.Urgency.choices,
        help_text="Only danger does: data at risk, or the safety of people.",
    )  # fmt: skip

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        promised(self, "text", promise(Kind.QUESTION))


class SurpriseForm(Keyed):
    """One tap; a sentence where one has a hand free."""

    name = "surprise"
    sentence = forms.CharField(
        label="What surprises you?", required=False, max_length=LONGEST_REASON,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )  # fmt: skip


class ReasonForm(Keyed):
    """A move that says why. name: of the move, which is also in its address."""

    reason = forms.CharField(label="Why?", max_length=LONGEST_REASON)

    def __init__(self, name: str, *args: Any, required: bool = True, **kwargs: Any) -> None:
        self.name = name
        super().__init__(*args, **kwargs)
        self.fields["reason"].required = required


class PersonForm(Keyed):
    """Who is to have a role. name: "hand-over" for the lead."""

    name = "hand-over"
    person = forms.ModelChoiceField(Person.objects.none(), label="To whom?", empty_label="Choose somebody")

    def __init__(self, people: QuerySet[Person], *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["person"].queryset = people  # type: ignore[attr-defined]


class AssignForm(PersonForm):
    """Who has another role than the lead."""

    name = "assign"
    role = forms.ChoiceField(choices=[one for one in RoleHeld.Role.choices if one[0] != RoleHeld.Role.LEAD.value])
    field_order = ("role", "person")


class LinkForm(Keyed):
    """The address of a chat, a procedure, a ticket."""

    name = "link"
    url = forms.URLField(label="Address", max_length=1000, assume_scheme="https")
    words = forms.CharField(label="What is it?", max_length=LONGEST_TITLE, required=False)


class MergeForm(Keyed):
    """Into which other incident; who leads that one agrees."""

    name = "merge"
    into = forms.ModelChoiceField(
        Incident.objects.none(), label="It is the same as", empty_label="Choose an incident", to_field_name="number"
    )
    reason = forms.CharField(label="Why?", max_length=LONGEST_REASON, required=False)

    def __init__(self, incident: Incident, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        others = Incident.objects.filter(team=incident.team).open().exclude(pk=incident.pk)
        self.fields["into"].queryset = others  # type: ignore[attr-defined]
