"""The alerts of other programs as others show them: what this room registers with `standing`."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

from django.db.models import Case, Count, F, Q, TextField, Value, When, Window
from django.db.models.fields.json import KT
from django.db.models.functions import Coalesce, NullIf, RowNumber
from django.urls import reverse
from django.utils.functional import cached_property

from hortus.access.models import Team
from hortus.ledger import clock
from hortus.telemetry.alerts.models import AlertSource, Episode, EpisodeQuerySet
from hortus.telemetry.alerts.refs import EPISODE, episode_ref
from hortus.telemetry.alerts.rules.lives import SILENT_AFTER, Life
from hortus.telemetry.alerts.standing import Counts, Group, Standing

# What Episode.since and what alerts are called among their like, asked of the database.
_SINCE = Case(When(starts_at__isnull=False, doubt="", then="starts_at"), default="first_at")
_NAME = Coalesce(NullIf(KT("labels__alertname"), Value("")), "title", output_field=TextField())


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
    return _shown(team, _standing(team).order_by("first_at", "pk"), clock.now())


class Episodes:
    """The episodes of a team that stand at an aware time, read in parts; see `standing.Room`."""

    def __init__(self, team: Team, now: datetime) -> None:
        self._team, self._now = team, now

    def counts(self) -> Counts:
        """Return how many stand."""
        found = _standing(self._team).aggregate(total=Count("pk"), silent=Count("pk", filter=self._silent))
        return Counts(found["total"] - found["silent"], found["silent"])

    def some(self, offset: int, limit: int, *, is_silent: bool | None) -> Sequence[Standing]:
        """Return one slice, the newest first. is_silent: only those that are, or are not."""
        found = _standing(self._team)
        if is_silent is not None:
            found = found.filter(self._silent if is_silent else ~self._silent)
        return self._shown(found.order_by(_SINCE.desc(), "-pk")[offset : offset + limit])

    def groups(self, most: int) -> Sequence[Group]:
        """Return those of one name and service as one, the newest first."""
        like: list[str] = ["name", "service"]
        ranked = _standing(self._team).annotate(name=_NAME, since_at=_SINCE).annotate(
            count=Window(Count("pk"), partition_by=like),
            rank=Window(RowNumber(), partition_by=like, order_by=[F("since_at").desc(), F("pk").desc()]),
        )  # fmt: skip
        newest = ranked.filter(rank=1).order_by("-since_at", "-pk").values_list("pk", "name", "count")
        rows = {pk: (name, count) for pk, name, count in newest[:most]}
        found = self._shown(Episode.objects.filter(pk__in=rows).order_by(_SINCE.desc(), "-pk"))
        return [Group(rows[UUID(one.ref.id)][0], one, rows[UUID(one.ref.id)][1]) for one in found]

    @cached_property
    def _silent(self) -> Q:
        """Return what tells the silent ones from those that fire, as `rules.lives.shown` does of one."""
        intervals = AlertSource.objects.filter(team=self._team, repeat_interval_seconds__gt=0).order_by()
        found = Q(life=Life.SILENT)
        for seconds in intervals.values_list("repeat_interval_seconds", flat=True).distinct():
            heard_by = self._now - SILENT_AFTER * timedelta(seconds=seconds)
            found |= Q(source__repeat_interval_seconds=seconds, seen_at__lt=heard_by)
        return found

    def _shown(self, found: EpisodeQuerySet) -> list[Standing]:
        return _shown(self._team, found, self._now)


def _standing(team: Team) -> EpisodeQuerySet:
    return Episode.objects.filter(team=team, is_superseded=False).standing()


def _shown(team: Team, found: EpisodeQuerySet, now: datetime) -> list[Standing]:
    below = reverse("alerts:alerts", args=[team.slug])
    return [shown_as(below, one, one.shown(now)) for one in found.select_related("source", "acknowledged_by")]


def found_in(team: Team, kind: str, id: str) -> Standing | None:  # noqa: A002 -- the ledger's reference is (kind, id)
    """Return an episode of a team by its reference, None for what is none. kind: "" for any."""
    if kind not in ("", EPISODE):
        return None
    try:
        key = UUID(id)
    except ValueError:
        return None
    one = Episode.objects.filter(team=team, pk=key).select_related("source", "acknowledged_by").first()
    below = reverse("alerts:alerts", args=[team.slug])
    return shown_as(below, one, one.shown(clock.now())) if one else None
