"""Sources that cannot be imported get one clear sentence, and nothing is half-imported. And packed ones that can."""

import bz2
import gzip
import io
import lzma
import os
import resource
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from hortus.telemetry.batch import source as source_module
from hortus.telemetry.batch.source import Source, line_chunks, open_source
from hortus.telemetry.batch.unreadable import Unreadable
from tests.telemetry.batch.shelf import Shelf, line, listing

MANY = listing(*(line(jobid=n) for n in range(1, 3000)))


def refused(shelf: Shelf, source: str | bytes | Path, **options: object) -> str:
    """Import something that must be refused; give the sentence, having seen that nothing is left behind."""
    with pytest.raises(Unreadable) as caught:
        shelf.bring(source, **options)
    assert shelf.rows() == []
    assert shelf.files() == set()
    assert not list(shelf.store.glob("*/.staging/*"))
    sentence = str(caught.value)
    assert sentence.endswith(".")
    assert "\n" not in sentence
    return sentence


def test_an_empty_source(shelf: Shelf, tmp_path: Path) -> None:
    assert "is empty" in refused(shelf, b"")
    assert "is empty" in refused(shelf, b"\xef\xbb\xbf \n\n")
    path = tmp_path / "void.txt"
    path.touch()
    assert refused(shelf, path).startswith(f"{path} is empty")
    assert "is empty" in refused(shelf, gzip.compress(b""))


def test_a_header_without_rows_is_a_quiet_import_of_nothing(shelf: Shelf) -> None:
    assert shelf.bring(listing()).read == 0


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (bytes(range(256)) * 64, "binary file"),
        (os.urandom(4096), "binary file"),
        (b"\x7fELF" + b"\0" * 100, "program file"),
        (b"PK\x03\x04" + b"x" * 100, "ZIP file"),
        (b"(\xb5/\xfd" + b"x" * 100, "Zstandard file"),
        (b"PAR1" + b"x" * 100, "Parquet file"),
        ("JobID|State".encode("utf-16"), "UTF-16"),
    ],
)
def test_binary_sources(shelf: Shelf, data: bytes, said: str) -> None:
    assert said in refused(shelf, data)


@pytest.mark.parametrize("pack", [gzip.compress, bz2.compress, lzma.compress])
def test_packed_sources_are_unpacked_and_broken_ones_refused(shelf: Shelf, pack: object) -> None:
    packed = pack(MANY.encode())  # type: ignore[operator]
    assert "middle of its compressed data" in refused(shelf, packed[: len(packed) * 2 // 3])
    spoilt = bytearray(packed)
    spoilt[len(spoilt) // 2 : len(spoilt) // 2 + 8] = b"\xff" * 8
    assert "compressed data" in refused(shelf, bytes(spoilt)) or "damaged"
    assert shelf.bring(packed).new == 2999


def test_a_damaged_gzip_says_so(shelf: Shelf) -> None:
    spoilt = bytearray(gzip.compress(MANY.encode()))
    spoilt[-6] ^= 0xFF
    assert "damaged" in refused(shelf, bytes(spoilt))


def test_a_folder_a_missing_file_and_a_forbidden_one(shelf: Shelf, tmp_path: Path) -> None:
    assert "is a folder" in refused(shelf, tmp_path)
    assert "no file" in refused(shelf, tmp_path / "absent")
    secret = tmp_path / "secret"
    secret.write_text(MANY)
    secret.chmod(0)
    if os.access(secret, os.R_OK):
        pytest.skip("this account may read everything, so a forbidden file cannot be made")
    assert "may not be read" in refused(shelf, secret)


def test_text_of_no_known_format(shelf: Shelf) -> None:
    assert "in no format we read" in refused(shelf, "Dear all,\nthe cluster is back.\n")
    assert "table for people" in refused(shelf, "JobID           JobName  Partition\n------------ ------\n1  a  b\n")
    assert "node events" in refused(shelf, "reed|n1|2026-11-22T01:00:42|Unknown|DOWN|why|root(0)\n")
    assert "an error that Slurm reported: No time" in refused(shelf, '{"errors": [{"description": "No time."}]}')
    assert "no list called jobs" in refused(shelf, '{"meta": {}, "nodes": []}')


def test_missing_and_unknown_columns(shelf: Shelf) -> None:
    assert "no column Submit" in refused(
        shelf, "JobID|JobName|Partition|Account|AllocCPUS|State|ExitCode\n1|a|b|c|1|FAILED|1:0\n"
    )
    assert "no column Submit" in refused(shelf, "1|hostname|short|root|1|COMPLETED|0:0\n")
    assert "name the columns" in refused(shelf, "12|2026-03-02T10:00:00|FAILED\n13|2026-03-02T10:00:00|FAILED\n")
    report = shelf.bring("JobID|Submit|State|Weather\n1|2026-03-02T10:00:00|FAILED|rain\n")
    assert report.new == 1


def test_broken_json(shelf: Shelf) -> None:
    whole = '{"jobs": [{"job_id": 1, "state": {"current": "FAILED"}, "time": {"submission": 1772445600}}]}'
    for cut in (20, 40, len(whole) - 1):
        assert "not whole JSON" in refused(shelf, whole[:cut])
    assert "not whole JSON" in refused(shelf, '{"jobs": ' + "[" * 100_000)
    assert shelf.bring(whole).new == 1


class Endless(io.RawIOBase):
    """A header and then one line without end, of so many bytes; counts what was taken from it."""

    def __init__(self, size: int) -> None:
        self.left, self.head = size, listing(line(jobid=1)).encode()

    def readable(self) -> bool:
        return True

    def read(self, size: int = -1, /) -> bytes:
        if self.head:
            part, self.head = self.head[:size], self.head[size:]
            return part
        part = b"x" * min(size, self.left, 1 << 20)
        self.left -= len(part)
        return part


def test_a_line_without_end_is_refused_in_bounded_memory(shelf: Shelf) -> None:
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    endless = Endless(2 << 30)
    with pytest.raises(Unreadable, match="line of more than 8 MiB at or after line 3"):
        shelf.bring(endless)  # type: ignore[arg-type]
    assert endless.left > (2 << 30) - (64 << 20)
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 256 << 10
    assert shelf.rows() == []


def test_a_line_without_end_hidden_by_compression(shelf: Shelf) -> None:
    packed = gzip.compress(listing(line(jobid=1)).encode() + b"x" * (300 << 20), compresslevel=1)
    assert "line of more than 8 MiB" in refused(shelf, packed)


def test_a_json_value_without_end(shelf: Shelf, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("hortus.telemetry.batch.formats.sacct_json.OBJECT_BYTES", 1 << 20)
    assert "which is no job record" in refused(shelf, '{"jobs": [{"name": "' + "x" * (8 << 20))


def test_a_file_that_grows_is_read_to_its_last_whole_line_and_says_so(shelf: Shelf, tmp_path: Path) -> None:
    path, later = tmp_path / "growing.psv", line(jobid=3000) + "\n"
    path.write_text(MANY + later[:30])
    grown = iter([True])

    def grow(done: int, total: int | None) -> None:
        if next(grown, False):
            with path.open("a") as file:
                file.write(later[30:])

    report = shelf.bring(path, progress=grow)
    assert (report.new, report.rejected) == (2999, 0)
    assert any("grew while it was read" in note for note in report.notes)
    again = shelf.bring(path)
    assert (again.new, again.known) == (1, 2999)


def test_a_file_that_ends_without_newline_keeps_its_last_line(shelf: Shelf) -> None:
    assert shelf.bring(listing(line(jobid=1), line(jobid=2)).rstrip("\n")).new == 2


def test_progress_reaches_the_size_of_the_file(shelf: Shelf, tmp_path: Path) -> None:
    path, seen = tmp_path / "jobs.psv", list[tuple[int, int | None]]()
    path.write_text(MANY)
    shelf.bring(path, progress=lambda done, total: seen.append((done, total)))
    assert seen[-1] == (len(MANY), len(MANY))
    assert seen == sorted(seen)


def test_a_pipe_is_read(shelf: Shelf, tmp_path: Path) -> None:
    fifo = tmp_path / "fifo"
    os.mkfifo(fifo)
    writer = threading.Thread(target=fifo.write_text, args=[MANY])
    writer.start()
    assert shelf.bring(fifo).new == 2999
    writer.join()


def _chunks(text: str, chunk_bytes: int, holds_back: object = None) -> list[tuple[int, int, bytes]]:
    source: Source = open_source(io.BytesIO(text.encode()))
    found: Iterator[source_module.Chunk] = line_chunks(source, chunk_bytes=chunk_bytes, holds_back=holds_back)  # type: ignore[arg-type]
    return [(c.first_line, c.lines, c.data) for c in found]


def test_small_chunks_give_the_same_jobs_and_line_numbers(shelf: Shelf, monkeypatch: pytest.MonkeyPatch) -> None:
    text = listing(
        *(line(jobid="x" if n % 50 == 0 else n, jobname=f"a|{n}" if n % 7 == 0 else "b\nc") for n in range(1, 400))
    )
    whole = shelf.bring(text, cluster="whole")
    monkeypatch.setitem(line_chunks.__kwdefaults__, "chunk_bytes", 3000)  # type: ignore[arg-type]
    parts = shelf.bring(text, cluster="parts")
    assert (parts.new, parts.reasons, parts.lines) == (whole.new, whole.reasons, whole.lines)
    drop = lambda rows: [{k: v for k, v in row.items() if k != "cluster"} for row in rows]  # noqa: E731
    assert drop(shelf.rows("parts")) == drop(shelf.rows("whole"))


@pytest.mark.parametrize("size", [1, 7, 64, 10_000])
def test_chunks_of_any_size_hold_all_lines_once(size: int) -> None:
    text = "\n".join("abc"[: n % 4] for n in range(200))
    found = _chunks(text, size)
    assert b"".join(data for *_, data in found).decode() == text
    at = 1
    for first, lines, _ in found:
        assert first == at
        at += lines
    assert at == 201


def _limited_import(store: Path, source: Path, prepare: str) -> subprocess.CompletedProcess[str]:
    script = (
        f"import resource, sys\n{prepare}\n"
        "from pathlib import Path\n"
        "from hortus.telemetry.batch.unreadable import NoRoom\n"
        "from tests.telemetry.batch.shelf import Shelf\n"
        "shelf = Shelf(Path(sys.argv[1]))\n"
        "try:\n    shelf.bring(Path(sys.argv[2]))\nexcept NoRoom as exc:\n    print(exc)\n    sys.exit(2)\n"
    )
    command = [sys.executable, "-c", script, str(store), str(source)]
    return subprocess.run(command, capture_output=True, text=True, check=False, cwd=Path(__file__).parents[3])


@pytest.fixture
def large(tmp_path: Path) -> Path:
    path = tmp_path / "large.psv"
    path.write_text(listing(*(line(jobid=n, jobname=f"{n:x}-{n * 7919:x}") for n in range(1, 60_000))))
    return path


def test_a_limit_on_file_size_is_a_full_disk(shelf: Shelf, large: Path) -> None:
    limit = "resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000))"
    done = _limited_import(shelf.folder, large, limit)
    assert done.returncode == 2, done.stderr
    assert "is full" in done.stdout
    assert shelf.rows() == []
    assert shelf.bring(large).new == 59_999


def test_a_full_disk_stops_with_a_sentence_and_room_lets_it_go_on(shelf: Shelf, large: Path, tmp_path: Path) -> None:
    disk = tmp_path / "disk"
    disk.mkdir()
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=6m", "tmpfs", disk], capture_output=True, check=False)
    if mounted.returncode:
        pytest.skip("a small file system can only be mounted by root")
    try:
        done = _limited_import(disk / "shelf", large, "")
        small = Shelf(disk / "shelf")
        assert done.returncode == 2, done.stderr
        assert "is full" in done.stdout
        assert small.rows() == []
        assert small.files() == set()
        assert not list(small.store.glob("*/.staging/*"))
        subprocess.run(["mount", "-o", "remount,size=200m", disk], check=True)
        assert small.bring(large).new == 59_999
    finally:
        subprocess.run(["umount", "-l", disk], check=True)
