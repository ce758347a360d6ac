"""`hortus backup` and `hortus restore` at their doors, with writers beside them and damage in the files."""

import hashlib
import json
import shutil
import stat
import subprocess
import sys
import uuid
import zipfile
from pathlib import Path

import pytest

from hortus.config import archive
from hortus.values.refused import Refused
from tests.place import Place, until

PAIRS = """
import time
from django.db import transaction
from hortus.access.models import Team
end = time.monotonic() + float(sys.argv[1])
number = 0
while time.monotonic() < end:
    with transaction.atomic():
        Team.objects.create(slug=f"left-{number}", name="left")
        Team.objects.create(slug=f"right-{number}", name="right")
    number += 1
"""
SEGMENT = """
import hashlib
from pathlib import Path
from hortus.access.models import Team
from hortus.telemetry.models import Cluster, JobSegment, jobs_folder
cluster = Cluster.objects.create(team=Team.objects.get(), name="fen")
path = jobs_folder() / "a" / "b.parquet"
path.parent.mkdir(parents=True)
path.write_bytes(b"PAR1 not really")
digest = hashlib.sha256(path.read_bytes()).hexdigest()
JobSegment.objects.create(cluster=cluster, month="2026-11", file="a/b.parquet", rows=1, sha256=digest)
"""
LEFT, RIGHT = (f"(SELECT count(*) FROM access_team WHERE name = '{side}')" for side in ("left", "right"))
COUNT = f"SELECT {LEFT}, {RIGHT}"


@pytest.fixture
def garden(place: Place) -> Place:
    return place.with_team()


def _backup(place: Place, name: str = "one.hortus") -> Path:
    file = place.scratch / name
    place.json("backup", file)
    return file


def _rename(place: Place) -> None:
    place.python("from hortus.access.models import Team; Team.objects.update(name='Changed')")


def _team(place: Place) -> str:
    return str(place.rows("SELECT name FROM access_team WHERE slug = 'alder'")[0][0])


def test_what_was_backed_up_comes_back(garden: Place) -> None:
    garden.python(SEGMENT)
    file = _backup(garden)
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    _rename(garden)
    shutil.rmtree(garden.folder / "jobs")
    made = garden.json("restore", file, "--force")
    assert _team(garden) == "Alder"
    assert (garden.folder / "jobs" / "a" / "b.parquet").read_bytes() == b"PAR1 not really"
    assert Path(made["kept"]).exists(), "the old state lies beside"
    assert stat.S_IMODE(garden.folder.stat().st_mode) == 0o700
    assert garden.run("doctor").returncode == 0


def test_a_backup_under_writes_is_of_one_moment(garden: Place) -> None:
    command = [sys.executable, "-c", f"import django, sys; django.setup()\n{PAIRS}", "100"]
    writer = subprocess.Popen(command, env=garden.env)
    until(lambda: garden.rows(COUNT)[0][0] > 5, why="the writer writes")
    files = [_backup(garden, f"{n}.hortus") for n in range(2)]
    assert writer.poll() is None, "it wrote the whole time"
    writer.kill()
    writer.wait(10)
    for file in files:
        garden.json("restore", file, "--force")
        left, right = garden.rows(COUNT)[0]
        assert left == right > 5


def test_a_team_is_not_exchanged_unasked(garden: Place) -> None:
    file = _backup(garden)
    _rename(garden)
    refused = garden.run("restore", file)
    assert (refused.returncode, "--force" in refused.stderr) == (2, True)
    assert _team(garden) == "Changed"


def test_a_new_place_takes_a_backup_with_its_keys(garden: Place) -> None:
    file, keys = garden.scratch / "one.hortus", garden.scratch / "keys.json"
    garden.json("backup", file, "--keys", keys)
    assert stat.S_IMODE(keys.stat().st_mode) == 0o600
    key = (garden.folder / "secret.key").read_text()
    if not garden.is_sqlite:
        pytest.skip("the new place would need a second database; the folder is what is looked at here")
    fresh = str(garden.scratch / "fresh")
    told = garden.json("restore", file, HORTUS_DATA_DIR=fresh)
    assert told["key_differs"] is True
    assert garden.json("restore", file, "--force", "--keys", keys, HORTUS_DATA_DIR=fresh)["key_differs"] is False
    assert (Path(fresh) / "secret.key").read_text() == key
    assert garden.run("doctor", HORTUS_DATA_DIR=fresh).returncode == 0


def test_no_archive_holds_a_key(garden: Place) -> None:
    file = _backup(garden)
    key = (garden.folder / "secret.key").read_bytes()
    with zipfile.ZipFile(file) as packed:
        assert not any("key" in name for name in packed.namelist())
        assert not any(key in packed.read(name) for name in packed.namelist())
    refused = garden.run("backup", garden.scratch / "two", "--keys", garden.scratch / "two")
    assert (refused.returncode, "never lie in the archive" in refused.stderr) == (2, True)
    assert not (garden.scratch / "two").exists()


def _repacked(file: Path, change: str, content: bytes) -> Path:
    """Return a copy of an archive in which one member was exchanged and the zip's own sums fit again."""
    other = file.with_name(f"changed-{uuid.uuid4().hex}.hortus")
    with zipfile.ZipFile(file) as old, zipfile.ZipFile(other, "w") as new:
        for name in old.namelist():
            new.writestr(name, content if name == change else old.read(name))
    return other


def test_damage_is_found_before_anything_is_touched(garden: Place) -> None:
    file = _backup(garden)
    _rename(garden)
    before = {p: p.stat().st_mtime_ns for p in garden.folder.glob("*") if p.suffix != ".lock"}
    data = file.read_bytes()
    cut, flipped, other = (file.with_name(f"{n}.hortus") for n in ("cut", "flipped", "other"))
    cut.write_bytes(data[: len(data) // 2])
    flipped.write_bytes(data[:300] + bytes([data[300] ^ 255]) + data[301:])
    other.write_bytes(b"a letter to the editor")
    with zipfile.ZipFile(file) as packed:
        database = next(n for n in packed.namelist() if n.startswith("database."))
    for broken in (
        cut,
        flipped,
        other,
        _repacked(file, database, b"SQLite format 3\0"),
        _repacked(file, "manifest.json", b"{}"),
    ):
        refused = garden.run("restore", broken, "--force")
        assert refused.returncode == 2, broken
        assert "Nothing was changed" in refused.stderr
        assert "Traceback" not in refused.stderr
    assert _team(garden) == "Changed"
    assert {p: p.stat().st_mtime_ns for p in garden.folder.glob("*") if p in before} == before


def test_a_flipped_byte_anywhere_is_refused_in_words_or_changes_nothing(garden: Place, tmp_path: Path) -> None:
    file, broken = _backup(garden), tmp_path / "broken.hortus"
    data, refused = file.read_bytes(), 0
    places = [*range(0, 600, 9), *range(0, len(data), max(1, len(data) // 60)), *range(len(data) - 600, len(data), 3)]
    for place in places:
        broken.write_bytes(data[:place] + bytes([data[place] ^ 255]) + data[place + 1 :])
        try:
            with archive.reading(broken) as (packed, manifest):
                archive.verify(broken, packed, manifest, lambda _done, _total: None)
        except Refused:
            refused += 1
    assert (
        refused > len(places) / 2
    )  # the others lie in what a zip says twice, or nobody asks: a date, the system that made it


def _manifest(file: Path) -> dict[str, object]:
    with zipfile.ZipFile(file) as packed:
        found: dict[str, object] = json.loads(packed.read("manifest.json"))
    return found


def test_a_newer_backup_is_refused_with_words(garden: Place) -> None:
    file = _backup(garden)
    manifest = _manifest(file) | {"hortus": "99.0"}
    manifest["migrations"] = [*manifest["migrations"], "garden.9999_from_the_future"]  # type: ignore[misc]
    refused = garden.run("restore", _repacked(file, "manifest.json", json.dumps(manifest).encode()), "--force")
    assert refused.returncode == 2
    assert "Hortus 99.0, which is newer than this one" in refused.stderr
    assert "garden.9999_from_the_future" in refused.stderr


def test_a_member_outside_the_folder_is_refused(garden: Place) -> None:
    file = _backup(garden)
    manifest = _manifest(file)
    manifest["members"] = dict(manifest["members"]) | {  # type: ignore[call-overload]
        "../evil": {"sha256": hashlib.sha256(b"x").hexdigest(), "bytes": 1}
    }
    evil = _repacked(file, "manifest.json", json.dumps(manifest).encode())
    with zipfile.ZipFile(evil, "a") as packed:
        packed.writestr("../evil", b"x")
    refused = garden.run("restore", evil, "--force")
    assert (refused.returncode, "outside the data folder" in refused.stderr) == (2, True)
    assert not (garden.scratch / "evil").exists()


def test_nothing_is_restored_while_it_is_served(garden: Place) -> None:
    file = _backup(garden)
    garden.up()
    assert _backup(garden, "served.hortus").exists(), "a backup may be made while it is served"
    refused = garden.run("restore", file, "--force")
    assert (refused.returncode, "stop it before" in refused.stderr) == (2, True)


@pytest.mark.parametrize("name", ["gone/one.hortus", "one.hortus"])
def test_a_target_that_cannot_be_is_refused(garden: Place, name: str) -> None:
    _backup(garden)
    refused = garden.run("backup", garden.scratch / name)
    assert refused.returncode == 2
    assert "Traceback" not in refused.stderr


def test_a_missing_segment_stops_the_backup(garden: Place) -> None:
    garden.python(SEGMENT)
    (garden.folder / "jobs" / "a" / "b.parquet").unlink()
    refused = garden.run("backup", garden.scratch / "one.hortus")
    assert (refused.returncode, "is not there" in refused.stderr) == (2, True)
    assert not (garden.scratch / "one.hortus").exists()
    assert garden.run("doctor").returncode == 1
