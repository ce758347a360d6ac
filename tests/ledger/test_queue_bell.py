"""The worker's bell: rung by signals that come at any moment, it neither hangs nor loses a ring."""

import signal
import threading
import time
from collections.abc import Iterator

import pytest

from hortus.ledger.queue_worker import Bell


@pytest.fixture
def bell() -> Iterator[Bell]:
    found = Bell()
    before = signal.signal(signal.SIGUSR1, lambda _number, _frame: found.ring())
    yield found
    signal.signal(signal.SIGUSR1, before)


def test_signals_in_the_middle_of_a_wait(bell: Bell) -> None:
    main = threading.get_ident()

    def storm() -> None:
        for _ in range(3000):
            signal.pthread_kill(main, signal.SIGUSR1)
            time.sleep(0)

    sender = threading.Thread(target=storm)
    sender.start()
    while sender.is_alive():
        bell.wait(0.001)
    sender.join()


def test_a_ring_before_the_wait_ends_it_once(bell: Bell) -> None:
    bell.ring()
    bell.ring()
    bell.wait(3600)
    began = time.monotonic()
    bell.wait(0.01)  # both rings were heard by the first wait
    assert time.monotonic() - began >= 0.01
