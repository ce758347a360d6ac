"""Pages of imports: the list, the upload, and what one import found."""

from collections.abc import Callable
from datetime import datetime
from typing import Any, BinaryIO, cast

from django.conf import settings
from django.core.files.uploadedfile import UploadedFile
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.csrf import csrf_exempt, csrf_protect
from django.views.decorators.http import require_http_methods, require_safe

from hortus.access.doors import TeamRequest, team_page
from hortus.access.policy import Action, Kind, allows
from hortus.products.clusters import actions
from hortus.products.clusters.forms import ImportForm
from hortus.telemetry import actions as telemetry
from hortus.telemetry.models import BatchImport, Cluster
from hortus.values.refused import Refused
from hortus.web.forms import refuse
from hortus.web.words import counted, number

PAGE = 30


def most_bytes() -> int:
    """Return how many bytes an upload may have."""
    return int(settings.HORTUS.upload_megabytes) << 20


def _within_limit(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """Refuse an upload by its announced size, before Django's CSRF check makes it read the whole body."""
    protected = csrf_protect(view)

    def page(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        announced = request.META.get("CONTENT_LENGTH") or "0"
        if announced.isdigit() and int(announced) > most_bytes():
            sentence = (
                f"The file has {number(int(announced) / 2**20)} MB; "
                f"at most {number(settings.HORTUS.upload_megabytes)} MB can be uploaded. "
                "Nothing was imported. Pack it with gzip, or import it on the command line."
            )
            return render(request, "413.html", {"sentence": sentence}, status=413)
        return protected(request, *args, **kwargs)

    page.door = view.door  # type: ignore[attr-defined]  # read by the test that walks every URL
    return csrf_exempt(page)


@require_safe
@team_page(Kind.IMPORT)
def imports(request: TeamRequest) -> HttpResponse:
    """List imports, the newest first."""
    mine = BatchImport.objects.visible_to(request.person).filter(team=request.team).newest_first()
    page = Paginator(mine.select_related("cluster", "by"), PAGE).get_page(request.GET.get("page"))
    total = page.paginator.count
    context = {
        "page": page, "may_import": request.standing.may(Action.CREATE, Kind.IMPORT),
        "heading": counted(total, "import") if total else "Nothing was imported yet",
    }  # fmt: skip
    return render(request, "clusters/imports.html", context)


def _brought(request: TeamRequest, form: ImportForm) -> BatchImport:
    given = form.cleaned_data
    file: UploadedFile[Any] = given["file"]
    stream = cast(BinaryIO, file.file)
    known: dict[str, Any] = {
        "by": request.person, "source_name": file.name or "upload", "door": "web", "zone": given["zone"],
        "may_create": allows(Kind.CLUSTER, request.role, Action.CREATE),
    }  # fmt: skip
    if given["format"] == BatchImport.NODE_EVENTS:
        return telemetry.import_nodes(request.team, given["cluster"], stream, **known)
    columns = [name.strip() for name in given["columns"].split(",") if name.strip()] or None
    return actions.receive(
        request.team, given["cluster"], stream, format=given["format"] or None, columns=columns, **known
    )


@_within_limit
@require_http_methods(["GET", "HEAD", "POST"])
@team_page(Kind.IMPORT, Action.CREATE)
def bring(request: TeamRequest) -> HttpResponse:
    """Take an upload of accounting records or node events."""
    names = list(
        Cluster.objects.visible_to(request.person).filter(team=request.team).values_list("name", flat=True)[:2]
    )
    initial = {"cluster": request.GET.get("cluster", names[0] if len(names) == 1 else "")}
    form = ImportForm(request.POST, request.FILES) if request.method == "POST" else ImportForm(initial=initial)
    if request.method == "POST" and form.is_valid():
        try:
            return redirect("clusters:import-result", request.team.slug, _brought(request, form).pk)
        except Refused as refused:
            refuse(form, refused if refused.field != "source" else Refused(refused.code, refused.sentence, "file"))
    way = [("Clusters", reverse("clusters:clusters", args=[request.team.slug])), ("Import", "")]
    context = {"form": form, "crumbs": way, "most": settings.HORTUS.upload_megabytes}
    return render(request, "clusters/import.html", context, status=422 if form.errors else 200)


@require_safe
@team_page(Kind.IMPORT)
def result(request: TeamRequest, id: Any) -> HttpResponse:  # noqa: A002 -- what the URL calls it
    """Show what one import found."""
    mine = BatchImport.objects.visible_to(request.person).filter(team=request.team)
    found = get_object_or_404(mine.select_related("cluster", "by"), pk=id)
    reasons = found.result.get("reasons", {})
    lines = found.result.get("lines", {})
    context = {
        "made": found, "result": found.result, "heading": _heading(found),
        "reasons": [(reason, n, lines.get(reason, [])) for reason, n in sorted(reasons.items(), key=lambda r: -r[1])],
        "first": _moment(found.result["first"]), "last": _moment(found.result["last"]),
        "is_nodes": found.format == BatchImport.NODE_EVENTS,
        "crumbs": [("Imports", reverse("clusters:imports", args=[request.team.slug])), (found.source_name, "")],
    }  # fmt: skip
    return render(request, "clusters/import_result.html", context)


def _moment(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None


def _heading(found: BatchImport) -> str:
    what = "node event" if found.format == BatchImport.NODE_EVENTS else "job"
    new, rejected = found.result["new"], found.result["rejected"]
    begun = f"{counted(new, f'{what} is new', f'{what}s are new')}" if new else f"No {what} is new"
    return f"{begun}, {counted(rejected, 'record', 'records')} could not be used" if rejected else begun
