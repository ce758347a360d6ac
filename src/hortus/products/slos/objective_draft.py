"""What can be said about an objective before it is kept, with its checks; a preview works on it without saving."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any, ClassVar

from django.conf import settings

from hortus.access.models import Person, Team
from hortus.catalogue.actions import may_tend
from hortus.catalogue.models import Function
from hortus.products.slos.drafts import LONGEST_NAME, text
from hortus.products.slos.models import LONGEST_PROMISE, Objective, Sli
from hortus.products.slos.rules.windows import DAY
from hortus.products.slos.terms import Terms, pair_of, row_of
from hortus.telemetry.engines import asking
from hortus.values.refused import Refused

MOST_PARTS = 20
HEAVIEST = Decimal(10_000)
LONGEST_SEVERITY = 40


@dataclass(frozen=True, slots=True)
class ObjectiveDraft:
    """What can be said about an objective.

    parts: SLIs with their weights; several make a composite. target_ratio: above 0, below 1, at most 9 decimals.
    window_days: 1 to 366, or None with calendar_unit week, month or quarter. slice_minutes with slice_target_ratio:
    count slices of time, good when their ratio is at least that; None: every event counts the same. pairs: alert pairs
    as `terms.row_of` writes them; none: the standard ones. least_bad, confidence: what few events must show before a
    pair holds. owner: a member of the team, or None. promise: what researchers are told.
    function: slug of the function of the status page that it speaks for, "" for none. leaves_out_planned_work: whether
    work on that function, or on the service of an SLI, does not count where it was announced before it began.
    """

    name: str
    parts: Sequence[tuple[Sli, Decimal]]
    target_ratio: Decimal
    window_days: int | None = 28
    calendar_unit: str = ""
    slice_minutes: int | None = None
    slice_target_ratio: Decimal | None = None
    pairs: Sequence[Mapping[str, Any]] = ()
    least_bad: int = 4
    confidence: float = 0.99
    owner: Person | None = None
    promise: str = ""
    function: str = ""
    leaves_out_planned_work: bool = True

    PLAIN: ClassVar[tuple[str, ...]] = (
        "name", "promise", "target_ratio", "window_days", "calendar_unit", "slice_minutes", "slice_target_ratio",
        "least_bad", "confidence", "owner", "function", "leaves_out_planned_work",
    )  # fmt: skip
    JUDGING: ClassVar[frozenset[str]] = frozenset(
        {"parts", "target", "window", "slices", "pairs", "least_bad", "confidence", "leaves_out_planned_work"}
    )

    @classmethod
    def of(cls, objective: Objective) -> "ObjectiveDraft":
        """Return what is said about an objective now."""
        parts = [(part.sli, part.weight) for part in objective.parts.all()]
        return cls(parts=parts, pairs=objective.pairs, **{name: getattr(objective, name) for name in cls.PLAIN})

    def checked(self, team: Team, now_held: Objective | None = None) -> "ObjectiveDraft":
        """Return it cleaned. now_held: what is changed by it. Raises Refused with the field's name."""
        self._refuse_parts(team, now_held)
        self._refuse_owner(team, now_held)
        self._refuse_function(team, now_held)
        cleaned = replace(
            self, name=text("name", self.name, LONGEST_NAME), pairs=[row_of(pair_of(row)) for row in self.pairs],
            promise=text("promise", self.promise, LONGEST_PROMISE, may_be_empty=True),
            window_days=None if self.calendar_unit else self.window_days,
        )  # fmt: skip
        for pair in cleaned.pairs:
            text("pairs", pair["name"], LONGEST_SEVERITY)
        keys = [(pair["name"], pair["long_minutes"], pair["short_minutes"]) for pair in cleaned.pairs]
        if len(set(keys)) < len(keys):
            raise Refused("same-pair", "Two alert pairs have the same name and windows; leave one out.", "pairs")
        # Raises where target, window, slices, pairs or the rule for few events are not allowed.
        terms = Terms.of(cleaned, team.zone)
        there = asking.kept_there([sli.series_id for sli, _ in self.parts if sli.series_id])
        if terms.slicing is not None and there:
            raise Refused(
                "slices-elsewhere", "Time slices are judged by the minute, but the counts of "
                f"{next(iter(there.values()))} stay in an engine; count events, or have the counts kept here.",
                "slice_minutes",
            )  # fmt: skip
        kept = settings.HORTUS.count_minutes_days
        if terms.slicing is not None and terms.window.nominal_minutes > kept * DAY:
            raise Refused(
                "too-long-for-slices", f"Slices are judged by the minute, and minutes are kept for {kept} days; take a "
                "shorter window, or count events.", "slice_minutes",
            )  # fmt: skip
        return cleaned

    def _refuse_parts(self, team: Team, now_held: Objective | None) -> None:
        if not 1 <= len(self.parts) <= MOST_PARTS:
            raise Refused("bad-parts", f"An objective counts 1 to {MOST_PARTS} SLIs, got {len(self.parts)}.", "parts")
        held = {sli.pk for sli in now_held.slis} if now_held else set()
        for sli, weight in self.parts:
            if sli.team_id != team.pk:
                raise Refused("not-in-team", "An objective counts only SLIs of its own team.", "parts")
            if sli.retired_at is not None and sli.pk not in held:
                raise Refused("retired", f"{sli} is retired, so nothing is counted by it; choose another.", "parts")
            if not 0 < weight <= HEAVIEST or round(weight, 3) != weight:
                raise Refused(
                    "bad-weight", f"A weight is above 0, at most {HEAVIEST}, with 3 decimals; got {weight}.", "parts"
                )
        if len({sli.pk for sli, _ in self.parts}) < len(self.parts):
            raise Refused("same-part", "An SLI stands twice among the parts; give it once, with its weight.", "parts")

    def _refuse_owner(self, team: Team, now_held: Objective | None) -> None:
        if self.owner is None or (now_held is not None and self.owner == now_held.owner):
            return
        if self.owner.pk not in {person.pk for person in may_tend(team)}:
            raise Refused("not-in-team", f"{self.owner} is not a member of {team}; choose somebody who is.", "owner")

    def _refuse_function(self, team: Team, now_held: Objective | None) -> None:
        if not self.function or (now_held is not None and self.function == now_held.function):
            return
        if not Function.objects.offered().filter(team=team, slug=self.function).exists():
            raise Refused(
                "no-function", f"The status page has no function {self.function[:60]!r}; see the catalogue.", "function"
            )

    def as_dict(self) -> dict[str, Any]:
        """Return it as events and comparisons want it: plain values, ratios as text."""
        return {
            "name": self.name, "promise": self.promise, "function": self.function,
            "owner": str(self.owner.pk) if self.owner else "",
            "parts": {sli.slug: f"{weight.normalize():f}" for sli, weight in self.parts},
            "target": f"{self.target_ratio.normalize():f}",
            "window": self.calendar_unit or f"{self.window_days} days",
            "slices": self._slices, "pairs": [dict(pair) for pair in self.pairs],
            "least_bad": self.least_bad, "confidence": self.confidence,
            "leaves_out_planned_work": self.leaves_out_planned_work,
        }  # fmt: skip

    @property
    def _slices(self) -> str:
        if self.slice_minutes is None or self.slice_target_ratio is None:
            return ""
        return f"{self.slice_minutes} minutes, {self.slice_target_ratio.normalize():f}"
