"""Verbs of alerts: add, change and retire a source, make and revoke its tokens; acknowledge and close an episode.

Each with its event, without any token. What sources send is taken by `taking`.
"""

from dataclasses import asdict, dataclass
from datetime import datetime, timedelta

from django.db import IntegrityError, transaction

from hortus.access.models import Person, Team
from hortus.access.rules import digest, new_prefix, new_secret
from hortus.catalogue.sentences import plain
from hortus.ledger import clock
from hortus.ledger.actions import record
from hortus.telemetry.alerts.models import AlertSource, Episode, Notice, SourceToken
from hortus.telemetry.alerts.refs import episode_ref, source_ref
from hortus.telemetry.alerts.rules.lives import SILENT_AFTER, Life
from hortus.telemetry.alerts.rules.mapping import parsed, unknown
from hortus.telemetry.alerts.rules.reading import Sort
from hortus.telemetry.alerts.standing import Change
from hortus.telemetry.alerts.turning import Turned, announce, catalogue, tell
from hortus.values.plots import Plot
from hortus.values.refused import Refused
from hortus.web.slugs import in_use, slug_for, taken

CARE, URGENT = Plot.named("processes-care"), Plot.named("processes-urgent")
LONGEST_NAME, LONGEST_REASON = 80, 300
MOST_VALID = 2  # the one in use, and the one that takes its place
LONGEST_GROUP, LONGEST_REPEAT = timedelta(days=1), timedelta(days=30)
GROUP_SECONDS = 300  # as Alertmanager has it when nobody says otherwise
REPEAT_SECONDS = {Sort.ALERTMANAGER: 14_400, Sort.GRAFANA: 14_400, Sort.UPTIME_KUMA: 0, Sort.COMMAND: 0}
KEPT, SWEPT_AT_ONCE = timedelta(days=30), 500


@dataclass(frozen=True, slots=True)
class Details:
    """What can be said of a source. mapping: text of rules, one a line. service, function: slugs, "" for none.

    group_interval_seconds: 0 to 86,400. repeat_interval_seconds: 0 (it does not repeat) to 2,592,000; None: as
    programs of this sort come.
    """

    name: str
    sort: str
    group_interval_seconds: int = GROUP_SECONDS
    repeat_interval_seconds: int | None = None
    service: str = ""
    function: str = ""
    mapping: str = ""
    proposes: bool = False


def _checked(team: Team, given: Details) -> dict[str, object]:
    """Return the details as the table holds them. Raises Refused."""
    if given.sort not in list(Sort):
        raise Refused("unknown-sort", f"{given.sort[:40]!r} is no sort of source; choose one of {', '.join(Sort)}.",
                      "sort")  # fmt: skip
    repeat = given.repeat_interval_seconds
    repeat = REPEAT_SECONDS[Sort(given.sort)] if repeat is None else repeat
    limits = (("group_interval_seconds", given.group_interval_seconds, LONGEST_GROUP),
              ("repeat_interval_seconds", repeat, LONGEST_REPEAT))  # fmt: skip
    for field, seconds, longest in limits:
        if not 0 <= seconds <= longest.total_seconds():
            most = int(longest.total_seconds())
            raise Refused("bad-interval", f"An interval is 0 to {most} seconds here, got {seconds}.", field)
    known, rules = catalogue(AlertSource(team=team)), parsed(given.mapping)
    if wrong := unknown(rules, known):
        raise Refused("unknown-slug", wrong, "mapping")
    for field, slug, slugs in (
        ("service", given.service, known.services),
        ("function", given.function, known.functions),
    ):
        if slug and slug not in slugs:
            raise Refused("unknown-slug", f"The catalogue has no {field} {slug[:60]!r}; choose one it has.", field)
    return asdict(given) | {
        "name": plain(given.name, "name", LONGEST_NAME, required=True), "repeat_interval_seconds": repeat,
        "mapping": [[rule.label, rule.value, rule.service, rule.function] for rule in rules],
    }  # fmt: skip


def _tell(
    source: AlertSource, verb: str, by: Person | None, door: str, at: datetime | None = None, **facts: object
) -> None:  # fmt: skip
    record(source.team, verb, source_ref(source), by=by, source=door, plot=CARE, at=at, payload=facts)


@transaction.atomic
def add_source(
    team: Team, details: Details, *, by: Person | None, door: str, slug: str = "", at: datetime | None = None
) -> tuple[AlertSource, str]:  # fmt: skip
    """Add a source of alerts; return it with the text of its first token, which nobody can read again.

    slug: its name in addresses of pages, made from its name when left out. Raises Refused.
    """
    laid = _checked(team, details)
    slug = slug_for(slug, details.name, "source", in_use(AlertSource.objects.filter(team=team)))
    source = AlertSource(team=team, slug=slug, by=by, made_at=at or clock.now(), **laid)
    try:
        with transaction.atomic():
            source.save(force_insert=True)
    except IntegrityError:  # two at once: the other was first
        raise taken(slug, "source") from None
    _tell(source, "added", by, door, at, sort=source.sort)
    return source, make_token(source, by=by, door=door, at=at)[1]


@transaction.atomic
def change_source(source: AlertSource, details: Details, *, by: Person | None, door: str) -> list[str]:
    """Change what is said of a source; return the names of what changed. What came before stays as it was read."""
    laid = _checked(source.team, details)
    changed = [name for name, value in laid.items() if getattr(source, name) != value]
    if changed:
        AlertSource.objects.filter(pk=source.pk).update(**laid)
        source.refresh_from_db()
        _tell(source, "changed", by, door, changed=changed)
    return changed


@transaction.atomic
def retire_source(source: AlertSource, *, by: Person | None, door: str) -> None:
    """Take nothing more from a source: its tokens open nothing from now on. What came stays. Raises Refused."""
    now = clock.now()
    if not AlertSource.objects.active().filter(pk=source.pk).update(retired_at=now):
        raise Refused("retired", f"{source} is retired already.")
    source.tokens.filter(revoked_at=None).update(revoked_at=now)
    source.retired_at = now
    _tell(source, "retired", by, door)


@transaction.atomic
def make_token(
    source: AlertSource, *, by: Person | None, door: str, at: datetime | None = None
) -> tuple[SourceToken, str]:  # fmt: skip
    """Make a token that opens the address of a source; return it with its text, which nobody can read again.

    Two may be valid while one takes the place of the other. Raises Refused for a third, and for a retired source.
    """
    held = AlertSource.objects.select_for_update().get(pk=source.pk)
    if held.retired_at is not None:
        raise Refused("retired", f"{source} is retired; add a new source.")
    if held.tokens.filter(revoked_at=None).count() >= MOST_VALID:
        raise Refused("two-tokens", f"{source} has {MOST_VALID} tokens that work; revoke one before you make another.")
    prefix = new_prefix()
    text = f"alerts_{prefix}_{new_secret()}"
    made = SourceToken.objects.create(
        team=held.team, source=held, prefix=prefix, digest=digest(text), by=by, made_at=at or clock.now()
    )
    _tell(source, "got a token", by, door, at, token=prefix)
    return made, text


@transaction.atomic
def revoke_token(token: SourceToken, *, by: Person | None, door: str) -> None:
    """Make a token worthless at once; nothing happens to one that is already."""
    if SourceToken.objects.filter(pk=token.pk, revoked_at=None).update(revoked_at=clock.now()):
        _tell(token.source, "lost a token", by, door, token=token.prefix)


def _held(episode: Episode) -> Episode:
    """Return an episode as it is now, its row held until the transaction ends."""
    found: Episode = Episode.objects.select_for_update().get(pk=episode.pk)
    return found


def _reason(text: str) -> str:
    return plain(text, "reason", LONGEST_REASON, required=True)


@transaction.atomic
def acknowledge(
    episode: Episode, reason: str, *, by: Person, door: str, at: datetime | None = None
) -> Episode:  # fmt: skip
    """Note that somebody knows of an alert and why it may stand. Raises Refused when it is over."""
    why, held = _reason(reason), _held(episode)
    if held.life not in (Life.FIRING, Life.SILENT):
        raise Refused("over", f"{held} is over already; there is nothing to acknowledge.")
    held.acknowledged_at, held.acknowledged_by, held.reason = at or clock.now(), by, why
    held.save(update_fields=["acknowledged_at", "acknowledged_by", "reason"])
    ref = episode_ref(held)
    record(held.team, "acknowledged", ref, by=by, source=door, plot=URGENT, service=held.service, at=at)
    return held


@transaction.atomic
def close(episode: Episode, reason: str, *, by: Person, door: str) -> Episode:
    """Say that an alert is over, as for one whose sender is silent. Raises Refused when it is over already.

    It opens again when its sender says for longer than a group interval that it still fires.
    """
    why, source = _reason(reason), AlertSource.objects.select_for_update().get(pk=episode.source_id)
    held = _held(episode)
    if held.life not in (Life.FIRING, Life.SILENT):
        raise Refused("over", f"{held} is over already.")
    now = clock.now()
    held.life, held.changed_at, held.late_since, held.closed_by, held.reason = Life.CLOSED, now, None, by, why
    held.save(update_fields=["life", "changed_at", "late_since", "closed_by", "reason"])
    announce(source, [Turned(held, Change.CLOSED)], now, door, by=by)
    return held


@transaction.atomic
def look_at(notice: Notice, *, by: Person, door: str) -> None:
    """Note that a person looked at a notice that could not be read, so that it is not listed any more."""
    if Notice.objects.unread().filter(pk=notice.pk).update(seen_at=clock.now(), seen_by=by):
        record(notice.team, "looked at what came unreadable", source_ref(notice.source), by=by, source=door, plot=CARE)


@transaction.atomic
def fall_silent(source: AlertSource) -> int:
    """Mark what fires but was not heard of for three repeat intervals; return how many. Asked by a worker."""
    source = AlertSource.objects.select_for_update().get(pk=source.pk)
    if not source.repeat_interval_seconds:
        return 0
    now = clock.now()
    due = now - SILENT_AFTER * source.repeat_interval
    found = list(Episode.objects.filter(source=source, life=Life.FIRING, seen_at__lt=due).order_by("pk"))
    Episode.objects.filter(pk__in=[one.pk for one in found]).update(life=Life.SILENT, changed_at=now)
    for one in found:
        one.life, one.changed_at = Life.SILENT, now
    announce(source, [Turned(one, Change.SILENT) for one in found], now, "worker")
    return len(found)


_LAST_CHANGES = {Life.FIRING: Change.OPENED, Life.SILENT: Change.SILENT, Life.RESOLVED: Change.ENDED,
                 Life.CLOSED: Change.CLOSED}  # fmt: skip


@transaction.atomic
def tell_again(source: AlertSource) -> int:
    """Tell who listens once more what they could not be told, as it is by now; return how many alerts. By a worker.

    In one go, as at first: what came together is proposed together.
    """
    source = AlertSource.objects.select_for_update(of=("self",)).select_related("team").get(pk=source.pk)
    found = list(Episode.objects.filter(source=source).untold().order_by("pk"))
    if not tell(source, [Turned(one, _LAST_CHANGES[Life(one.life)]) for one in found]):
        return 0
    return Episode.objects.filter(source=source).untold().update(untold_at=None)


def sweep(now: datetime) -> int:
    """Forget the raw notices older than a month; return how many. Their episodes stay for good."""
    forgotten = 0
    old = Notice.objects.filter(received_at__lt=now - KEPT).order_by("pk").values_list("pk", flat=True)
    while batch := list(old[:SWEPT_AT_ONCE]):
        forgotten += Notice.objects.filter(pk__in=batch).delete()[0]
    return forgotten
