"""The page of background work: dead letters are seen, told without secrets, and retried by a lead or admin only."""

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from hortus.access.models import Person, Team
from hortus.ledger.queue_models import QueuedTask, TaskState
from tests.conftest import signed_in


def dead() -> QueuedTask:
    error = {"class": "builtins.RuntimeError", "traceback": "RuntimeError: the password is hunter2", "at": "2026-11-20"}
    return QueuedTask.objects.create(path="rooms.tasks.send", args=["private"], state=TaskState.DEAD, errors=[error])


def test_shows_what_failed_but_neither_arguments_nor_messages(team: Team, as_lead: Client) -> None:
    dead()
    text = as_lead.get("/t/rcd/tasks/").content.decode()
    assert "1 task failed for good" in text
    assert "rooms.tasks.send" in text
    assert "RuntimeError" in text
    assert "hunter2" not in text
    assert "private" not in text.replace("no-store, private", "")


def test_members_and_strangers_see_nothing_and_retry_nothing(
    team: Team, as_member: Client, as_stranger: Client
) -> None:
    task = dead()
    for client in (as_member, as_stranger):
        assert client.get("/t/rcd/tasks/").status_code == 404
        assert client.post(f"/t/rcd/tasks/{task.pk}/retry/").status_code == 404
    task.refresh_from_db()
    assert task.state == TaskState.DEAD


def test_an_admin_lets_a_task_start_over(team: Team, admin: Person) -> None:
    task = dead()
    browser = signed_in(admin)
    assert browser.get(f"/t/rcd/tasks/{task.pk}/retry/").status_code == 405
    answer = browser.post(f"/t/rcd/tasks/{task.pk}/retry/", follow=True).content.decode()
    task.refresh_from_db()
    assert (task.state, task.attempts) == (TaskState.WAITING, 0)
    assert "The task starts over." in answer
    assert "can be retried" in browser.post(f"/t/rcd/tasks/{task.pk}/retry/", follow=True).content.decode()


@pytest.mark.parametrize("count", [1, 30])
def test_the_number_of_queries_does_not_grow(
    team: Team, as_lead: Client, count: int, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    for _ in range(count):
        dead()
    with django_assert_max_num_queries(14):
        assert as_lead.get("/t/rcd/tasks/").status_code == 200
