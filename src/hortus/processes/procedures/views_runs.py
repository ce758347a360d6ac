"""Pages of runs: those in flight, one run as it is followed step by step, and what somebody says of a step."""

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from hortus.access.doors import TeamRequest, team_page
from hortus.access.policy import Action, Kind
from hortus.ledger import clock, refs
from hortus.processes.procedures import following
from hortus.processes.procedures import runs as verbs
from hortus.processes.procedures.following import ENDED, Followed
from hortus.processes.procedures.forms_run import SayForm, id_of
from hortus.processes.procedures.models import Run
from hortus.processes.procedures.rules.course import NEXT, State, missing
from hortus.processes.procedures.rules.standing import Said
from hortus.processes.procedures.runs import Heard
from hortus.processes.procedures.views import crumbs
from hortus.values.refused import Refused
from hortus.web.forms import refuse
from hortus.web.words import counted


def fetched(request: TeamRequest, number: int) -> Run:
    """Return a run that who asks may read, or raise Http404."""
    mine = following.mine(request.team, request.person).prefetch_related("entries__by")
    found: Run = get_object_or_404(mine, number=number)
    return found


def path_of(run: Run) -> str:
    """Return the path of a run's page."""
    return reverse("procedures:run", args=[run.team.slug, run.number])


def way_to(request: TeamRequest, *below: tuple[str, str]) -> list[tuple[str, str]]:
    """Return the way to a page of runs."""
    return crumbs(request, ("Runs", reverse("procedures:runs", args=[request.team.slug])), *below)


@require_safe
@team_page(Kind.RUN)
def runs(request: TeamRequest) -> HttpResponse:
    """Show the runs in flight by what they wait for, and those that ended."""
    mine = following.mine(request.team, request.person)
    lines = [following.line(run) for run in mine.open()]
    ended = mine.exclude(ended_at=None).order_by("-ended_at")[:ENDED]
    context = {
        "groups": following.in_flight(lines), "ended": ended, "now": clock.now(), "most": ENDED,
        "older": sum(one.newer is not None for one in lines),
        "heading": counted(len(lines), "run is open", "runs are open") if lines else "No run is open",
    }  # fmt: skip
    return render(request, "procedures/runs.html", context)


@require_safe
@team_page(Kind.RUN)
def run(request: TeamRequest, number: int) -> HttpResponse:
    """Show a run, with what can be said of its steps and what can be done with it."""
    return _show(request, fetched(request, number))


def _show(request: TeamRequest, found: Run, said: SayForm | None = None, status: int = 200) -> HttpResponse:
    shown, may_work = following.followed(found), request.standing.may(Action.UPDATE, Kind.RUN)
    may_say = may_work and found.stands is not State.PLANNED and not found.stands.is_over
    services = found.procedure.services.order_by("name", "slug")
    context: dict[str, Any] = {
        "run": found, "shown": shown, "may_work": may_work, "may_say": may_say, "services": list(services),
        "steps": [(one, _form(found, one, said) if may_say else None) for one in shown.steps],
        **_wrong(shown, said), "newer": following.newer(found), "now": clock.now(),
        "next": {state.value for state in NEXT[found.stands]} if may_work else set(),
        "missing": len(missing(found.version.content.steps, found.standing)),
        "about_url": refs.link(request.team, found.about_kind, found.about_id) if found.about_kind else "",
        "crumbs": way_to(request, (f"#{found.number}", "")),
    }  # fmt: skip
    return render(request, "procedures/run.html", context, status=status)


def _form(found: Run, shown: following.Shown, said: SayForm | None) -> SayForm:
    """Return the form of a step: the one that came back where it is about this step, else an empty one."""
    key = shown.step.key
    return said if said is not None and said.data.get("key") == key else SayForm.of(found, shown.step)


def _wrong(shown: Followed, said: SayForm | None) -> dict[str, Any]:
    """Return what is wrong with a form that came back: in its box, or, where the page has none for it, above all."""
    if said is None or not said.errors:
        return {}
    key = said.data.get("key", "")
    notes = [str(one) for one in said.errors.get("note", [])] if key in {one.step.key for one in shown.steps} else []
    others = [str(one) for errors in said.errors.values() for one in errors if str(one) not in notes]
    if not notes:
        return {"errors": others}
    said.fields["note"].widget.attrs["autofocus"] = True
    return {"errors": others, "wrong": {"sentence": notes[0], "place": id_of(key) % "note"}}


@require_POST
@team_page(Kind.RUN, Action.UPDATE)
def say(request: TeamRequest, number: int) -> HttpResponse:
    """Write down what somebody says of a step; it is kept whatever the run did meanwhile."""
    found = fetched(request, number)
    form = SayForm(request.POST, auto_id=id_of(request.POST.get("key", "")[:40]))
    if not form.is_valid():
        return _show(request, found, form, status=400)
    try:
        heard = verbs.say(found, form.word(request.POST.get("said", "")), by=request.person, door="web")
    except Refused as refused:
        refuse(form, refused)
        return _show(request, found, form, status=200 if refused.field == "note" else 400)
    told = _told(heard, form, request.POST.get("said", ""))
    if told:
        messages.warning(request, told)
        return redirect(path_of(found))
    key = following.followed(fetched(request, number)).next_open
    return redirect(f"{path_of(found)}#{f'step-{key}' if key else 'result'}")


def _told(heard: Heard, form: SayForm, said: str) -> str:
    """Return what somebody must know of the word that they said, "" where it counts as they said it."""
    entry = heard.entry
    if not heard.is_new and (entry.said, entry.key) != (said, form.cleaned_data["key"]):
        return f"This page was used before, to say “{Said(entry.said).word}”; say below how it is now."
    if heard.why is not None and heard.is_new:
        return f"Your word “{Said(entry.said).word}” is kept, but does not count: {heard.why}."
    return ""
