"""Print how long the files and functions of src are, and fail on the hard limits. Run by `make lint`.

Lengths are lines of code as they stand, functions without their docstring. Migrations are not counted: nobody reads
them twice. A file that is a table of declarations may be longer; it is named in TABLES with its reason.
"""

import ast
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
LONGEST_FILE, LONGEST_FUNCTION = 400, 50

TABLES: dict[str, str] = {"garden/indicators.py": "the one table of all indicators"}
"""Path below src/hortus of a file that may pass the limit, and why."""

Function = ast.FunctionDef | ast.AsyncFunctionDef


@dataclass(frozen=True, slots=True)
class Length:
    """How many lines a file or function has, and where it stands."""

    lines: int
    place: str


def sources(root: Path) -> list[Path]:
    """Return the Python files below a folder that count."""
    return sorted(path for path in root.rglob("*.py") if "migrations" not in path.parts)


def body_lines(function: Function) -> int:
    """Return the lines of a function from its `def` to its end, without the docstring.

    >>> body_lines(ast.parse('def f():\\n    "Say it."\\n    return 1').body[0])
    2
    """
    lines = (function.end_lineno or function.lineno) - function.lineno + 1
    if ast.get_docstring(function, clean=False) is not None:
        first = function.body[0]
        lines -= (first.end_lineno or first.lineno) - first.lineno + 1
    return lines


def functions(path: Path, root: Path) -> Iterator[Length]:
    """Yield the length of every function in a file, nested ones too."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, Function):
            yield Length(body_lines(node), f"{path.relative_to(root)}: {node.name}")


def measured(root: Path) -> tuple[list[Length], list[Length]]:
    """Return the lengths of all files and of all functions below a folder."""
    found = sources(root)
    files = [Length(len(p.read_text(encoding="utf-8").splitlines()), str(p.relative_to(root))) for p in found]
    return files, [length for path in found for length in functions(path, root)]


def at_share(lengths: Sequence[Length], ratio: float) -> int:
    """Return the length that `ratio` (0 to 1) of all do not pass, 0 when there are none.

    >>> at_share([Length(n, "") for n in (9, 1, 5)], 0.5)
    5
    """
    ordered = sorted(length.lines for length in lengths)
    return ordered[min(int(ratio * len(ordered)), len(ordered) - 1)] if ordered else 0


def too_long(files: Sequence[Length], all_functions: Sequence[Length]) -> list[str]:
    """Return a sentence for each file and function past its limit."""
    found = [
        f"{f.place} has {f.lines} lines, at most {LONGEST_FILE} are allowed; split it by what it is about."
        for f in files
        if f.lines > LONGEST_FILE and f.place not in TABLES
    ]
    return found + [
        f"{f.place} has {f.lines} lines, at most {LONGEST_FUNCTION} are allowed; name its steps."
        for f in all_functions
        if f.lines > LONGEST_FUNCTION
    ]


def line(word: str, lengths: Sequence[Length]) -> str:
    """Return one row of the table that is printed."""
    middle, most, top = (at_share(lengths, share) for share in (0.5, 0.9, 1.0))
    return f"{word:<10}{len(lengths):>7}{middle:>9}{most:>7}{top:>7}"


def main() -> int:
    """Print the distribution and what is too long; return 1 when something is."""
    files, all_functions = measured(ROOT / "src" / "hortus")
    print(f"{'':<10}{'count':>7}{'median':>9}{'p90':>7}{'max':>7}")
    print(line("files", files))
    print(line("functions", all_functions))
    found = too_long(files, all_functions)
    print("\n".join(found))
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
