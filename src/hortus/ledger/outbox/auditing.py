"""The auditor: looks every five minutes for what might be forgotten, mends what it can, and tells the rest.

Nothing is kept: `findings` reads anew whenever the doctor, a page or the periodic task asks. Floors above add their own
checks with `register`.
"""

import logging
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import Count, Min

from hortus.access.models import Team
from hortus.ledger import clock
from hortus.ledger.outbox import rules, sending
from hortus.ledger.outbox.models import Delivery, DeliveryQuerySet, Urgency
from hortus.ledger.queue_lease import CLOCK_SLACK
from hortus.ledger.queue_models import OPEN, QueuedTask, QueueWorker, TaskState
from hortus.web import fetch
from hortus.web.words import counted

log = logging.getLogger("hortus.outbox")
SILENT = timedelta(minutes=2)
OLD = timedelta(minutes=15)
# So long a transaction that wrote a delivery may take to write its task as well.
SETTLED = timedelta(minutes=1)
_STEP = 500


@dataclass(frozen=True, slots=True)
class Finding:
    """Something that a person should look at. check: a word or two. sentence: what is so. team: whose, None for all."""

    check: str
    sentence: str
    team: Team | None = None


Check = Callable[[datetime], Iterable[Finding]]
_CHECKS: dict[str, Check] = {}


def register(name: str, check: Check) -> None:
    """Have the auditor look at something more; called from AppConfig.ready.

    name: as the doctor shows it, as in "promises". check: from now (aware) to what is wrong, nothing when all is well.
    """
    _CHECKS[name] = check


def checks() -> dict[str, Check]:
    """Return every check with its name, those of the outbox first."""
    ours: dict[str, Check] = {
        "worker": _worker, "clocks": _clocks, "messages due": _old, "messages given up": _dead, "messages held": _held,
    }  # fmt: skip
    return ours | _CHECKS


def findings(now: datetime | None = None) -> list[Finding]:
    """Return what all checks find now."""
    at = now or clock.now()
    return [finding for check in checks().values() for finding in check(at)]


def audit() -> dict[str, int]:
    """Give every due delivery its task again, look at everything, and call the heartbeat's address if all is well."""
    made, found = remake(), findings()
    for finding in found:
        log.warning("%s: %s", finding.check, finding.sentence)
    if not found and settings.HORTUS.heartbeat_url:
        _call(settings.HORTUS.heartbeat_url)
    return {"tasks_made_again": made, "findings": len(found)}


def remake() -> int:
    """Write the task of every due delivery that has no open one; return how many were missing."""
    made, last, settled = 0, 0, clock.now() - SETTLED
    while some := list(Delivery.objects.due().filter(pk__gt=last, made_at__lt=settled).order_by("pk")[:_STEP]):
        last = some[-1].pk
        keys = [rules.task_key(one.pk) for one in some]
        has = set(QueuedTask.objects.filter(unique_key__in=keys, state__in=OPEN).values_list("unique_key", flat=True))
        lost = [one.pk for one in some if rules.task_key(one.pk) not in has]
        made += _remake(lost) if lost else 0
    return made


@transaction.atomic
def _remake(ids: list[int]) -> int:
    lost = list(Delivery.objects.due().filter(pk__in=ids).select_for_update(of=("self",)).order_by("pk"))
    sending.enqueue(lost, Urgency.NORMAL)
    if lost:
        log.warning("%d due messages had no task; they have one again", len(lost))
    return len(lost)


def _call(url: str) -> None:
    rules = fetch.Rules(networks=fetch.networks(settings.HORTUS.fetch_networks), max_bytes=100_000, seconds=10)
    try:
        answer = fetch.fetch(url, rules)
    except fetch.Unfetchable as error:
        log.warning("The heartbeat could not be told that all is well: %s", error)
    else:
        if not answer.ok:
            log.warning("The heartbeat's address answered with status %d.", answer.status)


def silent_since(now: datetime) -> datetime | None:
    """Return since when no worker was heard of although work waits or one should live; None while all is well.

    A beat in the future was written before the clock was set back, so it proves nothing.
    """
    newest = QueueWorker.objects.order_by("-beat_at").values_list("beat_at", flat=True).first()
    if newest is not None:
        return newest if abs(now - newest) > SILENT else None
    oldest: datetime | None = QueuedTask.objects.filter(state=TaskState.WAITING).aggregate(at=Min("run_after"))["at"]
    return oldest if oldest is not None and now - oldest > SILENT else None


def _worker(now: datetime) -> Iterator[Finding]:
    if since := silent_since(now):
        yield Finding("worker", f"No worker was heard of since {since:%Y-%m-%d %H:%M} UTC; messages wait. "
                      "`hortus worker` starts one.")  # fmt: skip


def _clocks(now: datetime) -> Iterator[Finding]:
    slack = CLOCK_SLACK.total_seconds()
    for worker in QueueWorker.objects.filter(beat_at__gt=now - SILENT).order_by("host", "pid"):
        if abs(worker.clock_off_seconds) > slack:
            word = "ahead of" if worker.clock_off_seconds > 0 else "behind"
            yield Finding("clocks", f"The clock of {worker} is {abs(worker.clock_off_seconds):.0f} s {word} the "
                          "database's; set the machine's clock.")  # fmt: skip


def _old(now: datetime) -> Iterator[Finding]:
    old = Delivery.objects.waiting_since(now - OLD)
    for team, count, since in _by_team(old, "due_from"):
        yield Finding("messages due", f"{counted(count, 'message')} of {team.name} should have left and "
                      f"{'has' if count == 1 else 'have'} not, the oldest since {since:%Y-%m-%d %H:%M} UTC.",
                      team)  # fmt: skip


def _dead(now: datetime) -> Iterator[Finding]:
    for team, count, _ in _by_team(Delivery.objects.dead(), "made_at"):
        verb = "was" if count == 1 else "were"
        yield Finding("messages given up", f"{counted(count, 'message')} of {team.name} {verb} given up; see "
                      "`hortus outbox list --state dead`.", team)  # fmt: skip


def _held(now: datetime) -> Iterator[Finding]:
    for team, count, _ in _by_team(Delivery.objects.held(), "made_at"):
        yield Finding("messages held", f"{counted(count, 'message')} of {team.name} came back with a backup and may "
                      "have been sent before; see `hortus outbox list --state held`.", team)  # fmt: skip


def _by_team(rows: DeliveryQuerySet, field: str) -> list[tuple[Team, int, datetime]]:
    """Return each team with deliveries among these, how many, and the oldest moment of a field."""
    counts = list(rows.order_by().values_list("team").annotate(n=Count("pk"), since=Min(field)))
    teams = Team.objects.in_bulk([pk for pk, *_ in counts])
    return sorted(((teams[pk], n, since) for pk, n, since in counts), key=lambda row: row[0].slug)
