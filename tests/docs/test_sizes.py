"""The sizes that `make lint` enforces."""

from pathlib import Path

import sizes


def test_ours_are_within_the_limits() -> None:
    assert sizes.too_long(*sizes.measured(sizes.ROOT / "src" / "hortus")) == []


def test_what_is_too_long_is_named(tmp_path: Path) -> None:
    body = "\n".join(f"    x = {n}" for n in range(50))
    (tmp_path / "long.py").write_text(f"def grow():\n    'Say it.'\n{body}\n" + "\n" * 400)
    (tmp_path / "migrations").mkdir()
    (tmp_path / "migrations" / "0001.py").write_text("\n" * 500)
    found = sizes.too_long(*sizes.measured(tmp_path))
    assert [sentence.partition(" has")[0] for sentence in found] == ["long.py", "long.py: grow"]


def test_what_just_fits_is_not(tmp_path: Path) -> None:
    body = "\n".join(f"    x = {n}" for n in range(49))
    (tmp_path / "fits.py").write_text(f"def grow():\n    'Say it.'\n{body}\n")
    assert sizes.too_long(*sizes.measured(tmp_path)) == []
