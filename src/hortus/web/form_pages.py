"""The page that is one form: it does what it asks for and goes somewhere, or says in the form why not."""

from collections.abc import Callable, Sequence
from typing import Any

from django.forms import BaseForm
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from hortus.values.refused import Refused
from hortus.web.forms import refuse

Place = tuple[str, str]
"""What a page is called, and its path."""


def answered(form: BaseForm, do: Callable[[], Any]) -> bool:
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
    request: HttpRequest, form: BaseForm, heading: str, way: Sequence[Place], *, here: str = "", **more: Any
) -> HttpResponse:
    """Show a form.

    way: to the page that it belongs to, where Cancel leads; here: what the way calls the form, its heading where left
    out; more: of the form's template, such as label and said.
    """
    steps = [*way, (here or heading, "")]
    return render(
        request, "web/form.html", {"form": form, "heading": heading, "cancel": way[-1][1], "crumbs": steps} | more
    )
