"""What `hortus doctor` looks at: one function a check, each tells what it found and, where it is safe, mends it."""

import os
import shutil
import time
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path

from django.conf import settings
from django.core import checks
from django.db import DatabaseError
from django.utils import timezone

from hortus.config import (
    data_folder,
    databases,
    doctor_messages,
    doctor_outside,
    mounts,
    preparation,
    server,
    static_files,
)
from hortus.config.finding import Finding, Found, State, ok, trouble
from hortus.ledger import clock as database_clock
from hortus.ledger.queue_models import QueuedTask, QueueWorker

ENOUGH_BYTES = 200 * 1024**2
BACKLOG = timedelta(minutes=15)
# Django's deploy checks that our settings answer in another way, or that do not hold behind a loopback tunnel.
_ANSWERED = {
    "security.W004": "HSTS is set when public_url begins with https",
    "security.W008": "the proxy redirects to https",
    "security.W012": "the session cookie is secure when public_url begins with https",
    "security.W016": "the CSRF cookie is secure when public_url begins with https",
}


def rights() -> Found:
    """Look at the rights of the data folder and of the key."""
    folder, key = settings.DATA_DIR, settings.DATA_DIR / data_folder.KEY_FILE
    for name, path, mode in (("data folder", folder, 0o700), ("secret key", key, 0o600)):
        if not path.exists():
            yield ok(name, f"{path} is not there; the key comes from the settings.")
        elif data_folder.open_to_others(path):
            yield trouble(name, f"{path} is open to other users of this machine; chmod {mode:o} closes it.",
                           _closing(path, mode))  # fmt: skip
        elif not os.access(path, os.W_OK):
            yield trouble(name, f"{path} cannot be written by this user; give it to the user who runs Hortus.")
        else:
            yield ok(name, f"{path} is private.")


def _closing(path: Path, mode: int) -> Callable[[], str]:
    def close() -> str:
        path.chmod(mode)
        return f"Closed {path} to others."

    return close


def disk() -> Found:
    """Look at free space and the kind of file system."""
    free = shutil.disk_usage(settings.DATA_DIR).free
    size = f"{free / 1024**3:.1f} GiB are free in {settings.DATA_DIR}"
    yield ok("disk space", f"{size}.") if free > ENOUGH_BYTES else trouble("disk space", f"Only {size}; make room.")
    kind = mounts.network_kind(settings.DATA_DIR.resolve(), mounts.table())
    if kind and databases.kind() == "sqlite":
        yield trouble("disk kind", f"The data folder lies on a network disk ({kind}), where SQLite can lose data.")
    elif kind:
        yield ok("disk kind", f"The data folder lies on a network disk ({kind}), the database elsewhere.")
    else:
        yield ok("disk kind", "The data folder lies on a local disk.")


def clock() -> Found:
    """Compare this clock with what it wrote down earlier and with the database's."""
    now, newest = timezone.now(), _newest_moment()
    if now.year < 2024:
        yield trouble("clock", f"This machine believes that it is {now:%Y-%m-%d}; set its clock.")
    elif newest and newest > now + timedelta(minutes=5):
        yield trouble("clock", f"Something was written down at {newest:%Y-%m-%d %H:%M} UTC, which is still to come; "
                       "check the clock of this machine.")  # fmt: skip
    else:
        yield ok("clock", f"It is {now:%Y-%m-%d %H:%M} UTC.")


def _newest_moment() -> datetime | None:
    from hortus.ledger.models import Event

    newest = Event.objects.order_by("-id").values_list("recorded_at", flat=True).first()
    return newest if isinstance(newest, datetime) else None


def tables() -> Found:
    """Look whether the database is sound and of this version."""
    if newer := preparation.foreign():
        yield trouble("tables", f"The tables were made by a newer Hortus (it knows {newer[-1]}); install that version.")
    elif steps := preparation.pending():
        yield trouble("tables", f"{len(steps)} steps are missing, the first is {steps[0]}; run `hortus upgrade`.")
    else:
        yield ok("tables", f"All tables are those of this version ({databases.kind()}).")
    fault = databases.fault()
    yield (
        trouble("database", f"The database is not sound: {fault}; restore a backup.")
        if fault
        else ok("database", "The database is sound.")
    )


def worker() -> Found:
    """Look whether a worker is alive and the queue moves."""
    now = database_clock.now()
    alive = QueueWorker.objects.filter(beat_at__gt=now - timedelta(seconds=settings.HORTUS.worker_lease_seconds))
    waiting = QueuedTask.objects.late(now, BACKLOG).count()
    if count := alive.count():
        yield ok("worker", f"{count} worker{'s are' if count > 1 else ' is'} alive.")
    elif data_folder.server(settings.DATA_DIR):
        yield trouble("worker", "Hortus is served and no worker is alive; run `hortus worker`.")
    else:
        yield Finding("worker", State.NOTE, "No worker is alive; `hortus up` starts one.")
    yield (
        trouble("queue", f"{waiting} tasks should have begun more than 15 minutes ago; is a worker running?")
        if waiting else ok("queue", f"{QueuedTask.objects.open().count()} tasks are open, none is late.")
    )  # fmt: skip
    if dead := QueuedTask.objects.dead().count():
        yield trouble("dead letters", f"{dead} tasks failed for good; see `hortus tasks --dead`, retry with --retry.")
    else:
        yield ok("dead letters", "No task failed for good.")


def served_files() -> Found:
    """Look whether the static files are collected."""
    if static_files.are_fresh():
        yield ok("static files", "The static files are those of this version.")
    else:
        yield Finding("static files", State.NOTE, "The static files are not collected; `hortus up` does it.", _collect)


def _collect() -> str:
    static_files.collect()
    return "Collected the static files."


def stale_socket() -> Found:
    """Look for a socket that nobody listens on."""
    path = settings.HORTUS.uds
    if path is None:
        return
    path = path.expanduser()
    if path.exists() and server.is_stale(path):
        yield Finding("socket", State.NOTE, f"{path} was left by a server that is gone.", _removing(path))
    elif path.parent.exists() and data_folder.open_to_others(path.parent):
        yield trouble("socket", f"{path.parent} is open to other users of this machine; chmod 700 closes it.",
                       _closing(path.parent, 0o700))  # fmt: skip
    else:
        yield ok("socket", f"{path} is in order.")


def _removing(path: Path) -> Callable[[], str]:
    def remove() -> str:
        path.unlink(missing_ok=True)
        return f"Removed {path}."

    return remove


def segments() -> Found:
    """Look whether every Parquet segment that the tables name is there, in its size."""
    from hortus.telemetry.models import JobSegment, jobs_folder
    from hortus.telemetry.probes.models import ProbeSegment, probes_folder

    for word, model, folder in (("jobs", JobSegment, jobs_folder()), ("probes", ProbeSegment, probes_folder())):
        named = model.objects.values_list("file", flat=True)
        lost = [file for file in named if not (folder / file).is_file()]
        if lost:
            yield trouble(word, f"{len(lost)} files of {word} are missing, the first is {lost[0]}; restore a backup.")
        else:
            yield ok(word, f"Every file of {word} is there.")


def security_chain() -> Found:
    """Recompute the digests of the security events."""
    from hortus.access.security import verify_chain

    broken = verify_chain()
    if broken is not None:
        yield trouble("security events", f"Security event {broken} was changed after it was written; keep a copy and "
                       "find out who may write to the database.")  # fmt: skip
    else:
        yield ok("security events", "No security event was changed or removed.")


def deployment() -> Found:
    """Run Django's own checks for a deployment."""
    found = [m for m in checks.run_checks(include_deployment_checks=True) if m.level >= checks.WARNING]
    left = [m for m in found if m.id not in _ANSWERED or settings.HORTUS.public_url.startswith("https://")]
    for message in left:
        serious = State.TROUBLE if message.level >= checks.ERROR else State.NOTE
        yield Finding("deployment", serious, f"{message.id}: {str(message.msg).split('. ')[0].strip()}.")
    if not left:
        yield ok("deployment", "Django's checks for a deployment find nothing.")


def backups() -> Found:
    """Look how old the newest backup in the data folder is."""
    kept = sorted((settings.DATA_DIR / "backups").glob("*.hortus"), key=lambda p: p.stat().st_mtime)
    if not kept:
        yield Finding("backups", State.NOTE, "No backup lies in the data folder; make one with `hortus backup FILE`.")
        return
    age = timedelta(seconds=time.time() - kept[-1].stat().st_mtime)
    yield ok("backups", f"The newest backup in the data folder is {age.days} days old.")


CHECKS: dict[str, Callable[[], Found]] = {
    "rights": rights, "disk": disk, "tables": tables, "clock": clock, "worker": worker,
    "database's clock": doctor_messages.database_clock, "messages": doctor_messages.messages,
    "static files": served_files, "jobs": segments, "security events": security_chain, "socket": stale_socket,
    "proxy": doctor_outside.proxy, "mail": doctor_outside.mail, "alertmanager": doctor_outside.alertmanager,
    "deployment": deployment, "backups": backups,
}  # fmt: skip


def examine() -> list[Finding]:
    """Run every check; one that cannot run is a trouble of its own."""
    found: list[Finding] = []
    for name, check in CHECKS.items():
        try:
            found += check()
        except DatabaseError as error:
            found.append(
                trouble(name, f"This could not be looked at, the database says: {str(error).strip().splitlines()[0]}")
            )
    return found
