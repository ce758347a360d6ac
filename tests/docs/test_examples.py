"""Every example in a docstring of ours is run."""

import doctest
import importlib
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent.parent
SOURCE = ROOT / "src"


def _with_examples() -> list[str]:
    found = [p for p in SOURCE.rglob("*.py") if ">>> " in p.read_text(encoding="utf-8")]
    return sorted(".".join(p.relative_to(SOURCE).with_suffix("").parts) for p in found)


@pytest.mark.parametrize("name", [*_with_examples(), "sizes", "docs_checks"])
def test_examples_tell_the_truth(name: str) -> None:
    module = importlib.import_module(name.removesuffix(".__init__"))
    result = doctest.testmod(module, optionflags=doctest.NORMALIZE_WHITESPACE)
    assert result.attempted > 0
    assert result.failed == 0


def test_there_are_examples() -> None:
    assert "hortus.values.reading" in _with_examples()
