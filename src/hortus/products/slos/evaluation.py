"""Evaluates the objectives of a team: keeps how they stand, opens and closes alert episodes. Level-triggered.

Only the counts decide, never what the last run did. A run that was missed or killed is made up for: the next one goes
through every minute since each pair was last known to hold or not, so episodes begin and end at the same minutes.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction

from hortus.access.models import Team
from hortus.ledger.actions import record
from hortus.products.slos import looking_back, telling
from hortus.products.slos.exclusions import Exclusions, minute_of
from hortus.products.slos.models import AlertEpisode, Evaluation, Objective
from hortus.products.slos.proposals import instant
from hortus.products.slos.queries import standing, standings
from hortus.products.slos.rules.alerts import Urgency
from hortus.products.slos.rules.backtest import Seen
from hortus.products.slos.rules.episodes import Episode, run
from hortus.products.slos.shapes import pair_as_dict, standing_as_dict
from hortus.products.slos.standing import PairStanding, Standing
from hortus.values.plots import Plot

MOST_MINUTES = 28 * 1440  # how far back an evaluation goes for what was missed
MOST_AHEAD = 60  # minutes; what was looked at further ahead was looked at by a clock that had jumped
PLOTS = {Urgency.PAGE: Plot.named("products-urgent"), Urgency.TICKET: Plot.named("products-care")}

Key = tuple[str, int, int]
Open = dict[Key, AlertEpisode]


@transaction.atomic
def evaluate(team: Team, now: datetime, *, source: str = "worker") -> dict[Objective, Standing]:
    """Work out how all objectives of a team stand at an instant, keep it, open and close alert episodes; return it.

    now: aware; the whole minute that it lies in counts as not yet over. A team's evaluations run one after the other;
    one whose minute lies before the kept one still tells the truth of its own minute, and leaves alerts alone.
    source: the door, for events.
    """
    # Without the key: rows that others add for this team meanwhile need not wait.
    Team.objects.select_for_update(no_key=True).get(pk=team.pk)
    exclusions = Exclusions.of(team)
    found = standings(team, now, exclusions=exclusions)
    kept = {row.objective_id: row.looked for row in Evaluation.objects.filter(team=team)}
    opened = _opened(team)
    looked = {}
    for objective, one in found.items():
        watch = _Watch(objective, one, kept.get(objective.pk, {}), exclusions)
        looked[objective] = _alert(watch, opened.pop(objective, {}), source)
    for gone in (episode for episodes in opened.values() for episode in episodes.values()):
        close(gone, instant(minute_of(now)), source)  # its objective is retired
    _keep(team, found, looked)
    return found


def _opened(team: Team) -> dict[Objective, Open]:
    found: dict[Objective, Open] = {}
    for one in AlertEpisode.objects.filter(team=team).open().select_related("objective"):
        found.setdefault(one.objective, {})[one.severity, one.long_minutes, one.short_minutes] = one
    return found


def _keep(team: Team, found: dict[Objective, Standing], looked: dict[Objective, dict[str, int]]) -> None:
    Evaluation.objects.filter(team=team).exclude(objective__in=found).delete()
    Evaluation.objects.bulk_create(
        [
            Evaluation(
                objective=objective, team=team, minute=standing.minute, state=standing.state.value,
                standing=standing_as_dict(standing), looked=looked[objective],
            )
            for objective, standing in found.items()
        ],
        update_conflicts=True, unique_fields=["objective"], update_fields=["minute", "state", "standing", "looked"],
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class _Watch:
    """An objective whose alerts are looked at. looked: by pair, when it was last known to hold or not.

    Where counts stay in an engine their minutes are not here to look back at; then `looked` also says, by `_held`,
    when the pair was last seen to hold.
    """

    objective: Objective
    standing: Standing
    looked: Mapping[str, int]
    exclusions: Exclusions

    def last(self, name: str) -> int | None:
        """Return the minute that is kept under a name; None for none and for one of a clock that was wrong."""
        kept = self.looked.get(name)
        return None if kept is None or kept > self.standing.minute + MOST_AHEAD else kept

    def first(self, pair: PairStanding, is_open: bool) -> int | None:
        """Return the minute from which on a pair must be looked at, the present one included; None for not at all.

        The present minute is enough for a pair that was known a minute ago, unless its alert may close: that takes as
        many quiet minutes before as it is kept firing. What an engine told stands for some minutes; it counts once.
        """
        now, keeps = self.standing.minute, pair.rule.pair.keeps
        last = self.last(_name(_key(pair)))
        if pair.holds is None or (last is not None and last > now):  # later minutes know more than this one
            return None
        if self.standing.is_told:
            return None if last == now else now
        if last is not None and last >= now - 1 and (pair.holds or not is_open):
            return now
        since = now if last is None else min(last + 1, now)
        return max(since - keeps, now - MOST_MINUTES)

    def before(self, pair: PairStanding, row: AlertEpisode | None) -> Episode | None:
        """Return an open episode as the arithmetic reads it."""
        if row is None:
            return None
        opened = min(minute_of(row.opened_at), self.standing.minute)
        held = self.last(_held(_key(pair)))
        return Episode(opened, opened) if held is None else Episode(opened, held, quiet_since=held + 1)

    def then(self, pair: PairStanding, minute: int) -> PairStanding:
        """Return how a pair stood at a minute that nobody looked at."""
        if minute == self.standing.minute:
            return pair
        found = standing(self.objective, instant(minute), self.exclusions)
        return next(one for one in found.pairs if _key(one) == _key(pair))


def _alert(watch: _Watch, opened: Open, source: str) -> dict[str, int]:
    """Open and close the alerts of an objective; return by pair when it was last known to hold or not."""
    now, pairs = watch.standing.minute, watch.standing.pairs
    firsts = [watch.first(pair, _key(pair) in opened) for pair in pairs]
    earliest = min((first for first in firsts if first is not None), default=now)
    seen = tuple(Seen.once(pair.rule, pair.holds) for pair in pairs)
    if earliest < now:
        seen = looking_back.seen(watch.objective, watch.standing.case.terms, earliest, now, watch.exclusions)
    asked = {name(_key(pair)) for pair in pairs for name in (_name, _held)}
    looked = {name: minute for name, minute in watch.looked.items() if name in asked}
    for pair, first, one in zip(pairs, firsts, seen, strict=True):
        held = opened.pop(_key(pair), None)
        if first is None:
            continue
        looked[_name(_key(pair))] = now
        if watch.standing.is_told and pair.holds:
            looked[_held(_key(pair))] = now
        _follow(watch, pair, one.since(first - earliest), first, held, source)
    for gone in opened.values():
        close(gone, instant(now), source)  # its pair is no longer asked for
    return looked


def _follow(
    watch: _Watch, pair: PairStanding, seen: Seen, since: int, held: AlertEpisode | None, source: str
) -> None:  # fmt: skip
    """Open and close what a pair said from a minute on. held: its open episode."""
    before = watch.before(pair, held)
    for episode in run(since, seen.held, seen.known, pair.rule.pair.keeps, before):
        row, held = held, None
        if row is None:
            then = watch.then(pair, episode.opened_at)
            row = open_episode(watch.objective, then, instant(episode.opened_at), source)
            if episode.closed_at is None:
                telling.opened(row)
        if episode.closed_at is not None:
            close(row, instant(episode.closed_at), source)


def _key(pair: PairStanding) -> Key:
    told = pair.rule.pair
    return told.name, told.long_minutes, told.short_minutes


def _name(key: Key) -> str:
    return f"{key[0]} {key[1]}/{key[2]}"


def _held(key: Key) -> str:
    return f"{_name(key)} held"


def open_episode(objective: Objective, pair: PairStanding, at: datetime, source: str) -> AlertEpisode:
    """Open an episode with its event."""
    told = pair.rule.pair
    episode = AlertEpisode.objects.create(
        team=objective.team, objective=objective, severity=told.name, urgency=told.urgency.value,
        long_minutes=told.long_minutes, short_minutes=told.short_minutes, opened_at=at, numbers=pair_as_dict(pair),
    )  # fmt: skip
    _tell(episode, objective, "opened", at, source)
    return episode


def close(episode: AlertEpisode, at: datetime, source: str) -> None:
    """Close an episode with its event, and tell who heard that it began."""
    episode.closed_at = max(at, episode.opened_at)  # the clock may have been set back
    episode.save(update_fields=["closed_at"])
    _tell(episode, episode.objective, "closed", at, source)
    telling.closed(episode)


def _tell(episode: AlertEpisode, objective: Objective, verb: str, at: datetime, source: str) -> None:
    facts = {
        "objective": objective.slug, "severity": episode.severity, "urgency": episode.urgency,
        "long_minutes": episode.long_minutes, "short_minutes": episode.short_minutes,
    }  # fmt: skip
    for window in ("long", "short"):
        rate = episode.numbers[window]
        facts |= {f"{window}_burn_rate": rate["burn_rate"], f"{window}_bad": rate["bad"]}
    record(
        objective.team, verb, telling.ref(episode), by=None, source=source, at=at,
        plot=PLOTS[Urgency(episode.urgency)], service=objective.service, payload=facts,
        dedupe_key=f"alert:{episode.pk}:{verb}",
    )  # fmt: skip
