"""How the ledger speaks of sources of alerts and their episodes: kinds, pages, what events say beside their verb."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from django.urls import reverse

from hortus.ledger.refs import Ref

if TYPE_CHECKING:
    from hortus.access.models import Team
    from hortus.telemetry.alerts.models import AlertSource, Episode

SOURCE, EPISODE = "alert-source", "alert-episode"
TOPIC = "alert-intake"


def source_ref(source: "AlertSource") -> Ref:
    """Return how the ledger speaks of a source; its id is its slug."""
    return Ref(SOURCE, source.slug, source.name)


def episode_ref(episode: "Episode") -> Ref:
    """Return how the ledger speaks of an episode."""
    return Ref(EPISODE, str(episode.pk), episode.title)


def source_path(team: "Team", id: str) -> str:  # noqa: A002 -- the ledger's reference is (kind, id)
    """Return the path of a source's page."""
    return reverse("alerts:source", args=[team.slug, id])


def episode_path(team: "Team", id: str) -> str:  # noqa: A002 -- the ledger's reference is (kind, id)
    """Return the path of an episode's page."""
    return f"{reverse('alerts:alerts', args=[team.slug])}{id}/"


def told(verb: str, payload: Mapping[str, Any]) -> Sequence[str]:
    """Return of an event how many alerts began, ended and so on, what was changed, or the reason that was given."""
    counts = [f"{payload[name]} {name}" for name in ("opened", "reopened", "ended", "silent", "closed")
              if payload.get(name)]  # fmt: skip
    changed = [str(name).replace("_", " ").removesuffix(" seconds") for name in payload.get("changed", [])]
    return [part for part in (", ".join(counts), ", ".join(changed), str(payload.get("token", ""))) if part]
