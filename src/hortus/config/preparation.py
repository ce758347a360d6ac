"""What has to be there before pages are served: tables, static files, the sample garden. Each may be run twice."""

import json
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass

from django.apps import apps
from django.conf import settings
from django.core.management import call_command
from django.db import connection, connections
from django.db.migrations.executor import MigrationExecutor

from hortus.config import static_files
from hortus.config.declared import WrongSetting

Tell = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Prepared:
    """What a start found to do. setup_code is empty once a team has been started."""

    migrated: int
    collected: bool
    planted: bool
    setup_code: str


def pending() -> list[str]:
    """Return the migrations that this version has and the database has not, as app.name."""
    executor = MigrationExecutor(connection)
    plan = executor.migration_plan(executor.loader.graph.leaf_nodes())
    return [f"{migration.app_label}.{migration.name}" for migration, _ in plan]


def foreign() -> list[str]:
    """Return the migrations that the database has and this version does not know: a newer Hortus made them."""
    loader = MigrationExecutor(connection).loader
    ours = {app.label for app in apps.get_app_configs() if app.name.startswith("hortus.")}
    return sorted(f"{a}.{n}" for a, n in set(loader.applied_migrations) - set(loader.disk_migrations) if a in ours)


def is_empty() -> bool:
    """Say whether the database holds no table of ours at all."""
    return not MigrationExecutor(connection).loader.applied_migrations


def refuse_newer() -> None:
    """Raise WrongSetting when the tables were made by a newer Hortus than this one."""
    if newer := foreign():
        raise WrongSetting(
            f"The database was last used by a newer Hortus (it knows {newer[-1]}); "
            "install that version, or restore a backup of this one with `hortus restore`."
        )


def refuse_stale() -> None:
    """Raise WrongSetting when the tables are older or newer than this version."""
    refuse_newer()
    if steps := pending():
        raise WrongSetting(
            f"The tables are not up to date: {len(steps)} steps are missing, the first is {steps[0]}. "
            "Run `hortus upgrade`, or start with `hortus up`."
        )


def migrate(tell: Tell, *, may_upgrade: bool = True) -> int:
    """Bring the tables up to date, with a backup before when there is something to lose; return how many steps.

    may_upgrade: nobody else works on the tables. Raises WrongSetting when they do, or when the upgrade failed.
    """
    refuse_newer()
    steps = pending()
    if not steps:
        return 0
    if is_empty():
        tell("Making the tables …")
        call_command("migrate", interactive=False, verbosity=0)
    elif not may_upgrade:
        raise WrongSetting("The tables are older than this version and a worker is running; stop it, then start again.")
    else:
        from hortus.config.upgrade import upgrade

        upgrade(tell)
    return len(steps)


def prepare(tell: Tell, *, may_upgrade: bool = True) -> Prepared:
    """Bring tables and static files up to date and plant the sample garden in an empty database."""
    migrated = migrate(tell, may_upgrade=may_upgrade)
    if not static_files.are_fresh():
        tell("Collecting static files …")
    collected = static_files.collect()
    return Prepared(migrated, collected, _plant(tell), _setup_code())


def _plant(tell: Tell) -> bool:
    if not settings.HORTUS.sample:
        return False
    from hortus.access.models import Team
    from hortus.garden.sample import plant_if_empty

    if not Team.objects.exists():
        tell("Planting the sample garden …")
    return plant_if_empty()


def _setup_code() -> str:
    from hortus.access.actions import is_started
    from hortus.access.setup_code import setup_code

    return "" if is_started() else setup_code()


@contextmanager
def _closed_connections() -> Iterator[None]:
    try:
        yield
    finally:
        connections.close_all()


def prepare_into(handle: int, tell: Tell, *, may_upgrade: bool) -> int:
    """Prepare in a child process: write what was done, or the sentence why not, as JSON into `handle`."""
    with _closed_connections(), os.fdopen(handle, "w", encoding="utf-8") as out:
        try:
            json.dump(asdict(prepare(tell, may_upgrade=may_upgrade)), out)
        except WrongSetting as error:
            json.dump({"refused": str(error)}, out)
    return 0
