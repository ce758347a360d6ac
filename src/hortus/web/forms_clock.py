"""Times in forms, as the clocks of a zone show them. An hour that they show twice, in autumn, is asked about."""

from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from django import forms
from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.dateparse import parse_datetime

from hortus.values.clocks import instants

FORMAT = "%Y-%m-%dT%H:%M"


class ClockField(forms.DateTimeField):
    """What a clock shows, without a zone: the form says where it hangs, and calls `place` when it is cleaned."""

    def __init__(self, **kwargs: Any) -> None:
        kwargs.setdefault("widget", forms.DateTimeInput(attrs={"type": "datetime-local"}, format=FORMAT))
        kwargs.setdefault("input_formats", [FORMAT, "%Y-%m-%dT%H:%M:%S", "%Y-%m-%d %H:%M"])
        super().__init__(**kwargs)

    def to_python(self, value: Any) -> datetime | None:
        """Return it as it was written; None for nothing. Raises ValidationError for what is no time, or has a zone."""
        with timezone.override(UTC):  # where each time of day comes once; Django refuses those that do not
            found = super().to_python(value)
        written = parse_datetime(value.strip()) if found and isinstance(value, str) else None
        if written is not None and written.tzinfo is not None:
            raise ValidationError(
                "Leave out the zone at its end, as in 2026-03-02T10:00: what the clocks of the team show is meant."
            )
        return found and found.replace(tzinfo=None)


def which_of_two(**kwargs: Any) -> forms.CharField:
    """Return the field that belongs to a ClockField: unseen until its time comes twice, then `place` shows it."""
    return forms.CharField(**{"required": False, "label": "Which of the two", "widget": forms.HiddenInput, **kwargs})


def is_twice(form: forms.BaseForm, which: str) -> bool:
    """Say whether the form asks which of two instants is meant."""
    widget = form.fields[which].widget
    return isinstance(widget, forms.RadioSelect) and bool(widget.choices)


def place(form: forms.BaseForm, name: str, which: str, zone: ZoneInfo) -> datetime | None:
    """Return the instant (aware) that a ClockField of a cleaned form means; None, with its error, for none or two.

    name, which: of the field and of the one that `which_of_two` made. None as well for an empty field.
    """
    shown: datetime | None = form.cleaned_data.get(name)
    if shown is None:
        return None
    found = instants(shown, zone)
    if len(found) == 1:
        return found[0]
    if not found:
        never = f"On that day the clocks go forward over {shown:%H:%M}, so it never comes"
        form.add_error(name, f"{never}; choose a time before or after.")
        return None
    _ask(form.fields[which], found)
    given = form.cleaned_data.get(which, "")
    if given not in _NAMES:
        twice = f"On that day the clocks show {shown:%H:%M} twice"
        form.add_error(name, f"{twice}; say below which of the two is meant.")
        return None
    return found[_NAMES.index(given)].astimezone(UTC)  # in its zone it would equal no other datetime (PEP 495)


def shown_at_first(at: datetime | None, zone: ZoneInfo) -> tuple[datetime | None, str]:
    """Return what to fill into a ClockField for an instant, and into the field beside it."""
    if at is None:
        return None, ""
    shown = at.astimezone(zone)
    two = len(instants(shown.replace(tzinfo=None, fold=0), zone)) == 2
    return shown.replace(tzinfo=None, fold=0), _NAMES[shown.fold] if two else ""


def ask_at_first(form: forms.BaseForm, which: str, at: datetime | None, zone: ZoneInfo) -> None:
    """Show the field beside a ClockField that is filled with an instant whose time comes twice."""
    found = instants(at.astimezone(zone).replace(tzinfo=None, fold=0), zone) if at else ()
    if len(found) == 2:
        _ask(form.fields[which], found)


_NAMES = ("first", "second")


def _ask(field: forms.Field, found: tuple[datetime, ...]) -> None:
    choices = [(name, f"The {name}, {at:%H:%M%z}") for name, at in zip(_NAMES, found, strict=True)]
    field.widget = forms.RadioSelect(choices=choices)
    field.required = True  # it is asked, so it is not called optional
