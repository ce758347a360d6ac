"""Forms of the catalogue."""

from datetime import timedelta
from typing import Any

from django import forms
from django.utils import timezone

from hortus.access.models import Person, Team
from hortus.access.policy import Kind, promise
from hortus.catalogue.actions import Details, may_tend
from hortus.catalogue.models import Service
from hortus.web.forms import promise as promised
from hortus.web.words import duration

NOTICES = [0, *(int(timedelta(days=days).total_seconds()) for days in (1, 2, 3, 7, 14, 28))]


class ServiceForm(forms.ModelForm[Service]):
    """What is said about a service."""

    notice_seconds = forms.TypedChoiceField(
        coerce=int, empty_value=None, required=False, label="How long before is planned work announced?",
        help_text="Whoever announces it later is asked why.",
    )  # fmt: skip

    class Meta:
        model = Service
        fields = ["name", "sort", "sentence", "owner", "deputy", "notice_seconds"]
        labels = {"sort": "Kind of service", "sentence": "What can a researcher do with it?"}
        help_texts = {"sentence": "One sentence, as you would say it to a new researcher."}

    def __init__(self, team: Team, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        people = Person.objects.filter(pk__in=[person.pk for person in may_tend(team)]).order_by("name", "pk")
        for name in ("owner", "deputy"):
            field = self.fields[name]
            assert isinstance(field, forms.ModelChoiceField)  # noqa: S101 -- narrows the type
            field.queryset, field.empty_label = people, "Nobody"
        lengths, notice = sorted({*NOTICES, self.instance.notice_seconds}), self.fields["notice_seconds"]
        assert isinstance(notice, forms.TypedChoiceField)  # noqa: S101 -- narrows the type
        notice.choices = [(length, duration(length) if length else "no notice") for length in lengths]
        promised(self, "sentence", promise(Kind.SERVICE))

    def details(self) -> Details:
        """Return what was written, once the form is valid."""
        return Details(**self.cleaned_data)

    def _post_clean(self) -> None:
        """Leave the row alone: the action lays the details on it and sees what changed."""


class RetireForm(forms.Form):
    """The day since which a service is no longer offered."""

    on = forms.DateField(
        label="Not offered since",
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        initial=lambda: timezone.localdate(),
    )
