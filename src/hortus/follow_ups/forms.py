"""Forms of follow-ups. Practices that make some use `FollowUpForm` too."""

from typing import Any

from django import forms
from django.utils import timezone

from hortus.access.models import Person, Team
from hortus.access.policy import Kind, promise
from hortus.follow_ups.actions import LONGEST, USUAL, Draft, owners
from hortus.web.forms import promise as promised


def _day(label: str) -> forms.DateField:
    return forms.DateField(label=label, widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"))


def _owner(team: Team, guard: Kind) -> forms.ModelChoiceField[Person]:
    people = Person.objects.filter(pk__in=[person.pk for person in owners(team, guard)]).order_by("name", "pk")
    return forms.ModelChoiceField(people, label="Who does it", required=False, empty_label="Nobody yet")


class FollowUpForm(forms.Form):
    """What shall be done, by whom, by when."""

    text = forms.CharField(label="What shall be done", max_length=LONGEST)
    due_on = _day("By when")

    def __init__(self, team: Team, *args: Any, guard: Kind = Kind.FOLLOW_UP, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["owner"] = _owner(team, guard)
        self.fields["due_on"].initial = lambda: timezone.localdate() + USUAL
        self.order_fields(["text", "owner", "due_on"])
        promised(self, "text", promise(guard))

    def draft(self, learning: str = "") -> Draft:
        """Return what was written, once the form is valid."""
        given = self.cleaned_data
        return Draft(given["text"], given["due_on"], given["owner"], learning)


class HandForm(forms.Form):
    """Who does it from now on."""

    def __init__(self, team: Team, guard: Kind, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["owner"] = _owner(team, guard)


class MoveForm(forms.Form):
    """The new day, and why."""

    due_on = _day("New day")
    reason = forms.CharField(label="Why does it move?", max_length=LONGEST)


class DropForm(forms.Form):
    """Why it will not be done."""

    reason = forms.CharField(label="Why will it not be done?", max_length=LONGEST)
