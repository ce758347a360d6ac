"""Tasks for the tests of the queue in one process."""

from django_tasks import TaskContext, task

RAN: list[object] = []


@task()
def note(word: str) -> str:
    RAN.append(word)
    return word.upper()


@task(max_attempts=2)
def broken(word: str) -> None:
    RAN.append(word)
    raise RuntimeError(f"cannot {word}")


@task(takes_context=True)
def counting(context: TaskContext) -> int:
    return context.attempt


@task(priority=10)
def urgent(word: str) -> None:
    RAN.append(word)
