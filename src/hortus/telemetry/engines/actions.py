"""Verbs of engines, hubs and polls: add, change, check, ask, remove. Each with its event, without any secret."""

import re
import time
from datetime import datetime, timedelta
from typing import Any

from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.text import slugify

from hortus.access.models import Person, Team
from hortus.ledger.actions import record
from hortus.ledger.refs import Ref
from hortus.telemetry.counts.models import Series
from hortus.telemetry.engines import keeping, selfcheck
from hortus.telemetry.engines.asking import LONGEST_WINDOW, client_of
from hortus.telemetry.engines.client import checked_url
from hortus.telemetry.engines.hub_reading import SOURCE as HUB
from hortus.telemetry.engines.hub_reading import scrape
from hortus.telemetry.engines.models import Engine, EngineQuery, Hub, Poll
from hortus.telemetry.engines.polling import refuse_sacct
from hortus.telemetry.engines.rules.expressions import COMPARISONS, expression, selector
from hortus.telemetry.engines.rules.questions import Era
from hortus.telemetry.models import Cluster
from hortus.values.plots import Plot
from hortus.values.refused import Refused

CARE = Plot.named("products-care")
LONGEST_NAME = 80
MOST_QUERIES, MOST_CHANGES = 500, 20
PERIODS = (5, 10, 15, 30, 60)
LONGEST_BACK = timedelta(days=3653)
ENGINE_PATH = "what stands before /api/v1"
HUB_PATH = "the path of its metrics, as in https://hub.example.org/hub/metrics"
JOBS_PATH = "the path of its list of jobs, as in http://slurm.example.org:6820/slurmdb/v0.0.38/jobs"
_TOKEN_NAME = re.compile(r"[A-Z0-9_]{1,40}")


def _named(name: str) -> tuple[str, str]:
    """Return a name and the slug made from it. Raises Refused."""
    given = " ".join(name.split())
    slug = slugify(given)[:60].strip("-")
    if not slug or len(given) > LONGEST_NAME:
        raise Refused(
            "bad-name", f"A name has 1 to {LONGEST_NAME} characters, letters or digits among them; got {given[:80]!r}.",
            "name",
        )  # fmt: skip
    return given, slug


def _url(url: str, then: str, stands: str = "") -> str:
    """Return a checked URL. stands: the one of now, which may stay though its address was closed since."""
    return stands if stands and url.strip().rstrip("/") == stands else checked_url(url, then)


def _token_name(name: str) -> str:
    given = name.strip().removeprefix("ENGINE_TOKEN_")
    if given and not _TOKEN_NAME.fullmatch(given):
        raise Refused(
            "bad-token-name",
            "Name the variable of the environment that holds the token, not the token itself: at most 40 of A-Z, 0-9 "
            "and _, as in METRICS for ENGINE_TOKEN_METRICS.", "token_name",
        )  # fmt: skip
    return given


def _tell(row: Engine | Hub | Poll, verb: str, ref: Ref, by: Person | None, door: str, **facts: Any) -> None:
    record(row.team, verb, ref, by=by, source=door, plot=CARE, payload=facts)


def engine_ref(engine: Engine) -> Ref:
    """Return how the ledger speaks of an engine."""
    return Ref("engine", engine.slug, engine.name)


def hub_ref(hub: Hub) -> Ref:
    """Return how the ledger speaks of a hub."""
    return Ref("hub", hub.slug, hub.name)


def _poll_ref(held: Poll) -> Ref:
    return Ref("cluster", held.cluster.name, held.cluster.name)


def _taken(name: str) -> Refused:
    return Refused("taken", f"There is one called {name!r} already; choose another name.", "name")


def add_engine(
    team: Team, *, name: str, url: str, kind: str, token_name: str = "", by: Person | None, door: str
) -> Engine:  # fmt: skip
    """Add an engine, not checked yet: call `check` next. Raises Refused with the field that is wrong.

    url: what stands before /api/v1, as in https://metrics.example.org/prometheus.
    """
    name, slug = _named(name)
    if kind not in Engine.Kind.values:
        raise Refused("unknown-kind", f"{kind[:40]!r} is not a kind; choose one of {', '.join(Engine.Kind)}.", "kind")
    made = Engine(
        team=team, slug=slug, name=name, url=_url(url, ENGINE_PATH), kind=kind, token_name=_token_name(token_name),
        by=by,
    )  # fmt: skip
    try:
        with transaction.atomic():
            made.save(force_insert=True)
            _tell(made, "added", engine_ref(made), by, door, kind=kind)
    except IntegrityError:
        raise _taken(name) from None
    return made


@transaction.atomic
def change_engine(
    engine: Engine, *, name: str, url: str, kind: str, token_name: str = "", by: Person | None, door: str
) -> None:  # fmt: skip
    """Change what an engine is; another address must be checked anew before it is believed. Raises Refused."""
    url = _url(url, ENGINE_PATH, engine.url)
    given = {"name": _named(name)[0], "url": url, "kind": kind, "token_name": _token_name(token_name)}
    if kind not in Engine.Kind.values:
        raise Refused("unknown-kind", f"{kind[:40]!r} is not a kind; choose one of {', '.join(Engine.Kind)}.", "kind")
    changed = [field for field, value in given.items() if getattr(engine, field) != value]
    for field in changed:
        setattr(engine, field, given[field])
    if {"url", "token_name"} & set(changed):
        engine.state, engine.checks, engine.checked_at = Engine.State.UNCHECKED, [], None
    if changed:
        engine.save()
        _tell(engine, "changed", engine_ref(engine), by, door, changed=changed)


@transaction.atomic
def remove_engine(engine: Engine, *, by: Person | None, door: str) -> None:
    """Forget an engine and its queries; the counts that were copied stay. Raises Refused while sums are asked of it."""
    there = engine.queries.filter(is_kept_here=False).count()
    if there:
        raise Refused("in-use", f"{there} of its queries keep their counts in this engine; remove those first.")
    _tell(engine, "removed", engine_ref(engine), by, door)
    engine.delete()


def check(engine: Engine, *, by: Person | None, door: str) -> Engine:
    """Run the self-check and keep what it found; return the engine. A change of its state is an event.

    The check asks for seconds. What it found is not kept when the engine was removed meanwhile, or got another address
    or token: nothing is known of those yet, and whoever changed them has the engine checked again.
    """
    queries = list(engine.queries.all())
    found = selfcheck.examine(client_of(engine), queries, time.time())
    with transaction.atomic():
        asked = Engine.objects.select_for_update().filter(pk=engine.pk, url=engine.url, token_name=engine.token_name)
        was = asked.values_list("state", flat=True).first()
        if was is None:
            return Engine.objects.select_related("team").filter(pk=engine.pk).first() or engine
        engine.state, engine.gives_samples, engine.checked_at = found.state, found.gives_samples, timezone.now()
        engine.checks = [one.as_json() for one in found.checks]
        engine.save(update_fields=["state", "gives_samples", "checked_at", "checks"])
        if was != engine.state:
            engine.queries.update(asked_at=None)  # what rests after a fault is asked at once
            _tell(engine, "checked", engine_ref(engine), by, door, state=engine.state, was=was)
    return engine


def _asked(sort: str, good: str, total: str, comparison: str, bound: float | None) -> dict[str, Any]:
    """Return the checked parts of a query. Raises Refused with the field that is wrong."""
    if sort not in EngineQuery.Sort.values:
        words = ", ".join(EngineQuery.Sort)
        raise Refused("unknown-sort", f"{sort[:40]!r} is not a sort of query; choose one of {words}.", "sort")
    if sort != EngineQuery.Sort.THRESHOLD:
        return {"good": selector(good, "good"), "total": selector(total, "total"), "comparison": "", "bound": None}
    if comparison not in COMPARISONS:
        words = ", ".join(COMPARISONS)
        said = f"{comparison[:40]!r} compares nothing; choose one of {words}."
        raise Refused("unknown-comparison", said, "comparison")
    if bound is None or not abs(bound) < 1e300:
        raise Refused("bad-bound", "Give the bound as a number.", "bound")
    return {"good": expression(good, "good"), "total": "", "comparison": comparison, "bound": bound}


def ask(
    engine: Engine, *, name: str, sort: str, good: str, total: str = "", comparison: str = "",
    bound: float | None = None, is_kept_here: bool = True, by: Person | None, door: str,
    backfill_days: int = keeping.BACKFILL_DAYS,
) -> EngineQuery:  # fmt: skip
    """Have an engine asked for a new series of counts; return the query, with its series.

    good, total: selectors of counters; good counts bad events for the sort "bad", and is an expression for
    "threshold", where each minute is one event, good when the value keeps the bound. is_kept_here: the worker copies
    the counts every minute, beginning `backfill_days` (0 to 400) ago; otherwise `asking.window_sums` asks the engine.
    Raises Refused with the field that is wrong.
    """
    _, slug = _named(name)
    parts = _asked(sort, good, total, comparison, bound)
    if sort == EngineQuery.Sort.THRESHOLD and not is_kept_here:
        raise Refused("kept-here-only", "A value against a bound has to be kept here: choose that.", "is_kept_here")
    if not 0 <= backfill_days <= 400:
        raise Refused("bad-days", f"Back-filling takes 0 to 400 days, got {backfill_days}.", "backfill_days")
    if engine.queries.count() >= MOST_QUERIES:
        raise Refused("too-many", f"One engine is asked at most {MOST_QUERIES} queries.")
    first = keeping.minute_now() - backfill_days * 1440
    try:
        with transaction.atomic():
            series = Series.objects.create(team=engine.team, name=slug, source=keeping.ENGINE)
            made = EngineQuery.objects.create(
                engine=engine, series=series, sort=sort, is_kept_here=is_kept_here, first_minute=first,
                next_minute=first, by=by, **parts,
            )  # fmt: skip
            _tell(engine, "asked", engine_ref(engine), by, door, series=slug, sort=sort, kept_here=is_kept_here)
    except IntegrityError:
        raise _taken(name) from None
    return made


@transaction.atomic
def change_query(
    query: EngineQuery, *, sort: str, good: str, total: str = "", comparison: str = "", bound: float | None = None,
    by: Person | None, door: str,
) -> list[str]:  # fmt: skip
    """Ask otherwise for a series from now on; return the names of what changed. Arguments as of `ask`.

    What was counted stays as it was counted: copied minutes are not copied again, and an engine that keeps the counts
    is asked for the minutes before in the words of before. The event names what changed, without the words: more people
    read events than engines. Raises Refused with the field that is wrong, or when the query was dropped meanwhile.
    """
    given = {"sort": sort} | _asked(sort, good, total, comparison, bound)
    locked = EngineQuery.objects.select_for_update(of=["self"]).select_related("engine__team", "series")
    held = locked.filter(pk=query.pk).first()
    if held is None:
        raise Refused("gone", "Nothing is asked for this series any more: somebody dropped the query meanwhile.")
    if sort == EngineQuery.Sort.THRESHOLD and not held.is_kept_here:
        raise Refused("kept-here-only", "A value against a bound has to be kept here: ask for a new series.", "sort")
    changed = [name for name, value in given.items() if getattr(held, name) != value]
    if not changed:
        return []
    held.earlier = [era.as_json() for era in _eras(held)]
    for name in changed:
        setattr(held, name, given[name])
    held.asked_at, held.finding, held.fault_code, held.failed_at = None, "", "", None  # it is asked at once
    held.save(update_fields=["earlier", *EngineQuery.HEARD, *changed])
    _tell(held.engine, "changed", engine_ref(held.engine), by, door, series=held.series.name, changed=changed)
    return changed


def _eras(query: EngineQuery) -> list[Era]:
    """Return what was asked of a query up to now, of which windows can still speak. Raises Refused for too many."""
    now = keeping.minute_now()
    until = query.next_minute if query.is_kept_here else now
    eras = [era for era in query.eras if era.until > now - LONGEST_WINDOW]
    if until > max(query.changed_minute, query.first_minute):  # else nothing was asked so
        eras.append(Era(until, query.question))
    if len(eras) > MOST_CHANGES:
        said = f"It was changed {MOST_CHANGES} times in the last 400 days; ask for a new series instead."
        raise Refused("too-many", said)
    return eras


@transaction.atomic
def drop(query: EngineQuery, *, by: Person | None, door: str) -> None:
    """Ask a query no more; its series and what was copied stay."""
    _tell(query.engine, "dropped", engine_ref(query.engine), by, door, series=query.series.name)
    query.delete()


def _edge(team: Team, url: str, token_name: str, threshold_seconds: float) -> None:
    """Read a hub once. Raises EngineFault when it cannot be read, Refused when the threshold is none of its edges."""
    edges = scrape(url, token_name, team.slug).edges
    if threshold_seconds not in edges:
        known = ", ".join(f"{edge:g}" for edge in edges) or "none"
        raise Refused(
            "no-edge",
            f"A hub only tells how many notebooks opened within the edges of its histogram; choose one of {known} "
            f"seconds instead of {threshold_seconds:g}.", "threshold_seconds",
        )  # fmt: skip


def _series_of_hub(team: Team, name: str) -> Series:
    """Return the series that a hub counts into: a new one, or that of a hub of this name that was removed."""
    left = Series.objects.filter(team=team, name=name, source=HUB, hub=None).first()
    return left or Series.objects.create(team=team, name=name, source=HUB)


def add_hub(
    team: Team, *, name: str, url: str, threshold_seconds: float, token_name: str = "", by: Person | None, door: str
) -> Hub:  # fmt: skip
    """Have a JupyterHub's metrics read every minute; return the hub. It is read once, to know its histogram's edges.

    url: of its page of metrics, as in https://hub.example.org/hub/metrics. threshold_seconds: a notebook that opened
    within it is good; one of those edges. Raises Refused with the field that is wrong.
    """
    name, slug = _named(name)
    given = {"url": _url(url, HUB_PATH), "token_name": _token_name(token_name)}
    _edge(team, given["url"], given["token_name"], threshold_seconds)
    try:
        with transaction.atomic():
            made = Hub.objects.create(
                team=team, slug=slug, name=name, threshold_seconds=threshold_seconds,
                series=_series_of_hub(team, f"{slug}-notebooks"[:80]), by=by, **given,
            )  # fmt: skip
            _tell(made, "added", hub_ref(made), by, door, threshold_seconds=threshold_seconds)
    except IntegrityError:
        raise _taken(name) from None
    return made


def change_hub(
    hub: Hub, *, name: str, url: str, threshold_seconds: float, token_name: str = "", by: Person | None, door: str
) -> list[str]:  # fmt: skip
    """Change what a hub is, or what opens in time; return the names of what changed. Arguments as in `add_hub`.

    What was counted stays as it was counted: a hub's histogram of the past is not kept. At another address counting
    begins anew with the next reading. Raises Refused with the field that is wrong.
    """
    given: dict[str, Any] = {
        "name": _named(name)[0], "url": _url(url, HUB_PATH, hub.url), "token_name": _token_name(token_name),
        "threshold_seconds": threshold_seconds,
    }  # fmt: skip
    changed = [field for field, value in given.items() if getattr(hub, field) != value]
    if set(changed) - {"name"}:
        _edge(hub.team, given["url"], given["token_name"], threshold_seconds)
    for field in changed:
        setattr(hub, field, given[field])
    if "url" in changed:
        hub.last = {}
    if changed:
        with transaction.atomic():
            hub.save(update_fields=[*changed, "last"] if "url" in changed else changed)
            _tell(hub, "changed", hub_ref(hub), by, door, changed=changed)
    return changed


@transaction.atomic
def remove_hub(hub: Hub, *, by: Person | None, door: str) -> None:
    """Read a hub no more; its series and what was counted stay, and a hub added by the same name goes on there."""
    _tell(hub, "removed", hub_ref(hub), by, door)
    hub.delete()


def set_poll(
    cluster: Cluster, *, source: str, period_minutes: int, url: str = "", user_name: str = "", token_name: str = "",
    since: datetime | None = None, by: Person | None, door: str,
) -> Poll:  # fmt: skip
    """Have a cluster's scheduler asked for its jobs every few minutes; return the poll.

    source: "sacct", run on this machine, or "slurmrestd", whose list of jobs stands at `url`, as in
    http://slurm.example.org:6820/slurmdb/v0.0.38/jobs. since: aware, the first time that is asked for, at most ten
    years back; an hour ago when left out. A poll that is there is changed and goes on where it was. Raises Refused.
    """
    if source not in Poll.Source.values:
        raise Refused("unknown-source", f"{source[:40]!r} is not a source; choose sacct or slurmrestd.", "source")
    if source == Poll.Source.SACCT:
        refuse_sacct(cluster.team)
    if period_minutes not in PERIODS:
        words = ", ".join(map(str, PERIODS))
        raise Refused("bad-period", f"A period has {words} minutes, got {period_minutes}.", "period_minutes")
    given: dict[str, Any] = {"source": source, "period_minutes": period_minutes}
    given |= dict.fromkeys(("url", "user_name", "token_name"), "")
    if source == Poll.Source.REST:
        stands = Poll.objects.filter(cluster=cluster).values_list("url", flat=True).first()
        url = _url(url, JOBS_PATH, stands or "")
        given |= {"url": url, "user_name": _user(user_name), "token_name": _token_name(token_name)}
        if not given["token_name"]:
            raise Refused("no-token", "slurmrestd wants a token: name the variable that holds it.", "token_name")
    began = _began(since)
    with transaction.atomic():
        held, is_new = Poll.objects.update_or_create(
            cluster=cluster, defaults=given,
            create_defaults=given | {"team": cluster.team, "since": began, "by": by},
        )  # fmt: skip
        verb = "polled" if is_new else "changed"
        _tell(held, verb, _poll_ref(held), by, door, source=source, period_minutes=period_minutes)
    return held


def _began(since: datetime | None) -> datetime:
    """Return the first time that a scheduler is asked for. Raises Refused for a future or a distant one."""
    now = timezone.now()
    began = since or now - timedelta(hours=1)
    if began > now:
        raise Refused("in-future", f"Polling cannot begin in the future, got {began.isoformat()}.", "since")
    if began < now - LONGEST_BACK:
        said = f"Polling begins at most 10 years back, got {began.isoformat()}; import older jobs from a file."
        raise Refused("too-long-ago", said, "since")
    return began


def _user(name: str) -> str:
    if not re.fullmatch(r"[A-Za-z0-9._@-]{1,60}", name):
        said = "Give the account that the token is for, 1 to 60 of a-z, 0-9, ., _, @ and -."
        raise Refused("bad-user", said, "user_name")
    return name


@transaction.atomic
def stop_poll(held: Poll, *, by: Person | None, door: str) -> None:
    """Ask a cluster's scheduler no more; the jobs that were imported stay."""
    _tell(held, "unpolled", _poll_ref(held), by, door)
    held.delete()
