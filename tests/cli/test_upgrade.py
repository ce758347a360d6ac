"""`hortus upgrade` at its door: nothing to do, something to do, and a migration that fails half-way."""

from pathlib import Path

import pytest

from tests.place import Place

POISON = """
from django.db import migrations, models

def fail(apps, editor):
    raise RuntimeError("the well is poisoned")

class Migration(migrations.Migration):
    dependencies = [("garden", "{last}")]
    operations = [migrations.AddField("takenreading", "{name}", models.TextField(default="")){more}]
"""


def _newer(place: Place, poisoned: bool) -> dict[str, str]:
    """Give the place a version of Hortus with one or two more migrations, the last of which may be poisoned."""
    package = place.scratch / "newer" / "more_migrations"
    package.mkdir(parents=True)
    source = Path(__file__).parents[2] / "src" / "hortus" / "garden" / "migrations"
    names = sorted(p.name for p in source.glob("*.py"))
    for name in names:
        (package / name).write_text((source / name).read_text())
    last = max(n for n in names if n[0].isdigit()).removesuffix(".py")
    (package / "0100_colour.py").write_text(POISON.format(last=last, name="colour", more=""))
    if poisoned:
        text = POISON.format(last="0100_colour", name="scent", more=", migrations.RunPython(fail)")
        (package / "0101_scent.py").write_text(text)
    (package.parent / "newer_settings.py").write_text(
        "from hortus.config.settings import *\nMIGRATION_MODULES = {'garden': 'more_migrations'}\n"
    )
    path = f"{package.parent}:{place.env.get('PYTHONPATH', '')}"
    return {"DJANGO_SETTINGS_MODULE": "newer_settings", "PYTHONPATH": path}


def _columns(place: Place) -> set[str]:
    code = (
        "from django.db import connection\nwith connection.cursor() as c:\n"
        " found = connection.introspection.get_table_description(c, 'garden_takenreading')\n"
        "print(*[f.name for f in found])"
    )
    return set(place.python(code).split())


def test_up_to_date_is_said(place: Place) -> None:
    place.with_team()
    assert place.json("upgrade") == {"applied": [], "backup": "", "wrong": []}


def test_it_applies_what_is_missing_after_a_backup(place: Place) -> None:
    newer = _newer(place.with_team(), poisoned=False)
    assert "the first is garden.0100_colour" in place.run("worker", "--drain", **newer).stderr
    done = place.run("upgrade", "--json", **newer)
    # The code has no such field, but the tables may have more than the code.
    assert '"applied": ["garden.0100_colour"]' in done.stdout, done.stderr
    assert "colour" in _columns(place)
    assert len(list((place.folder / "backups").glob("before-upgrade-*.hortus"))) == 1


@pytest.mark.parametrize("command", ["upgrade", "up"])
def test_a_poisoned_migration_leaves_everything_as_it_was(place: Place, command: str) -> None:
    newer = _newer(place.with_team(), poisoned=True)
    before = place.rows("SELECT app, name FROM django_migrations ORDER BY id")
    failed = place.run(command, **newer)
    assert failed.returncode in {1, 2}
    assert "the well is poisoned" in failed.stdout + failed.stderr
    assert "as they were before" in failed.stdout + failed.stderr
    assert place.rows("SELECT app, name FROM django_migrations ORDER BY id") == before
    assert not {"colour", "scent"} & _columns(place), "also the step before the poisoned one is undone"
    assert place.rows("SELECT name FROM access_team") == [("Alder",)]
    assert place.run("doctor").returncode == 0


def test_tables_of_a_newer_version_are_refused(place: Place) -> None:
    newer = _newer(place.with_team(), poisoned=False)
    assert place.run("upgrade", **newer).returncode in {0, 1}
    for arguments in (["up"], ["worker"], ["upgrade"]):
        refused = place.run(*arguments)
        assert (refused.returncode, "a newer Hortus" in refused.stderr) == (2, True), arguments


def test_it_waits_for_nobody(place: Place) -> None:
    place.with_team().up()
    refused = place.run("upgrade")
    assert (refused.returncode, "stop it before" in refused.stderr) == (2, True)
