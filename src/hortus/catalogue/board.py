"""A team's status as every door shows it: page, JSON, Atom, calendar. Read in a handful of queries, never written."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from hortus.access.models import Team
from hortus.catalogue import news, proposals, publication
from hortus.catalogue.functions import LONGEST
from hortus.catalogue.models import Function, PlannedWork, Statement, StatusPage
from hortus.catalogue.news import Story
from hortus.catalogue.proposals import Proposal
from hortus.catalogue.rules import Condition, Shown, Span, headline, shown
from hortus.catalogue.rules_windows import State

HISTORY = timedelta(days=90)
MOST_HISTORY = 200  # statements; a page that goes on for ever is read by nobody


@dataclass(frozen=True, slots=True)
class Line:
    """One function: what is shown of it, the last words, the work that is going on, and what is proposed."""

    function: Function
    shown: Shown
    last: Statement | None
    work: PlannedWork | None
    proposals: Sequence[Proposal] = ()

    @property
    def words(self) -> "Statement | PlannedWork | None":
        """Return who tells what one can and cannot do now: the work while it goes on, else the last words."""
        return self.work or self.last

    @property
    def is_stale(self) -> bool:
        """Say whether the last word has grown too old to be shown as what is so."""
        return self.last is not None and not self.shown.is_confirmed and self.last.condition != self.shown.condition

    @property
    def last_condition(self) -> Condition | None:
        """Return what was said last, whether it is still shown or not."""
        return Condition(self.last.condition) if self.last else None

    def is_overdue(self, now: datetime) -> bool:
        """Say whether a next word was promised and has not come."""
        due = self.last.next_update_at if self.last else None
        return due is not None and due <= now

    def told(self) -> list[Proposal]:
        """Return the proposals that would change what is shown."""
        return [one for one in self.proposals if one.condition is not self.shown.condition]


@dataclass(frozen=True, slots=True)
class Coming:
    """Planned work that is to come or goes on, and later times at which the same comes back."""

    work: PlannedWork
    later: list[PlannedWork]


def once(works: Iterable[PlannedWork]) -> list[Coming]:
    """Return works, soonest first; what comes back as it was, and has not begun, joins the first of its kind."""
    found: list[Coming] = []
    first: dict[tuple[object, ...], Coming] = {}
    for work in works:
        length, touched = work.ends_at - work.begins_at, tuple(sorted(str(one.pk) for one in work.functions.all()))
        words = (work.title, work.sort, work.can, work.cannot, work.instead, work.begins_wall == work.occurrence)
        key = (work.repeating_id, length, touched, *words)
        if work.repeating_id is not None and work.stands is State.ANNOUNCED and key in first:
            first[key].later.append(work)
            continue
        found.append(Coming(work, []))
        first.setdefault(key, found[-1])
    return found


@dataclass(frozen=True, slots=True)
class Board:
    """All lines in the team's order, work from the past 90 days on, how to read the page, and the news that stand."""

    team: Team
    now: datetime
    lines: Sequence[Line]
    works: Sequence[PlannedWork]
    page: StatusPage
    news: Sequence[Story]

    @property
    def urgent_first(self) -> list[Line]:
        """Return the lines as a reader in trouble needs them."""
        return sorted(self.lines, key=lambda line: -line.shown.condition.urgency)

    @property
    def headline(self) -> str:
        """Return the sentence above the page."""
        return headline([(line.function.name, line.shown.condition) for line in self.lines])

    @property
    def coming(self) -> list[PlannedWork]:
        """Return work that is going on, however long, or announced, soonest first."""
        return [work for work in self.works if self._is_coming(work)]

    @property
    def coming_once(self) -> list["Coming"]:
        """Return the same, where work comes back in the same words only the next of its times, with the later ones."""
        return once(self.coming)

    @property
    def gone(self) -> list[PlannedWork]:
        """Return work that is over or cancelled, the latest first."""
        return [work for work in reversed(self.works) if not self._is_coming(work)]

    def _is_coming(self, work: PlannedWork) -> bool:
        is_over = work.cancelled_at is not None or work.done_at is not None
        return not is_over and (work.word_due is not None or work.ends_at > self.now)


def read(team: Team, now: datetime, *, page: StatusPage | None = None, with_proposals: bool = False) -> Board:
    """Return a team's status as of now, in a dozen queries, and those of the sources that propose.

    with_proposals: also ask what measurements propose, for members only.
    """
    functions = list(
        Function.objects.filter(team=team).offered().select_related("service", "team").with_last_statement()
    )
    lasts = Statement.objects.select_related("by").in_bulk([f.last_id for f in functions if f.last_id])
    told = PlannedWork.objects.filter(team=team).announced().ending_after(now - max(HISTORY, LONGEST))
    works = list(told.prefetch_related("functions"))
    named = news.named(team, now - LONGEST)
    confirmed = proposals.confirmed_until(team) if functions else {}
    proposed = proposals.proposed(team) if with_proposals else {}
    lines = [
        _line(
            f, lasts.get(f.last_id), works, now, confirmed.get(f.slug), named.get(f.pk, ()), proposed.get(f.slug, ())
        )
        for f in functions
    ]  # fmt: skip
    return Board(team, now, lines, works, page or publication.of(team), news.standing(team))


def line_of(function: Function, now: datetime) -> Line:
    """Return the line of one function, retired or not, without proposals."""
    last = Statement.objects.filter(function=function).first()
    told = PlannedWork.objects.filter(functions=function).announced().ending_after(now - LONGEST)
    works = told.prefetch_related("functions")
    measured = proposals.confirmed_until(function.team).get(function.slug)
    named = news.named(function.team, now - LONGEST).get(function.pk, ())
    return _line(function, last, works, now, measured, named, ())


def _line(
    function: Function, last: Statement | None, works: Iterable[PlannedWork], now: datetime,
    measured_at: datetime | None, named: Sequence[Span], proposed: Sequence[Proposal],
) -> Line:  # fmt: skip
    mine = [w for w in works if w.cancelled_at is None and any(f.pk == function.pk for f in w.functions.all())]
    found = shown(
        last.as_said if last else None, function.confirm_every, [work.span for work in mine], now, measured_at, named
    )
    work = next((w for w in mine if w.span.holds(now)), None) if found.is_work else None
    return Line(function, found, last, work, proposed)


def history(team: Team, now: datetime, function: Function | None = None) -> list[Statement]:
    """Return what was said anew in 90 days about functions on the page, the newest first, at most MOST_HISTORY.

    What was told of a function in the same words several times, as each update of an incident does, stands once.
    """
    found = Statement.objects.filter(team=team, said_at__gt=now - HISTORY).news().select_related("function", "by")
    found = found.filter(function=function) if function else found.filter(function__retired_on=None)
    kept, words = list[Statement](), dict[int, tuple[object, ...]]()
    for said in found.order_by("said_at", "id"):
        told = (said.condition, said.can, said.cannot, said.instead, said.data_safe, said.running_jobs)
        if words.get(said.function_id) != told:
            kept.append(said)
            words[said.function_id] = told
    return kept[: -MOST_HISTORY - 1 : -1]
