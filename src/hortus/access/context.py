"""What every page knows: who asks, in which team, and where they can go."""

from typing import Any

from django.http import HttpRequest
from django.urls import reverse

from hortus.access.policy import Action, Kind

# Name of the URL, label, and the kind that one must be able to read to see the link.
NAVIGATION: tuple[tuple[str, str, Kind], ...] = (
    ("garden:garden", "Garden", Kind.READING),
    ("clusters:clusters", "Clusters", Kind.CLUSTER),
    ("catalogue:services", "Services", Kind.SERVICE),
    ("ledger:activity", "Activity", Kind.EVENT),
    ("access:team", "Team", Kind.TEAM),
)


def standing(request: HttpRequest) -> dict[str, Any]:
    """Return team, standing and navigation for the base template."""
    found = getattr(request, "standing", None)
    visiting = getattr(request, "is_sample_visit", False)
    if found is None:
        return {"nav": [], "is_sample_visit": visiting}
    here = request.resolver_match.view_name if request.resolver_match else ""
    nav = [
        (label, reverse(name, args=[found.team.slug]), here.partition(":")[0] == name.partition(":")[0])
        for name, label, kind in NAVIGATION
        if found.may(Action.READ, kind)
    ]
    return {"team": found.team, "standing": found, "nav": nav, "is_sample_visit": visiting}
