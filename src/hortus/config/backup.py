"""Backup and restore of everything that Hortus keeps, consistent while it runs. The keys go apart, or nowhere.

One archive holds the tables at one moment and exactly the Parquet segments that counted at that moment. The key
ring never lies in it: whoever finds the archive must not be able to forge a session with it.
"""

import ctypes
import errno
import hashlib
import json
import os
import shutil
import sys
import tempfile
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import connection, connections
from django.db.migrations.executor import MigrationExecutor

import hortus
from hortus.config import archive, data_folder, databases, restore_mark
from hortus.config.preparation import foreign
from hortus.values.refused import Refused

Move = archive.Move
# What a restore carries over from the old data folder: keys belong to the place.
_CARRIED = (data_folder.KEY_FILE, "setup.code")


@dataclass(frozen=True, slots=True)
class Made:
    """A finished backup or restore. kept: where the old state lies after a restore, "" when there was none."""

    file: str
    bytes: int
    members: int
    database: str
    keys: str = ""
    kept: str = ""
    key_differs: bool = False


def _quiet(_done: int, _total: int | None) -> None:
    return


def stamp() -> str:
    """Return the time as part of a file name."""
    return datetime.now(UTC).strftime("%Y%m%dT%H%M%S")


def key_mark() -> str:
    """Return a digest that tells two keys apart and gives neither away."""
    return hashlib.sha256(b"hortus backup " + settings.SECRET_KEY.encode()).hexdigest()[:16]


def _applied() -> list[str]:
    return sorted(f"{app}.{name}" for app, name in MigrationExecutor(connection).loader.applied_migrations)


def backup(file: Path, *, keys: Path | None = None, move: Move = _quiet, whole: bool = True) -> Made:
    """Write one archive of all that Hortus keeps, and the key ring into a file of its own when asked.

    whole: refuse when a segment is missing or damaged; else take what is left, to lay it aside.
    Raises Refused when the archive is there already, lies in a folder that is not, or something kept is damaged.
    """
    for target in filter(None, (file, keys)):
        _refuse_target(target)
    if keys is not None and keys.absolute() == file.absolute():
        raise Refused("same-file", "The keys never lie in the archive; give --keys a file of its own.", "keys")
    manifest = archive.Manifest(
        hortus.__version__, datetime.now(UTC).isoformat(), databases.kind(), _applied(), key_mark()
    )
    _with_patience(lambda: _pack(file, manifest, move, whole))
    if keys is not None:
        _write_keys(keys)
    return Made(str(file), file.stat().st_size, len(manifest.members), manifest.database, str(keys) if keys else "")


def _refuse_target(target: Path) -> None:
    if target.exists():
        raise Refused("exists", f"{target} is there already; name a new file.")
    if not target.absolute().parent.is_dir():
        raise Refused("no-folder", f"{target.absolute().parent} is not a folder; make it first.")


def _with_patience(pack: Callable[[], None], tries: int = 5) -> None:
    """Pack again when a segment was exchanged by an import between the snapshot and its copy."""
    for attempt in range(1, tries + 1):
        try:
            return pack()
        except FileNotFoundError as error:
            if attempt == tries:
                raise Refused(
                    "segment-missing",
                    f"{error.filename} is named by the tables and is not there; run `hortus doctor`.",
                ) from error
    return None


def _pack(file: Path, manifest: archive.Manifest, move: Move, whole: bool) -> None:
    manifest.members.clear()
    with tempfile.TemporaryDirectory(prefix=".backup-", dir=settings.DATA_DIR) as scratch:
        taken = databases.snapshot(Path(scratch))
        paths = [(file, settings.DATA_DIR / file, digest) for file, digest in taken.segments]
        if not whole:
            paths = [(name, path, "") for name, path, _ in paths if path.is_file()]
        total = taken.file.stat().st_size + sum(path.stat().st_size for _, path, _ in paths)
        with archive.writing(file, manifest, move, total) as writer:
            writer.add(taken.member, taken.file)
            for name, path, digest in paths:
                writer.add(name, path, digest)


def _write_keys(path: Path) -> None:
    ring = {data_folder.KEY_FILE: settings.SECRET_KEY}
    with os.fdopen(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "w", encoding="utf-8") as file:
        json.dump({"hortus_keys": 1, "keys": ring}, file, indent=1)


def _read_keys(path: Path) -> str:
    try:
        told: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        key = told["keys"][data_folder.KEY_FILE]
    except (ValueError, KeyError, TypeError) as error:
        raise Refused("keys", f"{path} is not a key ring written by `hortus backup --keys`.", "keys") from error
    return str(key)


def restore(file: Path, *, force: bool = False, keys: Path | None = None, move: Move = _quiet) -> Made:
    """Put an archive in the place of what is kept now; the old state stays beside. Be alone: hold `exchanging`.

    Every digest is verified before anything is touched. Raises Refused for a damaged archive, one of a newer
    Hortus or of another kind of database, and for a place with a team of its own unless forced.
    """
    ring = _read_keys(keys) if keys else None
    with archive.reading(file) as (packed, manifest):
        _refuse_unfit(file, manifest)
        if not force and _has_own_team():
            raise Refused(
                "not-empty", "There is a team here already; use --force to exchange it for the backup's. "
                "The old state is kept beside.", "force",
            )  # fmt: skip
        archive.verify(file, packed, manifest, move)
        kept = _put_back(packed, manifest)
    if ring is not None:
        _put_key(ring)
    differs = ring is None and manifest.key != key_mark()
    return Made(
        str(file), file.stat().st_size, len(manifest.members), manifest.database, str(keys) if keys else "",
        kept, differs,
    )  # fmt: skip


def _refuse_unfit(file: Path, manifest: archive.Manifest) -> None:
    if manifest.database != databases.kind():
        raise Refused(
            "other-database",
            f"{file} holds a {manifest.database} database, and HORTUS_DATABASE_URL names a {databases.kind()} one.",
        )
    ours = set(MigrationExecutor(connection).loader.disk_migrations)
    known = {f"{app}.{name}" for app, name in ours}
    newer = sorted(set(manifest.migrations) - known)
    if newer:
        raise Refused(
            "newer", f"{file} was made by Hortus {manifest.hortus}, which is newer than this one "
            f"(it knows {newer[-1]}); install that version and restore with it.",
        )  # fmt: skip


def _has_own_team() -> bool:
    if "access_team" not in connection.introspection.table_names():
        return False
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM access_team WHERE is_sample = %s", [False])
        return bool(cursor.fetchone()[0])


def _put_back(packed: zipfile.ZipFile, manifest: archive.Manifest) -> str:
    if manifest.database == "sqlite":
        return _put_back_folder(packed, manifest)
    return _put_back_postgresql(packed, manifest)


def _put_back_folder(packed: zipfile.ZipFile, manifest: archive.Manifest) -> str:
    """Lay the archive out as a new data folder and exchange it for the old one in one step."""
    folder, database = settings.DATA_DIR, databases.database_file()
    fresh = Path(tempfile.mkdtemp(prefix=f"{folder.name}.restoring-", dir=folder.parent))
    try:
        _lay_out(packed, manifest, fresh, database)
        _exchange(fresh, folder)
    except BaseException:
        shutil.rmtree(fresh, ignore_errors=True)
        raise
    kept = fresh.rename(folder.with_name(f"{folder.name}.before-restore-{stamp()}"))
    if (kept / "backups").is_dir():
        (kept / "backups").rename(folder / "backups")
    return str(kept)


def _lay_out(packed: zipfile.ZipFile, manifest: archive.Manifest, fresh: Path, database: Path) -> None:
    for name in manifest.members:
        archive.unpack(packed, name, fresh / (database.name if name == "database.sqlite3" else name))
    for name in _CARRIED:
        if (settings.DATA_DIR / name).is_file():
            shutil.copy2(settings.DATA_DIR / name, fresh / name)
    restore_mark.hold_in_file(fresh / database.name)
    connections.close_all()
    if database.parent != settings.DATA_DIR:  # HORTUS_DATABASE_URL names a file elsewhere: it goes in one rename
        if database.exists():
            shutil.copy2(database, settings.DATA_DIR / f"old-{database.name}")
        databases.put_back_sqlite(fresh / database.name, database)
        (fresh / database.name).unlink()


def _exchange(one: Path, other: Path) -> None:
    """Let two folders change names: at once where the system can, else one after the other."""
    if sys.platform == "linux":
        libc = ctypes.CDLL(None, use_errno=True)
        here, exchange = -100, 2
        if libc.renameat2(here, os.fsencode(one), here, os.fsencode(other), exchange) == 0:
            return
        if ctypes.get_errno() not in {errno.ENOSYS, errno.EINVAL}:
            raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()), str(other))
    aside = other.with_name(f"{other.name}.aside")
    other.rename(aside)
    one.rename(other)
    aside.rename(one)


def _put_back_postgresql(packed: zipfile.ZipFile, manifest: archive.Manifest) -> str:
    """Lay the segments beside those that are there, which counts for nothing, then exchange the tables at once."""
    kept = ""
    if not foreign() and "telemetry_jobsegment" in connection.introspection.table_names():
        (settings.DATA_DIR / "backups").mkdir(mode=0o700, exist_ok=True)
        kept = str(backup(settings.DATA_DIR / "backups" / f"before-restore-{stamp()}.hortus", whole=False).file)
    with tempfile.TemporaryDirectory(prefix=".restore-", dir=settings.DATA_DIR) as scratch:
        for name in manifest.members:
            target = settings.DATA_DIR / name if name.partition("/")[0] in databases.MANIFESTS else Path(scratch) / name
            draft = target.with_name(f".{target.name}.part")
            archive.unpack(packed, name, draft)
            draft.replace(target)
        databases.put_back_postgresql(Path(scratch) / "database.dump")
    return kept


def _put_key(key: str) -> None:
    path = settings.DATA_DIR / data_folder.KEY_FILE
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    with os.fdopen(os.open(draft, os.O_CREAT | os.O_TRUNC | os.O_WRONLY, 0o600), "w", encoding="utf-8") as file:
        file.write(key)
    draft.replace(path)
