"""What the templates of the garden need beside the cards: sparklines, charts, links, table cells."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from django.urls import reverse
from django.utils import timezone

from hortus.access.doors import Standing
from hortus.access.models import Team
from hortus.access.policy import Action
from hortus.garden.cards import WEEKS, Garden, IndicatorCard, PlotCard
from hortus.garden.indicators import Indicator, Unit
from hortus.garden.models import TakenReading, TeamTarget
from hortus.values.reading import State
from hortus.web import words
from hortus.web.charts import Chart, Line, history, sparkline
from hortus.web.charts import Event as Mark


@dataclass(frozen=True, slots=True)
class PlotPicture:
    """What `web/parts/plot.html` shows."""

    name: str
    url: str
    state: State
    column: str
    reading: str
    unit: str
    sparkline: str
    span: str
    age: str
    act: str
    act_url: str
    unmeasured: Sequence[str]
    waits: str = ""


@dataclass(frozen=True, slots=True)
class RowPicture:
    """A row of the garden."""

    label: str
    hint: str
    plots: Sequence[PlotPicture]


@dataclass(frozen=True, slots=True)
class Thing:
    """One of the three things to tend first."""

    act: str
    url: str
    reason: str


def rows(garden: Garden, asks: Standing) -> list[RowPicture]:
    """Return the garden row by row, ready to be drawn for who asks."""
    return [RowPicture(row.label, row.hint, [_plot(asks, p) for p in plots]) for row, plots in garden.rows]


def tend(garden: Garden) -> list[Thing]:
    """Return the things to tend first, each with its reason and a link to the evidence."""
    return [
        Thing(c.indicator.act.label, _url("indicator", garden.team, c.indicator.slug), c.why)
        for c in garden.first_things
    ]


def _url(name: str, team: Team, *args: str) -> str:
    return reverse(f"garden:{name}", args=[team.slug, *args])


def _plot(asks: Standing, card: PlotCard) -> PlotPicture:
    speaker, team = card.speaker, asks.team
    page = _url("plot", team, card.plot.slug)
    if speaker is None:
        soil = sparkline([], label=f"{card.bed.name}: nothing measured yet")
        return PlotPicture(
            card.bed.name, page, State.BARE, card.plot.column.label, "None yet", f"Here will grow: {card.bed.grows}",
            soil, "no indicator yet", "", "What will grow here", page, [],
        )  # fmt: skip
    unmeasured = [name for name in card.unmeasured if name != speaker.indicator.name]
    return PlotPicture(
        card.bed.name, page, card.state, card.plot.column.label, speaker.figure, _unit(speaker), spark(speaker),
        f"{WEEKS} weeks, {speaker.goal}", _age(speaker), *_act(asks, speaker), unmeasured, speaker.waits,
    )  # fmt: skip


def _unit(card: IndicatorCard) -> str:
    if card.last is not None and card.state is State.BARE and card.value is not None:
        return f"{card.meaning}, but the evidence is old"
    return card.says if card.value is not None else f"nothing measured yet: {card.indicator.name.lower()}"


def _act(asks: Standing, card: IndicatorCard) -> tuple[str, str]:
    """Return the next action and where it leads: the evidence when there is some, else the way to feed it."""
    page = _url("indicator", asks.team, card.indicator.slug)
    if card.is_measured:
        return card.indicator.act.label, page
    return feed(asks, card.indicator) or ("See what it would count", page)


def feed(asks: Standing, indicator: Indicator) -> tuple[str, str] | None:
    """Return the label and the address of the way to feed an indicator; None for who may not."""
    act = indicator.feed
    if act.makes is not None and not asks.may(Action.CREATE, act.makes):
        return None
    return act.label, reverse(act.url, args=[asks.team.slug])


def _age(card: IndicatorCard) -> str:
    if card.last is None or card.last.evidence_until is None:
        return "never"
    return words.age(timezone.localtime(card.last.evidence_until), timezone.localtime())


def indicator_plot(asks: Standing, card: IndicatorCard) -> PlotPicture:
    """Return one indicator drawn like a plot, for the page of its plot and who asks."""
    page = _url("indicator", asks.team, card.indicator.slug)
    return PlotPicture(
        card.indicator.name, page, card.state, "", card.figure, _unit(card), spark(card),
        f"{WEEKS} weeks, {card.goal}", _age(card), *_act(asks, card), [], card.waits,
    )  # fmt: skip


def spark(card: IndicatorCard) -> str:
    """Draw 13 weeks of an indicator over the band where its target is met."""
    known = [value for value in card.series if value is not None]
    write = words.percent if card.is_ratio else words.number
    told = f"{WEEKS} weeks, from {write(known[0])} to {write(known[-1])}" if known else "nothing measured"
    label = f"{card.indicator.name}: {told}; {card.goal}"
    return sparkline(card.series, label=label, target=card.target.goal, at_most=card.target.at_most)


def history_chart(team: Team, indicator: Indicator) -> Chart:
    """Draw all readings that were kept, with changes of the target marked, and the numbers beside."""
    kept = list(TakenReading.objects.of(team, [indicator.slug]))
    changes = TeamTarget.objects.filter(team=team, indicator=indicator.slug).order_by("at", "pk")
    marks = [Mark(change.at.astimezone(team.zoneinfo).date(), "target changed") for change in changes]
    write = words.percent if indicator.unit is Unit.RATIO else words.number
    goal = kept[-1].goal if kept else indicator.target.goal
    drawn = history(
        [Line(indicator.name, [(row.day, row.value) for row in kept])], label=_history_label(indicator, kept),
        target=goal, at_most=indicator.target.at_most, events=marks, write=write,
        whole=indicator.unit is Unit.COUNT,
    )  # fmt: skip
    return Chart(
        title=f"{indicator.name}, {words.counted(len(kept), 'reading')}",
        subtitle=f"each over {indicator.window}; dashed, the target",
        svg=drawn,
        columns=["Day", "Reading", "Counted", "State", "Read at"],
        rows=[_history_row(row, write, team) for row in reversed(kept)],
        csv_url=_url("history-csv", team, indicator.slug),
        note=_later_note(kept),
    )


def _history_label(indicator: Indicator, kept: Sequence[TakenReading]) -> str:
    return f"{indicator.name} over time, {words.counted(len(kept), 'reading')}; the numbers follow as a table"


def _history_row(row: TakenReading, write: Any, team: Team) -> list[str]:
    taken = row.taken_at.astimezone(team.zoneinfo)
    return [f"{row.day}", write(row.value), words.number(row.n), State(row.shown).word, f"{taken:%Y-%m-%d %H:%M}"]


def _later_note(kept: Iterable[TakenReading]) -> str:
    later = sum(row.was_worked_out_later for row in kept)
    return (
        f"{words.counted(later, 'reading')} of days gone by were worked out later, from imported records."
        if later
        else ""
    )
