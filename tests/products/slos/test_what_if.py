"""The what-if page: another target, and another threshold of the judge, tried on the last 28 days and kept nowhere."""

import re
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import numpy as np
import pytest
import time_machine
from django.test import Client
from django.urls import reverse
from shelf import DAY, MINUTE, NOW, count, objective, sli, steady

from hortus.access.models import Person, Team
from hortus.products.slos import slis
from hortus.products.slos.drafts import SliDraft
from hortus.products.slos.models import Objective, Sli
from hortus.telemetry.counts import judges
from hortus.telemetry.counts.judges import Judge, Judged, Parameter
from hortus.values.evidence import Evidence, Slice
from hortus.values.refused import Refused
from tests.conftest import signed_in  # type: ignore[import-not-found]

WAITS = {MINUTE - 10 * n: (60 if 10 * n <= DAY else 20) for n in range(1, 3000)}  # seconds waited


def check(team: Team, given: dict[str, Any]) -> dict[str, Any]:
    if not 1 <= given.get("seconds", 30) <= 1000:
        raise Refused("bad-seconds", f"A wait has 1 to 1000 seconds, got {given['seconds']}.", "seconds")
    return given


def look(team: Team, given: dict[str, Any], since: int, until: int) -> Judged:
    minute = np.array(sorted(m for m in WAITS if since <= m < until), np.int64)
    good = np.array([WAITS[m] <= given.get("seconds", 30) for m in minute.tolist()], np.int64)
    return Judged(minute, good, np.ones(len(minute), np.int64), [(since, until)])


def rows(team: Team, given: dict[str, Any], since: int, until: int, part: Slice, /, *, persons: bool) -> Evidence:
    return Evidence([], [], 0, "None.")


@pytest.fixture(autouse=True)
def judge(db: None) -> Iterator[None]:
    parameters = (Parameter("seconds", "Longest wait in seconds", "number"), Parameter("where", "Where"))
    judges.register(Judge("waits", "Waits", "It waits.", parameters, check=check, judge=look, rows=rows))
    with time_machine.travel(NOW, tick=False):
        yield
    del judges._JUDGES["waits"]


@pytest.fixture
def waits(team: Team) -> Objective:
    """95 % wait at most 30 seconds; since a day everybody waits 60."""
    draft = SliDraft("Waits", "It waits.", judge="waits", parameters={"seconds": 30})
    return objective(slis.create(team, draft, by=None, door="test", slug="waits"), slug="waits")


def page(client: Client, query: str = "", slug: str = "waits") -> str:
    answer = client.get(f"{reverse('slos:backtest', args=['rcd', slug])}{query}")
    assert answer.status_code == 200
    return str(answer.content.decode()).replace("\xa0", " ")


def test_another_threshold_shows_before_and_after(waits: Objective, as_member: Client) -> None:
    own = page(as_member)
    assert 'name="judge-seconds" value="30"' in own
    assert "judge-where" not in own
    assert "if it were<br>" not in own
    other = page(as_member, "?judge-seconds=60")
    assert "with longest wait in seconds 60" in other
    assert "It would have paged nobody and written no ticket in 28 days" in other
    before, after = (row.split("</tr>")[0] for row in other.split(' scope="row">')[1:3])
    assert "144 of 2,999" in before or "144 of" in before
    assert ">0 of" in after
    assert Sli.objects.get().parameters == {"seconds": 30}


@pytest.mark.parametrize("target", ["0.5", "0.85", "0.9", "0.95", "0.999", "0.99999", "0.123456789"])
def test_the_slider_has_a_step_at_the_target_itself(
    waits: Objective, team: Team, as_member: Client, target: str
) -> None:  # fmt: skip
    Objective.objects.update(target_ratio=Decimal(target))
    said = page(as_member)
    least, most, step = (Decimal(re.findall(rf'{name}="([\d.]+)"', said)[0]) for name in ("min", "max", "step"))
    own = Decimal(target) * 100
    assert 0 < least <= own <= most < 100
    assert (own - least) % step == 0
    assert step.normalize().as_tuple().digits in {(1,), (2,), (5,)}  # so that 90 % can be tried from 85 %


def test_target_and_threshold_together(waits: Objective, as_member: Client) -> None:
    said = page(as_member, "?target=90&judge-seconds=59.5")
    assert "with a target of 90 % and longest wait in seconds 59.5" in said
    assert "if it were" in said


@pytest.mark.parametrize(
    ("query", "words"),
    [("judge-seconds=0", "A wait has 1 to 1000 seconds"), ("judge-seconds=1e9", "A wait has 1 to 1000 seconds"),
     ("judge-seconds=x", "Enter a number"), ("judge-seconds=nan", "Enter a number"), ("judge-seconds=1e400", "Enter a"),
     ("judge-seconds=", ""), ("judge-where=x", ""), ("target=x&judge-seconds=60", "Enter a number")],
    ids=range(8),
)  # fmt: skip
def test_no_threshold_breaks_the_page(waits: Objective, as_member: Client, query: str, words: str) -> None:
    said = page(as_member, f"?{query}")
    assert words in said
    assert "if it were<br>" not in said


def test_only_one_judged_sli_has_a_threshold(waits: Objective, team: Team, as_member: Client) -> None:
    one = sli(team)
    steady(one)
    count(one, [(100, 5, 5)])
    objective(one, slug="pushed")
    objective(one, waits.slis[0], slug="both")
    for slug in ("pushed", "both"):
        assert "judge-seconds" not in page(as_member, "?judge-seconds=60", slug)


def test_who_may_not_read_jobs_tries_no_other_numbers_of_their_judge(
    waits: Objective, as_member: Client, reader: Person, guest: Person
) -> None:  # fmt: skip
    path = "/api/v1/teams/rcd/objectives/waits/backtest"
    for browser in (as_member, signed_in(reader)):
        assert browser.get(f"{path}?parameters=seconds=60").status_code == 200
    theirs = signed_in(guest)
    answer = theirs.get(f"{path}?parameters=seconds=60")
    assert (answer.status_code, answer.json()["field"]) == (422, "parameters")
    assert theirs.get(f"{path}?target_ratio=0.5").status_code == 200
    said = page(theirs, "?judge-seconds=60&target=90")
    assert "judge-seconds" not in said
    assert "with a target of 90 %" in said
