"""Pages of the days on which a team is closed: the list, adding and removing, and taking them from a calendar."""

from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from hortus.access import closed_actions, closed_calendar
from hortus.access.closed_calendar import LARGEST, Reading
from hortus.access.closed_spans import LONGEST_NAME, Span
from hortus.access.doors import TeamRequest, team_page
from hortus.access.models import ClosedDay
from hortus.access.policy import Action, Kind, promise
from hortus.access.views import shown
from hortus.values.refused import Refused
from hortus.web.forms import promise as promised
from hortus.web.forms import refuse
from hortus.web.words import counted

_HERE = "closed-days"


def _day_field(label: str, **kwargs: Any) -> forms.DateField:
    return forms.DateField(label=label, widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"), **kwargs)


class ClosedForm(forms.Form):
    """From when to when a team is closed, and why."""

    name = forms.CharField(label="What for", max_length=LONGEST_NAME, help_text="As in: Winter closure.")
    first_on = _day_field("First day")
    last_on = _day_field("Last day", required=False, help_text="Closed as well; empty for a single day.")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        promised(self, "name", promise(Kind.CLOSED_DAY))


class CalendarForm(forms.Form):
    """A calendar that was exported; once it was looked at, its text."""

    file = forms.FileField(
        label="A calendar", help_text="A file that ends in .ics, as your university offers it.",
        widget=forms.FileInput(attrs={"accept": ".ics,text/calendar"}),
    )  # fmt: skip
    text = forms.CharField(required=False, max_length=2 * LARGEST, strip=False, widget=forms.HiddenInput)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["file"].required = not self.data.get("text")

    def clean_text(self) -> str:
        """Return the text with the ends of its lines as short as they can be: browsers make them longer."""
        return str(self.cleaned_data["text"]).replace("\r\n", "\n")

    def read(self) -> tuple[str, Reading]:
        """Return the text of a valid form, and what it says. Raises Refused."""
        file = self.cleaned_data["file"]
        data = file.read(LARGEST + 1) if file else self.cleaned_data["text"]
        found = closed_calendar.read(data, timezone.localdate())
        return data if isinstance(data, str) else data.decode("utf-8-sig"), found


@team_page(Kind.CLOSED_DAY)
@require_safe
def closed_days(request: TeamRequest) -> HttpResponse:
    """List the days on which the team is closed, those to come first."""
    return _list(request, ClosedForm())


def _list(request: TeamRequest, form: ClosedForm) -> HttpResponse:
    today = timezone.localdate()
    found = ClosedDay.objects.visible_to(request.person).filter(team=request.team)
    return shown(
        request, "closed_days", _HERE,
        {"coming": found.filter(last_on__gte=today).order_by("first_on", "last_on"),
         "over": found.filter(last_on__lt=today).order_by("-first_on", "-last_on"), "form": form,
         "may_add": request.standing.may(Action.CREATE, Kind.CLOSED_DAY),
         "may_remove": request.standing.may(Action.DELETE, Kind.CLOSED_DAY), "promise": promise(Kind.CLOSED_DAY)},
    )  # fmt: skip


@team_page(Kind.CLOSED_DAY, Action.CREATE)
@require_POST
def add(request: TeamRequest) -> HttpResponse:
    """Add a day, or several in a row."""
    form = ClosedForm(request.POST)
    if form.is_valid():
        try:
            made = closed_actions.add(request.team, by=request.person, **form.cleaned_data)
        except Refused as refusal:
            refuse(form, refusal)
        else:
            messages.success(request, f"Closed: {made}. Promises that stand already keep their time.")
            return redirect("access:closed-days", request.team.slug)
    return _list(request, form)


@team_page(Kind.CLOSED_DAY, Action.DELETE)
@require_POST
def remove(request: TeamRequest, closed: UUID) -> HttpResponse:
    """Open the team again on days that were closed."""
    known = ClosedDay.objects.visible_to(request.person).select_related("team")
    found = get_object_or_404(known, pk=closed, team=request.team)
    closed_actions.remove(found, by=request.person)
    messages.success(request, f"Removed: {found}.")
    return redirect("access:closed-days", request.team.slug)


@team_page(Kind.CLOSED_DAY, Action.CREATE)
@require_http_methods(["GET", "HEAD", "POST"])
def from_calendar(request: TeamRequest) -> HttpResponse:
    """Look at a calendar, then add the days that it names."""
    form = CalendarForm(request.POST or None, request.FILES or None)
    facts: dict[str, Any] = {"form": form}
    if request.method == "POST" and form.is_valid():
        try:
            text, found = form.read()
            if "add" in request.POST and not form.cleaned_data["file"]:
                return _added(request, found)
        except Refused as refusal:
            refuse(form, refusal)
        else:
            facts |= {"found": found, "news": _news(request, found), "form": CalendarForm(initial={"text": text})}
    return shown(request, "closed_days_import", _HERE, facts)


def _news(request: TeamRequest, found: Reading) -> list[tuple[Span, bool]]:
    """Return what a calendar names, and of each whether it is new."""
    mine = ClosedDay.objects.visible_to(request.person).filter(team=request.team)
    known = set(mine.values_list("first_on", "last_on"))
    return [(span, (span.first_on, span.last_on) not in known) for span in found.spans]


def _added(request: TeamRequest, found: Reading) -> HttpResponse:
    made = closed_actions.add_all(request.team, found.spans, by=request.person)
    said = counted(len(made), "closure is", "closures are") if made else "Nothing is"
    messages.success(request, f"{said} new. Promises that stand already keep their time.")
    return redirect("access:closed-days", request.team.slug)
