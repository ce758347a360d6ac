"""The form of planned work, alone or by a rule."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from django import forms
from django.utils.html import escape

from hortus.access.models import Person, Team
from hortus.catalogue import notice, planned_work
from hortus.catalogue.actions import may_tend
from hortus.catalogue.models import Function, PlannedWork, StatusPage
from hortus.catalogue.notice import Late
from hortus.catalogue.planned_work import LONGEST_TITLE, Plan
from hortus.catalogue.rules_windows import Sort
from hortus.catalogue.sentences import LONGEST_SENTENCE, Sentences
from hortus.catalogue.status_forms import sentence, who_reads
from hortus.web.forms import promise as promised
from hortus.web.forms_clock import ClockField, ask_at_first, place, shown_at_first, which_of_two

REPEATS = (("", "Once"), ("FREQ=WEEKLY", "Every week"), ("FREQ=MONTHLY", "Every month, on the same day of the month"))
SORTS = (
    (Sort.OUTAGE.value, "Outage: what it touches is down meanwhile"),
    (Sort.AT_RISK.value, "At risk: it stays up, and may fail; objectives go on counting"),
)


class PlanForm(forms.Form):
    """Work that is announced beforehand.

    is_late: a tick that is asked for only where some of it comes too late. It carries the sentence that it accepts, so
    that it accepts nothing else.
    """

    title = forms.CharField(max_length=LONGEST_TITLE, help_text="As in: Maintenance of the batch system.")
    sort = forms.ChoiceField(choices=SORTS, label="What does it do?", initial=Sort.OUTAGE, required=False)
    functions = forms.ModelMultipleChoiceField(
        Function.objects.none(), label="Which functions does it touch?", widget=forms.CheckboxSelectMultiple
    )
    begins_at = ClockField(label="Begins")
    begins_which = which_of_two(label="Begins: which of the two")
    ends_at = ClockField(label="Ends")
    ends_which = which_of_two(label="Ends: which of the two")
    can = sentence(
        "What can researchers do meanwhile?", 'After "You can:", as in: read all files, and submit jobs, which wait.'
    )
    cannot = sentence("What can they not do?", 'After "You cannot:", as in: log in or run jobs.')
    instead = sentence(
        "What can they do instead?", 'After "Instead:", as in: submit before Monday with a time limit that fits.'
    )
    owner = forms.ModelChoiceField(
        Person.objects.none(), required=False, label="Who looks after it?", empty_label="Me",
        help_text="Gets the reminders to begin it, to end it, and to say more.",
    )  # fmt: skip
    is_recalled = forms.BooleanField(required=False, label="Send this text again a day before it begins")
    notice_reason = forms.CharField(
        required=False, max_length=LONGEST_SENTENCE, label="Why at short notice?",
        help_text="Only asked for when it begins sooner than the notice that its services ask for.",
    )  # fmt: skip
    is_late = forms.CharField(
        label="Announce it all the same, and let objectives count this time", required=False, widget=forms.HiddenInput
    )

    def __init__(
        self, team: Team, page: StatusPage, *args: Any, shown: Plan | None = None, zone: ZoneInfo | None = None,
        **kwargs: Any,
    ) -> None:  # fmt: skip
        """shown: what stands in the form of work that is there already; zone: in which it was meant."""
        self.zone, self.shown = zone or team.zoneinfo, shown
        if shown is not None:
            kwargs["initial"] = _first(shown, self.zone) | (kwargs.get("initial") or {})
        super().__init__(*args, **kwargs)
        functions, owner = self.fields["functions"], self.fields["owner"]
        assert isinstance(functions, forms.ModelMultipleChoiceField)  # noqa: S101 -- narrows the type
        assert isinstance(owner, forms.ModelChoiceField)  # noqa: S101 -- narrows the type
        functions.queryset = Function.objects.filter(team=team).offered().select_related("service")
        owner.queryset = Person.objects.filter(pk__in=[one.pk for one in may_tend(team)]).order_by("name", "pk")
        if shown is not None:
            owner.empty_label = None
            for name in ("begins", "ends"):
                ask_at_first(self, f"{name}_which", getattr(shown, f"{name}_at"), self.zone)
        for name in ("begins_at", "ends_at"):
            self.fields[name].help_text = f"In the zone {self.zone.key}."
        self.fields["begins_at"].help_text += " Objectives leave out only what is announced before it begins."
        promised(self, "title", who_reads(page))

    def clean(self) -> dict[str, Any]:
        """Place both times, and show a tick that was given: a form that comes back holds no consent unseen."""
        for name in ("begins", "ends"):
            self.cleaned_data[f"{name}_at"] = place(self, f"{name}_at", f"{name}_which", self.zone)
        if accepted := self.cleaned_data.get("is_late"):
            self._show_tick(accepted, is_given=True)
        return self.cleaned_data

    def accepts(self, late: Sequence[Late], short: str = "") -> bool:
        """Say whether nothing is to be asked before it is announced, else ask it.

        late: time that would be announced too late, for which a tick is asked. short: in words, that the notice is too
        short, for which a reason is asked. Call it once the form is valid.
        """
        told = notice.sentence(late, self.zone)
        is_accepted = not late or self.cleaned_data["is_late"] == told
        is_reasoned = not short or bool(self.cleaned_data["notice_reason"])
        if not is_accepted:
            self._show_tick(told, is_given=False)
            self.add_error("is_late", f"{told} Nothing was saved yet.")
        if not is_reasoned:
            self.add_error("notice_reason", f"{short} Say why it cannot wait, or choose a later time.")
        return is_accepted and is_reasoned

    def _show_tick(self, accepted: str, *, is_given: bool) -> None:
        """Show the tick for a sentence, which stands beside it: as its error while it is asked, then as its help."""
        widget = forms.CheckboxInput(attrs={"value": accepted}, check_test=lambda _: is_given)
        self.fields["is_late"].widget = widget
        self["is_late"].help_text = escape(accepted) if is_given else ""  # the bound field took the field's one before

    def _time(self, name: str) -> datetime:
        """Return a time as it was, to the second, where the minute that is shown was left alone: it did not move."""
        given: datetime = self.cleaned_data[name]
        was: datetime | None = getattr(self.shown, name, None)
        return was if was is not None and was.replace(second=0, microsecond=0) == given else given

    def plan(self) -> Plan:
        """Return what was written, once the form is valid."""
        given = self.cleaned_data
        return Plan(
            given["title"], list(given["functions"]), self._time("begins_at"), self._time("ends_at"),
            Sentences(given["can"], given["cannot"], given["instead"]), given["sort"] or Sort.OUTAGE, given["owner"],
            given["notice_reason"], given["is_recalled"],
        )  # fmt: skip


class RepeatForm(PlanForm):
    """The same, which may come back."""

    repeat = forms.ChoiceField(
        choices=REPEATS, required=False, label="How often?",
        help_text="At the same time on the clock, summer and winter. The calendar has its times two months ahead.",
    )  # fmt: skip
    rule = forms.CharField(
        required=False, max_length=200, label="Or by a rule",
        help_text="As iCalendar writes it, such as FREQ=MONTHLY;BYDAY=2TU for the second Tuesday of a month.",
    )  # fmt: skip
    field_order = (
        "title", "sort", "functions", "begins_at", "begins_which", "ends_at", "ends_which", "repeat", "rule",
    )  # fmt: skip

    def clean(self) -> dict[str, Any]:
        """Refuse to be told twice how often."""
        given = super().clean()
        if given.get("repeat") and given.get("rule"):
            self.add_error("rule", "Choose how often above, or write a rule here, not both.")
        return given

    @property
    def recurs(self) -> str:
        """Return the rule by which it comes back, "" for work that happens once."""
        return str(self.cleaned_data["rule"] or self.cleaned_data["repeat"])


class SeriesForm(RepeatForm):
    """What each time says from one on, and the rule by which it comes back from there.

    changes: how often the whole was changed when this was shown, so that two editors do not undo each other's.
    """

    changes = forms.IntegerField(widget=forms.HiddenInput)

    def __init__(self, *args: Any, recurs: str, changes: int, **kwargs: Any) -> None:
        is_usual = recurs in dict(REPEATS)
        first = {"repeat": recurs if is_usual else "", "rule": "" if is_usual else recurs, "changes": changes}
        super().__init__(*args, initial=first, **kwargs)
        repeat = self.fields["repeat"]
        assert isinstance(repeat, forms.ChoiceField)  # noqa: S101 -- narrows the type
        repeat.choices = [("", "By the rule below"), *REPEATS[1:]]

    def clean(self) -> dict[str, Any]:
        """Refuse a form without a rule: work that comes back is ended by its own page."""
        given = super().clean()
        if not (given.get("repeat") or given.get("rule")):
            self.add_error("repeat", "Choose how often, or write a rule; to end it, go back and stop it.")
        return given


class WorkForm(PlanForm):
    """Work that is there already. as_of: when it was changed last as it was shown, against two editors at once."""

    as_of = forms.CharField(widget=forms.HiddenInput, required=False)

    def __init__(self, work: PlannedWork, page: StatusPage, *args: Any, **kwargs: Any) -> None:
        super().__init__(
            work.team, page, *args, shown=planned_work.plan_of(work), zone=work.zoneinfo,
            initial={"as_of": work.changed_at.isoformat()}, **kwargs,
        )  # fmt: skip

    @property
    def read_at(self) -> datetime | None:
        """Return as of when the work was shown, once the form is valid; None where that was left out."""
        try:
            found = datetime.fromisoformat(self.cleaned_data["as_of"])
        except ValueError:
            return None
        return found if found.tzinfo else None


def _first(plan: Plan, zone: ZoneInfo) -> dict[str, Any]:
    """Return what stands in the form of work that is there already."""
    first: dict[str, Any] = {
        "title": plan.title, "sort": plan.sort, "can": plan.sentences.can, "cannot": plan.sentences.cannot,
        "instead": plan.sentences.instead, "notice_reason": plan.notice_reason, "is_recalled": plan.is_recalled,
        "owner": plan.owner, "functions": list(plan.functions),
    }  # fmt: skip
    for name in ("begins", "ends"):
        at, which = shown_at_first(getattr(plan, f"{name}_at"), zone)
        first |= {f"{name}_at": at, f"{name}_which": which}
    return first
