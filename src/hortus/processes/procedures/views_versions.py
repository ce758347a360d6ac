"""The page of one version: what it says, how it differs, and what is decided on a proposal."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_POST, require_safe

from hortus.access.doors import TeamRequest, team_page
from hortus.access.policy import Action, Kind
from hortus.processes.procedures import actions, authoring
from hortus.processes.procedures.comparing import compared
from hortus.processes.procedures.forms import ReasonForm
from hortus.processes.procedures.models import Version
from hortus.processes.procedures.views import crumbs, fetched, path_of
from hortus.values.refused import Refused
from hortus.web.forms import refuse


def _version(request: TeamRequest, slug: str, number: int) -> Version:
    procedure = fetched(request, slug)
    found: Version = get_object_or_404(procedure.versions.select_related("author"), number=number)
    found.procedure = procedure
    return found


@require_safe
@team_page(Kind.PROCEDURE)
def version(request: TeamRequest, procedure: str, version: int) -> HttpResponse:
    """Show one version."""
    return _show(request, _version(request, procedure, version), ReasonForm(Kind.PROCEDURE, label="Why is it left?"))


def _show(request: TeamRequest, found: Version, form: ReasonForm) -> HttpResponse:
    procedure, current = found.procedure, found.procedure.current
    is_proposal = found.status == Version.Status.PROPOSED
    before = current if is_proposal else _base(found)
    context = {
        "procedure": procedure, "version": found, "content": found.content, "before": before, "current": current,
        "comparison": compared(before.content, found.content) if before else None, "is_proposal": is_proposal,
        "is_late": is_proposal and current is not None and found.base != current.number,
        "may_decide": is_proposal and request.standing.may(Action.UPDATE, Kind.PROCEDURE), "form": form,
        "crumbs": crumbs(request, (procedure.title, path_of(procedure)), (f"Version {found.number}", "")),
    }  # fmt: skip
    return render(request, "procedures/version.html", context)


def _base(found: Version) -> Version | None:
    """Return the version that the author of another had before them."""
    base: Version | None = found.procedure.versions.filter(number=found.base).first()
    return base


@require_POST
@team_page(Kind.PROCEDURE, Action.UPDATE)
def accept(request: TeamRequest, procedure: str, version: int) -> HttpResponse:
    """Take a proposal, as it was compared with the version that is current."""
    found, against = _version(request, procedure, version), request.POST.get("against", "")
    number = int(against) if against.isascii() and against.isdecimal() and len(against) < 9 else -1
    try:
        authoring.accepted(found, against=number, by=request.person)
    except Refused as refused:
        messages.error(request, refused.sentence)
        return redirect("procedures:version", request.team.slug, procedure, version)
    messages.success(request, f"Version {found.number} is followed from now on.")
    return redirect(path_of(found.procedure))


@require_POST
@team_page(Kind.PROCEDURE, Action.UPDATE)
def decline(request: TeamRequest, procedure: str, version: int) -> HttpResponse:
    """Leave a proposal, and say why."""
    found = _version(request, procedure, version)
    form = ReasonForm(Kind.PROCEDURE, request.POST, label="Why is it left?")
    if form.is_valid():
        try:
            actions.decline(found, form.cleaned_data["reason"], by=request.person, door="web")
            return redirect("procedures:version", request.team.slug, procedure, version)
        except Refused as refused:
            if not refused.field:  # it was decided on already, so the page has no form to say it in
                messages.error(request, refused.sentence)
                return redirect("procedures:version", request.team.slug, procedure, version)
            refuse(form, refused)
    return _show(request, found, form)
