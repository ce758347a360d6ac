"""Run a command with HORTUS_DATABASE_URL naming a PostgreSQL of its own: made, used and thrown away.

`python scripts/postgresql.py COMMAND …`: the server listens on a free port of loopback only, and runs as another
account when this is root, since PostgreSQL refuses to be root. Without PostgreSQL it says so and ends well.
"""

import os
import pwd
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

# Nothing here has to survive a crash.
OPTIONS = (
    "fsync=off", "synchronous_commit=off", "full_page_writes=off", "max_connections=200", "log_min_messages=fatal",
)  # fmt: skip


def program(name: str) -> str | None:
    """Return the newest installed one; Debian keeps them off the path."""
    found = sorted(Path("/usr/lib/postgresql").glob(f"*/bin/{name}"), key=lambda p: float(p.parts[4]))
    return str(found[-1]) if found else shutil.which(name)


def account() -> str | None:
    """Return the account that the server runs as, None for our own."""
    if os.getuid() != 0:
        return None
    known = {entry.pw_name for entry in pwd.getpwall()}
    return "postgres" if "postgres" in known else "nobody"


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def run(command: list[str], user: str | None) -> None:
    subprocess.run(command, check=True, user=user, cwd="/", stdout=subprocess.DEVNULL, stdin=subprocess.DEVNULL)


@contextmanager
def server() -> Iterator[str]:
    """Run a new, empty server; give the URL of its database."""
    user, port, password = account(), free_port(), secrets.token_urlsafe(16)
    with tempfile.TemporaryDirectory(prefix="hortus-pg-") as folder:
        data, secret = Path(folder, "data"), Path(folder, "password")
        secret.write_text(password)
        if user:
            shutil.chown(folder, user)
            shutil.chown(secret, user)
        run([str(program("initdb")), "-D", str(data), "-U", "hortus", "-A", "scram-sha-256", "--pwfile", str(secret),
             "-E", "UTF8", "--no-locale", "--no-sync"], user)  # fmt: skip
        options = [f"listen_addresses=127.0.0.1 -c port={port} -c unix_socket_directories={folder}", *OPTIONS]
        control = [str(program("pg_ctl")), "-D", str(data), "-w", "-s"]
        run([*control, "-l", str(Path(folder, "log")), "-o", " ".join(f"-c {o}" for o in options), "start"], user)
        try:
            yield f"postgresql://hortus:{password}@127.0.0.1:{port}/postgres"
        finally:
            run([*control, "-m", "immediate", "stop"], user)


def main(command: list[str]) -> int:
    if not command:
        print("Name the command to run with a PostgreSQL of its own.")
        return 2
    if program("initdb") is None:
        print("PostgreSQL is absent, so nothing was run on it; install it with: apt-get install postgresql")
        return 0
    signal.signal(signal.SIGTERM, lambda _number, _frame: sys.exit(143))  # so that the server is stopped, too
    with server() as url:
        return subprocess.run(command, env=os.environ | {"HORTUS_DATABASE_URL": url}, check=False).returncode


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
