"""Objectives from and to files: OpenSLO and Sloth are taken, findings first; OpenSLO is given."""

from typing import Any

from django import forms
from django.db.models import QuerySet
from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_http_methods, require_safe

from hortus.access.doors import TeamRequest, team_page
from hortus.access.policy import Action, Kind, promise
from hortus.products.slos.exporting import as_openslo
from hortus.products.slos.importing import take
from hortus.products.slos.models import Objective
from hortus.products.slos.views_objective import crumbs
from hortus.telemetry.engines.models import Engine
from hortus.values.refused import Refused
from hortus.web.forms import promise as promised
from hortus.web.forms import refuse

LARGEST = 1_000_000


class FilesForm(forms.Form):
    """A file or a pasted text, and whether a breach of the format refuses everything."""

    file = forms.FileField(
        required=False, label="A file", help_text="OpenSLO v1 or v1alpha, or a specification of Sloth."
    )
    text = forms.CharField(
        required=False, label="Or its text", max_length=LARGEST, widget=forms.Textarea(attrs={"rows": 10}), strip=False
    )
    engine = forms.ModelChoiceField(
        Engine.objects.none(), required=False, empty_label="The one that the file names, or the only one",
        to_field_name="slug", label="Which engine is asked its queries",
    )  # fmt: skip
    keep_in_engine = forms.BooleanField(
        required=False, label="The counts stay in the engine, which is asked for sums each minute"
    )
    strict = forms.BooleanField(required=False, label="Refuse everything when anything is not as the format asks")

    def __init__(self, engines: QuerySet[Engine], *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.engines = engines
        if engines.exists():
            field = self.fields["engine"]
            assert isinstance(field, forms.ModelChoiceField)  # noqa: S101 -- narrows the type
            field.queryset = engines
        else:
            del self.fields["engine"], self.fields["keep_in_engine"]
        promised(self, "text", promise(Kind.OBJECTIVE))

    def clean(self) -> dict[str, object]:
        """Refuse a form without any text, and a file that is too large."""
        given: dict[str, object] = super().clean() or {}
        file = given.get("file")
        if not file and not given.get("text"):
            raise forms.ValidationError("Choose a file, or paste its text.")
        if file and getattr(file, "size", 0) > LARGEST:
            raise forms.ValidationError(f"The file has more than {LARGEST:,} bytes, which no file of objectives needs.")
        return given

    def source(self) -> tuple[str, bytes | str]:
        """Return the name and the text that were given."""
        file = self.cleaned_data["file"]
        return (file.name, file.read()) if file else ("text", self.cleaned_data["text"])

    def kept(self, text: bytes | str) -> "FilesForm":
        """Return the form with the text in it, so that a file that was looked at need not be chosen again."""
        shown = text if isinstance(text, str) else text.decode(errors="replace")
        names = ("strict", "engine", "keep_in_engine")
        return FilesForm(self.engines, initial={"text": shown} | {n: self.cleaned_data.get(n) for n in names})


@require_http_methods(["GET", "HEAD", "POST"])
@team_page(Kind.OBJECTIVE, Action.CREATE)
def bring(request: TeamRequest) -> HttpResponse:
    """Try or take objectives from a file; every finding is told with its line."""
    engines = Engine.objects.visible_to(request.person).filter(team=request.team)
    if not request.standing.may(Action.UPDATE, Kind.ENGINE):
        engines = engines.none()
    form = FilesForm(engines, request.POST, request.FILES) if request.method == "POST" else FilesForm(engines)
    taken = None
    if form.is_valid():
        try:
            taken = take(
                request.team, [source := form.source()], by=request.person, door="web",
                is_strict=form.cleaned_data["strict"], engine=form.cleaned_data.get("engine"),
                keep_in_engine=form.cleaned_data.get("keep_in_engine", False), is_tried="try" in request.POST,
            )  # fmt: skip
            if taken.is_tried:
                form = form.kept(source[1])
        except Refused as refused:
            refuse(form, refused)
    context = {"form": form, "taken": taken, "crumbs": crumbs(request, None, "Import")}
    return render(request, "slos/import.html", context)


@require_safe
@team_page(Kind.OBJECTIVE)
def openslo(request: TeamRequest) -> HttpResponse:
    """Give the objectives of the team as OpenSLO, or the one that the address names."""
    kept = Objective.objects.visible_to(request.person).filter(team=request.team).kept().whole()
    slug = request.GET.get("objective", "")
    found = list(kept.filter(slug=slug) if slug else kept)
    if slug and not found:
        raise Http404
    text = as_openslo(request.team, found, shows_queries=request.standing.may(Action.READ, Kind.ENGINE))
    answer = HttpResponse(text, content_type="application/yaml; charset=utf-8")
    answer["Content-Disposition"] = f'attachment; filename="{slug or "objectives"}.yaml"'
    return answer
