"""The examples in docstrings are true."""

import doctest
import importlib

import pytest


@pytest.mark.parametrize("name", ["rules", "store", "formats.repair"])
def test_examples_in_docstrings(name: str) -> None:
    found = doctest.testmod(importlib.import_module(f"hortus.telemetry.batch.{name}"))
    assert found.attempted > 0
    assert found.failed == 0
