"""Forms of reviews."""

from collections.abc import Mapping, Sequence
from typing import Any

from django import forms

from hortus.access.models import Person, Team
from hortus.access.policy import Kind, promise
from hortus.catalogue.models import Service
from hortus.follow_ups.actions import owners
from hortus.follow_ups.forms import FollowUpForm
from hortus.ledger.refs import Ref
from hortus.processes.incidents.reviews.actions import LONGEST, LONGEST_TITLE
from hortus.processes.incidents.reviews.models import Learning, Review
from hortus.processes.incidents.reviews.rules import ASKED, QUESTIONS, Depth, Sign, asked
from hortus.values.plots import PLOTS
from hortus.web.forms import promise as promised


class NearMissForm(forms.Form):
    """Something that nearly went wrong."""

    title = forms.CharField(label="What nearly happened?", max_length=LONGEST_TITLE)
    said = forms.CharField(label="How did it come to that?", required=False, widget=forms.Textarea(attrs={"rows": 4}))

    def __init__(self, team: Team, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        services = Service.objects.filter(team=team, retired_on=None)
        self.fields["services"] = forms.ModelMultipleChoiceField(
            services, label="Services", required=False, widget=forms.CheckboxSelectMultiple
        )
        promised(self, "title", promise(Kind.REVIEW))


class AnswersForm(forms.Form):
    """The answers of a review, each with its question; version: which the writer began from."""

    version = forms.IntegerField(widget=forms.HiddenInput, min_value=0)

    def __init__(self, review: Review, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        wanted = asked(Depth(review.depth))
        for name, (label, hint) in QUESTIONS.items():
            if name in wanted or getattr(review, name):
                rows = 12 if name == "how" else 5
                self.fields[name] = forms.CharField(
                    label=label, help_text=hint, required=False, widget=forms.Textarea(attrs={"rows": rows})
                )
        promised(self, "how", promise(Kind.REVIEW))

    @classmethod
    def first(cls, review: Review) -> dict[str, Any]:
        """Return what the form holds before anybody types."""
        return {**review.texts, "version": review.version}

    def texts(self) -> Mapping[str, str]:
        """Return what was written, once the form is valid."""
        return {name: self.cleaned_data[name] for name in QUESTIONS if name in self.fields}

    def again(self, version: int) -> None:
        """Let the next save begin from a later version: both texts were shown."""
        self.data = {**{name: self.data.get(name, "") for name in self.data}, "version": str(version)}


class DepthForm(forms.Form):
    """How deep to look, and the signs that only people can tell."""

    signs = forms.TypedMultipleChoiceField(
        label="What of this holds?", required=False, coerce=Sign, widget=forms.CheckboxSelectMultiple,
        choices=[(sign.value, sign.words) for sign in ASKED],
    )  # fmt: skip
    depth = forms.TypedChoiceField(
        label="How deep do we look?", coerce=Depth, widget=forms.RadioSelect,
        choices=[(depth.value, depth.words.capitalize()) for depth in Depth],
    )  # fmt: skip


class WriterForm(forms.Form):
    """Who writes it."""

    def __init__(self, team: Team, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        people = Person.objects.filter(pk__in=[one.pk for one in owners(team, Kind.REVIEW)]).order_by("name", "pk")
        self.fields["writer"] = forms.ModelChoiceField(
            people, label="Who writes it", required=False, empty_label="Nobody yet"
        )


class WaiveForm(forms.Form):
    """Why there will be no review."""

    reason = forms.CharField(label="Why is none needed?", max_length=LONGEST)


class LearningForm(forms.Form):
    """One thing that was learned."""

    learning = forms.CharField(
        label="What did we learn?", max_length=LONGEST,
        help_text="One sentence that helps somebody who was not there. What to do about it comes after.",
    )  # fmt: skip


class FactorForm(forms.Form):
    """One thing that contributed."""

    factor = forms.CharField(
        label="What contributed?", max_length=LONGEST,
        help_text="There are always several. Say what it was, not whose fault it was.",
    )  # fmt: skip
    plot = forms.ChoiceField(
        label="Where in the garden does it grow?", required=False,
        choices=[("", "Not said"), *((plot.slug, str(plot)) for plot in PLOTS)],
    )  # fmt: skip


class WhatFollowsForm(FollowUpForm):
    """What follows from a learning: the form of every follow-up, and the learning that it names."""

    def __init__(self, review: Review, *args: Any, **kwargs: Any) -> None:
        super().__init__(review.team, *args, **kwargs)
        self.fields["learning"] = forms.ModelChoiceField(
            Learning.objects.filter(review=review), label="It follows from", empty_label=None
        )
        self.order_fields(["learning", "text", "owner", "due_on"])


class CoverForm(forms.Form):
    """A further incident that a review is about."""

    address = forms.CharField(
        label="Address of the incident", max_length=300, help_text="As the browser shows it; it must be over."
    )


class UseForm(forms.Form):
    """Where a review helped: the address of something later, as an incident or a procedure."""

    address = forms.CharField(
        label="Address of the page", max_length=300,
        help_text="Of an incident, a procedure, another review or a follow-up of this team, as the browser shows it.",
    )  # fmt: skip


class LinkForm(forms.Form):
    """What else a review is about: one of what is offered, or the address of its page."""

    address = forms.CharField(
        label="Or the address of its page", max_length=300, required=False,
        help_text="Of a page of this team, as the browser shows it, when it is not in the list.",
    )  # fmt: skip

    def __init__(self, offered: Sequence[tuple[str, Sequence[Ref]]], *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        groups = [(word.capitalize(), [(f"{ref.kind}:{ref.id}", ref.name) for ref in some]) for word, some in offered]
        if groups:
            self.fields["what"] = forms.ChoiceField(
                label="What is it about?", required=False, choices=[("", "Not in the list"), *groups]
            )
            self.order_fields(["what", "address"])

    def clean(self) -> dict[str, Any]:
        """Ask for exactly one of the two."""
        given = super().clean() or self.cleaned_data
        if not self.errors and bool(given.get("what")) == bool(given.get("address")):
            raise forms.ValidationError("Choose one from the list, or give the address of its page: one of the two.")
        return given
