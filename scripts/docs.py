"""Write the generated pages of docs/reference, or with --check say what is wrong anywhere in the documents.

`python scripts/docs.py` writes; `python scripts/docs.py --check` changes nothing and exits 1 when something is found.
"""

import sys

import docs_checks
import docs_pages


def write() -> int:
    """Write every generated page that is stale; return 1 when a command that is declared has no module."""
    for name, make in docs_pages.PAGES.items():
        path, text = docs_pages.ROOT / name, make()
        path.parent.mkdir(parents=True, exist_ok=True)
        if not path.exists() or path.read_text(encoding="utf-8") != text:
            path.write_text(text, encoding="utf-8")
            print(f"wrote {name}")
    absent = docs_pages.absent_commands()
    for name in absent:
        print(f"hortus {name} is declared in hortus.cli but its module does not exist; it is not documented.")
    return 1 if absent else 0


def check() -> int:
    """Print everything that is wrong; return 1 when there is anything."""
    found = docs_checks.everything()
    print("\n".join(found) if found else "The documents agree with the program.")
    return 1 if found else 0


def main(arguments: list[str]) -> int:
    """Write, or check with --check."""
    if arguments not in ([], ["--check"]):
        print(f"The only option is --check, got {' '.join(arguments)}.")
        return 2
    docs_pages.set_up()
    return check() if arguments else write()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
