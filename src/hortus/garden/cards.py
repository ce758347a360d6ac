"""What the garden shows: cards of plots and indicators made from stored readings. No measuring here.

Two queries for readings and one for targets serve page, JSON and terminal alike.
"""

from bisect import bisect_left
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.db.models import CharField
from django.db.models.functions import Cast

from hortus.access.models import Team
from hortus.garden import indicators, rules
from hortus.garden.actions import targets, today
from hortus.garden.indicators import INDICATORS, Bed, Indicator, Unit
from hortus.garden.models import TakenReading
from hortus.values.plots import PLOTS, Plot, Row
from hortus.values.reading import State, Target, is_stale, weekly, worst

WEEKS = 13


@dataclass(frozen=True, slots=True)
class IndicatorCard:
    """One indicator as it stands now.

    last: the newest reading, None when none was ever taken. series: one value a week, oldest first, None a gap.
    state: what is shown; bare when the evidence is too old, whatever the last reading earned. today, next_at: the
    team's date, and when the next reading of another day is due.
    """

    indicator: Indicator
    target: Target
    last: TakenReading | None
    state: State
    series: Sequence[float | None]
    today: date
    next_at: datetime

    @property
    def is_measured(self) -> bool:
        """Say whether a value is there and fresh enough to speak."""
        return self.state is not State.BARE and self.value is not None

    @property
    def value(self) -> float | None:
        """Return the newest value in the base unit."""
        return self.last.value if self.last else None

    @property
    def is_ratio(self) -> bool:
        """Say whether the value is a ratio."""
        return self.indicator.unit is Unit.RATIO

    @property
    def figure(self) -> str:
        """Return the big figure, "None yet" when there is none."""
        reading = self.last.reading if self.last else None
        return rules.figure(self.is_ratio, reading) if reading else "None yet"

    @property
    def goal(self) -> str:
        """Return the target as text."""
        return rules.goal_text(self.is_ratio, self.target)

    @property
    def is_settling(self) -> bool:
        """Say whether the last reading earned another state than the one shown."""
        return self.last is not None and self.is_measured and self.last.earned != self.state.value

    @property
    def earned(self) -> State:
        """Return what the last reading earned by itself."""
        return State(self.last.earned) if self.last else State.BARE

    @property
    def waits(self) -> str:
        """Return what a second reading must agree with before the state changes, "" while nothing waits for one."""
        return rules.waits(self.state, self.earned, self.next_at, self.today) if self.is_settling else ""

    @property
    def meaning(self) -> str:
        """Return the words after the figure: "of jobs" after a percentage, "jobs" after "3 of 4", "job" after "1"."""
        said = self.indicator.says
        if not self.is_ratio:
            return self.indicator.says_of_one if self.value == 1 else said
        return said.removeprefix("of ") if " of " in self.figure else said

    @property
    def says(self) -> str:
        """Return the words after the figure, and which way it goes while the state waits for a second reading."""
        if not self.is_settling:
            return self.meaning
        return f"{self.meaning}, {'slipping' if self.earned.badness > self.state.badness else 'recovering'}"

    @property
    def why(self) -> str:
        """Return figure, meaning and target in one line."""
        return rules.why(self.indicator.name, self.figure, self.says, self.goal)


@dataclass(frozen=True, slots=True)
class PlotCard:
    """One plot as it stands now: its worst measured indicator speaks for it."""

    bed: Bed
    cards: Sequence[IndicatorCard]

    @property
    def plot(self) -> Plot:
        """Return which of the nine plots this is."""
        return self.bed.plot

    @property
    def state(self) -> State:
        """Return the plot's state: the worst measured one."""
        return worst(card.state for card in self.cards)

    @property
    def speaker(self) -> IndicatorCard | None:
        """Return the indicator that speaks for the plot, None when there is none at all."""
        return max(self.cards, key=_urgency, default=None)

    @property
    def unmeasured(self) -> list[str]:
        """Return the names of the indicators without a fresh value."""
        return [card.indicator.name for card in self.cards if not card.is_measured]


@dataclass(frozen=True, slots=True)
class Garden:
    """The nine plots of one team at one instant."""

    team: Team
    at: datetime
    day: date
    plots: Sequence[PlotCard]

    @property
    def headline(self) -> rules.Headline:
        """Return the sentence that counts the states."""
        return rules.headline([plot.state for plot in self.plots])

    @property
    def rows(self) -> list[tuple[Row, list[PlotCard]]]:
        """Return the plots row by row."""
        return [(row, [p for p in self.plots if p.plot.row is row]) for row in Row]

    @property
    def first_things(self) -> list[IndicatorCard]:
        """Return at most three measured indicators that do not thrive, the most urgent first.

        One that meets its target again by its newest reading needs no tending, only a second reading.
        """
        cards = [c for p in self.plots for c in p.cards if c.state in (State.CARE, State.OVERGROWN)]
        cards = [c for c in cards if c.earned is not State.THRIVING]
        return sorted(cards, key=_urgency, reverse=True)[:3]


def _urgency(card: IndicatorCard) -> tuple[int, int, float]:
    rank = list(Row).index(card.indicator.plot.row)
    return rules.urgency(card.state, rank, card.value, card.target)


def garden(team: Team, at: datetime) -> Garden:
    """Return the garden of a team; three queries, whatever the number of plots."""
    cards = {card.indicator.slug: card for card in indicator_cards(team, at, INDICATORS)}
    plots = [PlotCard(indicators.bed(plot), [cards[i.slug] for i in indicators.on(plot)]) for plot in PLOTS]
    return Garden(team, at, today(team, at), plots)


def indicator_cards(team: Team, at: datetime, wanted: Sequence[Indicator]) -> list[IndicatorCard]:
    """Return the cards of some indicators, with 13 weeks of history."""
    day = today(team, at)
    ends = [f"{day - timedelta(days=7 * back)}" for back in reversed(range(WEEKS + 1))]
    newest: dict[str, str] = {}
    by_week: dict[str, dict[int, tuple[str, float]]] = {i.slug: {} for i in wanted}
    # A quarter of a year is drawn from two columns, and most days only pass by: as text they cost a third. Only the
    # newest reading of each is told whole.
    shown = TakenReading.objects.of(team, by_week).since(day - timedelta(days=7 * WEEKS))
    for slug, on, value in shown.values_list("indicator", Cast("day", CharField()), "value"):
        newest[slug] = on
        if value is not None:
            by_week[slug][bisect_left(ends, on)] = on, value
    last = {row.indicator: row for row in TakenReading.objects.of(team, newest).filter(day__in=set(newest.values()))}
    in_force = targets(team)
    weeks = {i.slug: _weeks(by_week[i.slug].values(), day) for i in wanted}
    return [_card(team, i, in_force[i.slug], last.get(i.slug), weeks[i.slug], at) for i in wanted]


def _weeks(read: Iterable[tuple[str, float]], day: date) -> Sequence[float | None]:
    return weekly([(date.fromisoformat(on), value) for on, value in read], day, WEEKS)


def _card(
    team: Team, indicator: Indicator, target: Target, last: TakenReading | None, series: Sequence[float | None],
    at: datetime,
) -> IndicatorCard:  # fmt: skip
    fresh = last is not None and not is_stale(last.evidence_until, at, indicator.fresh_for)
    state = State(last.shown) if last is not None and fresh else State.BARE
    due = rules.next_reading(last.day if last else None, at, team.zoneinfo)
    return IndicatorCard(indicator, target, last, state, series, today(team, at), due)
