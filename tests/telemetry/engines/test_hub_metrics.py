"""What a JupyterHub says about starting notebooks: pages made by hand, and recorded ones of a real hub."""

from contextlib import suppress
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hortus.telemetry.engines.rules.answers import EngineFault
from hortus.telemetry.engines.rules.hub_metrics import (
    RULES,
    SPAWN,
    Reading,
    Starts,
    Verdict,
    as_json,
    from_json,
    opened,
    read,
    rule_for,
)

NOTHING = Reading({})


def page(*rows: tuple[str, int, int, float], has_reason: bool = True, more: str = "") -> str:
    """Write a page: (status or "status/reason", count, count within 30 s, created) for each label set."""
    lines = [f"# TYPE {SPAWN} histogram"]
    made = [f"# TYPE {SPAWN}_created gauge"]
    for name, count, within, created in rows:
        status, _, reason = name.partition("/")
        labels = f'status="{status}"' + (f',reason="{reason}"' if has_reason else "") + more
        for edge, n in (("10.0", min(within, 1)), ("30.0", within), ("+Inf", count)):
            lines.append(f'{SPAWN}_bucket{{le="{edge}",{labels}}} {n}.0')
        lines += [f"{SPAWN}_count{{{labels}}} {count}.0", f"{SPAWN}_sum{{{labels}}} 1.5"]
        made.append(f"{SPAWN}_created{{{labels}}} {created}")
    return "\n".join([*lines, *made, ""])


def test_what_counts() -> None:
    before = read(page(("success/", 10, 8, 1.0), ("error/", 2, 0, 1.0), ("failure/throttled", 5, 5, 1.0)))
    after = read(
        page(
            ("success/", 17, 13, 1.0), ("error/", 4, 0, 1.0), ("failure/throttled", 9, 9, 1.0),
            ("failure/already-pending", 1, 1, 2.0), ("error/exited", 1, 0, 2.0), ("failure/too-many-users", 3, 3, 2.0),
            ("failure/quota", 1, 1, 2.0), ("strange/", 1, 1, 2.0),
        )
    )  # fmt: skip
    found = opened(before, after, 30.0)
    assert (found.good, found.total) == (5, 7 + 2 + 3 + 1 + 1)
    assert found.left_out == {"throttled": 4, "already-pending": 1, "exited": 1}
    assert not found.has_reset


def test_labels_of_an_older_hub() -> None:
    """Version 4 has no reason: what is a reason later stands in the status."""
    before = read(page(("success", 10, 8, 1.0), ("failure", 1, 0, 1.0), has_reason=False))
    rows = (("success", 12, 9, 1.0), ("failure", 2, 0, 1.0), ("throttled", 7, 7, 1.0), ("too-many-users", 1, 1, 1.0))
    found = opened(before, read(page(*rows, has_reason=False)), 30.0)
    assert (found.good, found.total, dict(found.left_out)) == (1, 4, {"throttled": 7})


def test_further_labels_are_summed_over() -> None:
    one = page(("success/", 3, 2, 1.0), more=',namespace="a"')
    two = "\n".join(
        line for line in page(("success/", 4, 4, 1.0), more=',namespace="b"').splitlines() if "TYPE" not in line
    )
    kinds = one.index(f"# TYPE {SPAWN}_created")
    held = [line for line in two.splitlines() if "_created" not in line]
    found = opened(NOTHING, read(one[:kinds] + "\n".join([*held, one[kinds:]])), 30.0)
    assert (found.good, found.total) == (6, 7)


@pytest.mark.parametrize("created", [1.0, 900.0], ids=["seen by the fall", "seen by the time it was made"])
def test_a_restart(created: float) -> None:
    before = read(page(("success/", 10, 8, 1.0)))
    found = opened(before, read(page(("success/", 4, 3, created))), 30.0)
    assert (found.good, found.total, found.has_reset) == (3, 4, True)


def test_a_restart_that_overtook() -> None:
    """As many as before and more since the restart: only the time it was made tells."""
    before = read(page(("success/", 10, 8, 1.0)))
    found = opened(before, read(page(("success/", 12, 12, 900.0))), 30.0)
    assert (found.good, found.total, found.has_reset) == (12, 12, True)


def test_a_threshold_between_the_edges() -> None:
    with pytest.raises(EngineFault, match="20 seconds is no edge of the hub's histogram; its edges are 10, 30"):
        opened(NOTHING, read(page(("success/", 1, 1, 1.0))), 20.0)


BAD = {
    "nothing": "", "html": "<html></html>", "another page": "# TYPE x counter\nx_total 1\n",
    "broken": f'{SPAWN}_count{{status="success" 1\n', "not whole": f'{SPAWN}_count{{status="success"}} 1.5\n',
    "NaN": f'{SPAWN}_count{{status="success"}} NaN\n', "negative": f'{SPAWN}_count{{status="success"}} -1\n',
    "no edge": f'{SPAWN}_bucket{{le="soon",status="success"}} 1\n',
}  # fmt: skip


@pytest.mark.parametrize("name", sorted(BAD))
def test_a_page_that_says_nothing(name: str) -> None:
    with pytest.raises(EngineFault):
        read(BAD[name])


def test_every_status_has_one_rule_with_a_reason() -> None:
    assert RULES[-1].status == RULES[-1].reason == "*"
    assert all(rule.why.endswith(".") for rule in RULES)
    assert rule_for("success", "").verdict is Verdict.BY_TIME
    assert rule_for("no such", "thing").verdict is Verdict.BAD


KEYS = st.tuples(st.sampled_from(["success", "failure", "error"]), st.sampled_from(["", "throttled", "exited"]))


@st.composite
def starts(draw: st.DrawFn) -> Starts:
    count = draw(st.integers(0, 1000))
    within = draw(st.integers(0, count))
    return Starts(draw(st.sampled_from([None, 1.0, 2.0])), count, {30.0: within})


@settings(deadline=None)
@given(st.dictionaries(KEYS, starts(), min_size=1), st.dictionaries(KEYS, starts(), min_size=1))
def test_counts_are_possible_or_refused(
    before: dict[tuple[str, str], Starts], after: dict[tuple[str, str], Starts]
) -> None:
    found = None
    with suppress(EngineFault):  # a page that contradicts itself
        found = opened(Reading(before), Reading(after), 30.0)
    assert found is None or 0 <= found.good <= found.total
    assert from_json(as_json(Reading(after))) == Reading(after)


def test_recorded_pages(data: Path) -> None:
    """Nine readings of a real hub 6.1.1; the log beside them says who opened what."""
    pages = sorted((data / "jupyterhub").glob("scrape_*.prom"))
    if not pages:
        pytest.skip("there are no recorded pages of a hub here")
    readings = [read(path.read_text()) for path in pages]
    steps = [opened(a, b, 30.0) for a, b in pairwise(readings)]
    whole = opened(readings[0], readings[-1], 30.0)
    assert sum(step.total for step in steps) == whole.total
    assert sum(step.good for step in steps) == whole.good
    assert not any(step.has_reset for step in steps)
    assert 30.0 in readings[0].edges
    log = (data / "jupyterhub" / "hub_log.txt").read_text()
    since_start = opened(NOTHING, readings[-1], 300.0)
    assert since_start.good == sum(" seconds to start" in line and "took" in line for line in log.splitlines())
