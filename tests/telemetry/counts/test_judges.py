"""The registry of judges, and how a change of raw events reaches those who keep counts of them."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from django.db import transaction

from hortus.access.models import Team
from hortus.ledger.queue import function_of
from hortus.ledger.queue_models import QueuedTask
from hortus.telemetry.counts import judges
from hortus.telemetry.counts.judges import Change, Judge, Judged, Parameter
from hortus.values.evidence import Evidence, Head, Slice
from hortus.values.refused import Refused


@pytest.fixture(autouse=True)
def _empty(monkeypatch: pytest.MonkeyPatch) -> None:
    """Begin with no judge and no listener, and leave those of the program as they were."""
    monkeypatch.setattr(judges, "_JUDGES", {})
    monkeypatch.setattr(judges, "_LISTENERS", [])


def _rows(team: Team, given: dict[str, Any], since: int, until: int, part: Slice, /, *, persons: bool) -> Evidence:
    return Evidence([Head("day", "Day")], [], 0, "Each row is a day.")


def rain(slug: str = "rain", *parameters: Parameter) -> Judge:
    """Return a judge of dry minutes: every tenth is wet."""

    def judged(team: Team, given: dict[str, Any], since: int, until: int) -> Judged:
        minute = np.arange(since, until, dtype=np.int64)
        return Judged(minute, (minute % 10 > 0).astype(np.int64), np.ones_like(minute), [(since, until)])

    return Judge(slug, "Dry", "Minutes without rain.", parameters, lambda team, given: dict(given), judged, _rows)


def test_a_registered_judge_is_found_and_listed_by_slug() -> None:
    for slug in ("rain", "frost"):
        judges.register(rain(slug))
    assert [one.slug for one in judges.judges()] == ["frost", "rain"]
    assert judges.judge("frost").name == "Dry"


def test_an_unknown_judge_is_refused_with_the_known_ones() -> None:
    judges.register(rain())
    with pytest.raises(Refused, match="choose one of rain") as caught:
        judges.judge("hail" * 50)
    assert caught.value.field == "judge"
    assert len(caught.value.sentence) < 200


def test_a_taken_slug_is_an_error_but_the_same_judge_twice_is_not() -> None:
    one = rain()
    judges.register(one)
    judges.register(one)
    with pytest.raises(ValueError, match="choose another slug"):
        judges.register(rain())


@pytest.mark.parametrize(
    ("minute", "good", "total", "measured", "why"),
    [
        ([1, 2], [1], [1], [], "one and the same length"),
        ([2, 1], [1, 1], [1, 1], [], "ascend"),
        ([1, 1], [1, 1], [1, 1], [], "each once"),
        ([1], [2], [1], [], "between 0 and total"),
        ([1], [-1], [1], [], "between 0 and total"),
        ([1], [0], [0], [], "1 or more"),
        ([], [], [], [(3, 3)], "not be empty"),
        ([], [], [], [(3, 6), (5, 9)], "not overlap"),
    ],
)  # fmt: skip
def test_what_cannot_be_is_not_a_judgement(minute: Any, good: Any, total: Any, measured: Any, why: str) -> None:
    arrays = [np.array(values, dtype=np.int64) for values in (minute, good, total)]
    with pytest.raises(ValueError, match=why):
        Judged(*arrays, measured)


def test_nothing_at_all_is_a_judgement() -> None:
    nothing = Judged()
    assert (nothing.minute.size, list(nothing.measured)) == (0, [])


@pytest.mark.parametrize(("sort", "choices"), [("choice", ()), ("text", (("a", "A"),))])
def test_choices_belong_to_the_type_choice(sort: Any, choices: Any) -> None:
    with pytest.raises(ValueError, match="choices belong"):
        Parameter("place", "Place", sort, choices=choices)


def work_off() -> int:
    """Run the tasks that wait, as a worker would; return how many there were."""
    waiting = list(QueuedTask.objects.filter(path=judges.tell.module_path, state="waiting").order_by("id"))
    for row in waiting:
        function_of(row).call(*row.args, **row.kwargs)
    QueuedTask.objects.all().delete()
    return len(waiting)


CLUSTER = Parameter("cluster", "Cluster", "cluster")


@pytest.mark.django_db
def test_a_change_reaches_every_listener_with_the_judges_that_know_its_parameters(team: Team) -> None:
    for one in (rain(), rain("frost", CLUSTER), rain("hail", CLUSTER, Parameter("size", "Size"))):
        judges.register(one)
    heard: list[Change] = []
    judges.on_change(heard.append)
    judges.on_change(heard.append)  # the same again is no second listener
    judges.changed(team, {"cluster": "alder"}, 3 * 1440 + 5, 3 * 1440 + 9)
    assert heard == []  # nothing before a worker comes
    assert work_off() == 1
    (change,) = heard
    # from the beginning of the day, because old counts can only be replaced by the day
    assert change == Change(team, ["frost", "hail"], {"cluster": "alder"}, 3 * 1440, 3 * 1440 + 9)
    assert change.concerns("hail", {"cluster": "alder", "size": "small"})
    assert not change.concerns("hail", {"cluster": "beech"})
    assert not change.concerns("hail", {})
    assert not change.concerns("rain", {"cluster": "alder"})


@pytest.mark.django_db
def test_a_change_may_name_its_judges(team: Team) -> None:
    for one in (rain("frost", CLUSTER), rain("hail", CLUSTER)):
        judges.register(one)
    heard: list[Change] = []
    judges.on_change(heard.append)
    judges.changed(team, {"cluster": "alder"}, 5, 9, slugs=["hail"])
    assert work_off() == 1
    assert [list(change.slugs) for change in heard] == [["hail"]]


@pytest.mark.django_db
def test_no_task_for_an_empty_span_an_unknown_parameter_or_nobody_who_listens(team: Team) -> None:
    judges.register(rain("frost", CLUSTER))
    judges.changed(team, {"cluster": "alder"}, 5, 9)
    judges.on_change(lambda change: None)
    judges.changed(team, {"cluster": "alder"}, 9, 9)
    judges.changed(team, {"moon": "full"}, 5, 9)
    judges.changed(team, {"cluster": "alder"}, 5, 9, slugs=["rain"])
    assert work_off() == 0


@pytest.mark.django_db
def test_a_change_that_is_rolled_back_is_never_told(team: Team) -> None:
    judges.register(rain("frost", CLUSTER))
    judges.on_change(lambda change: None)
    with transaction.atomic():
        judges.changed(team, {"cluster": "alder"}, 5, 9)
        transaction.set_rollback(True)
    assert work_off() == 0


@pytest.mark.django_db
def test_a_team_that_is_gone_needs_no_counts(team: Team) -> None:
    judges.register(rain("frost", CLUSTER))
    heard: list[Change] = []
    judges.on_change(heard.append)
    judges.changed(team, {"cluster": "alder"}, 5, 9)
    Team.objects.all().delete()
    assert work_off() == 1
    assert heard == []


def test_a_judge_is_told_to_readers() -> None:
    size = Parameter("size", "Size", "choice", choices=(("s", "Small"), ("l", "Large")), help="By weight | by length.")
    told = judges.as_markdown(replace(rain("frost", replace(CLUSTER, required=True), size), leaves_out=("hail",)))
    assert "### Dry" in told
    assert "| `cluster` | needed | Cluster. |" in told
    assert "By weight \\| by length. One of `s`, `l`." in told
    assert "* Hail." in told
    assert "Not counted" not in judges.as_markdown(rain())


def test_the_page_of_kinds_is_made_anew_between_its_marks() -> None:
    judges.register(rain())
    page = f"Before.\n\n{judges.BEGIN}\nold\n{judges.END}\n\nAfter.\n"
    made = judges.told(page)
    assert made.startswith("Before.\n")
    assert made.endswith("After.\n")
    assert "old" not in made
    assert "### Dry" in made
    assert judges.told(made) == made
    with pytest.raises(ValueError, match="must hold the lines"):
        judges.told("no marks")
