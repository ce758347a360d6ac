"""How the alerts of a notice turn episodes: which they begin, which they end, which they only mention. In bulk.

Called in the transaction that stores the notice, while the row of its source is held.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import islice
from typing import TypeVar

from django.db.models import F, Q
from django.urls import reverse

from hortus.access.models import Person
from hortus.catalogue.models import Function, Service
from hortus.ledger.actions import record
from hortus.telemetry.alerts import standing
from hortus.telemetry.alerts.models import AlertSource, Episode, Notice
from hortus.telemetry.alerts.refs import episode_ref, source_ref
from hortus.telemetry.alerts.rules.heard import Alert, Said
from hortus.telemetry.alerts.rules.lives import Life, Turn, heard
from hortus.telemetry.alerts.rules.mapping import Known, Rule, belongs
from hortus.telemetry.alerts.rules.times import doubt
from hortus.telemetry.alerts.standing import Change, Changed
from hortus.telemetry.alerts.standing_here import shown_as
from hortus.values.plots import Plot

T = TypeVar("T")
URGENT = Plot.named("processes-urgent")
CHUNK = 400
MOST_EVENTS = 20  # told one by one; of more, only how many there were
_STANDING = (Life.FIRING, Life.SILENT)
_CHANGES = {Turn.REOPENED: Change.REOPENED, Turn.ENDED: Change.ENDED}
_WRITTEN = (
    "life", "title", "labels", "annotations", "url", "ends_at", "doubt", "seen_at", "changed_at", "late_since",
    "seen_count", "reopened_count", "is_superseded", "last_notice", "acknowledged_at",
    "acknowledged_by", "closed_by", "reason", "is_findable",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Turned:
    """An episode that changed, and how."""

    episode: Episode
    change: Change


@dataclass
class _Table:
    """The episodes that a notice speaks of: by what their sender calls them, and the newest of each trouble."""

    source: AlertSource
    notice: Notice
    now: datetime
    known: Known
    rules: Sequence[Rule]
    by_key: dict[tuple[str, str], Episode] = field(default_factory=dict)
    newest: dict[str, Episode] = field(default_factory=dict)
    touched: dict[str, Episode] = field(default_factory=dict)
    seen: dict[str, Episode] = field(default_factory=dict)
    turned: list[Turned] = field(default_factory=list)


def turn(source: AlertSource, notice: Notice, alerts: Sequence[Alert], now: datetime) -> list[Turned]:
    """Let the alerts of a stored notice turn their episodes, write these, tell of them, and return what changed."""
    table = _Table(source, notice, now, catalogue(source), source.rules)
    for chunk in _chunks(alerts):
        _load(table, chunk)
    for alert in alerts:
        _hear(table, alert)
    _write(table)
    announce(source, table.turned, now, "api")
    return table.turned


def catalogue(source: AlertSource) -> Known:
    """Return the slugs of services and functions that the source's team offers."""
    functions = Function.objects.filter(team=source.team_id).offered()
    services = Service.objects.filter(team=source.team_id, retired_on=None)
    return Known(
        frozenset(services.values_list("slug", flat=True)),
        {slug: service or "" for slug, service in functions.values_list("slug", "service__slug")},
    )


def _chunks(many: Iterable[T]) -> Iterator[list[T]]:
    rest = iter(many)
    while chunk := list(islice(rest, CHUNK)):
        yield chunk


def _load(table: _Table, alerts: Sequence[Alert]) -> None:
    """Fetch the episodes that these alerts may speak of; of old ones only those that they name."""
    keys = Q(key__in={alert.key for alert in alerts}) | Q(is_superseded=False)
    found = Episode.objects.filter(keys, source=table.source, identity__in={alert.identity for alert in alerts})
    for episode in found:
        table.by_key[episode.identity, episode.key] = episode
        if not episode.is_superseded:
            table.newest[episode.identity] = episode


def _hear(table: _Table, alert: Alert) -> None:
    episode = table.by_key.get((alert.identity, alert.key)) if alert.key else _joined(table, alert)
    if episode is not None:
        _go_on(table, episode, alert)
    elif alert.said is Said.FIRING or (alert.said is Said.RESOLVED and alert.key):
        _begin(table, alert)


def _joined(table: _Table, alert: Alert) -> Episode | None:
    """Return the episode that an alert without a time of its own speaks of: what stands, or was closed by a person."""
    newest = table.newest.get(alert.identity)
    if newest is None or newest.life in _STANDING:
        return newest
    return newest if newest.life == Life.CLOSED and alert.said is not Said.FIRING else None


def _go_on(table: _Table, episode: Episode, alert: Alert) -> None:
    now = table.now
    held, turn = heard(episode.held, alert.said, now, table.source.group_interval)
    before = _says(episode)
    if held.life != episode.life:
        episode.life, episode.changed_at = held.life, now
    episode.seen_at, episode.late_since = held.seen_at, held.late_since
    episode.seen_count += 1
    episode.last_notice = table.notice
    episode.annotations = dict(alert.annotations) or episode.annotations
    if alert.said is Said.FIRING:
        is_same = (episode.title, episode.labels) == (alert.title, dict(alert.labels))
        episode.is_findable = episode.is_findable and is_same
        episode.title, episode.labels, episode.url = alert.title, dict(alert.labels), alert.url
    if alert.said is Said.RESOLVED:
        episode.ends_at = alert.ends_at
        episode.doubt = episode.doubt or doubt(None, alert.ends_at, now)
    if turn is Turn.REOPENED:
        episode.reopened_count += 1
        episode.ends_at = episode.acknowledged_at = episode.acknowledged_by = episode.closed_by = None
        episode.reason = ""
    if turn in _CHANGES:
        table.turned.append(Turned(episode, _CHANGES[turn]))
    is_only_seen = turn is Turn.NONE and episode.seen_at == now and before == _says(episode)
    _touch(table, episode, is_only_seen)


def _says(episode: Episode) -> tuple[object, ...]:
    """Return what a notice may change of an episode beside that it was seen."""
    one = episode
    return one.life, one.late_since, one.title, one.labels, one.annotations, one.url, one.ends_at, one.doubt


def _touch(table: _Table, episode: Episode, is_only_seen: bool = False) -> None:
    """Have an episode written: the most are only seen once more, and thousands of those are written in one go."""
    key = str(episode.pk)
    if is_only_seen and key not in table.touched and key not in table.seen:
        table.seen[key] = episode
        return
    table.seen.pop(key, None)
    table.touched[key] = episode


def _begin(table: _Table, alert: Alert) -> None:
    """Begin an episode. One that comes resolved is written down as over, so that a late word does not begin it."""
    now, newest = table.now, table.newest.get(alert.identity)
    service, function = belongs(
        alert.labels, table.rules, table.known, (table.source.service, table.source.function)
    )  # fmt: skip
    episode = Episode(
        team_id=table.source.team_id, source=table.source, identity=alert.identity,
        key=alert.key or f"joined:{table.notice.pk}:{len(table.touched)}",
        life=Life.FIRING if alert.said is Said.FIRING else Life.RESOLVED, title=alert.title, labels=dict(alert.labels),
        annotations=dict(alert.annotations), url=alert.url, service=service, function=function,
        starts_at=alert.starts_at, starts_text=alert.starts_text, ends_at=_end(alert),
        doubt=doubt(alert.starts_at, _end(alert), now), first_at=now, seen_at=now, changed_at=now, seen_count=1,
        last_notice=table.notice, earlier=newest, is_superseded=newest is not None and _is_old(alert, newest),
    )  # fmt: skip
    table.by_key[episode.identity, episode.key] = episode
    _touch(table, episode)
    if episode.is_superseded:
        episode.earlier = None
        return
    if newest is not None:
        _supersede(table, newest)
    table.newest[alert.identity] = episode
    if alert.said is Said.FIRING:
        table.turned.append(Turned(episode, Change.OPENED))


def _end(alert: Alert) -> datetime | None:
    """Return when an alert ended; while it fires, a sender's end is only when it would be forgotten."""
    return alert.ends_at if alert.said is Said.RESOLVED else None


def _is_old(alert: Alert, newest: Episode) -> bool:
    """Say whether the end of an unknown time came after the beginning of a newer one."""
    if alert.said is Said.FIRING or alert.starts_at is None or newest.starts_at is None:
        return False
    return alert.starts_at < newest.starts_at


def _supersede(table: _Table, old: Episode) -> None:
    """Note that a newer time of a trouble began; how the one before ended, nobody has said."""
    old.is_superseded = True
    _touch(table, old)
    if old.life == Life.FIRING:
        old.life, old.changed_at = Life.SILENT, table.now
        table.turned.append(Turned(old, Change.SILENT))


def _write(table: _Table) -> None:
    for chunk in _chunks(table.seen):
        Episode.objects.filter(pk__in=chunk).update(
            seen_at=table.now, seen_count=F("seen_count") + 1, last_notice=table.notice
        )
    Episode.objects.bulk_create(
        table.touched.values(), update_conflicts=True, unique_fields=["id"], update_fields=_WRITTEN
    )


def announce(
    source: AlertSource, turned: Sequence[Turned], now: datetime, door: str, *, by: Person | None = None
) -> None:  # fmt: skip
    """Write the events of what changed and tell who listens, in the caller's transaction."""
    if len(turned) <= MOST_EVENTS:
        for one in turned:
            record(
                source.team, one.change, episode_ref(one.episode), by=by, source=door, plot=URGENT if by else None,
                service=one.episode.service, at=now,
            )  # fmt: skip
    else:
        counts = {change.name.lower(): sum(one.change is change for one in turned) for change in Change}
        payload = {name: count for name, count in counts.items() if count}
        record(source.team, "told", source_ref(source), by=None, source=door, at=now, payload=payload)
    if not tell(source, turned):
        for chunk in _chunks(one.episode.pk for one in turned):
            Episode.objects.filter(pk__in=chunk).update(untold_at=now)


def tell(source: AlertSource, turned: Sequence[Turned]) -> bool:
    """Tell who listens what changed, in the caller's transaction; say whether all heard."""
    team, below = source.team, reverse("alerts:alerts", args=[source.team.slug])
    return standing.tell(team, [
        Changed(shown_as(below, one.episode), one.change, one.episode.changed_at, _proposes(source, one.change))
        for one in turned
    ])  # fmt: skip


def _proposes(source: AlertSource, change: Change) -> bool:
    return source.proposes and change in (Change.OPENED, Change.REOPENED)
