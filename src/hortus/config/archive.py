"""The file of a backup: a zip with a manifest that names every member with size and SHA-256. Knows no database."""

import hashlib
import json
import lzma
import os
import struct
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path, PurePosixPath
from typing import IO, Any

from hortus.values.refused import Refused

FORMAT = 1
MANIFEST = "manifest.json"
_CHUNK = 1 << 20
# What the readers of zips raise of bytes that are not what they were: in the index, in a head, in what is packed.
_DAMAGE = (
    zipfile.BadZipFile, zlib.error, lzma.LZMAError, struct.error, EOFError, ValueError, OverflowError, RuntimeError,
)  # fmt: skip
_STORED = {".parquet", ".dump"}  # packed already
Move = Callable[[int, int | None], None]


@dataclass
class Manifest:
    """What a backup says about itself. members: name to {"sha256", "bytes"}; migrations: those that were applied."""

    hortus: str
    made_at: str
    database: str
    migrations: list[str]
    key: str
    format: int = FORMAT
    members: dict[str, dict[str, Any]] = field(default_factory=dict)

    @property
    def total_bytes(self) -> int:
        """Return the size of all members, unpacked."""
        return sum(int(m["bytes"]) for m in self.members.values())


class Writer:
    """Packs members into an archive and keeps their digests."""

    def __init__(self, packed: zipfile.ZipFile, manifest: Manifest, move: Move, total: int) -> None:
        self.packed, self.manifest, self.move, self.total = packed, manifest, move, total
        self.done = 0

    def add(self, name: str, source: Path, expected: str = "") -> None:
        """Pack a file; raise Refused when its digest is not the expected one."""
        info = zipfile.ZipInfo.from_file(source, name, strict_timestamps=False)
        info.compress_type = zipfile.ZIP_STORED if source.suffix in _STORED else zipfile.ZIP_DEFLATED
        digest, size = hashlib.sha256(), 0
        with source.open("rb") as inside, self.packed.open(info, "w", force_zip64=True) as outside:
            while chunk := inside.read(_CHUNK):
                digest.update(chunk)
                outside.write(chunk)
                size += len(chunk)
                self.move(self.done + size, self.total)
        self.done += size
        if expected and digest.hexdigest() != expected:
            raise Refused("damaged", f"{source} is damaged: its digest is not the one in the table of segments.")
        self.manifest.members[name] = {"sha256": digest.hexdigest(), "bytes": size}


@contextmanager
def writing(path: Path, manifest: Manifest, move: Move, total: int) -> Iterator[Writer]:
    """Write an archive that appears under its name, with mode 0600, only when it is whole and on the disk."""
    draft = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        with os.fdopen(os.open(draft, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600), "w+b") as file:
            with zipfile.ZipFile(file, "w", compresslevel=3, allowZip64=True) as packed:
                yield Writer(packed, manifest, move, total)
                packed.writestr(MANIFEST, json.dumps(asdict(manifest), indent=1))
            file.flush()
            os.fsync(file.fileno())
        draft.replace(path)
    finally:
        draft.unlink(missing_ok=True)


def _broken(path: Path, why: str) -> Refused:
    return Refused("damaged", f"{path} cannot be restored: {why}. Nothing was changed; use another backup.")


@contextmanager
def reading(path: Path) -> Iterator[tuple[zipfile.ZipFile, Manifest]]:
    """Open an archive with its manifest; raise Refused when it is not one of ours or is cut off."""
    try:
        packed = zipfile.ZipFile(path)
    except (*_DAMAGE, OSError) as error:
        if isinstance(error, OSError) and error.filename is not None:
            raise  # it is not there, or not to be read: nothing is known of what it holds
        raise _broken(path, "it is not a backup of Hortus, or it is cut off") from error
    with packed:
        yield packed, _manifest(path, packed)


def _manifest(path: Path, packed: zipfile.ZipFile) -> Manifest:
    try:
        told = json.loads(packed.read(MANIFEST))
        if told["format"] > FORMAT:
            raise _broken(path, f"it was made by Hortus {told['hortus']}, which writes a newer form of backup")
        manifest = Manifest(**told)
    except (*_DAMAGE, KeyError, TypeError, OSError) as error:
        raise _broken(path, "it has no readable manifest, so it is not a backup of Hortus") from error
    listed, found = set(manifest.members) | {MANIFEST}, packed.namelist()
    if listed != set(found) or len(found) != len(listed):
        raise _broken(path, "what it holds is not what its manifest names")
    if any(_is_unsafe(name) for name in found):
        raise _broken(path, "it names files outside the data folder")
    return manifest


def _is_unsafe(name: str) -> bool:
    path = PurePosixPath(name)
    return path.is_absolute() or ".." in path.parts or "\\" in name or "\0" in name


def verify(path: Path, packed: zipfile.ZipFile, manifest: Manifest, move: Move) -> None:
    """Read every member and compare its digest; raise Refused at the first that differs."""
    done = 0
    for name, told in manifest.members.items():
        digest = hashlib.sha256()
        try:
            with packed.open(name) as member:
                done = _digest(member, digest, move, done, manifest.total_bytes)
        except (*_DAMAGE, KeyError, OSError) as error:
            raise _broken(path, f"{name} cannot be read") from error
        if digest.hexdigest() != told["sha256"]:
            raise _broken(path, f"{name} is damaged, its digest is not the one in the manifest")


def _digest(member: IO[bytes], digest: Any, move: Move, done: int, total: int) -> int:
    while chunk := member.read(_CHUNK):
        digest.update(chunk)
        done += len(chunk)
        move(done, total)
    return done


def unpack(packed: zipfile.ZipFile, name: str, target: Path) -> None:
    """Write one member to a path of mode 0600."""
    target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    with packed.open(name) as inside, os.fdopen(os.open(target, os.O_CREAT | os.O_WRONLY, 0o600), "wb") as outside:
        while chunk := inside.read(_CHUNK):
            outside.write(chunk)
        outside.flush()
        os.fsync(outside.fileno())
