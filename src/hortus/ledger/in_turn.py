"""The same work for many, so that one that fails keeps none of the others waiting."""

import logging
from collections.abc import Callable, Iterable
from typing import TypeVar

log = logging.getLogger(__name__)
Thing = TypeVar("Thing")
Found = TypeVar("Found")


def in_turn(
    things: Iterable[Thing], work: Callable[[Thing], Found], failure: str, name: Callable[[Thing], str] = str
) -> list[Found]:
    """Call `work` with each thing and return what it returned.

    failure: what to say of one that raised, with a place for its name, as in "the fires of {} cannot be gathered".
    What it raised is logged with it. Raises RuntimeError with the names of those that failed, after all had their turn.

    >>> in_turn([1, 2], lambda number: number * 2, "{} cannot be doubled")
    [2, 4]
    """
    found, failed = [], []
    for thing in things:
        try:
            found.append(work(thing))
        except Exception:
            log.exception(failure.format(name(thing)))
            failed.append(name(thing))
    if failed:
        raise RuntimeError(f"{failure.format(', '.join(failed))}; the log says why")
    return found
