"""What somebody may read of a team's engines, hubs and schedulers: all of them, or one by its name in addresses.

Pages and API read through here; one that is not there, or not for them, raises Http404.
"""

from django.shortcuts import get_object_or_404

from hortus.access.doors import Standing
from hortus.telemetry.engines.models import Engine, EngineQuery, EngineQuerySet, Hub, Poll


def engines(standing: Standing) -> EngineQuerySet:
    """Return the engines of a team, by name."""
    return Engine.objects.visible_to(standing.person).filter(team=standing.team)


def hubs(standing: Standing) -> EngineQuerySet:
    """Return the hubs of a team with their series, by name."""
    return Hub.objects.visible_to(standing.person).filter(team=standing.team).select_related("series")


def polls(standing: Standing) -> EngineQuerySet:
    """Return how a team's schedulers are asked, with their clusters, by cluster."""
    return Poll.objects.visible_to(standing.person).filter(team=standing.team).select_related("cluster__team")


def engine(standing: Standing, slug: str) -> Engine:
    """Return one engine. Raises Http404."""
    found: Engine = get_object_or_404(engines(standing).select_related("team", "by"), slug=slug)
    return found


def query(of: Engine, series: int) -> EngineQuery:
    """Return what an engine is asked for a series, by the number of that. Raises Http404."""
    # series__pk, not series: it finds nothing for a number that no database holds, instead of failing.
    found: EngineQuery = get_object_or_404(of.queries.select_related("engine__team", "series"), series__pk=series)
    return found


def hub(standing: Standing, slug: str) -> Hub:
    """Return one hub. Raises Http404."""
    found: Hub = get_object_or_404(hubs(standing).select_related("team"), slug=slug)
    return found


def poll(standing: Standing, cluster: str) -> Poll:
    """Return how the scheduler of a cluster is asked. Raises Http404."""
    found: Poll = get_object_or_404(polls(standing).select_related("team"), cluster__name=cluster)
    return found
