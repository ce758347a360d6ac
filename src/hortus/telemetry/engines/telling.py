"""Asks engines for sums that stay in them, many at once and within a bounded time, and keeps what they told.

Nothing here is asked inside of a transaction. One engine that hangs costs its own queries and nobody else's: each has
threads of its own, and after it was once out of reach it is asked nothing more in that round.
"""

import time
from collections.abc import Container, Iterable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta

from django.db import transaction
from django.utils import timezone

from hortus.access.models import Team
from hortus.telemetry.engines import asking
from hortus.telemetry.engines.asking import Sum
from hortus.telemetry.engines.client import Client
from hortus.telemetry.engines.models import EngineQuery
from hortus.telemetry.engines.rules.answers import EngineFault
from hortus.telemetry.engines.rules.questions import Span
from hortus.telemetry.engines.telling_models import Telling
from hortus.values.refused import Refused

SECONDS, SECONDS_FOR_ONE = 30.0, 20.0
AT_ONCE = 4
SETTLED_MINUTES = 60
"""A span that had ended so long before it was asked for is not asked for again: late samples come within that time."""
KEPT_DAYS = 100
GONE = {"unreachable", "no-token", "late"}


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is wanted of one query. needed: without one of these nothing can be judged; more: as far as time allows."""

    query: EngineQuery
    needed: Sequence[Span]
    more: Sequence[Span] = ()


@dataclass(slots=True)
class _Round:
    """One engine in one round of questions. fault: why it is asked nothing more."""

    client: Client
    fault: EngineFault | None = None

    def ask(self, query: EngineQuery, spans: Sequence[Span]) -> dict[Span, Sum]:
        """Return the sums of spans. Raises EngineFault, at once when the engine is out of reach or time is up."""
        if self.fault is not None:
            raise self.fault
        try:
            return asking.windows(self.client, query, spans)
        except EngineFault as fault:
            if fault.code in GONE:
                self.fault = fault
            raise


@dataclass(slots=True)
class Heard:
    """What was heard of one query: sums by span, and the fault for which one that was needed is not among them."""

    sums: dict[Span, Sum] = field(default_factory=dict)
    fault: EngineFault | None = None


def listen(wanted: Sequence[Wanted], minute: int, *, seconds: float = SECONDS) -> list[Heard]:
    """Ask for what is wanted, up to `minute`, and return what was heard of each; writes nothing, never raises a fault.

    seconds: how long it may take. What was told before of a span that had long ended by then is taken from there.
    """
    heard = [_known(one, minute) for one in wanted]
    ends = time.monotonic() + seconds
    with ExitStack() as stack:
        pools: dict[object, ThreadPoolExecutor] = {}
        rounds: dict[object, _Round] = {}
        asked: list[tuple[Heard, bool, Future[dict[Span, Sum]]]] = []
        for query, known, spans, is_needed in _in_order(wanted, heard):
            engine = query.engine
            if engine.pk not in pools:
                pools[engine.pk] = stack.enter_context(ThreadPoolExecutor(AT_ONCE))
                rounds[engine.pk] = _Round(replace(asking.client_of(engine), seconds=SECONDS_FOR_ONE, ends=ends))
            asked.append((known, is_needed, pools[engine.pk].submit(rounds[engine.pk].ask, query, spans)))
        for known, is_needed, future in asked:
            _settle(known, is_needed, future)
    return heard


def _known(one: Wanted, minute: int) -> Heard:
    """Return what needs not be asked: nothing at all where the engine is not believed."""
    try:
        asking.refuse_sums(one.query)
    except EngineFault as fault:
        return Heard(fault=fault)
    before = one.query.tellings.filter(minute__lte=minute).first()
    if before is None:
        return Heard()
    told = sums_of(before)
    old = before.minute - SETTLED_MINUTES
    return Heard({span: told[span] for span in {*one.needed, *one.more} if span in told and span[1] <= old})


def _in_order(
    wanted: Sequence[Wanted], heard: Sequence[Heard]
) -> Iterable[tuple[EngineQuery, Heard, list[Span], bool]]:
    """Give what is to be asked, spans with one end together, all that is needed first."""
    pairs = [(one, known) for one, known in zip(wanted, heard, strict=True) if known.fault is None]
    for one, known in pairs:
        yield from ((one.query, known, spans, True) for spans in _by_end(one.needed, known.sums))
    for one, known in pairs:
        rest = _by_end(one.more, {*known.sums, *one.needed})
        yield from ((one.query, known, spans, False) for spans in rest)


def _by_end(spans: Iterable[Span], known: Container[Span]) -> list[list[Span]]:
    found: dict[int, list[Span]] = {}
    for span in spans:
        if span not in known:
            found.setdefault(span[1], []).append(span)
    return list(found.values())


def _settle(known: Heard, is_needed: bool, future: Future[dict[Span, Sum]]) -> None:
    try:
        known.sums |= future.result()
    except Refused as refused:
        if is_needed and known.fault is None:
            known.fault = EngineFault(refused.code, refused.sentence)


def sums_of(telling: Telling) -> dict[Span, Sum]:
    """Return what was told, by span."""
    return {(since, until): (good, total, measured) for since, until, good, total, measured in telling.sums}


def keep(team: Team, wanted: Sequence[Wanted], heard: Sequence[Heard], minute: int) -> None:
    """Keep what was heard up to `minute` as the last of its day; what was kept of a later minute stays.

    The page of the engine gets the whole finding of each query, objectives one without addresses. A query that was
    dropped meanwhile is left out; one that is asked otherwise since keeps its own finding.
    """
    day, now = _day(team, minute), timezone.now()
    rows, queries = [], [one.query for one in wanted]
    for query, known in zip(queries, heard, strict=True):
        said = asking.for_objectives(query.engine, known.fault).sentence if known.fault else ""
        sums = [[*span, *told] for span, told in sorted(known.sums.items())]
        rows.append(Telling(team=team, query=query, day=day, minute=minute, finding=said[:600], sums=sums))
        query.hear(now, known.fault)
    with transaction.atomic():
        locked = EngineQuery.objects.select_for_update(of=["self"], no_key=True).order_by("pk")
        asked = {one.pk: one.question for one in locked.filter(pk__in=[query.pk for query in queries])}
        later = Telling.objects.filter(query__in=queries, day=day, minute__gt=minute)
        newer = set(later.values_list("query", flat=True))
        Telling.objects.bulk_create(
            [row for row in rows if row.query_id in asked and row.query_id not in newer],
            update_conflicts=True, unique_fields=["query", "day"], update_fields=["minute", "sums", "finding"],
        )  # fmt: skip
        same = [query for query in queries if asked.get(query.pk) == query.question]
        EngineQuery.objects.bulk_update(same, EngineQuery.HEARD)
        Telling.objects.filter(query__in=queries, day__lt=day - timedelta(days=KEPT_DAYS)).delete()


def met(query: EngineQuery, fault: EngineFault | None) -> None:
    """Keep how an engine answered while somebody waited for it: a new fault, or that the one before is over."""
    if fault is None and query.failed_at is None:
        return
    query.hear(timezone.now(), fault)
    EngineQuery.objects.still(query).update(
        finding=query.finding, fault_code=query.fault_code, failed_at=query.failed_at
    )  # fmt: skip


def _day(team: Team, minute: int) -> date:
    return datetime.fromtimestamp(minute * 60, UTC).astimezone(team.zoneinfo).date()


def last_told(queries: Iterable[EngineQuery], minute: int) -> dict[int, Telling]:
    """Return, by series, what was told last of queries, at `minute` or before, within the last day. One statement."""
    held = {query.pk: query.series_id for query in queries}
    if not held:
        return {}
    found: dict[int, Telling] = {}
    rows = Telling.objects.filter(query__in=list(held), minute__lte=minute, minute__gt=minute - 1440)
    for row in rows.order_by("-minute"):
        found.setdefault(held[row.query_id], row)
    return found
