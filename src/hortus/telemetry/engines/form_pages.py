"""The shape that the forms of engines, hubs and schedulers share: a page with a form, and one that asks for a yes."""

from collections.abc import Callable
from typing import Any

from django import forms
from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import reverse

from hortus.access.doors import TeamRequest
from hortus.web import form_pages
from hortus.web.form_pages import Place, answered


def crumbs(request: TeamRequest, *more: Place) -> list[Place]:
    """Return the way from the list of engines to a page."""
    return [("Engines", reverse("engines:engines", args=[request.team.slug])), *more]


def form_page(
    request: TeamRequest, form: forms.Form, heading: str, *, under: Place | None = None, **more: Any
) -> HttpResponse:
    """Show a form. under: the page that it belongs to, the list of all when left out; more: of the form's template."""
    return form_pages.form_page(request, form, heading, crumbs(request, *([under] if under else [])), **more)


def confirmed(
    request: TeamRequest, do: Callable[[], Any], heading: str, *, to: str, under: Place | None = None, **more: Any
) -> HttpResponse:
    """Ask for a yes, then do what cannot be undone and go to a path. under, more: as of `form_page`."""
    form = forms.Form(request.POST if request.method == "POST" else None)
    if answered(form, do):
        return redirect(to)
    return form_page(request, form, heading, under=under, danger=True, **more)
