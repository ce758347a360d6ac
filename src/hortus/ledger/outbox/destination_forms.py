"""Forms of destinations: what they are called, where they are, what they take."""

from typing import Any

from django import forms

from hortus.access.policy import Kind, promise
from hortus.ledger.outbox.destination_models import Destination
from hortus.ledger.outbox.destinations import LONGEST_NAME
from hortus.ledger.outbox.topics import topics
from hortus.web.forms import promise as promised

SEALED = "Kept sealed: not even a lead can read it here again."


class DestinationForm(forms.Form):
    """A chat room or a program to add."""

    name = forms.CharField(max_length=LONGEST_NAME, help_text="As your team calls it, as in “#operations”.")
    sort = forms.ChoiceField(choices=Destination.Sort.choices, label="It is")
    url = forms.CharField(
        max_length=2000, label="Address",
        help_text="The room's incoming webhook (Slack, Mattermost, a Matrix bridge), or where the program listens. "
        + SEALED,
    )  # fmt: skip
    topics = forms.MultipleChoiceField(
        required=False, label="It takes", widget=forms.CheckboxSelectMultiple,
        help_text="Tick none to have everything sent there.",
    )  # fmt: skip
    is_on = forms.BooleanField(required=False, initial=True, label="On: messages are sent there")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        found = [(one.slug, one.sentence.rstrip(".")) for one in topics() if one.to_teams]
        self.fields["topics"].choices = found  # type: ignore[attr-defined]
        promised(self, "name", promise(Kind.DESTINATION))


class ChangeForm(DestinationForm):
    """A destination to change: its sort stays, its address stays where none is written."""

    sort = None  # type: ignore[assignment]  # Django's way to leave a field out
    url = forms.CharField(
        max_length=2000, required=False, label="Another address",
        help_text=f"Leave it empty to keep the one there is. {SEALED}",
    )  # fmt: skip
