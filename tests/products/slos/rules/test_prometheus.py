"""Alerts stand at the same minutes as in a real Prometheus with rules in Sloth's shape (`promtool test rules`).

Where its rules are exact: `rate()` reaches beyond its first and last sample only when those do not lie on the edges of
the range. So samples stand on a grid, rules are evaluated on it, no sample is missing, and both counters begin at 0
(then a window that reaches before the beginning is not stretched either). A threshold that is met exactly is left
out, for floats may put it on either side. A gap in measuring is left out: Prometheus guesses there, we freeze.
"""

import json
import shutil
import subprocess
from collections.abc import Sequence
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from ruamel.yaml import YAML

from hortus.products.slos.openslo.definitions import AlertPair, Definition, Metric, Objective, Sli, SliKind, Window
from hortus.products.slos.openslo.prometheus_rules import write_rules
from hortus.products.slos.rules.alerts import Pair, Rule, Urgency, rules, standard_pairs
from hortus.products.slos.rules.backtest import Cumulative, backtest
from hortus.products.slos.rules.little import Little
from hortus.products.slos.rules.stretch import Counts, Stretch

DAY = 1440
WINDOWS = ("5m", "30m", "1h", "2h", "6h", "1d", "3d")
PERIOD = 30 * DAY
GROUPS = ("sli-recordings", "meta-recordings", "alerts")
IDS = "{sloth_id: s-s, sloth_service: s, sloth_slo: s}"

pytestmark = pytest.mark.engines

RULES = """
groups:
- name: recordings
  interval: {grid}m
  rules:
{recordings}
- name: alerts
  interval: {grid}m
  rules:
  - alert: page
    expr: >-
      (slo:sli_error:ratio_rate5m > ({f0} * {budget}) and slo:sli_error:ratio_rate1h > ({f0} * {budget}))
      or (slo:sli_error:ratio_rate30m > ({f1} * {budget}) and slo:sli_error:ratio_rate6h > ({f1} * {budget}))
  - alert: ticket
    expr: >-
      (slo:sli_error:ratio_rate2h > ({f2} * {budget}) and slo:sli_error:ratio_rate1d > ({f2} * {budget}))
      or (slo:sli_error:ratio_rate6h > ({f3} * {budget}) and slo:sli_error:ratio_rate3d > ({f3} * {budget}))
"""
RECORDING = """  - record: slo:sli_error:ratio_rate{w}
    expr: sum(rate(bad_total[{w}])) / sum(rate(events_total[{w}]))
"""


def _text_of_rules(asked: tuple[Rule, ...], objective: str, grid: int) -> str:
    factors = {f"f{n}": f"{float(rule.factor):.6g}" for n, rule in enumerate(asked)}
    recordings = "".join(RECORDING.format(w=window) for window in WINDOWS)
    return RULES.format(recordings=recordings, grid=grid, budget=float(1 - Fraction(objective)), **factors)


def _counter(events: Counts, grid: int) -> str:
    """Return the samples of a counter that begins at 0: before the first minute, and every `grid` minutes after."""
    sums = np.concatenate([[0], np.cumsum(events)])
    return " ".join(str(value) for value in sums[::grid].tolist())


def _text_of_test(stretch: Stretch, standing: dict[str, list[bool]], grid: int) -> str:
    lines = [
        "rule_files: [rules.yml]",
        f"evaluation_interval: {grid}m",
        "group_eval_order: [recordings, alerts]",
        "tests:",
        f"- interval: {grid}m",
        "  input_series:",
        f"  - {{series: bad_total, values: '{_counter(stretch.bad, grid)}'}}",
        f"  - {{series: events_total, values: '{_counter(stretch.total, grid)}'}}",
        "  alert_rule_test:",
    ]
    for name, held in standing.items():
        for n, stands in enumerate(held):
            told = "[{exp_labels: {}}]" if stands else "[]"
            lines.append(f"  - {{eval_time: {(n + 1) * grid}m, alertname: {name}, exp_alerts: {told}}}")
    return "\n".join(lines) + "\n"


def _standing(stretch: Stretch, asked: tuple[Rule, ...], grid: int, little: Little | None) -> dict[str, list[bool]]:
    """Return by urgency whether any of its pairs holds at each evaluation, the first one grid step after the start."""
    sums = Cumulative.of(stretch)
    return {
        urgency.value: np.logical_or.reduce(
            [sums.evaluated(rule, 0, little)[0][grid::grid] for rule in asked if rule.pair.urgency is urgency]
        ).tolist()
        for urgency in Urgency
    }


def _meets_a_threshold(stretch: Stretch, asked: tuple[Rule, ...], grid: int) -> bool:
    sums = Cumulative.of(stretch)
    for rule in asked:
        for size in (rule.pair.long_minutes, rule.pair.short_minutes):
            bad, events, _ = (part[::grid].astype(object) for part in sums.window(size, 0))
            is_equal = bad * rule.threshold.denominator == events * rule.threshold.numerator
            if (is_equal & (events > 0)).any():
                return True
    return False


def _promtool(folder: Path, rules_text: str, test_text: str) -> subprocess.CompletedProcess[str]:
    program = shutil.which("promtool")
    if program is None:
        pytest.skip("promtool is absent; install the package prometheus")
    (folder / "rules.yml").write_text(rules_text, encoding="utf-8")
    (folder / "test.yml").write_text(test_text, encoding="utf-8")
    return subprocess.run(
        [program, "test", "rules", "test.yml"], cwd=folder, capture_output=True, text=True, timeout=120
    )


def _kept_rules(pairs: Sequence[Pair], percent: float) -> str:
    """Return rules as they are exported, without what Prometheus adds to alerts by itself."""
    metrics = {"bad": Metric({"query": "bad_total"}), "total": Metric({"query": "events_total"})}
    plain = [
        AlertPair(p.urgency.value, float(p.budget_share), p.long_minutes, p.short_minutes, "", p.keeps) for p in pairs
    ]  # fmt: skip
    sli = Sli("s", SliKind.BAD_TOTAL, metrics)
    one = Definition("s", "s", Window(30, "d"), (Objective(percent / 100),), sli, pairs=tuple(plain))
    text = YAML(typ="safe", pure=True).load(write_rules([one]).text)
    for rule in text["groups"][2]["rules"]:
        rule["alert"] = f"{rule['labels']['sloth_severity']}_{rule['labels'].get('hortus_window', '')}"
        del rule["annotations"], rule["labels"]
    return json.dumps(text)  # YAML reads JSON


@pytest.mark.parametrize("seed", [3, 11])
def test_exported_alerts_close_at_the_minutes_at_which_ours_do(seed: int, tmp_path: Path) -> None:
    pairs = [
        replace(pair, keep_firing_minutes=keep)
        for pair, keep in zip(standard_pairs(PERIOD), (None, 17, 0, 45), strict=True)
    ]  # fmt: skip
    stretch, asked = _bursts(seed, 500, 53, 4), rules(pairs, "0.95", PERIOD)
    assert not _meets_a_threshold(stretch, asked, 1)
    standing, closed = {}, 0
    for track, window in zip(backtest(stretch, 0, asked), ("1h", "6h", "1d", "3d"), strict=True):
        stood = np.zeros(len(stretch.total) + 1, np.bool_)
        for episode in track.episodes:
            stood[episode.opened_at : episode.closed_at] = True
            closed += episode.closed_at is not None
        standing[f"{track.rule.pair.urgency.value}_{window}"] = stood[1:].tolist()
    assert closed > 2
    test = _text_of_test(stretch, standing, 1).replace("exp_labels: {}", f"exp_labels: {IDS}")
    test = test.replace("[recordings, alerts]", f"[{', '.join(f'sloth-slo-{part}-s-s' for part in GROUPS)}]")
    done = _promtool(tmp_path, _kept_rules(pairs, 95), test)
    assert done.returncode == 0, done.stdout + done.stderr


def _stretch(total: Counts, bad: Counts) -> Stretch:
    return Stretch(0, total - bad, total, np.ones(len(total), np.bool_))


def _bursts(seed: int, minutes: int, busy: int, lengths: int) -> Stretch:
    """Return traffic with quiet and empty hours, and failures of every size in bursts."""
    rng = np.random.default_rng(seed)
    total = rng.poisson(np.repeat(rng.choice([0, busy / 20, busy], minutes // lengths + 1), lengths)[:minutes])
    share = np.repeat(rng.choice([0, 0.0007, 0.01, 0.05, 1], minutes // lengths + 1), lengths)[:minutes]
    return _stretch(total, rng.binomial(total, share))


def _outage() -> Stretch:
    """Return 100 events a minute for 2 hours, of which all fail in minutes 60 to 69."""
    bad = np.zeros(120, np.int64)
    bad[60:70] = 100
    return _stretch(np.full(120, 100), bad)


@pytest.mark.parametrize(
    ("stretch", "objective", "grid"),
    [
        (_outage(), "0.999", 1),
        (_bursts(1, 700, 977, 7), "0.999", 1),
        (_bursts(2, 700, 13, 45), "0.99", 1),
        (_bursts(16, 700, 211, 30), "0.95", 1),
        (_bursts(23, 4 * DAY, 97, 65), "0.99", 5),
    ],
    ids=["outage", "short-bursts", "little-traffic", "modest-objective", "four-days"],
)
def test_alerts_stand_at_the_minutes_at_which_prometheus_has_them(
    stretch: Stretch, objective: str, grid: int, tmp_path: Path
) -> None:
    asked = rules(standard_pairs(PERIOD), objective, PERIOD)
    assert not _meets_a_threshold(stretch, asked, grid)
    standing = _standing(stretch, asked, grid, None)
    assert any(standing["page"])
    assert not all(standing["page"])
    rules_text = _text_of_rules(asked, objective, grid)
    done = _promtool(tmp_path, rules_text, _text_of_test(stretch, standing, grid))
    assert done.returncode == 0, done.stdout + done.stderr


def test_one_minute_more_or_less_would_be_noticed(tmp_path: Path) -> None:
    asked = rules(standard_pairs(PERIOD), "0.999", PERIOD)
    standing = _standing(_outage(), asked, 1, None)
    first = standing["page"].index(True)
    assert first + 1 == 61  # one minute of outage, seen at the minute after
    standing["page"][first] = False
    done = _promtool(tmp_path, _text_of_rules(asked, "0.999", 1), _text_of_test(_outage(), standing, 1))
    assert done.returncode != 0
    assert "time: 1h1m" in done.stdout + done.stderr


def test_with_ample_events_the_rule_for_little_traffic_changes_no_minute() -> None:
    asked = rules(standard_pairs(PERIOD), "0.999", PERIOD)
    rng = np.random.default_rng(6)
    total = np.full(3 * DAY, 1000)
    share = np.repeat(rng.choice([0.0005, 0.004, 0.03, 1], 3 * DAY // 90, p=[0.7, 0.1, 0.1, 0.1]), 90)
    for stretch in (_outage(), _stretch(total, rng.binomial(total, share))):
        assert _standing(stretch, asked, 1, Little()) == _standing(stretch, asked, 1, None)
