"""Open what is to be imported (a file, a stream, packed or not) and hand it on in bounded pieces of whole lines."""

import bz2
import gzip
import lzma
import os
import re
import stat
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO, Protocol

import numpy as np

from hortus.telemetry.batch.unreadable import Unreadable

CHUNK_BYTES = 24 << 20
LINE_BYTES = 8 << 20
HEAD_BYTES = 1 << 16
NO_SEPARATOR = b"\x02"  # never in a cleaned chunk, so the reader may split lines at it and find none

Progress = Callable[[int, int | None], None]


class Readable(Protocol):
    """Anything with a `read(n)` that gives bytes, and none at its end."""

    def read(self, size: int, /) -> bytes: ...


@dataclass(frozen=True)
class Chunk:
    """Some whole lines. `first_line` is the number of the first one, counted from 1; `lines` is how many there are."""

    data: bytes
    first_line: int
    lines: int


@dataclass
class Counted:
    """Counts what is read, and never reads past the size that the file had when it was opened."""

    raw: BinaryIO
    total: int | None
    progress: Progress | None
    done: int = 0

    def read(self, size: int = -1, /) -> bytes:
        """Read up to `size` bytes; report how far we are."""
        if self.total is not None:
            left = self.total - self.done
            size = left if size < 0 else min(size, left)
        data = self.raw.read(size)
        self.done += len(data)
        if self.progress:
            self.progress(self.done, self.total)
        return data

    def readable(self) -> bool:
        """Say yes: BZ2File and LZMAFile ask."""
        return True

    def seekable(self) -> bool:
        """Say no: we only go forward."""
        return False


@dataclass
class Source:
    """An opened source. `head` is its first text, for looking at; reading begins with it again."""

    label: str
    stream: Readable
    head: bytes
    counted: Counted
    path: Path | None = None
    packed: bool = False
    notes: list[str] = field(default_factory=list)

    def read(self, size: int) -> bytes:
        """Read up to `size` bytes of unpacked text, fewer only at the end; raises `Unreadable` for damage."""
        parts = []
        while size > 0:
            part = self._next(size)
            if not part:
                break
            parts.append(part)
            size -= len(part)
        return b"".join(parts)

    def _next(self, size: int) -> bytes:
        if self.head:
            part, self.head = self.head[:size], self.head[size:]
            return part
        return _unpacked(self.stream, size, self.label)

    def has_grown(self) -> bool:
        """Tell whether the file is longer now than when it was opened."""
        return self.path is not None and self.path.stat().st_size > (self.counted.total or 0)


def _unpacked(stream: Readable, size: int, label: str) -> bytes:
    try:
        return stream.read(size)
    except EOFError:
        raise Unreadable(
            f"{label} ends in the middle of its compressed data: copy it again, whole; nothing was imported."
        ) from None
    except (gzip.BadGzipFile, zlib.error, lzma.LZMAError) as exc:
        raise Unreadable(f"{label} is damaged and cannot be unpacked ({exc}); nothing was imported.") from None
    except OSError as exc:
        if exc.errno is None:  # bz2 says "Invalid data stream" this way
            raise Unreadable(f"{label} is damaged and cannot be unpacked ({exc}); nothing was imported.") from None
        raise Unreadable(f"{label} could not be read to its end ({exc.strerror}); nothing was imported.") from None


_MAGIC = {
    b"(\xb5/\xfd": "Zstandard", b"PK\x03\x04": "ZIP", b"PAR1": "Parquet", b"%PDF": "PDF", b"\x7fELF": "program",
    b"SQLite format 3": "SQLite", b"7z\xbc\xaf": "7-Zip", b"\x89PNG": "PNG",
}  # fmt: skip
# Separators that sacct may be told to use (US, RS, FS, GS, SOH) and stray NULs are text to us; the rest is not.
_CONTROL = re.compile(rb"[\x02-\x08\x0b\x0e-\x1b\x7f]")


def _refuse_binary(head: bytes, label: str) -> None:
    kind = next((name for magic, name in _MAGIC.items() if head.startswith(magic)), None)
    if kind:
        raise Unreadable(
            f"{label} is a {kind} file, not text: unpack or export it first; plain text, gzip, bzip2 and xz are read."
        )
    if head.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise Unreadable(f"{label} is written in UTF-16: save it as UTF-8 and import again.")
    strange = len(_CONTROL.findall(head)) + max(0, head.count(0) - 16)
    if strange > max(4, len(head) // 50):
        raise Unreadable(
            f"{label} is a binary file, not text: give what sacct, sacct --json or an accounting log holds."
        )


def _open_path(path: Path) -> tuple[BinaryIO, int | None]:
    try:
        info = path.stat()
        if stat.S_ISDIR(info.st_mode):
            raise Unreadable(f"{path} is a folder: name one file in it.")
        raw = path.open("rb")
    except FileNotFoundError:
        raise Unreadable(f"There is no file {path}: check its name.") from None
    except PermissionError:
        raise Unreadable(f"{path} may not be read by this account: change its permissions or copy it.") from None
    except OSError as exc:
        raise Unreadable(f"{path} cannot be opened ({exc.strerror}).") from None
    # Pipes and devices have no size worth trusting.
    return raw, info.st_size if stat.S_ISREG(info.st_mode) else None


class _Rest:
    """Puts back what was read for looking at."""

    def __init__(self, start: bytes, counted: Counted) -> None:
        self.start, self.counted = start, counted

    def read(self, size: int = -1, /) -> bytes:
        if not self.start:
            return self.counted.read(size)
        size = len(self.start) if size < 0 else size
        part, self.start = self.start[:size], self.start[size:]
        return part

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return False


def _unpacker(start: bytes, rest: _Rest) -> Readable | None:
    if start.startswith(b"\x1f\x8b"):
        return gzip.GzipFile(fileobj=rest, mode="rb")  # type: ignore[call-overload,no-any-return]
    if re.match(rb"BZh[1-9]1AY&SY", start):
        return bz2.BZ2File(rest, "rb")  # type: ignore[call-overload,no-any-return]
    if start.startswith(b"\xfd7zXZ\x00"):
        return lzma.LZMAFile(rest, "rb")  # type: ignore[arg-type]
    return None


def open_source(source: Path | BinaryIO, *, label: str = "", progress: Progress | None = None) -> Source:
    """Open a file or take a binary stream, see through gzip, bzip2 and xz, and refuse what is no text.

    Raises `Unreadable` for a missing, empty, binary, damaged or forbidden source.
    """
    if isinstance(source, Path):
        raw, total = _open_path(source)
        label = label or str(source)
    else:
        raw, total, label = source, None, label or "The input"
    counted = Counted(raw, total, progress)
    start = _unpacked(counted, HEAD_BYTES, label)
    rest = _Rest(start, counted)
    unpacker = _unpacker(start, rest)
    stream: Readable = unpacker or rest
    opened = Source(label, stream, b"", counted, source if isinstance(source, Path) else None, bool(unpacker))
    opened.head = opened.read(HEAD_BYTES)
    if not opened.head.strip(b"\xef\xbb\xbf \t\r\n"):
        _refuse_empty(opened)
    _refuse_binary(opened.head, label)
    return opened


def _refuse_empty(source: Source) -> None:
    kept = source.head
    if len(kept) < HEAD_BYTES:
        raise Unreadable(f"{source.label} is empty: there is nothing to import.")


def _longest_line(data: bytes) -> int:
    ends = np.flatnonzero(np.frombuffer(data, np.uint8) == 10)
    return int(np.diff(ends, prepend=-1).max()) if len(ends) else len(data)


def _refuse_long(label: str, first_line: int, line_bytes: int) -> None:
    raise Unreadable(
        f"{label} has a line of more than {line_bytes >> 20 or 1} MiB at or after line "
        f"{first_line}, which is no accounting record; "
        "nothing was imported."
    )


def _last_piece(source: Source, rest: bytes) -> bytes:
    """Decide about text after the last newline: part of a line still being written is left for the next import."""
    if source.packed or not rest or not source.has_grown():
        return rest
    source.notes.append("The file grew while it was read: it was read to the last whole line of its size at the start.")
    return b""


def line_chunks(
    source: Source,
    *,
    holds_back: Callable[[bytes], int] | None = None,
    chunk_bytes: int = CHUNK_BYTES,
    line_bytes: int = LINE_BYTES,
) -> Iterator[Chunk]:
    """Yield the source in chunks of whole lines, each at most `chunk_bytes` plus one line long.

    `holds_back(data)` may say how many bytes at the end of a chunk belong with what follows (a record over
    several lines).
    Raises `Unreadable` for a line longer than `line_bytes`, having read no more than a chunk of it.
    """
    rest, line = b"", 1
    while True:
        piece = source.read(chunk_bytes)
        data = rest + piece
        at_end = len(piece) < chunk_bytes
        cut = data.rfind(b"\n") + 1
        if at_end:
            data, rest = data[:cut] + _last_piece(source, data[cut:]), b""
        else:
            if len(data) - cut > line_bytes:
                _refuse_long(source.label, line + data.count(b"\n", 0, cut), line_bytes)
            cut -= holds_back(data[:cut]) if holds_back else 0
            data, rest = data[:cut], data[cut:]
        if data:
            if _longest_line(data) > line_bytes:
                _refuse_long(source.label, line, line_bytes)
            lines = data.count(b"\n") + (not data.endswith(b"\n"))
            yield Chunk(data, line, lines)
            line += lines
        if at_end:
            _note_growth(source)
            return


def _note_growth(source: Source) -> None:
    if not source.notes and source.has_grown():
        source.notes.append("The file grew while it was read: it was read to the size that it had at the start.")


def clean(data: bytes) -> tuple[bytes, dict[str, int]]:
    """Make a chunk plain UTF-8 lines: no byte order mark, CR, NUL or invalid bytes; count the lines that needed it."""
    counts: dict[str, int] = {}
    if data.startswith(b"\xef\xbb\xbf"):
        data = data[3:]
    if b"\r" in data:
        data = data.replace(b"\r\n", b"\n").replace(b"\r", b" ")
    for byte in (b"\0", NO_SEPARATOR):
        if byte in data:
            counts["control"] = counts.get("control", 0) + data.count(byte)
            data = data.replace(byte, b" ")
    if not data.isascii():
        data = _valid(data, counts)
    return data, counts


def _valid(data: bytes, counts: dict[str, int]) -> bytes:
    try:
        data.decode("utf-8")
    except UnicodeDecodeError:
        text = data.decode("utf-8", "replace")
        counts["not_utf8"] = text.count("\ufffd")
        return text.encode("utf-8")
    return data


def free_bytes(folder: Path) -> int:
    """Say how many bytes an ordinary account may still write on a folder's disk."""
    info = os.statvfs(folder)
    return info.f_bavail * info.f_frsize
