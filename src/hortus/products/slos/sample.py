"""Objectives of the sample garden: seven promises with 26 weeks of counts, a bad fortnight, maintenance, and alerts."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from hortus.access.models import Team
from hortus.access.sample import World
from hortus.products.slos import actions, evaluation, slis
from hortus.products.slos.drafts import ExclusionDraft, SliDraft
from hortus.products.slos.exclusions import Exclusions, minute_of
from hortus.products.slos.models import Objective, Sli
from hortus.products.slos.objective_draft import ObjectiveDraft
from hortus.products.slos.proposals import instant
from hortus.products.slos.queries import standing
from hortus.products.slos.replay import backtest
from hortus.products.slos.rules.alerts import Pair, Urgency
from hortus.products.slos.terms import row_of
from hortus.telemetry.counts.actions import add
from hortus.telemetry.counts.counting import Counts
from hortus.telemetry.models import Cluster

WEEKS, DAY = 26, 1440
EPISODE_DAYS = 28
CLUSTER = "alder"


@dataclass(frozen=True, slots=True)
class Lived:
    """An SLI and what it went through. every: minutes between events. usual: ratio of bad events on a usual day.

    bad: (days ago from, days ago until, ratio of bad events). by_day: events come when people work. gap: days ago from
    and until when nothing was measured.
    """

    slug: str
    name: str
    sentence: str
    service: str
    every: int
    usual: float
    bad: tuple[tuple[float, float, float], ...] = ()
    by_day: bool = False
    gap: tuple[float, float] | None = None


COUNTED = (
    Lived("notebook-opens", "Notebook opens", "Of the notebooks that somebody started, how many opened within a "
          "minute.", "glasshouse", 7, 0.006, ((77, 63, 0.06), (12.5, 12.1, 0.5)), by_day=True),
    Lived("scratch-answers", "Scratch answers", "Of the small files that we write to scratch and read back, once every "
          "five minutes, how many came back within ten seconds.", "peat", 5, 0.0002,
          ((24.45, 24.3, 1.0), (12.05, 11.9, 1.0), (0.12, 0.0, 0.75))),
    Lived("portal-answers", "Web portal answers", "Of the visits that we pay to the web portal, once every five "
          "minutes, how many were answered within two seconds.", "toolshed", 5, 0.0008,
          ((40.5, 40.4, 0.8),), gap=(6.2, 5.9)),
    Lived("transfers-arrive", "Large transfers arrive", "Of the transfers of more than a terabyte, how many arrived "
          "whole within a day.", "hedgerow", 2000, 0.01),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Promised:
    """An objective of the sample: its SLIs by slug with weights, target, owner as a place in the list of persons.

    pairs: alert pairs of its own, none for the standard ones.
    """

    slug: str
    name: str
    promise: str
    parts: tuple[tuple[str, int], ...]
    target: str
    owner: int | None
    function: str = ""
    calendar: str = ""
    pairs: tuple[Pair, ...] = ()


# Nobody is called at night for a long queue: what it needs is a talk about shares and hardware.
BY_DAY = (
    Pair("look tomorrow", Urgency.TICKET, Fraction(1, 10), DAY, 2 * 60),
    Pair("look this week", Urgency.TICKET, Fraction(1, 10), 3 * DAY, 6 * 60),
)
PROMISES = (
    Promised("jobs-start-in-time", "Jobs start in time", "Of a hundred jobs eighty-five start within the wait that the "
             "waiting times promise for their partition and size.", (("job-starts-in-time", 1),), "0.85", 1, "submit",
             pairs=BY_DAY),
    Promised("jobs-are-not-lost", "Jobs are not lost", "Of a thousand jobs that end, at most five are lost because "
             "something of ours broke.", (("job-not-lost", 1),), "0.995", 2, "running-jobs"),
    Promised("notebooks-open", "Notebooks open", "Ninety-eight of a hundred notebooks open within a minute.",
             (("notebook-opens", 1),), "0.98", 5, "interactive"),
    Promised("scratch-answers", "Scratch answers", "Scratch takes and gives back a file within ten seconds, but for "
             "seven hours in 28 days.", (("scratch-answers", 1),), "0.99", 3, "scratch"),
    Promised("portal-answers", "The web portal answers", "The portal answers within two seconds, but for three and a "
             "half hours a month.", (("portal-answers", 1),), "0.995", None, "", "month"),
    Promised("a-day-of-research", "A day of research works", "On nineteen of twenty occasions your job starts, your "
             "files are there and your notebook opens.", (("job-starts-in-time", 1), ("scratch-answers", 2),
             ("notebook-opens", 1)), "0.95", 0),
    Promised("transfers-arrive", "Large transfers arrive", "Ninety-eight of a hundred large transfers arrive whole "
             "within a day.", (("transfers-arrive", 1),), "0.98", 4, "transfer"),
)  # fmt: skip


def plant(team: Team, world: World) -> None:
    """Promise seven things for the sample team, with counts, exclusions, and alerts as evaluation would find them.

    Clusters must be planted before, because two SLIs judge their jobs.
    """
    held = {lived.slug: _live(team, world, lived, place) for place, lived in enumerate(COUNTED)}
    held |= _judged(team, world)
    since = world.until - timedelta(weeks=WEEKS)
    made = [
        _promise(team, world, told, held, since) for told in PROMISES if all(slug in held for slug, _ in told.parts)
    ]  # fmt: skip
    _exclude(team, world, [held["scratch-answers"]])
    exclusions = Exclusions.of(team)
    for objective in made:
        _remember(objective, world.until, exclusions)
    evaluation.evaluate(team, world.until, source="sample")


def _live(team: Team, world: World, lived: Lived, place: int) -> Sli:
    draft = SliDraft(lived.name, lived.sentence, lived.service)
    sli = slis.create(team, draft, by=world.persons[1], door="sample", slug=lived.slug)
    until = minute_of(world.until)
    since = until - WEEKS * 7 * DAY
    random = np.random.default_rng([world.seed, place])
    minutes = np.arange(since + random.integers(lived.every), until, lived.every)
    total = random.poisson(1.3 * _working(minutes)) if lived.by_day else np.ones(len(minutes), np.int64)
    bad = random.binomial(total, _ratios(lived, until - minutes))
    spans = _measured(lived, since, until)
    kept = (total > 0) & np.logical_or.reduce([(minutes >= a) & (minutes < b) for a, b in spans])
    counts = Counts(
        np.full(int(kept.sum()), sli.series_id), minutes[kept], (total - bad)[kept], total[kept]
    )  # fmt: skip
    add(team, counts, source="sample", measured=[(sli.series_id, *span) for span in spans])
    return sli


def _working(minutes: NDArray[np.int64]) -> NDArray[np.float64]:
    """Return how busy people are, 0.03 at night to 1 in the afternoon of a working day."""
    hour, weekday = minutes % DAY / 60, (minutes // DAY + 3) % 7
    busy = np.exp(-(((hour - 13) / 4) ** 2))
    return np.asarray(np.where(weekday < 5, busy, busy * 0.15) + 0.03, np.float64)


def _ratios(lived: Lived, back: NDArray[np.int64]) -> NDArray[np.float64]:
    found = np.full(len(back), lived.usual)
    for first, last, ratio in lived.bad:
        found[(back <= first * DAY) & (back > last * DAY)] = ratio
    return found


def _measured(lived: Lived, since: int, until: int) -> list[tuple[int, int]]:
    if lived.gap is None:
        return [(since, until)]
    first, last = (until - int(days * DAY) for days in lived.gap)
    return [(since, first), (last, until)]


def _judged(team: Team, world: World) -> dict[str, Sli]:
    """Judge the jobs of the sample's cluster, where it was planted."""
    if not Cluster.objects.filter(team=team, name=CLUSTER).exists():
        return {}
    told = (
        ("job-starts-in-time", "Job starts in time", "job_in_time",
         "Of the jobs that could start, how many started within the wait that was promised to them."),
        ("job-not-lost", "Job not lost to us", "job_not_lost",
         "Of the jobs that ended, how many were not lost through a failure of ours."),
    )  # fmt: skip
    return {
        slug: slis.create(
            team, SliDraft(name, sentence, "alder", judge, {"cluster": CLUSTER}), by=world.persons[1], door="sample",
            slug=slug, at=world.until,
        )
        for slug, name, judge, sentence in told
    }  # fmt: skip


def _promise(team: Team, world: World, told: Promised, held: dict[str, Sli], since: datetime) -> Objective:
    draft = ObjectiveDraft(
        name=told.name, promise=told.promise, target_ratio=Decimal(told.target), calendar_unit=told.calendar,
        parts=[(held[slug], Decimal(weight)) for slug, weight in told.parts], function=told.function,
        owner=world.persons[told.owner] if told.owner is not None else None,
        pairs=[row_of(pair) for pair in told.pairs],
    )  # fmt: skip
    return actions.create(
        team, draft, by=world.persons[0], door="sample", slug=told.slug, at=since, is_evaluated=False
    )  # fmt: skip


def _exclude(team: Team, world: World, corrected: Sequence[Sli]) -> None:
    """Leave out a restart each week, and four hours that the team agreed not to count."""
    first = (world.until - timedelta(weeks=WEEKS)).astimezone(team.zoneinfo)
    first = first.replace(hour=4, minute=0, second=0, microsecond=0)
    weekly = ExclusionDraft(
        "planned", first, 30, "Restart of the portal each week, as agreed with those who use it.",
        rule="FREQ=WEEKLY;BYDAY=SU", zone=team.zone, service="toolshed",
    )  # fmt: skip
    agreed = ExclusionDraft(
        "agreed", world.until - timedelta(days=12.06), 240,
        "The probe's own node was drained; scratch itself answered all the time.", slis=corrected,
    )  # fmt: skip
    actions.exclude(
        team, weekly, by=world.persons[3], door="sample", at=first - timedelta(days=7), is_evaluated=False
    )  # fmt: skip
    actions.exclude(
        team, agreed, by=world.persons[3], door="sample", at=world.until - timedelta(days=11), is_evaluated=False
    )  # fmt: skip


def _remember(objective: Objective, until: datetime, exclusions: Exclusions) -> None:
    """Keep the alert episodes of the last weeks as evaluation each minute would have found them."""
    whole = Objective.objects.whole().get(pk=objective.pk)
    found = backtest(whole, until - timedelta(days=EPISODE_DAYS), until)
    told = [(episode, track.rule.pair) for track in found.tracks for episode in track.episodes]
    for episode, pair in sorted(told, key=lambda one: one[0].opened_at):
        opened = instant(episode.opened_at)
        found_then = next(one for one in standing(whole, opened, exclusions).pairs if one.rule.pair == pair)
        kept = evaluation.open_episode(whole, found_then, opened, "sample")
        if episode.closed_at is not None:
            evaluation.close(kept, instant(episode.closed_at), "sample")
