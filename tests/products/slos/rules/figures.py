"""Prints the figures that docs/explanation/slo-arithmetic.md gives: `python -m tests.products.slos.rules.figures`."""

from collections.abc import Callable, Iterator
from dataclasses import replace

import numpy as np

from hortus.products.slos.rules.alerts import Pair, Rule, Sums, Urgency, holding, rules, standard_pairs
from hortus.products.slos.rules.backtest import backtest, lead_in
from hortus.products.slos.rules.little import Little
from hortus.products.slos.rules.stretch import Stretch

DAY = 1440
PERIOD = 28 * DAY
A_DAY = 30
BETWEEN = DAY // A_DAY


def pages_of(objective: str) -> tuple[Rule, ...]:
    """Return the standard pairs that page."""
    found = rules(standard_pairs(PERIOD), objective, PERIOD)
    return tuple(rule for rule in found if rule.pair.urgency is Urgency.PAGE)


PAGES = pages_of("0.99")


def expected_pages(little: Little | None, bad_ratio: float) -> float:
    """Return exactly how many pages 28 days of 30 events a day bring, one event every 48 minutes, each bad by chance.

    Between two events the windows hold at most ten, so all outcomes of the last ten can be gone through: the sum, over
    the 48 minutes and all outcomes, of the probability that a page holds at a minute and held not at the one before.
    """
    reach = -(-max(r.pair.long_minutes for r in PAGES) // BETWEEN) + 2
    outcomes = (np.arange(2**reach)[:, None] >> np.arange(reach)) & 1
    chance = np.prod(np.where(outcomes == 1, bad_ratio, 1 - bad_ratio), axis=1)
    at = -BETWEEN * np.arange(reach)  # the last event falls into minute 0, the one before into minute -48
    held = np.stack([_holds(outcomes, at, now, little) for now in range(BETWEEN + 1)])
    opens = held[1:] & ~held[:-1]  # the evaluation at minute 0 does not see the event of minute 0 yet
    return float((opens * chance).sum() * A_DAY * 28)


def _holds(outcomes: np.ndarray, at: np.ndarray, now: int, little: Little | None) -> np.ndarray:
    held = np.zeros(len(outcomes), np.bool_)
    for rule in PAGES:
        sums = []
        for size in (rule.pair.long_minutes, rule.pair.short_minutes):
            inside = (at >= now - size) & (at < now)
            sums += [outcomes[:, inside].sum(axis=1), np.full(len(outcomes), inside.sum())]
        held |= holding(rule, Sums(*sums), little)
    return held


def traffic(seed: int, bad_ratio: float, days: int = 28, a_day: int = A_DAY) -> Stretch:
    """Return minutes with so many events a day by chance, four times as many by day as at night, after a lead-in."""
    rng = np.random.default_rng(seed)
    minutes = days * DAY + lead_in(PAGES)
    by_day = np.arange(minutes) % DAY < DAY // 2
    total = rng.poisson(np.where(by_day, 1.6, 0.4) * a_day / DAY)
    return Stretch(0, total - rng.binomial(total, bad_ratio), total, np.ones(minutes, np.bool_))


def pages(stretch: Stretch, little: Little | None, asked: tuple[Rule, ...] = PAGES) -> int:
    """Return how many episodes of the page pairs a stretch brings."""
    return sum(len(track.episodes) for track in backtest(stretch, lead_in(asked), asked, little))


def minutes_to_page(seed: int, objective: str = "0.99", a_day: int = A_DAY) -> int:
    """Return after how many minutes of total outage, begun by day, the first page comes; -1 for never in a day."""
    asked = pages_of(objective)
    healthy = traffic(seed, 0, days=1, a_day=a_day)
    start = lead_in(asked)
    good = healthy.good.copy()
    good[start:] = 0
    failing = Stretch(0, good, healthy.total, healthy.measured)
    opened = [e.opened_at for t in backtest(failing, start, asked, Little()) for e in t.episodes]
    return min(opened) - start if opened else -1


def outage_costs(hour: int) -> tuple[float, float]:
    """Return what 2 hours out cost at 99.9 % in 28 days, in budgets: by events, and by the mean of 5-minute ratios.

    The service has 2,000 events a minute from 8 to 20 o'clock and 100 at night. hour: when the outage begins.
    """
    minutes = np.arange(PERIOD)
    total = np.where((minutes % DAY >= 8 * 60) & (minutes % DAY < 20 * 60), 2000, 100)
    is_out = (minutes >= 13 * DAY + hour * 60) & (minutes < 13 * DAY + hour * 60 + 120)
    bad = np.where(is_out, total, 0)
    by_events = bad.sum() / total.sum() / 0.001
    of_five = (bad.reshape(-1, 5).sum(axis=1) / total.reshape(-1, 5).sum(axis=1)).mean() / 0.001
    return float(by_events), float(of_five)


def kept(keeps: Callable[[Pair], int], seeds: int = 20) -> tuple[float, float]:
    """Return episodes and hours that the standard pairs stand in 28 days with ten outages, on the average of seeds.

    225 events a day at an objective of 90 %; in the outages, three hours each, 70 % of them fail, else 5 %.
    keeps: for how many minutes a pair is kept firing.
    """
    usual = standard_pairs(PERIOD)
    asked = rules([replace(pair, keep_firing_minutes=keeps(pair)) for pair in usual], "0.9", PERIOD)
    count = stood = 0
    for seed in range(seeds):
        rng, calm = np.random.default_rng([seed, 1]), traffic(seed, 0, days=31, a_day=225)
        share = np.full(len(calm.total), 0.05)
        for day in range(10):
            share[lead_in(asked) + day * 2 * DAY + 600 :][:180] = 0.7
        bad = rng.binomial(calm.total, share)
        failing = Stretch(0, calm.total - bad, calm.total, calm.measured)
        found = [e for t in backtest(failing, lead_in(asked), asked, Little()) for e in t.episodes]
        count += len(found)
        stood += sum((failing.until if e.closed_at is None else e.closed_at) - e.opened_at for e in found)
    return count / seeds, stood / seeds / 60


def figures() -> Iterator[str]:
    """Yield the lines of the report."""
    lengths: tuple[tuple[str, Callable[[Pair], int]], ...] = (
        ("at the first quiet minute", lambda pair: 0),
        ("after its short window", lambda pair: pair.keeps),
        ("after twice its short window", lambda pair: 2 * pair.short_minutes),
        ("after a quarter of its long window", lambda pair: pair.long_minutes // 4),
    )
    for name, keeps in lengths:
        count, hours = kept(keeps)
        yield f"ten outages of 3 hours, 225 events a day, closing {name}: {count:.1f} episodes, {hours:.0f} hours"
    for ratio in (0.01, 0.006):
        for name, little in (("none", None), ("with 3 bad events", Little(least_bad=3)), ("usual", Little())):
            count = expected_pages(little, ratio)
            yield f"pages in 28 days, 30 events a day, {ratio:.1%} bad, rule {name}: {count:.3g}"
    seeds = range(40)
    for name, little in (("none", None), ("usual", Little())):
        found = sum(pages(traffic(seed, 0.01), little) for seed in seeds)
        yield f"simulated, {len(seeds)} x 28 days, 1.0% bad, rule {name}: {found} episodes of the two page pairs"
    for a_day, objective in ((30, "0.95"), (30, "0.9"), (300, "0.99"), (300, "0.9")):
        edge = 1 - float(objective)
        found = sum(pages(traffic(seed, edge, a_day=a_day), Little(), pages_of(objective)) for seed in range(20))
        yield f"simulated, 20 x 28 days, {a_day} events a day, {edge:.0%} bad, objective {objective}: {found} episodes"
    for a_day, objective in ((30, "0.99"), (30, "0.95"), (30, "0.9"), (300, "0.99"), (300, "0.9")):
        waits = sorted(minutes_to_page(seed, objective, a_day) for seed in seeds)
        told = f"median {waits[20]}, nine in ten {waits[36]}, longest {waits[-1]}"
        yield f"minutes of total outage until the page, {a_day} events a day, objective {objective}: {told}"
    for word, hour in (("night", 2), ("day", 12)):
        by_events, of_means = outage_costs(hour)
        yield f"2 hours out at {word}: {by_events:.2f} budgets by events, {of_means:.2f} by the mean of ratios"


if __name__ == "__main__":
    print("\n".join(figures()))
