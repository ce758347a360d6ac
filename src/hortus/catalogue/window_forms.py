"""Forms of planned work that goes on: more about it, and how things stand when it is over."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django import forms

from hortus.catalogue.models import Function, PlannedWork, StatusPage
from hortus.catalogue.rules import Condition
from hortus.catalogue.rules_windows import WORD_WITHIN
from hortus.catalogue.sentences import Sentences
from hortus.catalogue.statements import Words
from hortus.catalogue.status_forms import sentence, who_reads
from hortus.web.forms import promise as promised
from hortus.web.forms_clock import ClockField, place, which_of_two

CAN = ("What can researchers do?", 'After "You can:", as in: read all files, and submit jobs.')
CANNOT = ("What can they not do?", 'After "You cannot:", as in: run jobs on the GPU nodes.')
INSTEAD = ("What can they do instead?", 'After "Instead:", as in: use the CPU nodes until tomorrow.')


class MoreForm(forms.Form):
    """A word about work that goes on, and when the next one comes."""

    trying = sentence("What are you doing now?", "One true sentence, as in: Two of 60 nodes still take the firmware.")
    can, cannot, instead = sentence(*CAN), sentence(*CANNOT), sentence(*INSTEAD)
    next_word_at = ClockField(label="When do they hear more?", help_text="People wait for it, so keep it.")
    which = which_of_two()

    def __init__(self, work: PlannedWork, page: StatusPage, now: datetime, data: Any = None) -> None:
        self.zone = work.zoneinfo
        then = (max(now, work.ends_at) + WORD_WITHIN).astimezone(self.zone)
        first = {name: getattr(work, name) for name in ("can", "cannot", "instead")}
        first["next_word_at"] = then.replace(tzinfo=None, fold=0)
        super().__init__(data, initial=first)
        self.fields["next_word_at"].help_text += f" In the zone {work.zone}."
        promised(self, "trying", who_reads(page))

    def clean(self) -> dict[str, Any]:
        """Place the time."""
        self.cleaned_data["next_word_at"] = place(self, "next_word_at", "which", self.zone)
        return self.cleaned_data

    def said(self) -> dict[str, Any]:
        """Return what was written, once the form is valid, as `windows.say_more` takes it."""
        given = self.cleaned_data
        sentences = Sentences(given["can"], given["cannot"], given["instead"])
        return {"sentences": sentences, "trying": given["trying"], "next_word_at": given["next_word_at"]}


class FinishForm(forms.Form):
    """How each function stands when the work is over. Nothing is chosen beforehand: nobody looked yet."""

    can, cannot, instead = sentence(*CAN), sentence(*CANNOT), sentence(*INSTEAD)

    def __init__(self, functions: Sequence[Function], page: StatusPage, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.functions = functions
        choices = [("", "Choose"), *((one.value, one.word) for one in Condition if one is not Condition.PLANNED_WORK)]
        for function in functions:
            self.fields[function.slug] = forms.ChoiceField(
                choices=choices, label=f"How does {function.name} stand?", help_text=function.sentence
            )
        self.order_fields([one.slug for one in functions])
        self.fields["can"].help_text = f"Of all that does not just work. {CAN[1]}"
        promised(self, "can", who_reads(page))

    @property
    def sentences(self) -> Sentences:
        """Return what was written for all that is in trouble, once the form is valid."""
        given = self.cleaned_data
        return Sentences(given["can"], given["cannot"], given["instead"])

    def said(self) -> list[tuple[Function, Words]]:
        """Return how each function stands, once the form is valid."""
        return [(one, Words(self.cleaned_data[one.slug])) for one in self.functions]
