"""The registry of judges: each turns raw events that we hold ourselves into good and total events by the minute.

A practice registers its judges in AppConfig.ready; objectives list them, ask them, and store what they say. A judge
reads raw events, so a changed threshold judges history anew; `changed` tells who keeps counts that the events did.
Stores nothing. Minutes are whole minutes since 1970-01-01 UTC; spans are half-open.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import pairwise
from typing import Any, Literal, Protocol

import numpy as np
from django_tasks import task
from numpy.typing import NDArray

from hortus.access.models import Team
from hortus.ledger.queue import enqueue
from hortus.values.evidence import Evidence, Slice
from hortus.values.refused import Refused

Parameters = dict[str, Any]
Span = tuple[int, int]
DAY_MINUTES = 1440


def minute_of(moment: datetime) -> int:
    """Return how many whole minutes lie between 1970 and an aware instant.

    >>> from datetime import UTC
    >>> minute_of(datetime(1970, 1, 1, 1, 2, 59, tzinfo=UTC))
    62
    """
    return int(moment.timestamp() // 60)


@dataclass(frozen=True, slots=True)
class Parameter:
    """One thing that a judge wants to know. name: key in the parameters, and name of the field in a form.

    type: what a form offers; a cluster is chosen among the team's own. choices: (value, label) pairs, for the type
    choice only. Raises ValueError where choices and type do not go together.
    """

    name: str
    label: str
    type: Literal["text", "number", "choice", "cluster"] = "text"
    required: bool = False
    help: str = ""
    choices: tuple[tuple[str, str], ...] = ()

    def __post_init__(self) -> None:
        if bool(self.choices) != (self.type == "choice"):
            raise ValueError(f"parameter {self.name!r}: choices belong to the type choice and to no other")


def _none() -> NDArray[np.int64]:
    return np.array([], dtype=np.int64)


@dataclass(frozen=True, slots=True)
class Judged:
    """What a judge found in a span; arrays of shape (minutes with events,).

    minute: ascending, each once. good, total: events that belong to that minute, 0 <= good <= total, total at least 1.
    measured: spans in which the source was watching, whether or not anything happened; ascending, none overlapping.
    Raises ValueError when it is not so.
    """

    minute: NDArray[np.int64] = field(default_factory=_none)
    good: NDArray[np.int64] = field(default_factory=_none)
    total: NDArray[np.int64] = field(default_factory=_none)
    measured: Sequence[Span] = ()

    def __post_init__(self) -> None:
        if self.minute.ndim != 1 or not self.minute.shape == self.good.shape == self.total.shape:
            raise ValueError("minute, good and total must be flat arrays of one and the same length")
        if np.any(np.diff(self.minute) <= 0):
            raise ValueError("minutes must ascend, each once")
        if np.any((self.good < 0) | (self.good > self.total) | (self.total < 1)):
            raise ValueError("good must lie between 0 and total, and total be 1 or more")
        if any(until <= since for since, until in self.measured):
            raise ValueError("measured spans must not be empty")
        if any(after[0] < before[1] for before, after in pairwise(self.measured)):
            raise ValueError("measured spans must ascend and not overlap")


class Rows(Protocol):
    """How a judge is asked for the raw events behind its counts."""

    def __call__(
        self, team: Team, parameters: Parameters, since: int, until: int, part: Slice, /, *, persons: bool
    ) -> Evidence:
        """Return one slice of the events of a span, bad ones first; names of persons only where `persons` is true."""
        ...


@dataclass(frozen=True, slots=True)
class Judge:
    """A kind of SLI over raw events that we hold.

    slug: stable word for storage and API. name: as in a menu. sentence: what it counts, in words of a researcher.
    check: from (team, parameters as given) to the cleaned ones, what was left blank left out; raises Refused with the
    parameter's name as field. judge: from (team, cleaned parameters, since, until) to the counts of that span, without
    an error when what the parameters name is gone: then nothing is measured. rows: the events behind.
    minute: which minute an event belongs to. leaves_out: what is not counted, each with its reason.
    """

    slug: str
    name: str
    sentence: str
    parameters: tuple[Parameter, ...]
    check: Callable[[Team, Parameters], Parameters]
    judge: Callable[[Team, Parameters, int, int], Judged]
    rows: Rows
    minute: str = "the minute in which it happened"
    leaves_out: tuple[str, ...] = ()


_JUDGES: dict[str, Judge] = {}


def register(judge: Judge) -> None:
    """Offer a judge; called from AppConfig.ready. Raises ValueError when another judge has taken the slug."""
    if _JUDGES.get(judge.slug, judge) != judge:
        raise ValueError(f"a judge {judge.slug!r} is registered already; choose another slug")
    _JUDGES[judge.slug] = judge


def judges() -> tuple[Judge, ...]:
    """Return all registered judges by slug."""
    return tuple(_JUDGES[slug] for slug in sorted(_JUDGES))


def judge(slug: str) -> Judge:
    """Return the judge with this slug; raises Refused, naming the known ones, when there is none."""
    if slug not in _JUDGES:
        known = ", ".join(sorted(_JUDGES))
        raise Refused("unknown-judge", f"{slug[:40]!r} judges nothing here; choose one of {known}.", "judge")
    return _JUDGES[slug]


@dataclass(frozen=True, slots=True)
class Change:
    """Raw events of a team changed in the minutes from `since` up to but not including `until`.

    slugs: the judges that read them. parameters: what an SLI must have been given to be concerned, as {"cluster": ...}.
    """

    team: Team
    slugs: Sequence[str]
    parameters: Mapping[str, Any]
    since: int
    until: int

    def concerns(self, slug: str, parameters: Mapping[str, Any]) -> bool:
        """Tell whether an SLI judged by `slug` with these parameters must be judged anew."""
        named = all(parameters.get(name) == value for name, value in self.parameters.items())
        return slug in self.slugs and named


Listener = Callable[[Change], None]
_LISTENERS: list[Listener] = []


def on_change(listener: Listener) -> None:
    """Have a function told of every change, by a worker; called from AppConfig.ready. It must bear to be told twice."""
    if listener not in _LISTENERS:
        _LISTENERS.append(listener)


def changed(team: Team, parameters: Mapping[str, Any], since: int, until: int, *, slugs: Sequence[str] = ()) -> None:
    """Tell, in the caller's transaction, that raw events changed in a span of minutes; listeners hear it by a worker.

    parameters: which SLIs are concerned, as {"cluster": "alder"}. slugs: which judges read these events; all that know
    every one of the parameters when left out. The span is told from the beginning of its first day in UTC, because old
    counts are kept by the hour and day, and can only be replaced whole. Does nothing for an empty span.
    """
    chosen = [one.slug for one in judges() if _knows(one, parameters) and (not slugs or one.slug in slugs)]
    if chosen and since < until and _LISTENERS:
        # One lane a team: two changes are worked off one after the other, so that the later one is judged last.
        begin = since // DAY_MINUTES * DAY_MINUTES
        enqueue(tell, str(team.pk), chosen, dict(parameters), begin, until, lane=f"judge:{team.pk}")


def _knows(one: Judge, parameters: Mapping[str, Any]) -> bool:
    return set(parameters) <= {parameter.name for parameter in one.parameters}


@task()
def tell(team_id: str, slugs: list[str], parameters: dict[str, Any], since: int, until: int) -> None:
    """Tell all listeners of one change; safe to run again. A team that is gone needs no counts."""
    team = Team.objects.filter(pk=team_id).first()
    if team is not None:
        for listener in _LISTENERS:
            listener(Change(team, slugs, parameters, since, until))


def as_markdown(one: Judge) -> str:
    """Return what a reader of the documents wants to know of a judge, as a section of Markdown."""
    lines = [f"### {one.name}", "", f"{one.sentence} Its short name is `{one.slug}`.", ""]
    lines += ["| Parameter | | What it is |", "| --- | --- | --- |"]
    lines += [f"| `{p.name}` | {'needed' if p.required else ''} | {_meaning(p)} |" for p in one.parameters]
    lines += ["", f"An event belongs to {one.minute}."]
    if one.leaves_out:
        lines += ["", "Not counted:", "", *(f"* {left[:1].upper()}{left[1:]}." for left in one.leaves_out)]
    return "\n".join(lines) + "\n"


def _meaning(parameter: Parameter) -> str:
    """Return one line on a parameter for a cell of a table."""
    choices = "One of " + ", ".join(f"`{value}`" for value, _ in parameter.choices) + "." if parameter.choices else ""
    said = " ".join(filter(None, (f"{parameter.label}.", parameter.help, choices)))
    return said.replace("|", "\\|")


BEGIN, END = "<!-- judges: made by `make docs` from the registered judges; do not edit -->", "<!-- end of judges -->"


def told(page: str) -> str:
    """Return a page of the documents with the part between its two marks made anew from the registered judges.

    Raises ValueError when the page does not hold both marks.
    """
    if BEGIN not in page or END not in page:
        raise ValueError(f"the page must hold the lines {BEGIN!r} and {END!r}")
    before, after = page.split(BEGIN)[0], page.split(END)[1]
    sections = "".join(f"{as_markdown(one)}\n" for one in judges())
    return f"{before}{BEGIN}\n\n{sections}{END}{after}"
