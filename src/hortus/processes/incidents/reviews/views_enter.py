"""The page on which older texts are entered: looked at first, then taken, every line reported."""

from collections.abc import Sequence
from typing import Any

from django import forms
from django.core.files.uploadedfile import UploadedFile
from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_http_methods

from hortus.access.doors import TeamRequest, team_page
from hortus.access.policy import Action, Kind, promise
from hortus.processes.incidents.reviews.entering import MOST_FILES, enter
from hortus.processes.incidents.reviews.views import crumbs
from hortus.values.refused import Refused
from hortus.web.forms import promise as promised
from hortus.web.forms import refuse


class Several(forms.ClearableFileInput):
    """A control that takes several files."""

    allow_multiple_selected = True


class FilesField(forms.FileField):
    """Several files at once, each checked as one is."""

    widget = Several

    def clean(self, data: Any, initial: Any = None) -> "Sequence[UploadedFile[Any]]":
        """Return the files; refuse none at all, and more than can be looked through."""
        given = data if isinstance(data, list | tuple) else [data]
        if len(given) > MOST_FILES:
            raise forms.ValidationError(f"These are {len(given)} files; at most {MOST_FILES} are taken at once.")
        return [super(FilesField, self).clean(one, initial) for one in given or [None]]


class EnterForm(forms.Form):
    """Which files, and in which zone their times are."""

    texts = FilesField(
        label="Files", help_text="Post-incident reviews in Markdown, a file each, or a centre's log of incidents."
    )
    zone = forms.CharField(
        label="Zone of times that name none", required=False, max_length=60,
        help_text="As in Europe/Paris. Left out: what the text itself says, else the team's.",
    )  # fmt: skip


@require_http_methods(["GET", "HEAD", "POST"])
@team_page(Kind.REVIEW, Action.CREATE)
def enter_older(request: TeamRequest) -> HttpResponse:
    """Look at older texts, or enter them."""
    form, entered = EnterForm(request.POST or None, request.FILES or None), None
    promised(form, "texts", promise(Kind.REVIEW))
    if form.is_valid():
        try:
            entered = enter(
                request.team, [(one.name or "text", one.read()) for one in form.cleaned_data["texts"]],
                by=request.person, door="web", zone=form.cleaned_data["zone"], is_tried="try" in request.POST,
            )  # fmt: skip
        except Refused as refused:
            refuse(form, refused)
    context = {"form": form, "entered": entered, "crumbs": crumbs(request, ("Enter older texts", ""))}
    return render(request, "reviews/enter.html", context)
