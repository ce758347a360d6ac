"""Write requirements.lock, requirements-dev.lock (hashed) and constraints.txt (plain) from pyproject.toml.

The files name packages, versions and hashes, never an address; `--check` only proves that.
Run with uv on the path: `.venv/bin/pip install uv && .venv/bin/python scripts/lock.py`.
"""

import re
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
LOCKS = {
    "requirements.lock": ["--group", "source"],
    "requirements-dev.lock": ["--group", "dev"],
}
ADDRESS = re.compile(r"\w+://|@\s*file:|--index-url|--extra-index-url|--find-links", re.IGNORECASE)


def compile_lock(name: str, extra: list[str]) -> str:
    """Return the text of one hashed lock, for every platform and Python that we support."""
    uv = shutil.which("uv", path=str(Path(sys.executable).parent)) or shutil.which("uv")
    if uv is None:
        sys.exit("uv is not installed; run: .venv/bin/pip install uv")
    command = [
        uv, "pip", "compile", "pyproject.toml", *extra, "--universal", "--python-version", "3.11",
        "--generate-hashes", "--no-emit-index-url", "--no-emit-find-links", "--no-header", "--no-annotate",
        "--quiet",
    ]  # fmt: skip
    done = subprocess.run(command, cwd=ROOT, check=True, text=True, capture_output=True)
    head = f"# {name}: made by scripts/lock.py, do not edit. Names, versions and hashes; no addresses.\n"
    return head + done.stdout


def plain(lock: str) -> str:
    """Return the pins of a hashed lock without their hashes: what `pip install -c` can read."""
    pins = [line.removesuffix(" \\") for line in lock.splitlines() if re.match(r"[a-z0-9]", line)]
    return "# constraints.txt: made by scripts/lock.py, do not edit.\n" + "\n".join(pins) + "\n"


def check() -> int:
    """Print every line that holds an address; return how many there are."""
    found = 0
    for name in (*LOCKS, "constraints.txt", "package-lock.json"):
        for number, line in enumerate((ROOT / name).read_text().splitlines(), 1):
            # npm names funding pages and licences by address; those are not where files come from.
            if ADDRESS.search(line) and not (name == "package-lock.json" and '"url"' in line):
                print(f"{name}:{number}: holds an address: {line.strip()}")
                found += 1
    return found


def main() -> int:
    """Write the locks, then check them; with --check only check."""
    if "--check" not in sys.argv:
        for name, extra in LOCKS.items():
            text = compile_lock(name, extra)
            (ROOT / name).write_text(text)
            if name == "requirements.lock":
                (ROOT / "constraints.txt").write_text(plain(text))
    return 1 if check() else 0


if __name__ == "__main__":
    sys.exit(main())
