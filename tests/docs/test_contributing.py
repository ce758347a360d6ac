"""The worked example of CONTRIBUTING, "how to add an indicator", put into a copy of the project and run."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent.parent

# What the reader of the example would look at last: the indicator on the page of its plot.
ON_THE_PAGE = """
import hortus
from hortus.catalogue.actions import Details, add
from hortus.garden.actions import take_readings


def test_the_new_indicator_stands_on_its_plot(team, lead, member, as_lead):
    assert hortus.__file__.startswith(PLACE)
    add(team, Details("Alder", "cluster", "Run batch jobs.", lead, member), by=lead, door="web")
    take_readings(team, source="web", by=lead)
    found = {p["plot"]: p for p in as_lead.get("/t/rcd/garden.json").json()["plots"]}["processes-care"]
    assert found["state"] == "thriving"
    assert found["indicators"][0]["indicator"] == "services-with-two-people"
    page = as_lead.get("/t/rcd/indicators/services-with-two-people/").content.decode()
    assert "have an owner and a deputy" in page
    assert "/t/rcd/services/alder/" in page
"""


def _pieces() -> dict[str, list[str]]:
    """Return the Python blocks of the example by the file that they belong to."""
    text = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    example = text.partition("## How to add an indicator")[2].partition("\n## ")[0]
    found: dict[str, list[str]] = {}
    for part in re.split(r"^(?=`[\w./]+`)", example, flags=re.MULTILINE)[1:]:
        name = re.match(r"`([\w./]+)`", part)
        assert name is not None
        found[name[1]] = re.findall(r"^```python\n(.*?)^```", part, re.MULTILINE | re.DOTALL)
    return found


def _copy(place: Path) -> None:
    skip = shutil.ignore_patterns("__pycache__")
    shutil.copytree(ROOT / "src", place / "src", ignore=skip)
    shutil.copy(ROOT / "pyproject.toml", place)
    (place / "tests").mkdir()
    for shared in (ROOT / "tests").glob("*.py"):
        shutil.copy(shared, place / "tests")


def _apply(place: Path, pieces: dict[str, list[str]]) -> None:
    measures, test, table = pieces.values()
    for name, blocks in list(pieces.items())[:2]:
        assert not (ROOT / name).exists(), f"{name} exists now; the example needs another one"
        (place / name).parent.mkdir(exist_ok=True)
        (place / name).write_text(blocks[0], encoding="utf-8")
    assert len(measures) == len(test) == 1
    importing, entry = table
    path = place / list(pieces)[2]
    text = path.read_text(encoding="utf-8")
    below = "from hortus.catalogue import measures as catalogue\n"
    text = text.replace(f"\n{below}", f"\n{importing}{below}")
    head = "INDICATORS: tuple[Indicator, ...] = (\n"
    path.write_text(text.replace(head, head + entry), encoding="utf-8")


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the project with the example in it."""
    made = tmp_path_factory.mktemp("example")
    _copy(made)
    _apply(made, _pieces())
    (made / "tests" / "test_page.py").write_text(f"PLACE = {str(made)!r}\n{ON_THE_PAGE}", encoding="utf-8")
    return made


def _run(place: Path, *command: str) -> str:
    env = {name: value for name, value in os.environ.items() if not name.startswith(("HORTUS_", "PYTEST_"))}
    env |= {"PYTHONPATH": str(place / "src"), "PYTHONDONTWRITEBYTECODE": "1"}
    done = subprocess.run([sys.executable, "-m", *command], cwd=place, env=env, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.mark.slow
def test_the_example_measures_and_is_seen_in_the_garden(place: Path) -> None:
    told = _run(
        place, "pytest", "-q", "-p", "no:cacheprovider", "tests/catalogue/test_deputies.py", "tests/test_page.py"
    )
    assert "3 passed" in told


def test_the_example_keeps_the_house_rules(place: Path) -> None:
    files = [name for name in _pieces() if name.endswith(".py")]
    _run(place, "ruff", "check", *files)
    _run(place, "ruff", "format", "--check", *files)
