"""What the browser is sent: the front-end parts are laid, named by digest, compressed, and small."""

import gzip
import importlib.util
import re
import sys
from pathlib import Path
from types import ModuleType

import pytest
from django.core.management import call_command

ROOT = Path(__file__).resolve().parents[2]
STATIC = ROOT / "src" / "hortus" / "web" / "static"


@pytest.fixture
def frontend(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """The script of the front-end parts, pointed at an invented node_modules."""
    spec = importlib.util.spec_from_file_location("frontend_under_test", ROOT / "scripts" / "frontend.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    for name, folder in (("ROOT", tmp_path), ("SOURCE", tmp_path / "node_modules"), ("TARGET", tmp_path / "vendor")):
        monkeypatch.setattr(module, name, folder)
    for package, names in module.PARTS.items():
        for name in names:
            path = tmp_path / "node_modules" / package / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(f"{package} {name}")
    return module


def test_parts_are_laid_once_and_then_left_alone(frontend: ModuleType, capsys: pytest.CaptureFixture[str]) -> None:
    assert frontend.main(["--check"]) == 1
    assert frontend.main([]) == 0
    first = {path: path.stat().st_mtime_ns for path in frontend.TARGET.rglob("*") if path.is_file()}
    assert len(first) == len(frontend.wanted())
    assert frontend.main([]) == 0
    assert {path: path.stat().st_mtime_ns for path in first} == first
    assert frontend.main(["--check"]) == 0
    assert "0 of them new, 0 taken away." in capsys.readouterr().out


def test_a_changed_part_is_laid_anew_and_a_stranger_taken_away(frontend: ModuleType) -> None:
    frontend.main([])
    (frontend.TARGET / "picocss/pico/css/pico.min.css").write_text("old")
    (frontend.TARGET / "stranger.js").write_text("x")
    assert frontend.main(["--check"]) == 1
    assert frontend.main([]) == 0
    assert frontend.main(["--check"]) == 0
    assert not (frontend.TARGET / "stranger.js").exists()


def test_a_missing_part_is_named(frontend: ModuleType, capsys: pytest.CaptureFixture[str]) -> None:
    (frontend.SOURCE / "lucide-static" / "icons" / "sprout.svg").unlink()
    assert frontend.main([]) == 2
    said = capsys.readouterr().out
    assert "node_modules/lucide-static/icons/sprout.svg" in said
    assert "npm ci" in said
    assert not frontend.TARGET.exists()


def test_every_package_brings_its_licence(frontend: ModuleType) -> None:
    assert all(any(name.startswith("LICENSE") for name in names) for names in frontend.PARTS.values())


@pytest.fixture
def collected(settings, tmp_path: Path) -> Path:  # type: ignore[no-untyped-def]
    """All static files as they are served, by the storage of production."""
    settings.STATIC_ROOT = tmp_path / "static"
    settings.STORAGES = {
        **settings.STORAGES,
        "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"},
    }
    call_command("collectstatic", interactive=False, verbosity=0)
    return Path(settings.STATIC_ROOT)


def test_our_style_sheet_finds_its_parts_under_their_digests(collected: Path) -> None:
    css = next(path for path in collected.glob("hortus.*.css"))
    urls = re.findall(r'url\("?([^")]+)"?\)', css.read_text(encoding="utf-8"))
    assert len(urls) == 3
    assert all(re.search(r"\.[0-9a-f]{12}\.(css|woff2)$", url) for url in urls)
    assert all((css.parent / url).is_file() for url in urls)


def test_our_own_files_stay_small() -> None:
    assert len((STATIC / "hortus.css").read_bytes()) < 21_000
    assert len(gzip.compress((STATIC / "hortus.css").read_bytes())) < 5_200
    assert len((STATIC / "print.css").read_bytes()) < 1_000
    assert len((STATIC / "theme.js").read_bytes()) < 2_000
