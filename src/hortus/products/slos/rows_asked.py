"""Which rows an address asks for: as of which minute, of which window, what counts or what was taken out."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from urllib.parse import urlencode

from django.http import Http404, QueryDict

from hortus.products.slos.case import Case
from hortus.products.slos.exclusions import Exclusions, minute_of
from hortus.products.slos.models import Objective, Sli
from hortus.products.slos.rules.alerts import last_words
from hortus.products.slos.rules.spans import Span, clipped, merged, without
from hortus.products.slos.rules.windows import DAY
from hortus.products.slos.terms import Terms

MOST_BACK = 400 * DAY
COUNTED, EXCLUDED, UNMEASURED = "", "excluded", "unmeasured"


@dataclass(frozen=True, slots=True)
class RowsAsked:
    """What an address asks for. minute: up to which; back: of how many minutes, None for the objective's window.

    part: COUNTED, EXCLUDED or UNMEASURED. exclusion: the key of the one that took them out, "" for any.
    """

    minute: int
    back: int | None = None
    part: str = COUNTED
    exclusion: str = ""

    @classmethod
    def of(cls, given: QueryDict, now: datetime) -> "RowsAsked":
        """Return what an address asks for; without a time, as of now. Raises Http404 for what cannot be."""
        back, part, exclusion = given.get("back", ""), given.get("part", ""), given.get("exclusion", "")
        minute = _minute(given.get("at", ""), minute_of(now))
        if back and not (back.isascii() and back.isdigit() and len(back) < 8 and 0 < int(back) <= MOST_BACK):
            raise Http404
        if part not in (COUNTED, EXCLUDED, UNMEASURED):
            raise Http404
        return cls(minute, int(back) if back else None, EXCLUDED if exclusion else part, exclusion)

    @property
    def query(self) -> str:
        """Return what an address says of it."""
        told = {"at": written(self.minute), "back": self.back, "part": self.part, "exclusion": self.exclusion}
        return urlencode({name: value for name, value in told.items() if value}, safe=":")

    def case(self, objective: Objective, exclusions: Exclusions) -> Case:
        """Return the case of an objective at that minute. objective: as `whole()` gives it."""
        return Case.of(objective, Terms.of(objective, objective.team.zone), self.minute, exclusions)

    def window(self, case: Case) -> Span:
        """Return the window, with what is excluded. Raises Http404 for one that reaches back beyond all of its own."""
        if self.back is not None and case.minute - self.back < case.hull[0]:
            raise Http404
        return case.elapsed if self.back is None else case.back(self.back)

    def words(self, case: Case) -> str:
        """Return the window in words."""
        return case.terms.window.words if self.back is None else last_words(self.back)

    def spans(self, case: Case, sli: Sli, exclusions: Exclusions, objective: Objective) -> Sequence[Span]:
        """Return the spans whose events are wanted of one SLI. Raises Http404 for an exclusion that does not reach."""
        window, taken = self.window(case), out_of(case, sli)
        if self.part != EXCLUDED:
            return without(window, taken)
        if not self.exclusion:
            return clipped(taken, window)
        found = [spans for row, spans in exclusions.marks(objective, window) if str(row.pk) == self.exclusion
                 and row.reaches(objective, sli)]  # fmt: skip
        if not found:
            raise Http404
        return merged(span for spans in found for span in spans)


def out_of(case: Case, sli: Sli) -> tuple[Span, ...]:
    """Return what is excluded from one SLI of a case."""
    return next(part.out for part in case.parts if part.sli.pk == sli.pk)


def written(minute: int) -> str:
    """Return a minute since 1970 as an address writes it.

    >>> written(60)
    '1970-01-01T01:00Z'
    """
    return f"{datetime.fromtimestamp(minute * 60, UTC):%Y-%m-%dT%H:%MZ}"


def _minute(text: str, now: int) -> int:
    """Return the minute that an address names, now for none; never one to come, nor one long gone."""
    if not text:
        return now
    try:
        at = datetime.strptime(text, "%Y-%m-%dT%H:%MZ").replace(tzinfo=UTC)
    except ValueError:
        raise Http404 from None
    if at.year < 2000:
        raise Http404
    return min(minute_of(at), now)
