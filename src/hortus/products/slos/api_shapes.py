"""What the API of objectives takes and gives, and rows in that shape."""

from datetime import datetime
from decimal import Decimal
from typing import Annotated, Any
from uuid import UUID

from ninja import Schema
from pydantic import AwareDatetime, Field

from hortus.products.slos.drafts import LONGEST_EXCLUSION_MINUTES, LONGEST_NAME
from hortus.products.slos.exclusions import Announced
from hortus.products.slos.models import LONGEST_PROMISE, LONGEST_REASON, LONGEST_SENTENCE, Exclusion, Objective, Sli
from hortus.products.slos.objective_draft import MOST_PARTS
from hortus.products.slos.rules.alerts import MOST_PAIRS
from hortus.telemetry.counts.judges import judge

Slug = Annotated[str, Field(max_length=60)]
Ratio = Annotated[Decimal, Field(max_digits=10, decimal_places=9)]
Reason = Annotated[str, Field(max_length=LONGEST_REASON)]


class SliIn(Schema):
    """An SLI as it is made or changed. reason: needed when the judge's parameters change."""

    slug: Slug = ""
    name: Annotated[str, Field(min_length=1, max_length=LONGEST_NAME)]
    sentence: Annotated[str, Field(min_length=1, max_length=LONGEST_SENTENCE)]
    service: Slug = ""
    judge: Slug = ""
    parameters: dict[str, str | int | float | bool | None] = {}
    series: Annotated[str, Field(max_length=80)] = ""
    reason: Reason = ""


class SliOut(Schema):
    """Something that is counted. series: where its counts are; source: what feeds that."""

    slug: str
    name: str
    sentence: str
    service: str
    judge: str
    judge_name: str
    parameters: dict[str, Any]
    series: str
    source: str
    retired_at: datetime | None


def sli_out(sli: Sli) -> dict[str, Any]:
    """Return an SLI as the API gives it."""
    plain = {name: getattr(sli, name) for name in ("slug", "name", "sentence", "service", "judge", "parameters")}
    return plain | {
        "judge_name": judge(sli.judge).name if sli.judge else "", "series": sli.series.name,
        "source": sli.series.source, "retired_at": sli.retired_at,
    }  # fmt: skip


class PartIn(Schema):
    """An SLI of an objective and its weight."""

    sli: Slug
    weight: Annotated[Decimal, Field(gt=0, le=10_000)] = Decimal(1)


class PairIn(Schema):
    """An alert pair. budget_share: of the window's budget, spent within the long window, as text or number.

    keep_firing_minutes: how long it must be quiet before its alert closes; the short window when left out.
    """

    name: Annotated[str, Field(min_length=1, max_length=40)]
    urgency: Annotated[str, Field(pattern="^(page|ticket)$")]
    budget_share: Annotated[Decimal, Field(gt=0, le=1)]
    long_minutes: Annotated[int, Field(ge=1, le=366 * 1440)]
    short_minutes: Annotated[int, Field(ge=1, le=366 * 1440)]
    keep_firing_minutes: Annotated[int, Field(ge=0, le=366 * 1440)] | None = None


class ObjectiveIn(Schema):
    """An objective as it is made or changed. reason: needed when what is judged changes."""

    slug: Slug = ""
    name: Annotated[str, Field(min_length=1, max_length=LONGEST_NAME)]
    parts: Annotated[list[PartIn], Field(min_length=1, max_length=MOST_PARTS)]
    target_ratio: Ratio
    window_days: Annotated[int, Field(ge=1, le=366)] | None = 28
    calendar_unit: Annotated[str, Field(pattern="^(week|month|quarter|)$")] = ""
    slice_minutes: Annotated[int, Field(ge=1, le=60)] | None = None
    slice_target_ratio: Ratio | None = None
    pairs: Annotated[list[PairIn], Field(max_length=MOST_PAIRS)] = []
    least_bad: Annotated[int, Field(ge=1, le=1000)] = 4
    confidence: Annotated[float, Field(ge=0.5, le=0.9999)] = 0.99
    owner: UUID | None = None
    promise: Annotated[str, Field(max_length=LONGEST_PROMISE)] = ""
    function: Slug = ""
    leaves_out_planned_work: bool = True
    reason: Reason = ""


class PartOut(Schema):
    """An SLI of an objective and its weight."""

    sli: str
    weight: float


class ObjectiveOut(Schema):
    """An objective and how it stands; standing is empty before it was ever evaluated."""

    slug: str
    name: str
    promise: str
    function: str
    service: str
    owner: str | None
    parts: list[PartOut]
    target_ratio: float
    window_days: int | None
    calendar_unit: str
    slice_minutes: int | None
    slice_target_ratio: float | None
    pairs: list[dict[str, Any]]
    least_bad: int
    confidence: float
    leaves_out_planned_work: bool
    made_at: datetime
    changed_at: datetime
    retired_at: datetime | None
    standing: dict[str, Any] | None


def objective_out(one: Objective, standing: dict[str, Any] | None) -> dict[str, Any]:
    """Return an objective as the API gives it."""
    names = (
        "slug", "name", "promise", "function", "service", "target_ratio", "window_days", "calendar_unit",
        "slice_minutes", "slice_target_ratio", "pairs", "least_bad", "confidence", "leaves_out_planned_work",
        "made_at", "changed_at", "retired_at",
    )  # fmt: skip
    return {name: getattr(one, name) for name in names} | {
        "owner": one.owner.name if one.owner else None, "standing": standing,
        "parts": [{"sli": part.sli.slug, "weight": part.weight} for part in one.parts.all()],
    }  # fmt: skip


class ReasonIn(Schema):
    """Why something is done."""

    reason: Annotated[str, Field(min_length=1, max_length=LONGEST_REASON)]


class ExclusionIn(Schema):
    """Time that shall not count. rule: iCalendar RRULE, empty for once; zone: in which it repeats."""

    sort: Annotated[str, Field(pattern="^(planned|agreed)$")]
    began_at: AwareDatetime
    minutes: Annotated[int, Field(ge=1, le=LONGEST_EXCLUSION_MINUTES)]
    reason: Annotated[str, Field(min_length=1, max_length=LONGEST_REASON)]
    rule: Annotated[str, Field(max_length=300)] = ""
    zone: Annotated[str, Field(max_length=60)] = ""
    service: Slug = ""
    objectives: Annotated[list[Slug], Field(max_length=100)] = []
    slis: Annotated[list[Slug], Field(max_length=100)] = []


class ExclusionOut(Schema):
    """Time that does not count. sort: planned, agreed, or announced.

    What is announced is planned work of the catalogue, by its id, as far as it was told before it began; it reaches the
    objectives of its functions, or else of their services, that leave out planned work.
    """

    id: UUID
    sort: str
    began_at: datetime
    minutes: int
    rule: str
    zone: str
    service: str
    functions: list[str]
    objectives: list[str]
    slis: list[str]
    reason: str
    by: str | None
    made_at: datetime
    withdrawn_at: datetime | None


def exclusion_out(held: Exclusion | Announced) -> dict[str, Any]:
    """Return an exclusion as the API gives it."""
    names = ("sort", "began_at", "minutes", "rule", "zone", "service", "reason", "made_at", "withdrawn_at")
    found = {name: getattr(held, name) for name in names} | {"id": held.pk, "by": held.by.name if held.by else None}
    if isinstance(held, Announced):
        return found | {"functions": [one.slug for one in held.functions], "objectives": [], "slis": []}
    return found | {
        "functions": [], "objectives": [one.slug for one in held.objectives.all()],
        "slis": [one.slug for one in held.slis.all()],
    }  # fmt: skip
