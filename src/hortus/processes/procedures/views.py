"""Pages of procedures: the list, one procedure, and the same as a file; from there a run is started."""

import uuid
from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from hortus.access.doors import TeamRequest, team_page
from hortus.access.policy import Action, Kind
from hortus.ledger import lessons, refs
from hortus.processes.procedures import following, markdown, reading, runs
from hortus.processes.procedures.forms import StartForm
from hortus.processes.procedures.models import Procedure, Version
from hortus.processes.procedures.rules.lint import lint
from hortus.values.refused import Refused
from hortus.web.forms import refuse
from hortus.web.words import counted

ON_A_PAGE = 50


def crumbs(request: TeamRequest, *below: tuple[str, str]) -> list[tuple[str, str]]:
    """Return the way to a page of procedures."""
    return [("Procedures", reverse("procedures:procedures", args=[request.team.slug])), *below]


def fetched(request: TeamRequest, slug: str) -> Procedure:
    """Return a procedure that who asks may read, or raise Http404."""
    found: Procedure = get_object_or_404(reading.mine(request.team, request.person), slug=slug)
    return found


def path_of(procedure: Procedure) -> str:
    """Return the path of a procedure's page."""
    return reverse("procedures:procedure", args=[procedure.team.slug, procedure.slug])


@require_safe
@team_page(Kind.PROCEDURE)
def procedures(request: TeamRequest) -> HttpResponse:
    """List the procedures that are followed, of one service if asked for, and those that were retired."""
    mine = reading.mine(request.team, request.person)
    services = list(reading.services_of(mine.living(), request.team))
    service = request.GET.get("service", "")[:60]
    shown = mine.filter(services__slug=service) if service else mine
    page = Paginator(reading.lines(shown.living()), ON_A_PAGE).get_page(request.GET.get("page"))
    context = {
        "page": page, "lines": [reading.line(row) for row in page], "services": services, "service": service,
        "heading": _heading(page.paginator.count, following.mine(request.team, request.person).open().count()),
        "may_write": request.standing.may(Action.CREATE, Kind.PROCEDURE),
        "retired": list(shown.exclude(retired_at=None)), "for": request.GET.get("for", "")[:500],
    }  # fmt: skip
    return render(request, "procedures/procedures.html", context)


def _heading(procedures: int, open_runs: int) -> str:
    if not procedures:
        return "No procedure yet"
    is_open = counted(open_runs, "run is open", "runs are open") if open_runs else "no run is open"
    return f"{counted(procedures, 'procedure')}, {is_open}"


@require_safe
@team_page(Kind.PROCEDURE)
def procedure(request: TeamRequest, procedure: str) -> HttpResponse:
    """Show one procedure: what it says, its versions and runs, and what reviews taught about it."""
    initial = {"client_key": uuid.uuid4().hex, "address": request.GET.get("for", "")[:500]}
    return _show(request, fetched(request, procedure), StartForm(initial=initial))


def _show(request: TeamRequest, found: Procedure, form: StartForm) -> HttpResponse:
    version, may = found.current, request.standing.may
    content = version.content if version else None
    services = list(found.services.order_by("name", "slug"))
    mine = following.mine(request.team, request.person).filter(procedure=found)
    context: dict[str, Any] = {
        "procedure": found, "version": version, "content": content, "services": services,
        "lint": lint(content) if content else [], "form": form, "may_write": may(Action.UPDATE, Kind.PROCEDURE),
        "may_start": may(Action.CREATE, Kind.RUN) and version is not None and found.retired_at is None,
        "open_runs": [following.line(run) for run in mine.open()],
        "ended": mine.filter(state="done").order_by("-ended_at").first(),
        "versions": list(found.versions.select_related("author")),
        "proposals": list(found.versions.filter(status=Version.Status.PROPOSED).select_related("author")),
        "lessons": lessons.about(request.standing, found.ref, [one.slug for one in services]),
        "crumbs": crumbs(request, (found.title, "")),
    }  # fmt: skip
    return render(request, "procedures/procedure.html", context)


@require_safe
@team_page(Kind.PROCEDURE)
def as_file(request: TeamRequest, procedure: str) -> HttpResponse:
    """Give the current version as Markdown."""
    found = fetched(request, procedure)
    version = found.current
    if version is None:
        raise Http404
    answer = HttpResponse(text_of(found, version, version.number), content_type="text/markdown; charset=utf-8")
    answer["Content-Disposition"] = f'attachment; filename="{found.slug}.md"'
    return answer


def text_of(procedure: Procedure, version: Version, number: int = 0) -> str:
    """Return a version as Markdown. number: of the version, told at the top when not 0."""
    services = procedure.services.order_by("name", "slug").values_list("slug", flat=True)
    return markdown.written(version.content, slug=procedure.slug, services=list(services), version=number)


@require_POST
@team_page(Kind.RUN, Action.CREATE)
def start(request: TeamRequest, procedure: str) -> HttpResponse:
    """Start a run of a procedure, or only plan it; the same form once more leads to the same run."""
    found, form = fetched(request, procedure), StartForm(request.POST)
    if form.is_valid():
        try:
            given = dict(form.cleaned_data)
            about = refs.of_address(request.standing, given.pop("address"))
            run = runs.plan(
                found, by=request.person, door="web", starts="plan" not in request.POST, about=about, **given
            )
            return redirect("procedures:run", request.team.slug, run.number)
        except Refused as refused:
            if not refused.field:  # as of a procedure that was retired: its page has no form to say it in
                messages.error(request, refused.sentence)
                return redirect(path_of(found))
            refuse(form, refused)
    if "client_key" in form.errors:
        messages.error(request, "This form was not whole; press the button of the page once more.")
        return redirect(path_of(found))
    return _show(request, found, form)
