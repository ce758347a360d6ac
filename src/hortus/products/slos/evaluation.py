"""Evaluates the objectives of a team: keeps how they stand, opens and closes alert episodes. Level-triggered.

Only the counts decide, never what the last run did: a run that was missed, killed or repeated changes nothing but the
minute at which an episode is first seen.
"""

from datetime import UTC, datetime
from typing import Any

from django.db import transaction

from hortus.access.models import Team
from hortus.ledger.actions import record
from hortus.ledger.refs import Ref
from hortus.products.slos.models import AlertEpisode, Evaluation, Objective
from hortus.products.slos.queries import standings
from hortus.products.slos.rules.alerts import Urgency
from hortus.products.slos.shapes import pair_as_dict, standing_as_dict
from hortus.products.slos.standing import PairStanding, Standing
from hortus.values.plots import Plot

PLOTS = {Urgency.PAGE: Plot.named("products-urgent"), Urgency.TICKET: Plot.named("products-care")}

Key = tuple[Any, str, int, int]


@transaction.atomic
def evaluate(team: Team, now: datetime, *, source: str = "worker") -> dict[Objective, Standing]:
    """Work out how all objectives of a team stand at an instant, keep it, open and close alert episodes; return it.

    now: aware; the whole minute that it lies in counts as not yet over. A team's evaluations run one after the other;
    one whose minute lies before the kept one still tells the truth of its own minute. source: the door, for events.
    """
    # Without the key: rows that others add for this team meanwhile need not wait.
    Team.objects.select_for_update(no_key=True).get(pk=team.pk)
    found = standings(team, now)
    _keep(team, found)
    _alert(team, found, now.astimezone(UTC).replace(second=0, microsecond=0), source)
    return found


def _keep(team: Team, found: dict[Objective, Standing]) -> None:
    Evaluation.objects.filter(team=team).exclude(objective__in=found).delete()
    Evaluation.objects.bulk_create(
        [
            Evaluation(
                objective=objective, team=team, minute=standing.minute, state=standing.state.value,
                standing=standing_as_dict(standing),
            )
            for objective, standing in found.items()
        ],
        update_conflicts=True, unique_fields=["objective"], update_fields=["minute", "state", "standing"],
    )  # fmt: skip


def _alert(team: Team, found: dict[Objective, Standing], now: datetime, source: str) -> None:
    held = {_key(objective, pair): (objective, pair) for objective, one in found.items() for pair in one.holding}
    unknown = {
        _key(objective, pair) for objective, one in found.items() for pair in one.pairs if pair.holds is None
    }  # fmt: skip
    standing = AlertEpisode.objects.filter(team=team).open().select_related("objective")
    known = {(e.objective_id, e.severity, e.long_minutes, e.short_minutes): e for e in standing}
    for key, episode in known.items():
        if key not in held and key not in unknown:
            close(episode, now, source)
    for key, (objective, pair) in held.items():
        if key not in known:
            open_episode(objective, pair, now, source)


def _key(objective: Objective, pair: PairStanding) -> Key:
    told = pair.rule.pair
    return objective.pk, told.name, told.long_minutes, told.short_minutes


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
    """Close an episode with its event."""
    episode.closed_at = max(at, episode.opened_at)  # the clock may have been set back
    episode.save(update_fields=["closed_at"])
    _tell(episode, episode.objective, "closed", at, source)


def _tell(episode: AlertEpisode, objective: Objective, verb: str, at: datetime, source: str) -> None:
    facts = {
        "objective": objective.slug, "severity": episode.severity, "urgency": episode.urgency,
        "long_minutes": episode.long_minutes, "short_minutes": episode.short_minutes,
    }  # fmt: skip
    for window in ("long", "short"):
        rate = episode.numbers[window]
        facts |= {f"{window}_burn_rate": rate["burn_rate"], f"{window}_bad": rate["bad"]}
    record(
        objective.team, verb, Ref("alert", str(episode.pk), f"{episode.severity}: {objective.name}"), by=None,
        source=source, at=at, plot=PLOTS[Urgency(episode.urgency)], service=objective.service, payload=facts,
        dedupe_key=f"alert:{episode.pk}:{verb}",
    )  # fmt: skip
