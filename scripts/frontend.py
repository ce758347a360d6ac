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


Laid = dict[Path, Path]
"""Where each file is to lie below the vendor folder, and where it comes from."""


def wanted() -> Laid:
    """Return every file of the table. The "@" of a scope is left out: pages and style sheets would quote it unlike."""
    return {
        Path(package.lstrip("@"), name): SOURCE / package / name for package, names in PARTS.items() for name in names
    }


def absent(files: Laid) -> list[Path]:
    """Return the files that npm has not brought."""
    return [source for source in files.values() if not source.is_file()]


def differing(files: Laid) -> list[Path]:
    """Return the files that are not yet laid, or lie in another version."""
    return [
        place
        for place, source in files.items()
        if not (TARGET / place).is_file() or not filecmp.cmp(source, TARGET / place, shallow=False)
    ]


def strangers(files: Laid) -> list[Path]:
    """Return what lies in the vendor folder without being in the table."""
    return sorted({path.relative_to(TARGET) for path in TARGET.rglob("*") if path.is_file()} - set(files))


def lay(files: Laid, stale: list[Path], extra: list[Path]) -> None:
    """Copy what is stale and take away what the table no longer names."""
    for place in stale:
        (TARGET / place).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(files[place], TARGET / place)
    for place in extra:
        (TARGET / place).unlink()


def main(arguments: list[str]) -> int:
    files = wanted()
    if missing := absent(files):
        print(f"{len(missing)} front-end files are missing, the first is {missing[0].relative_to(ROOT)}.")
        print("Run `npm ci` in the root of the repository, then this script again.")
        return 2
    stale, extra = differing(files), strangers(files)
    if arguments == ["--check"]:
        print(f"{len(files)} files wanted, {len(stale)} stale, {len(extra)} too many.")
        return 1 if stale or extra else 0
    if arguments:
        print(f"The only option is --check, got {' '.join(arguments)}.")
        return 2
    lay(files, stale, extra)
    print(f"{len(files)} front-end files in place, {len(stale)} of them new, {len(extra)} taken away.")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
