"""Pages of promised waiting times: the list, the form, withdrawing, deriving again."""

from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from hortus.access.doors import TeamRequest, team_page
from hortus.access.policy import Action, Kind
from hortus.products.clusters import actions
from hortus.products.clusters.actions import SIZES
from hortus.products.clusters.forms import PromiseForm, ReasonForm
from hortus.products.clusters.models import Promise
from hortus.products.clusters.pictures import size_words
from hortus.products.clusters.views import crumbs, find
from hortus.telemetry.models import Cluster
from hortus.values.refused import Refused
from hortus.web.form_pages import answered, form_page
from hortus.web.forms import refuse
from hortus.web.words import counted


def _held(request: TeamRequest, cluster: Cluster, id: Any) -> Promise:  # noqa: A002 -- what the URL calls it
    mine = Promise.objects.visible_to(request.person).select_related("cluster__team")
    held: Promise = get_object_or_404(mine, cluster=cluster, pk=id)
    return held


def _form_page(request: TeamRequest, cluster: Cluster, form: forms.Form, heading: str, **more: Any) -> HttpResponse:
    back = reverse("clusters:promises", args=[request.team.slug, cluster.name])
    return form_page(request, form, heading, crumbs(request, cluster, ("Promises", back)), **more)


@require_safe
@team_page(Kind.PROMISE)
def promises(request: TeamRequest, name: str) -> HttpResponse:
    """List what is promised, for which jobs, and where each figure comes from."""
    found = find(request, name)
    rows = list(Promise.objects.visible_to(request.person).filter(cluster=found))
    standing = request.standing
    context = {
        "cluster": found, "rows": [(row, size_words(row.size_class) if row.size_class else "any size") for row in rows],
        "heading": f"{counted(len(rows), 'wait is', 'waits are')} promised on {found.name}" if rows
        else f"No wait is promised on {found.name} yet",
        "may_add": standing.may(Action.CREATE, Kind.PROMISE), "may_change": standing.may(Action.UPDATE, Kind.PROMISE),
        "may_withdraw": standing.may(Action.DELETE, Kind.PROMISE), "sizes": SIZES,
        "crumbs": crumbs(request, found, ("Promises", "")),
    }  # fmt: skip
    return render(request, "clusters/promises.html", context)


def _written(request: TeamRequest, cluster: Cluster, form: PromiseForm, but: Promise | None) -> bool:
    if not form.is_valid():
        return False
    given = form.cleaned_data
    try:
        actions.promise(
            cluster, given["partition"], given["size_class"], form.seconds(), reason=given["reason"],
            by=request.person, door="web", but=but,
        )  # fmt: skip
    except Refused as refused:
        refuse(form, refused)
        return False
    return True


@require_http_methods(["GET", "HEAD", "POST"])
@team_page(Kind.PROMISE, Action.CREATE)
def add(request: TeamRequest, name: str) -> HttpResponse:
    """Promise a wait."""
    found = find(request, name)
    form = PromiseForm(request.POST or None, initial={"unit": 3600})
    if _written(request, found, form, None):
        return redirect("clusters:promises", request.team.slug, found.name)
    return _form_page(request, found, form, "Promise a wait")


@require_http_methods(["GET", "HEAD", "POST"])
@team_page(Kind.PROMISE, Action.UPDATE)
def change(request: TeamRequest, name: str, id: Any) -> HttpResponse:  # noqa: A002 -- what the URL calls it
    """Change a promise; it is a person's word from then on."""
    found = find(request, name)
    held = _held(request, found, id)
    form = PromiseForm(request.POST or None, initial=PromiseForm.about(held))
    if _written(request, found, form, held):
        return redirect("clusters:promises", request.team.slug, found.name)
    return _form_page(request, found, form, "Change a promise", said=f"So far: {held.source}.")


@require_http_methods(["GET", "HEAD", "POST"])
@team_page(Kind.PROMISE, Action.DELETE)
def withdraw(request: TeamRequest, name: str, id: Any) -> HttpResponse:  # noqa: A002 -- what the URL calls it
    """Take a promise back."""
    found = find(request, name)
    held = _held(request, found, id)
    form = ReasonForm(request.POST or None)
    if answered(
        form, lambda: actions.withdraw(held, reason=form.cleaned_data["reason"], by=request.person, door="web")
    ):
        return redirect("clusters:promises", request.team.slug, found.name)
    said = "Its jobs fall to the next wider promise; without one they are not judged."
    return _form_page(
        request, found, form, "Withdraw a promise", said=said, label="Withdraw the promise", danger=True
    )  # fmt: skip


@require_POST
@team_page(Kind.PROMISE, Action.UPDATE)
def derive(request: TeamRequest, name: str) -> HttpResponse:
    """Derive promises from the last whole weeks; what persons promised stays."""
    found = find(request, name)
    made = actions.derive(found, by=request.person, door="web", again=True)
    if made:
        messages.success(request, f"{counted(len(made), 'promise was', 'promises were')} derived from history.")
    else:
        messages.warning(request, "There are too few jobs to derive a promise: at least 30 that started are needed.")
    return redirect("clusters:promises", request.team.slug, found.name)
