"""The documents agree with the program, and the checks that say so can fail."""

from collections.abc import Callable
from pathlib import Path

import docs_checks
import docs_pages
import pytest

from hortus.access.doors import SCOPES
from hortus.cli import COMMANDS
from hortus.config.declared import Declared
from hortus.garden.indicators import INDICATORS
from hortus.telemetry.batch.rules import SIZE_CLASSES
from hortus.values.reading import State, settle

Check = Callable[[Path], list[str]]


@pytest.mark.parametrize("check", docs_checks.OVERALL, ids=lambda check: check.__name__)
def test_the_documents_as_a_whole(check: Callable[[], list[str]]) -> None:
    assert check() == []


@pytest.mark.parametrize("check", docs_checks.PER_DOCUMENT, ids=lambda check: check.__name__)
def test_each_document(check: Check) -> None:
    assert [finding for path in docs_checks.documents() for finding in check(path)] == []


def test_the_reference_names_everything_that_exists() -> None:
    texts = {Path(name).stem: make() for name, make in docs_pages.PAGES.items()}
    assert [name for name in Declared.model_fields if f"`{name}`" not in texts["settings"]] == []
    assert [name for name in COMMANDS if f"`hortus {name}`" not in texts["commands"]] == []
    assert [i.slug for i in INDICATORS if f"`{i.slug}`" not in texts["indicators"]] == []


@pytest.mark.parametrize(
    ("check", "text", "said"),
    [
        (docs_checks.links, "[a](nowhere.md)", "leads nowhere"),
        (docs_checks.links, "# Here\n\n[a](#there)", "no heading"),
        (docs_checks.commands, "```console\n$ hortus dig\n```\n", "no command dig"),
        (docs_checks.commands, "```console\n$ x | hortus up --bind 1\n```\n", "No such option"),
        (docs_checks.commands, "Say `hortus backup --keys k`.", "missing"),
        (docs_checks.commands, "```console\n$ hortus backup a b\n```\n", "too many"),
        (docs_checks.commands, "```console\n$ HORTUS_PROT=1 hortus up\n```\n", "not a setting"),
        (docs_checks.variables, "Set HORTUS_COLOUR.", "not a setting"),
        (docs_checks.targets, "Run `make hay`.", "no target hay"),
        (docs_checks.files, "See `src/hortus/no.py`.", "there is no"),
        (docs_checks.modules, "See `hortus.garden.weeds`.", "there is no"),
        (docs_checks.leaks, "cd /home/mira/hortus", "path of one machine"),
        (docs_checks.leaks, "https://registry.npmjs.org/x", "registry"),
        (docs_checks.leaks, "https://real.edu/x", "real host"),
    ],
)
def test_a_wrong_document_is_found(tmp_path: Path, check: Check, text: str, said: str) -> None:
    page = tmp_path / "page.md"
    page.write_text(text)
    assert said in " ".join(check(page))


def test_a_right_document_passes(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text(
        "# Here\n\n[up](#here) https://garden.example.org `hortus.garden.indicators` `hortus garden` ~/x\n\n"
        "```console\n$ zcat a.gz | HORTUS_PORT=1 hortus up --port 8001 > log\n```\n"
    )
    assert [finding for check in docs_checks.PER_DOCUMENT for finding in check(page)] == []


def _rows(name: str, heading: str) -> list[list[str]]:
    """Return the cells of the first table below a heading of a document, without its head."""
    text = (docs_pages.ROOT / name).read_text(encoding="utf-8").partition(heading)[2]
    lines = [line for line in text.splitlines() if line.startswith("|")]
    table = lines[2 : next((at for at, line in enumerate(lines) if at > 1 and "---" in line), len(lines) + 1) - 1]
    return [[cell.strip().strip("`") for cell in line.strip("|").split("|")] for line in table]


def test_the_table_of_shown_states_is_what_settle_does() -> None:
    states = {state.word: state for state in State}
    rows = _rows("docs/reference/states.md", "## The state that is shown")
    assert len(rows) == 5
    for shown, before, earned, now in rows:
        assert settle(states[shown], states[before], states[earned]).word == now


def test_the_table_of_sizes_is_that_of_the_importer() -> None:
    rows = _rows("docs/how-to/set-the-promises.md", "## Sizes")
    assert [row[0] for row in rows] == [size.slug for size in SIZE_CLASSES]
    assert [row[1] for row in rows] == [size.label.removesuffix("s").removesuffix(" CPU") for size in SIZE_CLASSES]


def test_the_table_of_scopes_is_that_of_the_doors() -> None:
    assert [row[0] for row in _rows("docs/how-to/use-the-api.md", "## Make a token")] == list(SCOPES)
