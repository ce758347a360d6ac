"""The queue in one process: what enqueue promises, order, retries, dead letters, keys, leases, periodic tasks."""

import uuid
from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from django.db import connection, transaction
from django.utils import timezone
from django_tasks import TaskResultStatus
from django_tasks.exceptions import TaskResultDoesNotExist

from hortus.ledger import queue_lease, queue_periodic
from hortus.ledger.queue import enqueue, retry
from hortus.ledger.queue_models import QueuedTask, QueuePeriod, TaskState
from hortus.ledger.queue_worker import drain, run
from hortus.values.refused import Refused
from tests.ledger import queue_examples as examples

DAY = timedelta(days=1)
NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)


@pytest.fixture(autouse=True)
def ran() -> list[object]:
    examples.RAN.clear()
    return examples.RAN


def _state(task_id: str) -> str:
    return QueuedTask.objects.get(id=task_id).state


@pytest.mark.django_db
def test_a_task_runs_and_its_result_is_kept(ran: list[object]) -> None:
    result = examples.note.enqueue("sow")
    assert result.status == TaskResultStatus.READY
    assert ran == [], "enqueue runs nothing by itself"
    assert drain() == 1
    result.refresh()
    assert (result.status, result.return_value, result.attempts) == (TaskResultStatus.SUCCESSFUL, "SOW", 1)
    assert examples.note.get_result(result.id).args == ["sow"]


@pytest.mark.django_db
def test_a_task_exists_only_if_the_callers_rows_do() -> None:
    with transaction.atomic():
        examples.note.enqueue("sow")
        transaction.set_rollback(True)
    assert not QueuedTask.objects.exists()


@pytest.mark.django_db
def test_arguments_must_be_json() -> None:
    with pytest.raises(TypeError):
        examples.note.enqueue(object())  # type: ignore[arg-type]


@pytest.mark.django_db
@pytest.mark.parametrize("unknown", ["0", "999999", "no-number", ""])
def test_an_unknown_result_is_not_there(unknown: str) -> None:
    with pytest.raises(TaskResultDoesNotExist):
        examples.note.get_result(unknown)


@pytest.mark.django_db
def test_a_failed_task_waits_longer_each_time_and_is_then_dead(ran: list[object]) -> None:
    result = examples.broken.enqueue("sow")
    with time_machine.travel(timezone.now(), tick=False) as clock:
        assert drain() == 1
        row = QueuedTask.objects.get(id=result.id)
        assert row.state == TaskState.WAITING
        assert timedelta(seconds=13) < row.run_after - timezone.now() < timedelta(seconds=17)
        assert drain() == 0, "it is not tried before its time"
        clock.shift(20)
        assert drain() == 1
    row.refresh_from_db()
    assert (row.state, row.attempts, ran) == (TaskState.DEAD, 2, ["sow", "sow"])
    assert row.last_error == "RuntimeError: cannot sow"
    assert examples.broken.get_result(result.id).errors[0].exception_class is RuntimeError


@pytest.mark.django_db
def test_a_dead_letter_can_be_retried_and_nothing_else_can(ran: list[object]) -> None:
    result = enqueue(examples.broken, "sow")
    QueuedTask.objects.update(attempts=1)
    drain()
    assert _state(result.id) == TaskState.DEAD
    retry(int(result.id))
    assert drain() == 1
    assert _state(result.id) == TaskState.WAITING, "it has all its attempts again"
    with pytest.raises(Refused, match="only a dead or expired task"):
        retry(int(result.id))
    with pytest.raises(Refused, match="not known"):
        retry(0)


@pytest.mark.django_db
def test_a_task_that_this_version_does_not_know_fails_and_says_so() -> None:
    QueuedTask.objects.create(path="hortus.gone.tasks.old", max_attempts=1)
    assert drain() == 1
    assert "hortus.gone" in QueuedTask.objects.get().last_error


@pytest.mark.django_db
def test_the_context_tells_the_attempt() -> None:
    result = examples.counting.enqueue()
    drain()
    result.refresh()
    assert result.return_value == 1


@pytest.mark.django_db
def test_urgent_tasks_come_first_and_deferred_ones_later(ran: list[object]) -> None:
    examples.note.enqueue("first")
    examples.note.using(run_after=timezone.now() + DAY).enqueue("tomorrow")
    examples.urgent.enqueue("urgent")
    examples.note.enqueue("second")
    assert drain() == 3
    assert ran == ["urgent", "first", "second"]


@pytest.mark.django_db
def test_one_key_one_task() -> None:
    first = enqueue(examples.note, "sow", unique_key="k")
    second = enqueue(examples.note, "reap", unique_key="k")
    assert first.id == second.id
    drain()
    assert enqueue(examples.note, "again", unique_key="k").id == first.id, "also after it has run"
    assert QueuedTask.objects.count() == 1


@pytest.mark.django_db
def test_a_lane_keeps_its_order_across_a_retry(ran: list[object]) -> None:
    enqueue(examples.broken, "first", lane="mail:ada")
    enqueue(examples.note, "second", lane="mail:ada")
    enqueue(examples.note, "other", lane="mail:bob")
    drain()
    assert ran == ["first", "other"], "the second waits while the first is to be retried"
    QueuedTask.objects.filter(state=TaskState.WAITING).update(run_after=timezone.now())
    drain()
    assert ran == ["first", "other", "first", "second"], "a dead letter does not block its lane"


@pytest.mark.django_db
def test_what_is_no_longer_useful_expires(ran: list[object]) -> None:
    late = enqueue(examples.note, "late", useful_until=timezone.now() - timedelta(seconds=1))
    enqueue(examples.note, "in time", useful_until=timezone.now() + DAY)
    assert drain() == 1
    assert ran == ["in time"]
    assert _state(late.id) == TaskState.EXPIRED


@pytest.mark.django_db
def test_only_the_holder_of_the_lease_ends_a_task() -> None:
    result = examples.note.enqueue("sow")
    row = queue_lease.claim("one")
    assert row is not None
    QueuedTask.objects.update(lease=uuid.uuid4())
    assert run(row) is None
    assert _state(result.id) == TaskState.RUNNING, "what the slow worker did does not count"


@pytest.mark.django_db
def test_no_jump_of_the_wall_clock_takes_a_task_from_a_living_worker() -> None:
    examples.note.enqueue("sow")
    row = queue_lease.claim("one")
    assert row is not None
    ticks = [0.0]
    watch = queue_lease.Watch(60, clock=lambda: ticks[0])
    for jump in (timedelta(days=400), timedelta(days=-400)):
        with time_machine.travel(timezone.now() + jump):
            ticks[0] += 30
            queue_lease.renew([row.lease])
            assert watch.take_over() == []
    ticks[0] += 59
    assert watch.take_over() == [], "it was seen alive 59 seconds ago"
    ticks[0] += 60
    assert [t.id for t in watch.take_over()] == [row.id]
    assert _state(str(row.id)) == TaskState.WAITING


@pytest.mark.django_db
def test_a_worker_never_takes_over_its_own_task() -> None:
    examples.note.enqueue("sow")
    row = queue_lease.claim("one")
    assert row is not None
    ticks = [0.0]
    watch = queue_lease.Watch(60, clock=lambda: ticks[0])
    watch.take_over([row.lease])
    ticks[0] = 1000
    assert watch.take_over([row.lease]) == []


@pytest.mark.django_db
def test_what_ended_long_ago_is_swept() -> None:
    for word in ("old", "new"):
        examples.note.enqueue(word)
    drain()
    QueuedTask.objects.filter(args=["old"]).update(ended_at=timezone.now() - timedelta(days=8))
    assert queue_lease.sweep_ended() == 1
    assert [t.args for t in QueuedTask.objects.all()] == [["new"]]


@pytest.fixture
def daily(monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.setattr(queue_periodic, "REGISTRY", {})
    queue_periodic.periodic("daily", examples.counting, every=DAY, at=timedelta(hours=3))
    return "daily"


def _tick(now: datetime) -> list[str]:
    return queue_periodic.Calendar().tick(now)  # a new worker each time


@pytest.mark.django_db
def test_a_periodic_task_runs_once_a_period_whoever_asks(daily: str) -> None:
    assert _tick(NOW) == [], "nothing was missed before the first start"
    assert _tick(NOW + DAY) == [daily]
    assert _tick(NOW + DAY) == []
    assert _tick(NOW + DAY + timedelta(hours=1)) == []
    assert QueuedTask.objects.count() == 1


@pytest.mark.django_db
def test_after_a_long_sleep_only_the_newest_missed_period_runs(daily: str) -> None:
    _tick(NOW)
    assert _tick(NOW + 30 * DAY) == [daily]
    assert _tick(NOW + 30 * DAY) == []
    assert [t.unique_key for t in QueuedTask.objects.all()] == ["daily@2026-12-22T03:00:00+00:00"]


@pytest.mark.django_db
def test_a_clock_that_is_set_back_runs_nothing_twice(daily: str) -> None:
    _tick(NOW)
    assert _tick(NOW + DAY) == [daily]
    assert _tick(NOW - DAY) == []
    _tick(NOW + DAY)
    assert QueuedTask.objects.count() == 1


@pytest.mark.django_db
def test_a_clock_that_was_far_ahead_once_does_not_stop_the_calendar(daily: str) -> None:
    _tick(NOW)
    _tick(NOW + 4000 * DAY)
    _tick(NOW)
    assert _tick(NOW + DAY) == [daily]
    assert QueuePeriod.objects.get().last_due == datetime(2026, 11, 23, 3, tzinfo=UTC)


@pytest.mark.django_db
def test_a_task_may_ask_to_run_at_the_first_start(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(queue_periodic, "REGISTRY", {})
    queue_periodic.periodic("eager", examples.counting, every=DAY, on_first_start=True)
    assert _tick(NOW) == ["eager"]
    assert _tick(NOW) == []


@pytest.mark.django_db
def test_a_run_that_went_well_makes_up_for_dead_ones_of_its_task(daily: str) -> None:
    path = examples.counting.module_path
    lost = QueuedTask.objects.create(path=path, state=TaskState.DEAD, ended_at=NOW, errors=[{"class": "SilentHolder"}])
    other = QueuedTask.objects.create(path=examples.note.module_path, args=["x"], state=TaskState.DEAD, ended_at=NOW)
    _tick(NOW)
    _tick(NOW + DAY)
    later = QueuedTask.objects.create(path=path, state=TaskState.DEAD, ended_at=NOW)
    drain()
    stands = dict(QueuedTask.objects.values_list("id", "state"))
    assert (stands[lost.id], stands[other.id], stands[later.id]) == ("expired", "dead", "dead")
    lost.refresh_from_db()
    assert lost.errors == [{"class": "SilentHolder"}]


def test_a_name_belongs_to_one_task(daily: str) -> None:
    with pytest.raises(ValueError, match="'daily' is there already"):
        queue_periodic.periodic(daily, examples.note, every=DAY)


@pytest.mark.django_db
@pytest.mark.skipif(connection.vendor != "sqlite", reason="asks SQLite how it would answer")
def test_a_claim_looks_at_no_more_of_a_lane_than_whether_it_is_busy() -> None:
    """A lane whose first task waits longer than those after it must not make each of these look through all tasks."""
    plan = QueuedTask.objects.ready(timezone.now(), "default").explain()
    assert "INDEX queue_lane (lane=? AND state=? AND id<?)" in plan
