"""The data folder: one key for all who start at once, locks, rights."""

import threading
from pathlib import Path

import pytest

from hortus.config import data_folder
from hortus.config.declared import WrongSetting


def test_all_who_start_at_once_agree_on_one_key(tmp_path: Path) -> None:
    folder, keys, gate = tmp_path / "new", [], threading.Barrier(8)

    def start(number: int) -> None:
        gate.wait(10)
        keys.append(data_folder.kept_key(folder, lambda: f"key {number}"))

    threads = [threading.Thread(target=start, args=(n,)) for n in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(10)
    assert len(keys) == 8
    assert set(keys) == {(folder / "secret.key").read_text()}
    assert (folder / "secret.key").stat().st_mode & 0o077 == 0
    assert [p.name for p in folder.iterdir()] == ["secret.key"]


def test_an_empty_key_is_not_used(tmp_path: Path) -> None:
    (tmp_path / "secret.key").touch()
    with pytest.raises(WrongSetting, match="is empty"):
        data_folder.kept_key(tmp_path, lambda: "new")


def test_the_locks_tell_who_is_there(tmp_path: Path) -> None:
    assert data_folder.server(tmp_path) is None
    with data_folder.serving(tmp_path, {"pid": 7}):
        assert data_folder.server(tmp_path) == {"pid": 7}
        with pytest.raises(data_folder.InUse) as taken, data_folder.serving(tmp_path, {}):
            pass
        assert taken.value.holder == {"pid": 7}
    assert data_folder.server(tmp_path) is None


def test_tables_are_exchanged_only_when_nobody_works(tmp_path: Path) -> None:
    both = data_folder.working(tmp_path), data_folder.working(tmp_path)
    with both[0], both[1], pytest.raises(data_folder.InUse), data_folder.exchanging(tmp_path):
        pass
    with data_folder.exchanging(tmp_path), pytest.raises(data_folder.InUse), data_folder.working(tmp_path):
        pass


def test_a_start_is_alone_only_without_other_workers(tmp_path: Path) -> None:
    with data_folder.working(tmp_path) as mine:
        assert data_folder.try_alone(mine)
        data_folder.share(mine)
        with data_folder.working(tmp_path):
            assert not data_folder.try_alone(mine)


def test_an_open_folder_is_closed(tmp_path: Path) -> None:
    tmp_path.chmod(0o755)
    data_folder.make_private(tmp_path)
    assert tmp_path.stat().st_mode & 0o777 == 0o700
