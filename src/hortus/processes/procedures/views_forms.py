"""The forms of a procedure: write it, edit it beside what was learned, say who looks after it, retire it."""

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_POST

from hortus.access.doors import TeamRequest, team_page
from hortus.access.policy import Action, Kind
from hortus.ledger import lessons
from hortus.processes.procedures import actions, authoring
from hortus.processes.procedures.actions import Written
from hortus.processes.procedures.forms import AboutForm, EditForm, ReasonForm, WriteForm
from hortus.processes.procedures.models import Procedure, Version
from hortus.processes.procedures.views import crumbs, fetched, path_of, text_of
from hortus.values.refused import Refused
from hortus.web.form_pages import answered, form_page
from hortus.web.forms import refuse

MOST_LESSONS = 50  # that one form can tick


@require_http_methods(["GET", "HEAD", "POST"])
@team_page(Kind.PROCEDURE, Action.CREATE)
def write(request: TeamRequest) -> HttpResponse:
    """Write a new procedure."""
    form = WriteForm(request.team, request.POST or None)
    if form.is_valid():
        given = form.cleaned_data
        try:
            made, _ = authoring.entered(request.team, given["text"], list(given["services"]), by=request.person)
            return redirect(path_of(made))
        except Refused as refused:
            refuse(form, refused)
    return render(
        request, "procedures/write.html", {"form": form, "crumbs": crumbs(request, ("Write a procedure", ""))}
    )


@require_http_methods(["GET", "HEAD", "POST"])
@team_page(Kind.PROCEDURE, Action.UPDATE)
def edit(request: TeamRequest, procedure: str) -> HttpResponse:
    """Change what a procedure says, with what was learned about it in sight; publish it, or propose it."""
    found = fetched(request, procedure)
    if found.retired_at is not None and request.method != "POST":
        messages.info(request, f"“{found}” was retired; take it up again first.")
        return redirect(path_of(found))
    form = EditForm(request.POST or None, initial=_first(found))
    if form.is_valid():
        given, wants_current = form.cleaned_data, "propose" not in request.POST
        try:
            done, left_out = authoring.revised(
                found, given["text"], base=given["base"], reason=given["change_reason"], by=request.person,
                wants_current=wants_current,
            )  # fmt: skip
        except Refused as refused:
            refuse(form, refused)
        else:
            return _after(request, found, done, wants_current=wants_current, left_out=left_out)
    return render(request, "procedures/edit.html", _context(request, found, form))


def _first(procedure: Procedure) -> dict[str, Any]:
    version = procedure.current
    return {"base": version.number, "text": text_of(procedure, version)} if version else {"base": 0}


def _context(request: TeamRequest, found: Procedure, form: EditForm) -> dict[str, Any]:
    services = list(found.services.values_list("slug", flat=True))
    return {
        "procedure": found, "form": form, "lessons": lessons.about(request.standing, found.ref, services),
        "ticked": request.POST.getlist("helped"), "cancel": path_of(found),
        "may_tell": request.standing.may(Action.UPDATE, Kind.REVIEW),
        "crumbs": crumbs(request, (found.title, path_of(found)), ("Edit", "")),
    }  # fmt: skip


def _after(
    request: TeamRequest, found: Procedure, done: Written, *, wants_current: bool, left_out: bool
) -> HttpResponse:
    """Say what came of a text, let the lessons count that helped, and lead to where it stands."""
    version = done.version
    if not done.is_new:
        messages.info(request, f"Nothing changed: version {version.number} says the same.")
    else:
        _count(request, found)
    if left_out:
        messages.warning(
            request, "The services stay as they are; change them under “Owner and services” when the text is published."
        )
    if version.status == Version.Status.CURRENT:
        return redirect(path_of(found))
    if wants_current:
        messages.warning(
            request, "Somebody published another version while you wrote. Yours is kept as a proposal: look at what it "
            "would change by now, and accept it if that is what you want.",
        )  # fmt: skip
    return redirect("procedures:version", request.team.slug, found.slug, version.number)


def _count(request: TeamRequest, found: Procedure) -> None:
    said = f"{request.POST.get('text', '')}\n{request.POST.get('change_reason', '')}"
    lessons.named(request.standing, said, found.ref, "web")  # a review that the text names has helped
    for ticked in request.POST.getlist("helped")[:MOST_LESSONS]:
        source, _, key = ticked.partition(":")
        try:
            lessons.helped(request.standing, (source, key), found.ref, "web")
        except Refused as refused:
            messages.warning(request, refused.sentence)


@require_http_methods(["GET", "HEAD", "POST"])
@team_page(Kind.PROCEDURE, Action.UPDATE)
def about(request: TeamRequest, procedure: str) -> HttpResponse:
    """Say who looks after it, and which services it is about."""
    found = fetched(request, procedure)
    form = AboutForm(found, data=request.POST if request.method == "POST" else None)

    def act() -> None:
        given = form.cleaned_data
        actions.describe(
            found, owner=given["owner"], services=list(given["services"]), by=request.person, door="web"
        )  # fmt: skip

    return _asked(request, found, form, act, "Who looks after it, and what is it about?", "Owner and services", "Save")


@require_http_methods(["GET", "HEAD", "POST"])
@team_page(Kind.PROCEDURE, Action.UPDATE)
def retire(request: TeamRequest, procedure: str) -> HttpResponse:
    """Follow it no longer, and say why."""
    found = fetched(request, procedure)
    form = ReasonForm(Kind.PROCEDURE, request.POST or None, label="Why is it no longer followed?")

    def act() -> None:
        if not actions.retire(found, form.cleaned_data["reason"], by=request.person, door="web"):
            messages.info(request, f"“{found}” was retired already.")

    return _asked(request, found, form, act, "Retire this procedure", "Retire", "Retire it")


def _asked(
    request: TeamRequest, found: Procedure, form: Any, act: Any, heading: str, here: str, label: str
) -> HttpResponse:
    if answered(form, act):
        return redirect(path_of(found))
    way = crumbs(request, (found.title, path_of(found)))
    return form_page(request, form, heading, way, here=here, label=label, said=found.title)


@require_POST
@team_page(Kind.PROCEDURE, Action.UPDATE)
def revive(request: TeamRequest, procedure: str) -> HttpResponse:
    """Take it up again."""
    found = fetched(request, procedure)
    actions.revive(found, by=request.person, door="web")
    return redirect(path_of(found))
