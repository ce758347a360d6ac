"""Options of the kill test of messages: how often it kills, over how many updates."""

import pytest


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("kill test of messages")
    group.addoption("--kill-points", type=int, default=10, help="How many times web or worker are killed.")
    group.addoption("--updates", type=int, default=300, help="How many incident updates are posted meanwhile.")
    group.addoption("--kill-seed", type=int, default=20_261_123, help="Seed of the moments and of who is killed.")
