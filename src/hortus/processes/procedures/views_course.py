"""What is done with a run as a whole: move it to the current version, let it wait, hand it on, end it."""

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.forms import Form
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods, require_POST

from hortus.access.doors import TeamRequest, team_page
from hortus.access.policy import Action, Kind
from hortus.processes.procedures import following, runs
from hortus.processes.procedures.comparing import compared
from hortus.processes.procedures.forms import ReasonForm
from hortus.processes.procedures.forms_run import EndForm, HandForm, WaitForm
from hortus.processes.procedures.models import Run, Version
from hortus.processes.procedures.rules.course import NEXT, State
from hortus.processes.procedures.views_runs import fetched, path_of, way_to
from hortus.values.refused import Refused
from hortus.web.form_pages import answered, form_page


@require_http_methods(["GET", "HEAD", "POST"])
@team_page(Kind.RUN, Action.UPDATE)
def move(request: TeamRequest, number: int) -> HttpResponse:
    """Show what the current version would change in a run, and let the run follow it."""
    found = fetched(request, number)
    newer = following.newer(found)
    if request.method == "POST":
        return _moved(request, found, newer)
    if newer is None:
        messages.info(request, f"The run follows version {found.version.number}; there is nothing to move to.")
        return redirect(path_of(found))
    context = {
        "run": found, "newer": newer, "steps": following.moves(found, newer),
        "texts": compared(found.version.content, newer.content).texts, "cancel": path_of(found),
        "crumbs": way_to(request, (f"#{found.number}", path_of(found)), ("Move", "")),
    }  # fmt: skip
    return render(request, "procedures/move.html", context)


def _moved(request: TeamRequest, found: Run, newer: Version | None) -> HttpResponse:
    """Move a run to the version whose difference was looked at, unless another one is current by now."""
    seen, number = (_number(request.POST.get(name, "")) for name in ("from", "to"))
    to: Version = get_object_or_404(found.procedure.versions.all(), number=number)
    if newer is not None and newer.pk != to.pk:
        messages.error(request, f"Version {newer.number} is current by now; look at what it changes, then decide.")
        return redirect("procedures:move", request.team.slug, found.number)
    if newer is None and found.version_id != to.pk and not found.stands.is_over:
        messages.error(request, f"Version {to.number} is not followed any more; the run stays where it is.")
        return redirect(path_of(found))
    try:
        runs.move(found, to, seen_from=seen, by=request.person, door="web")
        messages.success(request, f"The run follows version {to.number} now. Nothing that was said is lost.")
    except Refused as refused:
        messages.error(request, refused.sentence)
    return redirect(path_of(found))


def _number(text: str) -> int:
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 9 else -1


def _at_once(request: TeamRequest, number: int, verb: Callable[..., object]) -> HttpResponse:
    """Do what a button asks, or say why not, and return to the run."""
    found = fetched(request, number)
    try:
        verb(found, by=request.person, door="web")
    except Refused as refused:
        messages.error(request, refused.sentence)
    return redirect(path_of(found))


@require_POST
@team_page(Kind.RUN, Action.UPDATE)
def begin(request: TeamRequest, number: int) -> HttpResponse:
    """Start a run that was planned."""
    return _at_once(request, number, runs.begin)


@require_POST
@team_page(Kind.RUN, Action.UPDATE)
def go_on(request: TeamRequest, number: int) -> HttpResponse:
    """Go on with a run that waited or was looked at."""
    return _at_once(request, number, runs.go_on)


@require_POST
@team_page(Kind.RUN, Action.UPDATE)
def check(request: TeamRequest, number: int) -> HttpResponse:
    """Say that the steps are through."""
    return _at_once(request, number, runs.check)


def _asked(
    request: TeamRequest, found: Run, form: Form, act: Callable[[dict[str, Any]], object], heading: str, label: str,
    said: str = "", *, to: State | None = None,
) -> HttpResponse:  # fmt: skip
    """Show a form about a run, or do what it asks and return to the run. to: the state that it leads to."""
    if request.method != "POST" and (found.stands.is_over or (to is not None and to not in NEXT[found.stands])):
        messages.info(request, f"The run is {found.state}; this cannot be done with it now.")
        return redirect(path_of(found))
    if answered(form, lambda: act(form.cleaned_data)):
        return redirect(path_of(found))
    way = way_to(request, (f"#{found.number}", path_of(found)))
    return form_page(request, form, heading, way, here=label, label=label, said=said or found.procedure.title)


@require_http_methods(["GET", "HEAD", "POST"])
@team_page(Kind.RUN, Action.UPDATE)
def wait(request: TeamRequest, number: int) -> HttpResponse:
    """Say what the run waits for."""
    found = fetched(request, number)

    def act(given: dict[str, Any]) -> object:
        return runs.wait(
            found, given["kind"], given["what"], person=given["person"], until=given["at"], by=request.person,
            door="web",
        )  # fmt: skip

    form = WaitForm(request.team, request.POST or None)
    return _asked(request, found, form, act, "What does it wait for?", "Let it wait", to=State.WAITING)


@require_http_methods(["GET", "HEAD", "POST"])
@team_page(Kind.RUN, Action.UPDATE)
def hand(request: TeamRequest, number: int) -> HttpResponse:
    """Let somebody else follow it."""
    found = fetched(request, number)

    def act(given: dict[str, Any]) -> object:
        return runs.hand(found, given["runner"], by=request.person, door="web")

    form = HandForm(found, request.POST or None)
    return _asked(request, found, form, act, "Who follows it from now on?", "Hand it over")


@require_http_methods(["GET", "HEAD", "POST"])
@team_page(Kind.RUN, Action.UPDATE)
def end(request: TeamRequest, number: int) -> HttpResponse:
    """Say whether the good result came about, and end the run."""
    found = fetched(request, number)

    def act(given: dict[str, Any]) -> object:
        return runs.end(found, given["outcome"], given["sentence"], by=request.person, door="web")

    said = found.version.good_result or "The procedure does not say what a good result is; you do."
    return _asked(request, found, EndForm(request.POST or None), act, "How did it go?", "End the run", said,
                  to=State.DONE)  # fmt: skip


@require_http_methods(["GET", "HEAD", "POST"])
@team_page(Kind.RUN, Action.UPDATE)
def give_up(request: TeamRequest, number: int) -> HttpResponse:
    """Follow it no longer, and say why."""
    found = fetched(request, number)

    def act(given: dict[str, Any]) -> object:
        return runs.give_up(found, given["reason"], by=request.person, door="web")

    form = ReasonForm(Kind.RUN, request.POST or None, label="Why is it given up?")
    to = State.CANCELLED if found.stands is State.PLANNED else State.ABANDONED
    return _asked(request, found, form, act, "Give this run up", "Give it up", to=to)
