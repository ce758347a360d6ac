"""What is done for many: one that fails keeps none of the others waiting, and is named."""

import logging

import pytest

from hortus.ledger.in_turn import in_turn


def test_one_that_fails_keeps_none_waiting_and_is_named(caplog: pytest.LogCaptureFixture) -> None:
    seen: list[int] = []

    def work(number: int) -> None:
        seen.append(number)
        if number % 2:
            raise ValueError(f"odd: {number}")

    with (
        caplog.at_level(logging.ERROR),
        pytest.raises(RuntimeError, match="the share of n1, n3 cannot be worked out; the log says why"),
    ):
        in_turn([1, 2, 3, 4], work, "the share of {} cannot be worked out", lambda number: f"n{number}")
    assert seen == [1, 2, 3, 4]
    assert "odd: 1" in caplog.text
    assert "odd: 3" in caplog.text
