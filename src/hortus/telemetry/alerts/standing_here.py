"""The alerts of other programs as others show them: what this room registers with `standing`."""

from collections.abc import Sequence
from uuid import UUID

from django.urls import reverse

from hortus.access.models import Team
from hortus.ledger import clock
from hortus.telemetry.alerts.models import Episode
from hortus.telemetry.alerts.refs import EPISODE, episode_ref
from hortus.telemetry.alerts.rules.lives import Life
from hortus.telemetry.alerts.standing import Standing


def shown_as(below: str, episode: Episode, life: Life | None = None) -> Standing:
    """Return an episode as others show it. below: path of the page of all; life: now, as its row says when left out."""
    now = Life(episode.life) if life is None else life
    by = episode.acknowledged_by
    return Standing(
        episode_ref(episode), episode.title, episode.since, f"{below}{episode.pk}/", episode.service,
        episode.function, now is Life.SILENT, by.name if by else "", now in (Life.RESOLVED, Life.CLOSED),
    )  # fmt: skip


def standing_of(team: Team) -> Sequence[Standing]:
    """Return the episodes of a team that stand, the oldest first; those of which a newer one stands are left out."""
    now = clock.now()
    found = (
        Episode.objects.filter(team=team, is_superseded=False).standing().select_related("source", "acknowledged_by")
    )
    below = reverse("alerts:alerts", args=[team.slug])
    return [shown_as(below, one, one.shown(now)) for one in found.order_by("first_at", "pk")]


def found_in(team: Team, kind: str, id: str) -> Standing | None:  # noqa: A002 -- the ledger's reference is (kind, id)
    """Return an episode of a team by its reference, None for what is none."""
    if kind != EPISODE:
        return None
    try:
        key = UUID(id)
    except ValueError:
        return None
    one = Episode.objects.filter(team=team, pk=key).select_related("source", "acknowledged_by").first()
    below = reverse("alerts:alerts", args=[team.slug])
    return shown_as(below, one, one.shown(clock.now())) if one else None
