"""The form of planned work."""

from collections.abc import Sequence
from typing import Any

from django import forms
from django.utils.html import escape

from hortus.access.models import Team
from hortus.catalogue import notice
from hortus.catalogue.models import Function, StatusPage
from hortus.catalogue.notice import Late
from hortus.catalogue.planned_work import LONGEST_TITLE, Plan
from hortus.catalogue.sentences import Sentences
from hortus.catalogue.status_forms import moment, sentence, who_reads
from hortus.web.forms import promise as promised


class PlanForm(forms.Form):
    """Work that is announced beforehand.

    is_late: a tick that is asked for only where some of it comes too late. It carries the sentence that it accepts, so
    that it accepts nothing else.
    """

    title = forms.CharField(max_length=LONGEST_TITLE, help_text="As in: Maintenance of the batch system.")
    functions = forms.ModelMultipleChoiceField(
        Function.objects.none(), label="Which functions does it touch?", widget=forms.CheckboxSelectMultiple
    )
    begins_at = moment("Begins")
    ends_at = moment("Ends")
    can = sentence(
        "What can researchers do meanwhile?", 'After "You can:", as in: read all files, and submit jobs, which wait.'
    )
    cannot = sentence("What can they not do?", 'After "You cannot:", as in: log in or run jobs.')
    instead = sentence(
        "What can they do instead?", 'After "Instead:", as in: submit before Monday with a time limit that fits.'
    )
    is_late = forms.CharField(
        label="Announce it all the same, and let objectives count this time", required=False, widget=forms.HiddenInput
    )

    def __init__(self, team: Team, page: StatusPage, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.zone = team.zoneinfo
        functions = self.fields["functions"]
        assert isinstance(functions, forms.ModelMultipleChoiceField)  # noqa: S101 -- narrows the type
        functions.queryset = Function.objects.filter(team=team).offered()
        for name in ("begins_at", "ends_at"):
            self.fields[name].help_text = f"In the team's zone, {team.zone}."
        self.fields["begins_at"].help_text += " Objectives leave out only what is announced before it begins."
        promised(self, "title", who_reads(page))

    def clean(self) -> dict[str, Any]:
        """Show a tick that was given, and what it accepts: a form that comes back holds no consent unseen."""
        if accepted := self.cleaned_data.get("is_late"):
            self._show_tick(accepted, is_given=True)
        return self.cleaned_data

    def accepts(self, late: Sequence[Late]) -> bool:
        """Say whether time that is announced too late is none, or was accepted; else tell of it and ask for the tick.

        Call it once the form is valid.
        """
        told = notice.sentence(late, self.zone)
        if not late or self.cleaned_data["is_late"] == told:
            return True
        self._show_tick(told, is_given=False)
        self.add_error("is_late", f"{told} Nothing was saved yet.")
        return False

    def _show_tick(self, accepted: str, *, is_given: bool) -> None:
        """Show the tick for a sentence, which stands beside it: as its error while it is asked, then as its help."""
        widget = forms.CheckboxInput(attrs={"value": accepted}, check_test=lambda _: is_given)
        self.fields["is_late"].widget = widget
        self["is_late"].help_text = escape(accepted) if is_given else ""  # the bound field took the field's one before

    def plan(self) -> Plan:
        """Return what was written, once the form is valid."""
        given = {name: value for name, value in self.cleaned_data.items() if name != "is_late"}
        said = Sentences(given.pop("can"), given.pop("cannot"), given.pop("instead"))
        return Plan(functions=list(given.pop("functions")), sentences=said, **given)
