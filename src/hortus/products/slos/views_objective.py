"""Pages of one objective: how it stands with its worked sum, and the rows behind every number."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_safe

from hortus.access.doors import TeamRequest, team_page
from hortus.access.policy import Action, Kind
from hortus.ledger.models import Event
from hortus.products.slos import pictures, rows
from hortus.products.slos.models import AlertEpisode, Exclusion, Objective, Sli
from hortus.products.slos.queries import standing
from hortus.products.slos.replay import burn_down
from hortus.products.slos.standing import Standing
from hortus.telemetry.counts import judges
from hortus.values.evidence import Evidence, Slice
from hortus.web.tables import Pages, as_csv, csv_rows, page_number, table_rows

EVENTS, EPISODES, ON_A_PAGE, MOST_CSV = 10, 10, 50, 100_000


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
    """One SLI of an objective on its page: what it counts, by whom, and its own worked sum where it has one."""

    sli: Sli
    share: float
    worked: Any
    judge: judges.Judge | None


def _counted(objective: Objective, found: Standing) -> list[Counted]:
    by_sli = {part.sli.pk: part.worked for part in found.parts}
    return [
        Counted(part.sli, float(part.share), by_sli.get(part.sli.pk), rows.judge_of(part.sli))
        for part in found.case.parts
    ]


@require_safe
@team_page(Kind.OBJECTIVE)
def objective(request: TeamRequest, slug: str) -> HttpResponse:
    """Show one objective: its state, the burn-down, burn rates, the worked sum, alerts, what it promises."""
    held = find(request, slug)
    found = standing(held, timezone.now())
    may = request.standing.may
    episodes: list[AlertEpisode] = []
    if may(Action.READ, Kind.ALERT):
        episodes = list(AlertEpisode.objects.visible_to(request.person).filter(objective=held)[:EPISODES])
    events = Event.objects.visible_to(request.person).filter(
        team=request.team, object_kind="objective", object_id=held.slug
    )
    exclusions = Exclusion.objects.visible_to(request.person).filter(team=request.team).standing().whole()
    context = {
        "objective": held, "found": found, "worked": found.worked, "counted": _counted(held, found),
        "is_slices": found.case.terms.slicing is not None, "is_composite": held.is_composite,
        "chart": pictures.burn_down(burn_down(held, found), found, episodes, request.team.zoneinfo),
        "episodes": episodes, "events": events.select_related("actor")[:EVENTS],
        "exclusions": [one for one in exclusions if any(one.reaches(held, sli) for sli in held.slis)],
        "may_see_rows": may_see_rows(request), "may_change": may(Action.UPDATE, Kind.OBJECTIVE),
        "may_exclude": may(Action.CREATE, Kind.EXCLUSION), "at": pictures.moment(found.minute, UTC),
        "crumbs": crumbs(request, held),
    }  # fmt: skip
    return render(request, "slos/objective.html", context)


def _behind(request: TeamRequest, slug: str, sli: str, part: Slice) -> tuple[Objective, Sli, Evidence, datetime]:
    """Return the rows behind the window of one SLI, bad ones first, and the moment at which they were counted."""
    held = find(request, slug)
    which = next((one for one in held.slis if one.slug == sli), None)
    if which is None:
        raise Http404
    now = timezone.now()
    since, until = standing(held, now).case.elapsed
    persons = request.standing.may(Action.READ, Kind.JOB_PERSON)
    return held, which, rows.behind(which, since, until, part, persons=persons), now


@require_safe
@team_page(Kind.JOB)
def behind(request: TeamRequest, slug: str, sli: str) -> HttpResponse:
    """List the events that one SLI of an objective counted in its window, the bad ones first."""
    number = page_number(request.GET.get("page", "1"))
    held, which, evidence, now = _behind(request, slug, sli, Slice.page(number, ON_A_PAGE))
    context = {
        "objective": held, "sli": which, "evidence": evidence, "at": now, "table_rows": table_rows(evidence),
        "page": Pages(number, ON_A_PAGE, evidence.total), "crumbs": crumbs(request, held, which.name),
    }  # fmt: skip
    return render(request, "slos/behind.html", context)


@require_safe
@team_page(Kind.JOB)
def behind_csv(request: TeamRequest, slug: str, sli: str) -> HttpResponse:
    """Give the same rows as CSV, at most 100,000."""
    held, which, evidence, _ = _behind(request, slug, sli, Slice(0, MOST_CSV))
    return as_csv(f"{held.slug}-{which.slug}.csv", [head.key for head in evidence.heads], csv_rows(evidence))
