"""Forms of procedures: their text, who looks after them, why they change or end."""

from typing import Any

from django import forms
from django.db.models import Q, QuerySet

from hortus.access.models import Person, Team
from hortus.access.policy import Action, Kind, promise, roles_that
from hortus.catalogue.models import Service
from hortus.processes.procedures.actions import LONGEST
from hortus.processes.procedures.models import Procedure
from hortus.web.forms import promise as promised

MOST_VERSIONS = 1_000_000


def text_field(rows: int) -> forms.CharField:
    """Return the field of a procedure in Markdown."""
    widget = forms.Textarea(attrs={"rows": rows, "spellcheck": "true"})
    return forms.CharField(label="The procedure, in Markdown", widget=widget, strip=False)


def people(team: Team, kind: Kind) -> QuerySet[Person]:
    """Return the persons of a team who may change objects of a kind, by name."""
    roles = [role.value for role in roles_that(Action.UPDATE, kind)]
    found = Person.objects.filter(memberships__team=team, memberships__role__in=roles, is_active=True)
    return found.order_by("name", "pk")


class WriteForm(forms.Form):
    """A new procedure."""

    text = text_field(20)

    def __init__(self, team: Team, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["services"] = _services(Service.objects.filter(team=team, retired_on=None))
        promised(self, "text", promise(Kind.PROCEDURE))


def _services(rows: Any) -> forms.ModelMultipleChoiceField[Service]:
    return forms.ModelMultipleChoiceField(
        rows.order_by("name", "slug"), label="Services that it is about", required=False,
        widget=forms.CheckboxSelectMultiple,
    )  # fmt: skip


class EditForm(forms.Form):
    """What a procedure shall say. base: number of the version that was shown."""

    base = forms.IntegerField(widget=forms.HiddenInput, min_value=0, max_value=MOST_VERSIONS)
    text = text_field(24)
    change_reason = forms.CharField(
        label="Why does it change?", help_text="One sentence, for those who follow it and knew it as it was."
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        promised(self, "text", promise(Kind.PROCEDURE))


class AboutForm(forms.Form):
    """Who looks after a procedure, and which services it is about."""

    def __init__(self, procedure: Procedure, *args: Any, **kwargs: Any) -> None:
        kept = list(procedure.services.all())
        super().__init__(*args, **{"initial": {"owner": procedure.owner, "services": kept}, **kwargs})
        self.fields["owner"] = forms.ModelChoiceField(
            people(procedure.team, Kind.PROCEDURE), label="Who looks after it", required=False, empty_label="Nobody"
        )
        offered = Service.objects.filter(Q(retired_on=None) | Q(pk__in=[one.pk for one in kept]), team=procedure.team)
        self.fields["services"] = _services(offered)


class ReasonForm(forms.Form):
    """Why something is done."""

    reason = forms.CharField(label="Why?", help_text=f"One sentence of up to {LONGEST} characters.")

    def __init__(self, kind: Kind, *args: Any, label: str = "Why?", **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["reason"].label = label
        promised(self, "reason", promise(kind))


class StartForm(forms.Form):
    """A run that begins. client_key: a second press of the button leads to the same run."""

    reason = forms.CharField(label="What is it done for?", required=False)
    address = forms.CharField(
        label="Address of an incident that it is done for", required=False, max_length=500,
        help_text="Copied from the browser; the incident's timeline tells of the run then.",
    )  # fmt: skip
    client_key = forms.CharField(widget=forms.HiddenInput)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        promised(self, "reason", promise(Kind.RUN))
