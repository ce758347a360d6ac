"""Pages of what lies behind the numbers of an objective: events, slices, what was taken out, the sum of a burn rate."""

from dataclasses import dataclass, replace

from django.db.models import Q
from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_safe

from hortus.access.doors import TeamRequest, team_page
from hortus.access.policy import Action, Kind
from hortus.products.slos import rows
from hortus.products.slos.case import Case
from hortus.products.slos.exclusions import Exclusions
from hortus.products.slos.models import AlertEpisode, Objective, Sli
from hortus.products.slos.page_reads import burned, kept
from hortus.products.slos.queries import standing
from hortus.products.slos.rows_asked import EXCLUDED, UNMEASURED, RowsAsked, out_of
from hortus.products.slos.views_objective import crumbs, find, may_see_rows
from hortus.values.evidence import Evidence, Slice
from hortus.values.refused import Refused
from hortus.web.tables import Pages, as_csv, csv_rows, page_number, table_rows

ON_A_PAGE, MOST_CSV = 50, 100_000
TITLES = {"": "what was counted", EXCLUDED: "what was taken out", UNMEASURED: "when nobody measured"}
EMPTY = {
    "": ("Nothing happened", "No event was counted in this window."),
    EXCLUDED: ("Nothing was taken out", "No event of this window lies in a time that does not count."),
    UNMEASURED: ("It was measured all the time", "There is no gap in this window, besides what was taken out."),
}


@dataclass(frozen=True, slots=True)
class Shown:
    """The rows that an address asks for. sli: None for the slices of all. fault: why an engine did not tell them."""

    objective: Objective
    sli: Sli | None
    asked: RowsAsked
    case: Case
    evidence: Evidence
    fault: str = ""

    @property
    def title(self) -> str:
        """Return what the rows are, in words."""
        return f"{self.sli.name if self.sli else 'Slices'}: {TITLES[self.asked.part]}"


def _behind(request: TeamRequest, slug: str, sli: str, part: Slice) -> Shown:
    held = find(request, slug)
    which = next((one for one in held.slis if one.slug == sli), None)
    if which is None:
        raise Http404
    asked, exclusions = RowsAsked.of(request.GET, timezone.now()), Exclusions.of(request.team)
    case = asked.case(held, exclusions)
    try:
        if asked.part == UNMEASURED:
            found = rows.unmeasured(which, asked.window(case), out_of(case, which), part)
        else:
            persons = request.standing.may(Action.READ, Kind.JOB_PERSON)
            spans = asked.spans(case, which, exclusions, held)
            number = kept(request.team, case, which, spans, asked.window(case))
            found = rows.behind(which, spans, part, persons=persons, kept=number)
    except Refused as refused:
        return Shown(held, which, asked, case, Evidence([], [], 0, ""), refused.sentence)
    return Shown(held, which, asked, case, found)


def _sliced(request: TeamRequest, slug: str, part: Slice) -> Shown:
    held = find(request, slug)
    asked, exclusions = RowsAsked.of(request.GET, timezone.now()), Exclusions.of(request.team)
    case = asked.case(held, exclusions)
    if case.terms.slicing is None or asked.part == UNMEASURED:
        raise Http404
    found = rows.slices(case, asked.window(case), part, is_excluded=asked.part == EXCLUDED)
    return Shown(held, None, asked, case, found)


def _page(request: TeamRequest, shown: Shown, number: int, csv: str) -> HttpResponse:
    asked = shown.asked
    context = {
        "objective": shown.objective, "sli": shown.sli, "evidence": shown.evidence, "at": rows.at(asked.minute),
        "words": asked.words(shown.case), "title": shown.title, "table_rows": table_rows(shown.evidence),
        "is_gaps": asked.part == UNMEASURED,
        "empty": ("They could not be asked for", shown.fault) if shown.fault else EMPTY[asked.part],
        "page": Pages(number, ON_A_PAGE, shown.evidence.total), "csv": f"{csv}?{asked.query}",
        "crumbs": crumbs(request, shown.objective, shown.sli.name if shown.sli else "Slices"),
    }  # fmt: skip
    return render(request, "slos/behind.html", context)


def _csv(shown: Shown) -> HttpResponse:
    if shown.fault:
        return HttpResponse(shown.fault, status=503, content_type="text/plain; charset=utf-8")
    of = shown.sli.slug if shown.sli else "slices"
    name = "-".join(filter(None, [shown.objective.slug, of, shown.asked.part]))
    return as_csv(f"{name}.csv", [head.key for head in shown.evidence.heads], csv_rows(shown.evidence))


@require_safe
@team_page(Kind.JOB)
def behind(request: TeamRequest, slug: str, sli: str) -> HttpResponse:
    """List the events that one SLI counted in a window, the bad ones first, or those that were taken out of it."""
    number = page_number(request.GET.get("page", "1"))
    shown = _behind(request, slug, sli, Slice.page(number, ON_A_PAGE))
    return _page(request, shown, number, reverse("slos:behind-csv", args=[request.team.slug, slug, sli]))


@require_safe
@team_page(Kind.JOB)
def behind_csv(request: TeamRequest, slug: str, sli: str) -> HttpResponse:
    """Give the same rows as CSV, at most 100,000."""
    return _csv(_behind(request, slug, sli, Slice(0, MOST_CSV)))


@require_safe
@team_page(Kind.OBJECTIVE)
def slices(request: TeamRequest, slug: str) -> HttpResponse:
    """List the time slices that an objective counted in a window, the bad ones first, or those taken out of it."""
    number = page_number(request.GET.get("page", "1"))
    shown = _sliced(request, slug, Slice.page(number, ON_A_PAGE))
    return _page(request, shown, number, reverse("slos:slices-csv", args=[request.team.slug, slug]))


@require_safe
@team_page(Kind.OBJECTIVE)
def slices_csv(request: TeamRequest, slug: str) -> HttpResponse:
    """Give the same slices as CSV."""
    return _csv(_sliced(request, slug, Slice(0, MOST_CSV)))


def _still(request: TeamRequest, held: Objective, minute: int) -> set[tuple[str, int, int]]:
    """Return the pairs whose alert was not over at a minute, as far as the person may read alerts."""
    if not request.standing.may(Action.READ, Kind.ALERT):
        return set()
    mine = AlertEpisode.objects.visible_to(request.person).filter(objective=held, opened_at__lte=rows.at(minute))
    lasting = mine.filter(Q(closed_at=None) | Q(closed_at__gt=rows.at(minute)))
    return set(lasting.values_list("severity", "long_minutes", "short_minutes"))


@require_safe
@team_page(Kind.OBJECTIVE)
def burn(request: TeamRequest, slug: str) -> HttpResponse:
    """Show the sum of the burn rate over one window of the alert pairs, number by number."""
    held = find(request, slug)
    asked = RowsAsked.of(request.GET, timezone.now())
    found = standing(held, rows.at(asked.minute))
    asked = replace(asked, minute=found.minute, back=asked.back or found.rates[0].minutes)
    rate = next((rate for rate in found.rates if rate.minutes == asked.back), None)
    if rate is None:
        raise Http404
    is_slices = found.case.terms.slicing is not None
    parts = [] if is_slices else burned(request.team, found.case, asked.window(found.case))
    context = {
        "objective": held, "rate": rate, "is_slices": is_slices, "words": asked.words(found.case), "asked": asked,
        "parts": parts, "at": rows.at(asked.minute),
        "unasked": found.unasked, "unknown": found.unknown, "still": _still(request, held, found.minute),
        "pairs": [pair for pair in found.pairs if rate in (pair.long, pair.short)],
        "may_see_rows": may_see_rows(request), "crumbs": crumbs(request, held, "Burn rate"),
    }  # fmt: skip
    return render(request, "slos/burn.html", context)
