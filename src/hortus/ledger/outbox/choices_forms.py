"""The form of what a person hears: one choice for each topic, quiet hours, the hour of the digest."""

from typing import Any

from django import forms

from hortus.access.words import zone_names
from hortus.ledger.outbox.choices_actions import choosable
from hortus.ledger.outbox.choices_rules import Hours
from hortus.ledger.outbox.topics import Way

WAYS = ((Way.AT_ONCE.value, "at once"), (Way.DIGEST.value, "in the daily digest"), (Way.OFF.value, "not at all"))
_CLOCK = {"type": "time"}


class ChoicesForm(forms.Form):
    """What a person hears. Topics come from their register, each as a field `topic-<slug>`."""

    quiet_from = forms.TimeField(
        required=False, widget=forms.TimeInput(_CLOCK, format="%H:%M"), label="Quiet from",
        help_text="Then nothing is sent; it waits until quiet ends. Messages of safety come all the same.",
    )  # fmt: skip
    quiet_until = forms.TimeField(required=False, widget=forms.TimeInput(_CLOCK, format="%H:%M"), label="Quiet until")
    digest_hour = forms.TypedChoiceField(
        choices=[(hour, f"{hour:02}:00") for hour in range(24)], coerce=int, label="The digest comes at",
        help_text="One e-mail with all that waited for it; none on a day without.",
    )  # fmt: skip
    zone = forms.ChoiceField(required=False, label="Time zone of these hours")

    def __init__(self, team_zone: str, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        own = {"": f"that of the team, {team_zone}"}
        self.fields["zone"].choices = [*own.items(), *((name, name.replace("_", " ")) for name in zone_names())]  # type: ignore[attr-defined]
        for one in choosable():
            if not one.is_safety:
                self.fields[f"topic-{one.slug}"] = forms.ChoiceField(choices=WAYS, label=one.sentence.rstrip("."))
        self.order_fields([name for name in self.fields if name.startswith("topic-")])

    def hours(self) -> Hours:
        """Return the hours of a valid form."""
        given = self.cleaned_data
        return Hours(given["zone"], given["quiet_from"], given["quiet_until"], given["digest_hour"])

    def ways(self) -> dict[str, str]:
        """Return by topic how a valid form wants it."""
        return {
            name.removeprefix("topic-"): way for name, way in self.cleaned_data.items() if name.startswith("topic-")
        }
