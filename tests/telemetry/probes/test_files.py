"""The question to a file system: real folders, a full disk, and children that hang as on a dead mount."""

import os
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

from hortus.telemetry.probes.asking import Found, Means, ask
from tests.place import until  # type: ignore[import-not-found]

# A process that stops itself stands for one in a dead mount: it takes no signal but the one that kills.
STOPS = "import os, signal; os.kill(os.getpid(), signal.SIGSTOP)"
# One that hands its end of the pipe to a process in another session stands for what not even SIGKILL ends.
CLINGS = (
    "import os, subprocess, sys, time;"
    "p = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(30)'], start_new_session=True);"
    "open(sys.argv[1], 'w').write(str(p.pid)); time.sleep(60)"
)


def asked(path: object, *folders: Path, limit: float = 10, child: tuple[str, ...] = ()) -> Found:
    return ask("file_system", {"path": str(path)}, limit, Means(folders=folders, child=child))


def test_a_good_folder_is_left_as_it_was(tmp_path: Path) -> None:
    (tmp_path / "a").write_text("x")
    found = asked(tmp_path, tmp_path)
    assert found.ok
    assert found.seconds is not None
    assert "2 names" in found.sentence
    assert [path.name for path in tmp_path.iterdir()] == ["a"]


def test_a_path_that_vanishes_is_told(tmp_path: Path) -> None:
    folder = tmp_path / "scratch"
    folder.mkdir()
    assert asked(folder, tmp_path).ok
    folder.rmdir()
    found = asked(folder, tmp_path)
    assert (found.ok, found.code) == (False, "gone")
    assert str(folder) in found.sentence


def test_a_file_or_a_pipe_is_no_folder(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    os.mkfifo(tmp_path / "pipe")
    for name in ("file", "pipe"):
        found = asked(tmp_path / name, tmp_path, limit=5)
        assert (found.ok, found.code) == (False, "no-folder")


def test_only_listed_folders_are_touched(tmp_path: Path) -> None:
    inside, outside = tmp_path / "inside", tmp_path / "outside"
    inside.mkdir()
    outside.mkdir()
    (inside / "door").symlink_to(outside)
    (inside / "own").symlink_to(inside)
    for path in (outside, inside / ".." / "outside", tmp_path, Path(f"{inside}side")):
        found = asked(path, inside)
        assert (found.ok, found.code) == (None, "closed-path"), path
    found = asked(inside / "door", inside)
    assert (found.ok, found.code) == (None, "outside")
    assert asked(inside / "own", inside).ok
    assert asked(inside).code == "closed-path"


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_folder_that_may_not_be_written_is_told(tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    found = asked(tmp_path, tmp_path)
    tmp_path.chmod(0o700)
    assert (found.ok, found.code) == (False, "forbidden")


def test_a_file_system_that_takes_no_files_is_told() -> None:
    found = asked("/proc/self", Path("/proc"))
    assert found.ok is False
    assert found.code in {"gone", "forbidden", "read-only", "broken"}
    assert "/proc/self" in found.sentence


def test_a_full_disk_is_told(tmp_path: Path) -> None:
    """The child may write files of 4 kB only; the system then says EFBIG in place of ENOSPC."""
    script = Path(sys.modules["hortus.telemetry.probes.asking.files"].__file__ or "").with_name("files_child.py")
    limited = (
        "import resource, signal, runpy, sys; signal.signal(signal.SIGXFSZ, signal.SIG_IGN);"
        f"resource.setrlimit(resource.RLIMIT_FSIZE, (4096, 4096)); runpy.run_path({str(script)!r}, run_name='__main__')"
    )
    found = asked(tmp_path, tmp_path, child=(sys.executable, "-c", limited))
    assert (found.ok, found.code) == (False, "broken")
    assert "writing failed: file too large" in found.sentence
    assert not list(tmp_path.iterdir())


@pytest.fixture
def small_disk(tmp_path: Path) -> Path:
    """A file system of 32 kB, where the tests may mount one."""
    folder = tmp_path / "disk"
    folder.mkdir()
    done = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=32k", "tmpfs", str(folder)], capture_output=True, check=False
    )
    if done.returncode:
        pytest.skip("a file system cannot be mounted here")
    return folder


def test_a_truly_full_or_read_only_disk_is_told(small_disk: Path) -> None:
    try:
        found = asked(small_disk, small_disk)
        assert (found.ok, found.code) == (False, "full")
        assert "writing failed" in found.sentence
        subprocess.run(["mount", "-o", "remount,ro", str(small_disk)], check=True, capture_output=True)
        found = asked(small_disk, small_disk)
        assert (found.ok, found.code) == (False, "read-only")
    finally:
        subprocess.run(["umount", str(small_disk)], check=False, capture_output=True)


def test_a_child_that_is_stopped_is_killed_at_the_limit(tmp_path: Path) -> None:
    began = time.monotonic()
    found = asked(tmp_path, tmp_path, limit=0.5, child=(sys.executable, "-c", STOPS))
    assert time.monotonic() - began < 5
    assert (found.ok, found.code) == (False, "too-slow")
    assert "within 0.5 s" in found.sentence
    stopped = [p for p in psutil.Process().children(recursive=True) if p.status() == psutil.STATUS_STOPPED]
    assert not stopped
    assert asked(tmp_path, tmp_path).ok, "the next question is asked again"


def test_what_no_signal_ends_is_not_waited_for(tmp_path: Path) -> None:
    note = tmp_path / "pid"
    script = f"import sys; sys.argv[1] = {str(note)!r}; {CLINGS}"
    began = time.monotonic()
    found = asked(tmp_path, tmp_path, limit=2, child=(sys.executable, "-c", script))
    assert time.monotonic() - began < 8
    assert found.code == "too-slow"
    until(note.exists, 5, "the clinging process began")
    psutil.Process(int(note.read_text())).kill()


def test_a_child_that_says_nothing_is_a_fault_and_not_measured(tmp_path: Path) -> None:
    found = asked(tmp_path, tmp_path, child=(sys.executable, "-c", "pass"))
    assert (found.ok, found.code) == (None, "fault")


def test_own_files_that_a_killed_child_left_are_removed_when_old(tmp_path: Path) -> None:
    old, young, other = (tmp_path / name for name in (".hortus-probe-1-x", ".hortus-probe-2-x", ".hidden"))
    for path in (old, young, other):
        path.write_text("x")
    os.utime(old, (time.time() - 7200,) * 2)
    assert asked(tmp_path, tmp_path).ok
    assert sorted(path.name for path in tmp_path.iterdir()) == [".hidden", ".hortus-probe-2-x"]
