"""A fresh shelf for each test of batch accounting."""

from pathlib import Path

import pytest

from tests.telemetry.batch.shelf import Shelf


@pytest.fixture
def shelf(tmp_path: Path) -> Shelf:
    """Return an empty store with its manifest."""
    return Shelf(tmp_path)
