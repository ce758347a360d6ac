"""Alert episodes for other programs: an Atom feed, and a document in the shape that Alertmanager takes."""

from collections.abc import Sequence
from uuid import UUID

from django.http import HttpResponse, JsonResponse
from django.urls import reverse

from hortus.access.doors import TeamRequest, team_page
from hortus.access.policy import Kind
from hortus.ledger import refs
from hortus.products.slos.alertmanager import as_alert, latest
from hortus.products.slos.models import AlertEpisode, Evaluation
from hortus.web.feeds import as_atom, atom_of

EPISODES = 100


def _episodes(request: TeamRequest) -> "list[AlertEpisode]":
    mine = AlertEpisode.objects.visible_to(request.person).filter(team=request.team)
    return list(mine.select_related("objective__team").prefetch_related("objective__parts__sli")[:EPISODES])


def _page(request: TeamRequest, episode: AlertEpisode) -> str:
    path = refs.link(request.team, "objective", episode.objective.slug)
    return request.build_absolute_uri(path or reverse("ledger:activity", args=[request.team.slug]))


def _budgets(request: TeamRequest, episodes: Sequence[AlertEpisode]) -> dict[UUID, str]:
    """Return by objective how its budget stood when it was last worked out, of those whose alert is still open."""
    still = {one.objective_id for one in episodes if one.closed_at is None}
    mine = Evaluation.objects.visible_to(request.person).filter(team=request.team, objective__in=still)
    return {one.objective_id: one.standing["sentence"] for one in mine}


@team_page(Kind.ALERT)
def alerts_atom(request: TeamRequest) -> HttpResponse:
    """Give the newest alert episodes as Atom; an entry is renewed when its episode closes."""
    feed = atom_of(request, f"{request.team.name}: alerts", reverse("slos:alerts", args=[request.team.slug]))
    episodes = _episodes(request)
    budgets = _budgets(request, episodes)
    for one in episodes:
        budget = budgets.get(one.objective_id, "") if one.closed_at is None else ""
        standing = "still open" if one.closed_at is None else f"closed {one.closed_at:%Y-%m-%d %H:%M} UTC"
        feed.add_item(
            title=f"{one.severity}: {one.objective.name}, {standing}", link=_page(request, one),
            description=f"{one.numbers['sentence']} {budget}".strip(), pubdate=one.opened_at,
            updateddate=one.closed_at or one.opened_at,
            unique_id=f"urn:hortus:{request.team.pk}:alert:{one.pk}",
        )  # fmt: skip
    return as_atom(feed)


@team_page(Kind.ALERT)
def alerts_json(request: TeamRequest) -> HttpResponse:
    """Give the newest episode of each alert as Alertmanager takes it (POST /api/v2/alerts); closed ones end."""
    found = [as_alert(one, _page(request, one)) for one in latest(_episodes(request))]
    return JsonResponse(found, safe=False)
