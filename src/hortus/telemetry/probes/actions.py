"""Verbs of probes: add, change, pause, resume and remove one, each with its event. Running them is in `running`."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from django.db import transaction
from django.utils import timezone

from hortus.access.models import Person, Team
from hortus.access.policy import Kind
from hortus.access.wording import line
from hortus.catalogue.models import Service
from hortus.ledger import search
from hortus.ledger.actions import record
from hortus.ledger.refs import Ref
from hortus.telemetry.counts.actions import remove as remove_series
from hortus.telemetry.probes import kinds, tasks
from hortus.telemetry.probes.findable import document
from hortus.telemetry.probes.models import Probe
from hortus.telemetry.probes.reach import refuse_closed_address
from hortus.telemetry.probes.running import means
from hortus.values.plots import Plot
from hortus.values.refused import Refused
from hortus.web.slugs import in_use, slug_for

CARE = Plot.named("products-care")
LONGEST_NAME = 120
MOST_PROBES = 1000  # in one team: beyond it a worker could not keep up with probes of ten seconds


@dataclass(frozen=True, slots=True)
class Details:
    """What can be said about a probe.

    service: slug of a service of the team, "" for none. parameters: those of its kind, as `kinds.checked` takes them.
    period_seconds, limit_seconds: left out, what the kind begins with. latency_seconds: answers that take longer do not
    count as good; None: any that come within the limit do.
    """

    name: str
    service: str = ""
    parameters: Mapping[str, Any] = field(default_factory=dict)
    period_seconds: int | None = None
    limit_seconds: int | None = None
    latency_seconds: float | None = None


def ref(probe: Probe) -> Ref:
    """Return the ledger's reference to a probe."""
    return Ref("probe", probe.slug, probe.name)


def _lay(probe: Probe, details: Details) -> list[str]:
    """Put checked details on a probe and return the names of what changed; raises Refused."""
    kind = kinds.kind_of(probe.kind)
    period = details.period_seconds if details.period_seconds is not None else kind.period
    period = _within("period_seconds", period, kind.shortest_period, kinds.LONGEST_PERIOD)
    longest = min(kind.longest_limit, period)
    limit = details.limit_seconds if details.limit_seconds is not None else min(kind.limit, longest)
    given: dict[str, Any] = {
        "name": line(details.name, "name", longest=LONGEST_NAME), "service": _service(probe.team, details.service),
        "parameters": kinds.checked(kind, details.parameters), "period_seconds": period,
        "limit_seconds": _within("limit_seconds", limit, 1, longest),
    }  # fmt: skip
    given["latency_seconds"] = _latency(details.latency_seconds, given["limit_seconds"])
    _refuse_closed_path(given["parameters"])
    changed = [name for name, value in given.items() if getattr(probe, name) != value]
    for name in changed:
        setattr(probe, name, given[name])
    return changed


def _within(name: str, value: int, low: int, high: int) -> int:
    if not low <= value <= high:
        words = {"period_seconds": "The time between two runs", "limit_seconds": "The limit of one run"}[name]
        why = ", which is not longer than the time between two runs" if name == "limit_seconds" else ""
        raise Refused("out-of-range", f"{words} must be {low} to {high} s{why}; got {value}.", name)
    return value


def _latency(value: float | None, limit: int) -> float | None:
    if value is not None and not (math.isfinite(value) and 0 < value <= limit):
        raise Refused(
            "out-of-range", f"The threshold must be above 0 and at most the limit of {limit} s, got {value:g}.",
            "latency_seconds",
        )  # fmt: skip
    return value


def _service(team: Team, slug: str) -> str:
    if slug and not Service.objects.filter(team=team, slug=slug).exists():
        raise Refused("no-service", f"{team} has no service {slug[:60]!r}; choose one of the catalogue.", "service")
    return slug


def _refuse_closed_path(parameters: Mapping[str, Any]) -> None:
    folders = means().folders
    path = parameters.get("path")
    if path and not any(path == str(folder) or path.startswith(f"{folder}/") for folder in folders):
        listed = ", ".join(map(str, folders)) or "lists none yet"
        raise Refused(
            "closed-path",
            f"{path} may not be probed; an administrator lists what may in HORTUS_PROBE_FOLDERS: {listed}.", "path",
        )  # fmt: skip


def _tell(probe: Probe, verb: str, by: Person | None, door: str, **payload: Any) -> None:
    """Write the event. Parameters are told by name only: an address of the inside is not everybody's business."""
    record(
        probe.team, verb, ref(probe), by=by, source=door, plot=CARE, service=probe.service, payload=payload
    )  # fmt: skip
    found = document(probe)
    search.index(probe.team, ref(probe), kind=Kind.PROBE, title=found.title, body=found.body)


def add(team: Team, kind: str, details: Details, *, by: Person | None, door: str, slug: str = "") -> Probe:
    """Add a probe to a team and return it; the worker asks from the next minute on.

    kind: a slug of `kinds.KINDS`. slug: its name in addresses, made from its name when left out. door: where it was
    asked ("web", "api", "sample"). Raises Refused with the field that is wrong, or that leads to a closed address.
    """
    if not team.is_sample:  # services of a sample do not exist, and nobody asks for them
        refuse_closed_address(kinds.checked(kinds.kind_of(kind), details.parameters), means())
    return _added(team, kind, details, by=by, door=door, slug=slug)


@transaction.atomic
def _added(team: Team, kind: str, details: Details, *, by: Person | None, door: str, slug: str) -> Probe:
    probe = Probe(team=team, kind=kinds.kind_of(kind).slug, by=by, told_minute=int(timezone.now().timestamp()) // 60)
    _lay(probe, details)
    held = Probe.objects.filter(team=team)
    probe.slug = slug_for(slug, probe.name, "probe", in_use(held))
    if held.count() >= MOST_PROBES:
        raise Refused("too-many", f"{team} has {MOST_PROBES} probes already; remove one that nobody needs.")
    probe.save(force_insert=True)
    _tell(probe, "added", by, door, kind=probe.kind, period_seconds=probe.period_seconds)
    return probe


def change(probe: Probe, details: Details, *, by: Person | None, door: str) -> list[str]:
    """Change a probe; return the names of what changed. Raises Refused with the field that is wrong.

    What was found stays: it is judged anew by a changed threshold, and says what the probe asked at its time.
    """
    wanted = kinds.checked(probe.sort, details.parameters)
    if wanted != probe.parameters and not probe.team.is_sample:  # what stands may be renamed or slowed, open or not
        refuse_closed_address(wanted, means())
    return _changed(probe, details, by=by, door=door)


@transaction.atomic
def _changed(probe: Probe, details: Details, *, by: Person | None, door: str) -> list[str]:
    changed = _lay(probe, details)
    if "period_seconds" in changed:
        probe.slot = _begun_anew()
    if changed:
        probe.save(update_fields=[*changed, "slot"] if "period_seconds" in changed else changed)
        if "latency_seconds" in changed:
            tasks.judge_anew.enqueue(str(probe.pk))
        _tell(probe, "changed", by, door, fields=changed)
    return changed


@transaction.atomic
def pause(probe: Probe, *, by: Person | None, door: str) -> None:
    """Stop asking until somebody resumes; the time between is not measured. Raises Refused when it is paused."""
    _set_paused(probe, True, "It is paused already.")
    _tell(probe, "paused", by, door)


@transaction.atomic
def resume(probe: Probe, *, by: Person | None, door: str) -> None:
    """Ask again. Raises Refused when it is not paused."""
    _set_paused(probe, False, "It is not paused.")
    _tell(probe, "resumed", by, door)


def _set_paused(probe: Probe, value: bool, otherwise: str) -> None:
    begun = {} if value else {"slot": _begun_anew()}
    if not Probe.objects.filter(pk=probe.pk, is_paused=not value).update(is_paused=value, **begun):
        raise Refused("as-it-is", otherwise)
    probe.is_paused = value
    probe.slot = begun.get("slot", probe.slot)


def _begun_anew() -> int:
    """Return now as the slot from which a schedule begins anew: the time before it makes no probe late."""
    return int(timezone.now().timestamp())


@transaction.atomic
def remove(probe: Probe, *, by: Person | None, door: str) -> None:
    """Remove a probe with its results and its own counts; what objectives counted from them stays."""
    told = ref(probe)
    record(probe.team, "removed", told, by=by, source=door, plot=CARE, service=probe.service, payload={})
    search.unindex(probe.team, told)
    series = probe.series
    probe.delete()
    if series is not None:
        remove_series(series)
