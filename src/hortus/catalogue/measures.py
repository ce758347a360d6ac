"""Measure of the catalogue: whether anybody vouches for what the status page says. Judges nothing."""

from bisect import bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.urls import reverse
from django.utils import timezone

from hortus.access.models import Team
from hortus.catalogue import news, proposals
from hortus.catalogue.functions import LONGEST
from hortus.catalogue.models import Function, PlannedWork, Statement
from hortus.catalogue.rules import Condition, Said, Shown, Span, shown
from hortus.ledger.clock import as_of
from hortus.values.evidence import Evidence, Head, Link, Slice, Sort
from hortus.values.reading import Reading


def functions_confirmed(team: Team, day: date) -> Reading | None:
    """Return the share of functions of the status page that somebody vouches for.

    Ratio over the functions listed at the end of the day, or now while it lasts. Confirmed is one about which a person
    said something within its own interval, or within two hours while the team told of trouble with it, whatever they
    said but "not confirmed"; one under planned work that was announced; and today also one that a measurement confirms.
    Source: what the team said on its status page.
    """
    return functions_confirmed_many(team, [day])[day]


def functions_confirmed_many(team: Team, days: Iterable[date]) -> dict[date, Reading | None]:
    """Return `functions_confirmed` for many days at once, in five queries at most."""
    wanted = list(days)
    if not wanted:
        return {}
    known = _Known.of(team, [as_of(team, day) for day in wanted])
    return {day: known.reading(as_of(team, day)) for day in wanted}


def functions_confirmed_evidence(team: Team, day: date, part: Slice, *, persons: bool) -> Evidence:
    """Return the functions that `functions_confirmed` counted, those that nobody vouches for first."""
    at = as_of(team, day)
    known = _Known.of(team, [at])
    found = sorted(
        ((function, known.last(function, at), known.shown(function, at)) for function in known.listed(at)),
        key=lambda row: row[2].is_confirmed,
    )
    rows = [
        (
            Link(function.name, reverse("catalogue:function", args=[team.slug, function.slug])),
            "confirmed" if told.is_confirmed else "not confirmed",
            last.condition.word if last else "nothing",
            last.at if last else None,
            function.confirm_every_seconds,
        )
        for function, last, told in found[part.offset : part.offset + part.limit]
    ]
    heads = [
        Head("function", "Function"), Head("verdict", "Counted as"), Head("last", "Last word"),
        Head("said_at", "Said", Sort.MOMENT), Head("confirm_every_seconds", "A word lasts", Sort.DURATION),
    ]  # fmt: skip
    return Evidence(heads, rows, len(found), "Each row is a function that was listed on the status page then.")


@dataclass(frozen=True, slots=True)
class _Known:
    """All that is needed to say what was shown at several times."""

    team: Team
    functions: Sequence[Function]
    said: dict[object, list[Said]]
    works: dict[object, list[Span]]
    named: dict[object, list[Span]]
    measured: dict[str, datetime]
    read_at: datetime

    @classmethod
    def of(cls, team: Team, times: Sequence[datetime]) -> "_Known":
        """Read what matters between the first and the last of these times; older words have grown too old."""
        first, last, now = min(times) - LONGEST, max(times), timezone.now()
        functions = list(Function.objects.filter(team=team, added_at__lte=last))
        said: dict[object, list[Said]] = {}
        statements = Statement.objects.filter(team=team, said_at__gte=first, said_at__lte=last)
        for function, condition, at, next_at in statements.order_by("said_at", "id").values_list(
            "function_id", "condition", "said_at", "next_update_at"
        ):
            said.setdefault(function, []).append(Said(Condition(condition), at, next_at))
        works: dict[object, list[Span]] = {}
        spans = PlannedWork.objects.filter(team=team).standing().ending_after(first).filter(functions__isnull=False)
        for function, begins_at, ends_at in spans.values_list("functions", "begins_at", "ends_at"):
            works.setdefault(function, []).append(Span(begins_at, ends_at))
        is_now = last + timedelta(minutes=1) > now
        measured = proposals.confirmed_until(team) if is_now else {}
        return cls(team, functions, said, works, news.named(team, first), measured, now)

    def listed(self, at: datetime) -> list[Function]:
        """Return the functions that were on the page just before a time."""
        day = (at - timedelta(microseconds=1)).astimezone(self.team.zoneinfo).date()
        return [f for f in self.functions if f.added_at <= at and (f.retired_on is None or f.retired_on > day)]

    def last(self, function: Function, at: datetime) -> Said | None:
        """Return the last word about a function at a time."""
        told = self.said.get(function.pk, [])
        place = bisect_right(told, at, key=lambda said: said.at)
        return told[place - 1] if place else None

    def shown(self, function: Function, at: datetime) -> Shown:
        """Return what the page showed of a function at a time."""
        is_now = at + timedelta(minutes=1) > self.read_at
        measured = self.measured.get(function.slug) if is_now else None
        works, named = self.works.get(function.pk, []), self.named.get(function.pk, ())
        return shown(self.last(function, at), function.confirm_every, works, at, measured, named)

    def reading(self, at: datetime) -> Reading | None:
        """Return the share at a time; None while nothing was listed."""
        found = [self.shown(function, at) for function in self.listed(at)]
        return Reading.share(sum(each.is_confirmed for each in found), len(found), at)
