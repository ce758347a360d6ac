"""What is shown of a function: the last word that was said, while it is fresh. Pure arithmetic on times, no clock."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum

IN_TROUBLE = timedelta(hours=2)  # how long a word lasts while the team tells of trouble with its function
FOR_EVER = datetime.max.replace(tzinfo=UTC)


class Condition(StrEnum):
    """How a function stands for a researcher, in the words of the status page."""

    WORKING = "working"
    AT_RISK = "at-risk"
    DEGRADED = "degraded"
    PARTLY_UNAVAILABLE = "partly-unavailable"
    UNAVAILABLE = "unavailable"
    PLANNED_WORK = "planned-work"
    NOT_CONFIRMED = "not-confirmed"

    @property
    def word(self) -> str:
        """Return the words people read.

        >>> Condition.PARTLY_UNAVAILABLE.word
        'partly unavailable'
        """
        return self.value.replace("-", " ")

    @property
    def urgency(self) -> int:
        """Return 0 for working up to 6 for unavailable: the order of a page that shows trouble first."""
        return _BY_URGENCY.index(self)

    @property
    def is_trouble(self) -> bool:
        """Say whether a researcher needs to be told what they can and cannot do."""
        return self in _TROUBLE


_BY_URGENCY = (
    Condition.WORKING, Condition.NOT_CONFIRMED, Condition.AT_RISK, Condition.PLANNED_WORK, Condition.DEGRADED,
    Condition.PARTLY_UNAVAILABLE, Condition.UNAVAILABLE,
)  # fmt: skip
_TROUBLE = frozenset(
    {Condition.AT_RISK, Condition.DEGRADED, Condition.PARTLY_UNAVAILABLE, Condition.UNAVAILABLE, Condition.PLANNED_WORK}
)


class DataSafe(StrEnum):
    """Whether what researchers stored is safe; nothing said is the empty text, which is none of these."""

    YES = "yes"
    NO = "no"
    UNKNOWN = "unknown"

    @property
    def word(self) -> str:
        """Return the words people read after "Your data:"."""
        return {"yes": "safe", "no": "not safe", "unknown": "nobody knows yet"}[self.value]


class RunningJobs(StrEnum):
    """What becomes of jobs that run; nothing said is the empty text, which is none of these."""

    SAFE = "safe"
    AT_RISK = "at-risk"
    LOST = "lost"

    @property
    def word(self) -> str:
        """Return the words people read after "Running jobs:"."""
        return self.value.replace("-", " ")


@dataclass(frozen=True, slots=True)
class Said:
    """The last word about a function: what, when (aware), and by when more was promised."""

    condition: Condition
    at: datetime
    next_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Span:
    """When planned work on a function lasts: from `begins_at` up to but not including `ends_at`.

    is_risk_only: the function stays up, and may fail.
    """

    begins_at: datetime
    ends_at: datetime
    is_risk_only: bool = False

    def holds(self, at: datetime) -> bool:
        """Say whether the work is going on at this time."""
        return self.begins_at <= at < self.ends_at


def foretold(before: Span | None, said: Span, at: datetime) -> Span | None:
    """Return which time of planned work was announced before it began, after something was said about it.

    before: what was so announced until now. said: when the work lasts, as said at an instant `at` (aware). Work that is
    still to come is announced whole; once it began it can only lose time by what is said, so that nobody makes a
    figure better after the fact.

    >>> from datetime import UTC
    >>> eight, noon = datetime(2026, 3, 2, 8, tzinfo=UTC), datetime(2026, 3, 2, 12, tzinfo=UTC)
    >>> told = foretold(None, Span(eight, noon), eight - timedelta(days=1))
    >>> foretold(told, Span(eight, noon + timedelta(hours=3)), noon - timedelta(hours=1)) == told
    True
    """
    if at < said.begins_at:
        return said
    if before is None:
        return None
    begins_at, ends_at = max(before.begins_at, said.begins_at), min(before.ends_at, said.ends_at)
    return Span(begins_at, ends_at) if begins_at < ends_at else None


def untold(said: Span, told: Span | None) -> list[Span]:
    """Return the parts of planned work that were not announced before they began.

    said: when the work lasts. told: what of that was so announced, as `foretold` returns it.
    """
    if told is None:
        return [said]
    sides = [(said.begins_at, told.begins_at), (told.ends_at, said.ends_at)]
    return [Span(begins_at, ends_at) for begins_at, ends_at in sides if begins_at < ends_at]


@dataclass(frozen=True, slots=True)
class Shown:
    """What the page shows. fresh_until: when the word grows too old, None when there is none.

    is_work: it is planned work that says so, and not a person.
    """

    condition: Condition
    fresh_until: datetime | None
    is_work: bool = False

    @property
    def is_confirmed(self) -> bool:
        """Say whether somebody, planned work or a measurement vouches for it."""
        return self.condition is not Condition.NOT_CONFIRMED


def shown(
    last: Said | None,
    every: timedelta,
    works: Sequence[Span],
    now: datetime,
    measured_at: datetime | None = None,
    named: Sequence[Span] = (),
) -> Shown:
    """Return what to show of a function.

    last: the last word, None when nothing was ever said. every: how long a word lasts, > 0. works: planned work on this
    function that was not cancelled, in any order. measured_at: up to when a measurement found that it works; that
    confirms the word *working* as a person would then, and never changes a word. named: while something was told about
    this function that is not over, in any order; then a word lasts IN_TROUBLE, or until the next one that was promised.

    Work that is going on shows *planned work*, or *at risk* where all of it leaves the function up, unless somebody
    spoke after it began. A word from before work that is over says nothing about what the work left behind: it is too
    old from the work's beginning on, until somebody or a measurement confirms it.

    >>> from datetime import UTC
    >>> noon = datetime(2026, 3, 2, 12, tzinfo=UTC)
    >>> shown(Said(Condition.WORKING, noon), timedelta(hours=1), [], noon + timedelta(hours=2)).condition
    <Condition.NOT_CONFIRMED: 'not-confirmed'>
    """
    going_on = [work for work in works if work.holds(now) and (last is None or last.at < work.begins_at)]
    if going_on:
        is_up = all(work.is_risk_only for work in going_on)
        condition = Condition.AT_RISK if is_up else Condition.PLANNED_WORK
        return Shown(condition, max(work.ends_at for work in going_on), is_work=True)
    if last is None:
        return Shown(Condition.NOT_CONFIRMED, None)
    confirmed_at = last.at
    if measured_at is not None and last.condition is Condition.WORKING:
        confirmed_at = max(last.at, min(measured_at, now))
    begun = [work.begins_at for work in works if confirmed_at < work.begins_at and work.ends_at <= now]
    limit = confirmed_at + max(IN_TROUBLE, last.next_at - last.at if last.next_at else IN_TROUBLE)
    told = [max(limit, span.begins_at) for span in named if span.ends_at > limit]
    fresh_until = min([confirmed_at + every, *begun, *told])
    return Shown(last.condition if now <= fresh_until else Condition.NOT_CONFIRMED, fresh_until)


def open_spans(texts: Sequence[tuple[datetime, bool]], closed_at: datetime | None) -> list[Span]:
    """Return while a thread of texts was open: from a text on until one that said it is the last.

    texts: when each was said (aware) and whether it was the last, in order. closed_at: when the thread was closed, None
    while it is open; that counts where no last text closed it. What is open now ends at the end of time.

    >>> from datetime import UTC
    >>> noon = datetime(2026, 3, 2, 12, tzinfo=UTC)
    >>> [span.ends_at.hour for span in open_spans([(noon, False), (noon + timedelta(hours=2), True)], None)]
    [14]
    """
    found: list[Span] = []
    begun: datetime | None = None
    for at, is_last in texts:
        if begun is None and not is_last:
            begun = at
        elif begun is not None and is_last:
            found.append(Span(begun, at))
            begun = None
    if begun is not None:
        found.append(Span(begun, closed_at or FOR_EVER))
    return [span for span in found if span.begins_at < span.ends_at]


def headline(told: Sequence[tuple[str, Condition]]) -> str:
    """Return the sentence above the page: the worst that is shown, by name. It is never a share of anything.

    told: name and what is shown of each function, in the page's order; of the equally bad the first one is named.

    >>> headline([("Log in", Condition.WORKING), ("Scratch", Condition.DEGRADED), ("Home", Condition.AT_RISK)])
    'Scratch: degraded, and trouble with 1 more'
    >>> headline([("Log in", Condition.WORKING), ("Scratch", Condition.WORKING)]), headline([])
    ('Everything works', 'Nothing is said here yet')
    """
    if not told:
        return "Nothing is said here yet"
    name, worst = max(told, key=lambda one: one[1].urgency)
    if worst is Condition.WORKING:
        return "Everything works" if len(told) > 1 else f"{name} works"
    if worst is Condition.NOT_CONFIRMED:
        return _unconfirmed([name for name, condition in told if condition is worst], len(told))
    others = sum(condition.is_trouble for _, condition in told) - 1
    return f"{name}: {worst.word}" + (f", and trouble with {others} more" if others else "")


def _unconfirmed(names: Sequence[str], listed: int) -> str:
    if len(names) == listed:
        return "Nothing is confirmed to work" if listed > 1 else f"{names[0]} is not confirmed to work"
    others = f" and {len(names) - 1} more are" if len(names) > 1 else " is"
    return f"{names[0]}{others} not confirmed to work"
