"""Pages that make and change objectives, with a preview of the last 28 days while one types."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from django.db import transaction
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from hortus.access.doors import TeamRequest, team_page
from hortus.access.models import Person, Team
from hortus.access.policy import Action, Kind
from hortus.products.slos import actions, slis
from hortus.products.slos.drafts import SliDraft
from hortus.products.slos.forms import ChangeForm, CountedForm, NewForm, ObjectiveForm, ReasonForm
from hortus.products.slos.models import Objective, Sli
from hortus.products.slos.objective_draft import ObjectiveDraft
from hortus.products.slos.replay import DAYS, Replay, drafted, preview
from hortus.products.slos.views_objective import crumbs, find
from hortus.telemetry.counts import judges
from hortus.telemetry.counts.models import Series
from hortus.telemetry.engines import asking
from hortus.telemetry.engines.models import EngineQuery
from hortus.telemetry.probes.feeding import SOURCE as PROBE
from hortus.values.refused import Refused
from hortus.web.form_pages import answered, form_page
from hortus.web.forms import refuse

PUSHED = "events"


@dataclass(frozen=True, slots=True)
class Origin:
    """Where the events of a new objective come from; key stands in the address."""

    key: str
    name: str
    sentence: str
    sli: Sli | None = None
    judge: judges.Judge | None = None
    series: str = ""


def origins(team: Team, person: Person) -> list[tuple[str, list[Origin]]]:
    """Return all that an objective can be made over, in groups."""
    counted = [
        Origin(f"sli:{one.slug}", one.name, one.sentence, sli=one) for one in Sli.objects.filter(team=team).kept()
    ]
    judged = [Origin(f"judge:{one.slug}", one.name, one.sentence, judge=one) for one in judges.judges()]
    asked = EngineQuery.objects.visible_to(person).filter(engine__team=team, series__sli=None)
    told = {one.series.name: _asked(one) for one in asked.select_related("engine", "series")}
    free = Series.objects.filter(team=team, sli=None).exclude(source=PROBE).values_list("name", "source")  # judged
    fed = [
        Origin(f"series:{name}", name, told.get(name, f"Counted already, from {source}."), series=name)
        for name, source in free
    ]
    sent = [Origin(PUSHED, "Events that a program sends", "Good and total events, through the API or from a file.")]
    groups = [
        ("What Hortus judges from what it holds", judged), ("What is counted already", [*counted, *fed]),
        ("What others count", sent),
    ]  # fmt: skip
    return [(name, found) for name, found in groups if found]


def _asked(query: EngineQuery) -> str:
    """Return what an engine is asked for a series, in one sentence."""
    where = "kept here" if query.is_kept_here else "kept there"
    if query.sort == EngineQuery.Sort.THRESHOLD:
        return f"Each minute by a value that {query.engine} tells: {query.good}; {where}."
    return f"{query.engine} counts {query.get_sort_display()}: {query.good} of {query.total}; {where}."


def _origin(team: Team, person: Person, key: str) -> Origin:
    found = next((one for _, group in origins(team, person) for one in group if one.key == key), None)
    if found is None:
        raise Http404
    return found


def _form(request: TeamRequest, origin: Origin, given: Mapping[str, Any] | None) -> NewForm:
    if origin.sli is not None:
        return NewForm(request.team, given, beside=origin.sli, initial={"name": origin.sli.name, "target": "95"})
    begin = {"name": origin.name if origin.judge else "", "target": "95"}
    return CountedForm(request.team, given, judge=origin.judge, initial=begin)


def _sli_draft(form: NewForm, origin: Origin) -> SliDraft:
    given = form.cleaned_data
    parameters = form.parameters() if isinstance(form, CountedForm) else {}
    return SliDraft(
        given["name"], given["sentence"], given["service"], origin.judge.slug if origin.judge else "", parameters,
        origin.series,
    )  # fmt: skip


def _draft(form: NewForm, sli: Sli) -> ObjectiveDraft:
    return ObjectiveDraft(parts=form.parts_with(sli), **form.details())


def _drafted(request: TeamRequest, form: NewForm, origin: Origin) -> ObjectiveDraft:
    """Return what a form says, over an SLI that is not kept where it is new. Raises Refused."""
    return _draft(form, origin.sli or drafted(request.team, _sli_draft(form, origin)))


def _begun(request: TeamRequest, form: NewForm, origin: Origin) -> Replay | None:
    """Return what the terms that a form begins with would have done; None where more must be said first."""
    filled = _form(request, origin, {"name": origin.name, "sentence": origin.sentence} | form.shown())
    return _first(request, lambda: _drafted(request, filled, origin)) if filled.is_valid() else None


def _first(request: TeamRequest, draft: Callable[[], ObjectiveDraft], of: Objective | None = None) -> Replay | None:
    """Return the preview that stands there before anything was typed.

    None where an engine would have to be asked before the page opens, and where it is refused, as by a judge that
    wants more to be said first.
    """
    try:
        made = draft()
        there = asking.kept_there([sli.series_id for sli, _ in made.parts if sli.series_id])
        return None if there else preview(request.team, made, timezone.now(), of=of)
    except Refused:
        return None


@transaction.atomic
def _made(request: TeamRequest, form: NewForm, origin: Origin) -> Objective:
    by = request.person
    sli = origin.sli or slis.create(request.team, _sli_draft(form, origin), by=by, door="web")
    return actions.create(request.team, _draft(form, sli), by=by, door="web")


def _page(
    request: TeamRequest, form: ObjectiveForm, heading: str, way: list[tuple[str, str]], **more: Any
) -> HttpResponse:
    context = {"form": form, "heading": heading, "crumbs": way, "days": DAYS, "cancel": way[-2][1], **more}
    return render(request, "slos/objective_form.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@team_page(Kind.OBJECTIVE, Action.CREATE)
def add(request: TeamRequest) -> HttpResponse:
    """Promise something: choose what is counted, then say how much of it; with a preview."""
    way, key = crumbs(request, None, "Promise something"), request.GET.get("over", "")
    if not key:
        context = {"groups": origins(request.team, request.person), "crumbs": way}
        return render(request, "slos/origins.html", context)
    origin = _origin(request.team, request.person, key)
    form = _form(request, origin, request.POST or None)
    replay = None if request.POST else _begun(request, form, origin)
    if form.is_valid():
        try:
            if "preview" not in request.POST:
                made = _made(request, form, origin)
                return redirect("slos:objective", request.team.slug, made.slug)
            replay = preview(request.team, _drafted(request, form, origin), timezone.now())
        except Refused as refused:
            _refuse(form, refused)
    return _page(request, form, origin.name, way, replay=replay, label="Promise it", said=origin.sentence)


def _refuse(form: ObjectiveForm, refused: Refused) -> None:
    """Put a refusal beside its field; the drafts and the judges know other names for some."""
    known = {
        "target_ratio": "target", "slice_target_ratio": "slice_target", "window_days": "window", "pairs": "alerts",
        "budget_share": "alerts", "long_minutes": "alerts", "short_minutes": "alerts", "parts": "part-0-sli",
        "members": "part-0-sli",
    }  # fmt: skip
    for name in (known.get(refused.field, refused.field), f"judge-{refused.field}"):
        if name in form.fields:
            form.add_error(name, refused.sentence)
            return
    refuse(form, refused)


@require_http_methods(["GET", "HEAD", "POST"])
@team_page(Kind.OBJECTIVE, Action.UPDATE)
def change(request: TeamRequest, slug: str) -> HttpResponse:
    """Change what is promised, with a reason; with a preview."""
    held = find(request, slug)
    form = ChangeForm(request.team, held, request.POST or None)
    replay = None if request.POST else _first(request, lambda: ObjectiveDraft.of(held), held)
    if form.is_valid():
        draft = replace(ObjectiveDraft.of(held), parts=form.parts(), **form.details())
        try:
            if "preview" not in request.POST:
                actions.change(held, draft, by=request.person, door="web", why=form.cleaned_data["reason"])
                return redirect("slos:objective", request.team.slug, held.slug)
            replay = preview(request.team, draft, timezone.now(), of=held)
        except Refused as refused:
            _refuse(form, refused)
    way = crumbs(request, held, "Change")
    return _page(request, form, f"Change “{held.name}”", way, replay=replay, label="Save", objective=held,
                 may_retire=request.standing.may(Action.DELETE, Kind.OBJECTIVE))  # fmt: skip


@require_http_methods(["GET", "HEAD", "POST"])
@team_page(Kind.OBJECTIVE, Action.DELETE)
def retire(request: TeamRequest, slug: str) -> HttpResponse:
    """Stop promising; the history stays."""
    held = find(request, slug)
    form = ReasonForm(request.POST or None)
    if answered(form, lambda: actions.retire(held, why=form.cleaned_data["reason"], by=request.person, door="web")):
        return redirect("slos:objectives", request.team.slug)
    said = "It is no longer judged and can no longer alert. Its history stays."
    return form_page(
        request, form, f"No longer promise “{held.name}”", crumbs(request, held), here="Retire",
        label="Retire it", danger=True, said=said,
    )  # fmt: skip
