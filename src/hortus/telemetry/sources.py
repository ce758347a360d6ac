"""The tabs above the pages that say where counts come from: probes, and what else is asked. Holds no page itself."""

from django.urls import reverse

from hortus.access.doors import TeamRequest
from hortus.access.policy import Action, Kind

_TABS = (
    ("Probes", "probes:probes", Kind.PROBE),
    ("Engines, hubs and schedulers", "engines:engines", Kind.ENGINE),
)


def tabs(request: TeamRequest) -> list[tuple[str, str, bool]]:
    """Return label, path and whether one is there now, for the lists that who asks may read."""
    here = request.resolver_match.view_name if request.resolver_match else ""
    return [
        (label, reverse(name, args=[request.team.slug]), name == here)
        for label, name, kind in _TABS
        if request.standing.may(Action.READ, kind)
    ]
