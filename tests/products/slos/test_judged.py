"""SLIs that a judge fills: at once, anew when parameters or raw events change, and in what-if without being kept."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import Any

import numpy as np
import pytest
import time_machine
from shelf import DAY, MINUTE, NOW, draft, objective

from hortus.access.models import Team
from hortus.ledger.models import Event
from hortus.ledger.queue import function_of
from hortus.ledger.queue_models import QueuedTask
from hortus.products.slos import slis
from hortus.products.slos.drafts import SliDraft
from hortus.products.slos.models import Objective, Sli
from hortus.products.slos.queries import standing
from hortus.products.slos.replay import WhatIf, backtest, drafted, parameters_of, preview
from hortus.telemetry.counts import judges
from hortus.telemetry.counts.judges import Change, Judge, Judged, Parameter
from hortus.values.evidence import Evidence, Slice
from hortus.values.refused import Refused

WAITS = {MINUTE - 100 * n: n % 50 for n in range(1, 300)}  # minute: seconds that somebody waited


def check(team: Team, given: dict[str, Any]) -> dict[str, Any]:
    seconds = given.get("seconds")
    if not isinstance(seconds, int):
        raise Refused("bad-seconds", f"seconds is a whole number, got {seconds!r}.", "seconds")
    return {"seconds": seconds}


def look(team: Team, given: dict[str, Any], since: int, until: int) -> Judged:
    found = sorted((minute, wait) for minute, wait in WAITS.items() if since <= minute < until)
    minute, wait = (np.array(column, np.int64) for column in zip(*found, strict=True))
    good = (wait <= given["seconds"]).astype(np.int64)
    return Judged(minute, good, np.ones(len(minute), np.int64), [(max(since, MINUTE - 40 * DAY), until)])


def rows(team: Team, given: dict[str, Any], since: int, until: int, part: Slice, /, *, persons: bool) -> Evidence:
    return Evidence([], [], 0, "None.")


@pytest.fixture(autouse=True)
def judge(db: None) -> Iterator[None]:
    judges.register(Judge("waits", "Waits", "How many waited no longer.", (Parameter("seconds", "Seconds"),),
                          check=check, judge=look, rows=rows))  # fmt: skip
    with time_machine.travel(NOW, tick=False):
        yield
    del judges._JUDGES["waits"]


def made(team: Team, seconds: object = 40) -> Sli:
    given = SliDraft("Waits", "It waits.", judge="waits", parameters={"seconds": seconds})
    return slis.create(team, given, by=None, door="test", slug="waits")


def bad(one: Objective) -> int:
    return standing(Objective.objects.whole().get(pk=one.pk), NOW).bad


def over(seconds: int) -> int:
    return sum(wait > seconds for wait in WAITS.values())


def test_it_is_filled_at_once_and_anew_when_its_threshold_changes(team: Team) -> None:
    sli = made(team)
    one = objective(sli)
    assert bad(one) == over(40)
    softer = SliDraft("Waits", "It waits.", judge="waits", parameters={"seconds": 45})
    with pytest.raises(Refused, match="Say in a few words"):
        slis.change(sli, softer, by=None, door="test")
    assert slis.change(sli, softer, by=None, door="test", why="Measured wrongly.") == ["parameters"]
    assert bad(one) == over(45)
    event = Event.objects.get(object_kind="sli", verb="changed")
    assert (event.payload["was"], event.payload["is"]) == ({"seconds": 40}, {"seconds": 45})


def test_raw_events_that_change_are_judged_again(team: Team, monkeypatch: pytest.MonkeyPatch) -> None:
    one = objective(made(team))
    assert slis.rejudge in judges._LISTENERS
    monkeypatch.setitem(WAITS, MINUTE - 100, 49)
    change = Change(team, ["waits"], {}, MINUTE - DAY, MINUTE)
    for _ in range(2):
        slis.rejudge(change)
    assert bad(one) == over(40)
    slis.rejudge(Change(team, ["other"], {}, MINUTE - DAY, MINUTE))


def work_off() -> list[list[Any]]:
    """Judge anew what waits to be, as a worker would; return the parameters, since and until of each."""
    rows = list(QueuedTask.objects.filter(path=judges.tell.module_path).order_by("id"))
    for row in rows:
        function_of(row).call(*row.args, **row.kwargs)
        row.delete()
    return [row.args[2:] for row in rows]


def test_the_import_of_an_old_log_reaches_back_as_far_as_a_new_judge(
    team: Team, monkeypatch: pytest.MonkeyPatch
) -> None:
    one = objective(made(team))
    monkeypatch.setitem(WAITS, MINUTE - 25 * 366 * DAY, 49)  # what a series could not hold beside today
    monkeypatch.setitem(WAITS, MINUTE - 100, 49)
    slis.rejudge(Change(team, ["waits"], {}, MINUTE - 26 * 366 * DAY, MINUTE))
    assert bad(one) == over(40) - 1
    slis.rejudge(Change(team, ["waits"], {}, MINUTE - 26 * 366 * DAY, MINUTE - 25 * 366 * DAY))
    assert bad(one) == over(40) - 1


def test_parameters_that_change_while_it_is_judged_anew_are_the_ones_that_count(team: Team) -> None:
    sli = made(team)
    one = objective(sli)
    others: list[Any] = [lambda: Sli.objects.filter(pk=sli.pk).update(parameters={"seconds": 45})]

    def slow(team: Team, given: dict[str, Any], since: int, until: int) -> Judged:
        found = look(team, given, since, until)
        if others:
            others.pop()()  # somebody else commits while this one looks
        return found

    judges._JUDGES["waits"] = replace(judges.judge("waits"), judge=slow)
    slis.rejudge(Change(team, ["waits"], {}, MINUTE - 40 * DAY, MINUTE))
    assert bad(one) == over(45)
    others.append(lambda: Sli.objects.filter(pk=sli.pk).update(retired_at=NOW, parameters={"seconds": 1}))
    slis.rejudge(Change(team, ["waits"], {}, MINUTE - 40 * DAY, MINUTE))
    assert bad(one) == over(45)


def test_an_import_while_an_sli_is_made_or_changed_is_not_missed(team: Team, monkeypatch: pytest.MonkeyPatch) -> None:
    come: list[tuple[int, int]] = [(MINUTE - 150, 44)]

    def look_before(team: Team, given: dict[str, Any], since: int, until: int) -> Judged:
        found = look(team, given, since, until)
        if come:
            monkeypatch.setitem(WAITS, *come.pop())  # an import ends, and its news is heard, before this commits
        return found

    judges._JUDGES["waits"] = replace(judges.judge("waits"), judge=look_before)
    sli = made(team)
    one = objective(sli)
    assert not come
    assert work_off() == [[{"seconds": 40}, (MINUTE - slis.REACH_MINUTES) // DAY * DAY, MINUTE]]
    assert bad(one) == over(40)
    come.append((MINUTE - 250, 46))
    softer = SliDraft("Waits", "It waits.", judge="waits", parameters={"seconds": 45})
    slis.change(sli, softer, by=None, door="test", why="Measured wrongly.")
    work_off()
    assert bad(one) == over(45)
    assert work_off() == []  # what is judged anew asks for nothing more


def test_what_if_the_threshold_were_another(team: Team) -> None:
    one = objective(made(team))
    whole = Objective.objects.whole().get(pk=one.pk)
    since = NOW - timedelta(days=28)
    found = backtest(whole, since, NOW, WhatIf(parameters={"seconds": 10}))
    assert found.standing.bad == over(10)
    assert backtest(whole, since, NOW).standing.bad == bad(one) == over(40)
    assert backtest(whole, since, NOW, WhatIf(parameters=parameters_of(["seconds=10"]))).standing.bad == over(10)
    with pytest.raises(Refused, match="whole number"):
        backtest(whole, since, NOW, WhatIf(parameters={"seconds": "many"}))


def test_a_draft_of_an_sli_is_previewed(team: Team) -> None:
    sli = drafted(team, SliDraft("Waits", "It waits.", judge="waits", parameters={"seconds": 30}))
    found = preview(team, draft(sli, target_ratio=Decimal("0.5")), NOW)
    assert (found.standing.bad, found.standing.events) == (over(30), len(WAITS))
    assert not Sli.objects.exists()


def test_what_its_judge_refuses_is_refused(team: Team) -> None:
    with pytest.raises(Refused) as refused:
        made(team, "soon")
    assert refused.value.field == "seconds"
    assert not Sli.objects.exists()
