"""Bringing the tables to this version: backup, migrate, self-check, and back to the old state when anything fails."""

import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from django.apps import apps
from django.conf import settings
from django.core import checks
from django.core.management import call_command
from django.db import connections

from hortus.config import archive, backup, databases, preparation
from hortus.config.declared import WrongSetting

Tell = Callable[[str], None]
KEEP_BACKUPS = 5


@dataclass(frozen=True, slots=True)
class Upgraded:
    """What an upgrade did: the migrations it applied, and the backup taken before, "" when nothing was to do."""

    applied: list[str]
    backup: str


class UpgradeFailed(WrongSetting):
    """The new version's tables could not be made; everything is as it was before."""


def self_check() -> list[str]:
    """Return what is wrong with tables and code together; [] when all is well."""
    wrong = [str(m.msg) for m in checks.run_checks(databases=["default"]) if m.level >= checks.ERROR]
    wrong += [f"the tables lack {name}" for name in preparation.pending()]
    if fault := databases.fault():
        wrong.append(fault)
    for model in apps.get_models():
        try:
            model._default_manager.exists()
        except Exception as error:
            wrong.append(f"{model._meta.db_table} cannot be read: {error}")
    return wrong


def upgrade(tell: Tell, move: archive.Move | None = None) -> Upgraded:
    """Apply what is missing. Be alone: hold `exchanging`. Raises UpgradeFailed, after which all is as before."""
    preparation.refuse_newer()
    steps = preparation.pending()
    if not steps:
        return Upgraded([], "")
    folder = settings.DATA_DIR / "backups"
    folder.mkdir(mode=0o700, exist_ok=True)
    file = folder / f"before-upgrade-{backup.stamp()}.hortus"
    tell("Backing up before the upgrade …")
    backup.backup(file, move=move or backup._quiet)
    tell(f"Upgrading the tables, {len(steps)} steps …")
    try:
        call_command("migrate", interactive=False, verbosity=0)
        if wrong := self_check():
            raise RuntimeError(wrong[0])
    except BaseException as error:
        put_back(file)
        raise UpgradeFailed(
            f"The upgrade failed ({type(error).__name__}: {error}). The tables are as they were before; "
            f"go on with the old version and tell us. A backup lies at {file}."
        ) from error
    _forget_oldest(folder)
    return Upgraded(steps, str(file))


def put_back(file: Path) -> None:
    """Put the tables of a backup back; the Parquet segments are never changed in place, so they fit still."""
    connections.close_all()
    with archive.reading(file) as (packed, manifest), tempfile.TemporaryDirectory(dir=file.parent) as scratch:
        name = next(n for n in manifest.members if n.startswith("database."))
        archive.unpack(packed, name, Path(scratch) / name)
        if manifest.database == "sqlite":
            databases.put_back_sqlite(Path(scratch) / name, databases.database_file())
        else:
            databases.put_back_postgresql(Path(scratch) / name)


def _forget_oldest(folder: Path) -> None:
    for old in sorted(folder.glob("before-upgrade-*.hortus"))[:-KEEP_BACKUPS]:
        old.unlink()
