"""The page of one objective: how it stands, with its worked sum, whose numbers lead to the rows behind them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC
from fractions import Fraction

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_safe

from hortus.access.doors import TeamRequest, team_page
from hortus.access.policy import Action, Kind
from hortus.ledger.models import Event
from hortus.products.slos import pictures, rows
from hortus.products.slos.elsewhere import Elsewhere, faults
from hortus.products.slos.exclusions import Exclusions, too_late_for
from hortus.products.slos.models import AlertEpisode, Objective, Sli
from hortus.products.slos.page_reads import taken_out
from hortus.products.slos.queries import standing
from hortus.products.slos.replay import burn_down
from hortus.products.slos.rows_asked import RowsAsked
from hortus.products.slos.rules.budgets import WorkedSum
from hortus.products.slos.standing import Standing
from hortus.telemetry.counts import judges
from hortus.web.charts import Chart

EVENTS, EPISODES, MARKED = 10, 10, 200
STEPS = 199


def find(request: TeamRequest, slug: str) -> Objective:
    """Return the team's objective as far as the person may read it, with its parts, or raise Http404."""
    mine = Objective.objects.visible_to(request.person).filter(team=request.team)
    found: Objective = get_object_or_404(mine.whole(), slug=slug)
    return found


def crumbs(request: TeamRequest, objective: Objective | None, *more: str) -> list[tuple[str, str]]:
    """Return the way from the list of objectives to a page of one."""
    place = [request.team.slug]
    way = [("Objectives", reverse("slos:objectives", args=place))]
    if objective is not None:
        way.append((objective.name, reverse("slos:objective", args=[*place, objective.slug])))
    return [*way, *((words, "") for words in more)]


def may_see_rows(request: TeamRequest) -> bool:
    """Say whether the events behind the counts may be shown: they are jobs, or what probes found."""
    return request.standing.may(Action.READ, Kind.JOB)


@dataclass(frozen=True, slots=True)
class Counted:
    """One SLI of an objective on its page: what it counts, by whom, and its own worked sum where it has one.

    rows_at: where its rows are listed, "" for who may not see them.
    """

    sli: Sli
    share: Fraction
    worked: WorkedSum | None
    judge: judges.Judge | None
    rows_at: str
    is_alone: bool

    @property
    def allowed_name(self) -> str:
        """Return what its sum is called."""
        return "Allowed" if self.is_alone else f"Allowed: {self.sli.name}"


def _counted(request: TeamRequest, objective: Objective, found: Standing) -> list[Counted]:
    is_slices = found.case.terms.slicing is not None
    by_sli = {} if is_slices else {part.sli.pk: part.worked for part in found.parts}
    counted = []
    for part in found.case.parts:
        rows_at = ""
        if may_see_rows(request):
            path = reverse("slos:behind", args=[request.team.slug, objective.slug, part.sli.slug])
            rows_at = f"{path}?{RowsAsked(found.minute).query}"
        counted.append(
            Counted(part.sli, part.share, by_sli.get(part.sli.pk), rows.judge_of(part.sli), rows_at,
                    len(found.case.parts) == 1)
        )  # fmt: skip
    return counted


def _ways(request: TeamRequest, objective: Objective, found: Standing, counted: Sequence[Counted]) -> dict[str, str]:
    """Return where the numbers of the burn rates lead: to their sum, and to the rows of one SLI or to slices."""
    place, query = [request.team.slug, objective.slug], RowsAsked(found.minute).query
    slices_at = f"{reverse('slos:slices', args=place)}?{query}"
    alone = counted[0].rows_at if len(counted) == 1 else ""
    return {
        "burn_at": f"{reverse('slos:burn', args=place)}?{query}", "slices_at": slices_at, "now": query,
        "behind_at": slices_at if found.case.terms.slicing else alone,
    }  # fmt: skip


def _chart(objective: Objective, found: Standing, episodes: Sequence[AlertEpisode]) -> Chart | None:
    case = found.case
    there = Elsewhere.of(objective.team).at(case.minute)  # as it was told: no engine is asked when somebody looks
    gaps = [
        gap for part in case.parts
        for gap in (
            there.gaps(case, part) if part.sli.series_id in there.queries
            else rows.gaps(part.sli, case.elapsed, part.out)
        )
    ]  # fmt: skip
    marks = pictures.Marks.of(found, gaps, episodes)
    since, until = case.elapsed
    days = max(1, (until - since) // pictures.DAY)
    most = (STEPS // days * days or STEPS) + 1  # of whole days each has a point at its end, for "in the last day"
    return pictures.burn_down(burn_down(objective, found, most), found, marks, objective.team.zoneinfo)


def _episodes(request: TeamRequest, objective: Objective) -> tuple[list[AlertEpisode], int]:
    """Return the newest alerts of an objective as far as the person may read them, and how many there are."""
    if not request.standing.may(Action.READ, Kind.ALERT):
        return [], 0
    mine = AlertEpisode.objects.visible_to(request.person).filter(objective=objective)
    found = list(mine[:MARKED])
    return found, mine.count() if len(found) == MARKED else len(found)


@require_safe
@team_page(Kind.OBJECTIVE)
def objective(request: TeamRequest, slug: str) -> HttpResponse:
    """Show one objective: its state, the burn-down, burn rates, the worked sum, alerts, what it promises."""
    held = find(request, slug)
    exclusions = Exclusions.of(request.team)
    found = standing(held, timezone.now(), exclusions)
    may = request.standing.may
    episodes, alerted = _episodes(request, held)
    events = Event.objects.visible_to(request.person).filter(
        team=request.team, object_kind="objective", object_id=held.slug
    )
    counted = _counted(request, held, found)
    context = _ways(request, held, found, counted) | {
        "objective": held, "found": found, "worked": found.worked, "counted": counted,
        "is_slices": found.case.terms.slicing is not None, "is_composite": held.is_composite,
        "chart": _chart(held, found, episodes),
        "episodes": episodes[:EPISODES], "alerted": alerted,
        "still": {(one.severity, one.long_minutes, one.short_minutes) for one in episodes if one.closed_at is None},
        "events": events.select_related("actor")[:EVENTS],
        "taken_out": taken_out(held, found.case, exclusions) if may(Action.READ, Kind.EXCLUSION) else [],
        "too_late": too_late_for(held, found.case.elapsed) if may(Action.READ, Kind.EXCLUSION) else [],
        "faults": [] if found.unasked else faults(request.team, held.slis),
        "may_see_rows": may_see_rows(request), "may_change": may(Action.UPDATE, Kind.OBJECTIVE),
        "may_exclude": may(Action.CREATE, Kind.EXCLUSION), "at": pictures.moment(found.minute, UTC),
        "look_backs": () if found.is_told else found.case.terms.look_backs, "crumbs": crumbs(request, held),
    }  # fmt: skip
    return render(request, "slos/objective.html", context)
