"""Lay the front-end parts that Hortus serves, with their licences, from node_modules into the web room.

The one table of what is taken is PARTS; nothing of it is committed. Run after `npm ci`:
`.venv/bin/python scripts/frontend.py` (or `--check`, which only says whether everything lies in place).
"""

import filecmp
import shutil
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
SOURCE = ROOT / "node_modules"
TARGET = ROOT / "src" / "hortus" / "web" / "static" / "vendor"

ICONS = (
    "activity", "arrow-right", "bell", "calendar", "chevron-left", "chevron-right", "circle-check",
    "circle-dashed", "circle-question-mark", "circle-x", "clock", "cpu", "download", "droplets",
    "external-link", "eye", "file-text", "history", "info", "key-round", "link", "lock", "log-in", "log-out",
    "mail", "moon", "pencil", "plus", "printer", "rss", "search", "server", "settings", "shield-check",
    "shovel", "sprout", "sun", "sun-moon", "table", "trash-2", "triangle-alert", "upload", "user", "users", "x",
)  # fmt: skip

PARTS: dict[str, tuple[str, ...]] = {
    "@picocss/pico": ("css/pico.min.css", "LICENSE.md"),
    "@fontsource-variable/inter": ("files/inter-latin-wght-normal.woff2", "LICENSE"),
    "@fontsource-variable/source-serif-4": ("files/source-serif-4-latin-wght-normal.woff2", "LICENSE"),
    "lucide-static": ("LICENSE", *(f"icons/{name}.svg" for name in ICONS)),
}


def wanted() -> list[Path]:
    """Return every file of the table, as a path below node_modules and below the vendor folder alike."""
    return [Path(package, name) for package, names in PARTS.items() for name in names]


def absent(files: list[Path]) -> list[Path]:
    """Return the files that npm has not brought."""
    return [name for name in files if not (SOURCE / name).is_file()]


def differing(files: list[Path]) -> list[Path]:
    """Return the files that are not yet laid, or lie in another version."""
    return [
        name
        for name in files
        if not (TARGET / name).is_file() or not filecmp.cmp(SOURCE / name, TARGET / name, shallow=False)
    ]


def strangers(files: list[Path]) -> list[Path]:
    """Return what lies in the vendor folder without being in the table."""
    return sorted({path.relative_to(TARGET) for path in TARGET.rglob("*") if path.is_file()} - set(files))


def lay(stale: list[Path], extra: list[Path]) -> None:
    """Copy what is stale and take away what the table no longer names."""
    for name in stale:
        (TARGET / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(SOURCE / name, TARGET / name)
    for name in extra:
        (TARGET / name).unlink()


def main(arguments: list[str]) -> int:
    files = wanted()
    if missing := absent(files):
        print(f"{len(missing)} front-end files are missing, the first is node_modules/{missing[0]}.")
        print("Run `npm ci` in the root of the repository, then this script again.")
        return 2
    stale, extra = differing(files), strangers(files)
    if arguments == ["--check"]:
        print(f"{len(files)} files wanted, {len(stale)} stale, {len(extra)} too many.")
        return 1 if stale or extra else 0
    if arguments:
        print(f"The only option is --check, got {' '.join(arguments)}.")
        return 2
    lay(stale, extra)
    print(f"{len(files)} front-end files in place, {len(stale)} of them new, {len(extra)} taken away.")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
