"""What somebody may read of a team's alerts: episodes, notices and sources, all of them or one by its name.

Pages and API read through here; one that is not there, or not for them, raises Http404.
"""

from uuid import UUID

from django.shortcuts import get_object_or_404

from hortus.access.doors import Standing
from hortus.telemetry.alerts.models import (
    AlertSource,
    AlertSourceQuerySet,
    Episode,
    EpisodeQuerySet,
    Notice,
    NoticeQuerySet,
    SourceToken,
)


def sources(standing: Standing) -> AlertSourceQuerySet:
    """Return the sources of a team, by name."""
    return AlertSource.objects.visible_to(standing.person).filter(team=standing.team)


def source(standing: Standing, slug: str) -> AlertSource:
    """Return one source. Raises Http404."""
    found: AlertSource = get_object_or_404(sources(standing).select_related("team", "by"), slug=slug)
    return found


def token(of: AlertSource, number: int) -> SourceToken:
    """Return one token of a source. Raises Http404."""
    found: SourceToken = get_object_or_404(of.tokens.select_related("source__team"), pk=number)
    return found


def episodes(standing: Standing) -> EpisodeQuerySet:
    """Return the episodes of a team with their sources, the newest first."""
    mine = Episode.objects.visible_to(standing.person).filter(team=standing.team)
    return mine.select_related("source", "acknowledged_by", "closed_by")


def episode(standing: Standing, number: UUID) -> Episode:
    """Return one episode. Raises Http404."""
    found: Episode = get_object_or_404(episodes(standing).select_related("team", "earlier"), pk=number)
    return found


def notices(standing: Standing) -> NoticeQuerySet:
    """Return the notices of a team without their bodies, the newest first."""
    mine = Notice.objects.visible_to(standing.person).filter(team=standing.team)
    return mine.select_related("source", "seen_by").defer("packed")


def notice(standing: Standing, number: int) -> Notice:
    """Return one notice. Raises Http404."""
    found: Notice = get_object_or_404(notices(standing).select_related("team"), pk=number)
    return found
