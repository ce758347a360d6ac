"""The shape that the forms of engines, hubs and schedulers share: a page with a form, and one that asks for a yes."""

from collections.abc import Callable
from typing import Any

from django import forms
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse

from hortus.access.doors import TeamRequest
from hortus.values.refused import Refused
from hortus.web.forms import refuse

Place = tuple[str, str]
"""What a page is called, and its path."""


def crumbs(request: TeamRequest, *more: Place) -> list[Place]:
    """Return the way from the list of engines to a page."""
    return [("Engines", reverse("engines:engines", args=[request.team.slug])), *more]


def answered(form: forms.Form, do: Callable[[], Any]) -> bool:
    """Do what a valid form asks for; return whether it was done. A refusal goes beside its field."""
    if not form.is_valid():
        return False
    try:
        do()
    except Refused as refused:
        refuse(form, refused)
        return False
    return True


def form_page(
    request: TeamRequest, form: forms.Form, heading: str, *, under: Place | None = None, **more: Any
) -> HttpResponse:
    """Show a form. under: the page that it belongs to, the list of all when left out; more: of the form's template."""
    way = crumbs(request, *([under] if under else []))
    context = {"form": form, "heading": heading, "label": "Save", "cancel": way[-1][1], "crumbs": [*way, (heading, "")]}
    return render(request, "web/form.html", context | more)


def confirmed(
    request: TeamRequest, do: Callable[[], Any], heading: str, *, to: str, under: Place | None = None, **more: Any
) -> HttpResponse:
    """Ask for a yes, then do what cannot be undone and go to a path. under, more: as of `form_page`."""
    form = forms.Form(request.POST if request.method == "POST" else None)
    if answered(form, do):
        return redirect(to)
    return form_page(request, form, heading, under=under, danger=True, **more)
