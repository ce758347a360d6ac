"""Why an import stopped, as one full sentence for the person who asked. Single bad rows are not errors: they
are counted."""

import errno

import duckdb


class Unreadable(Exception):  # noqa: N818 - a claim about the source, not a fault of ours
    """The source cannot be imported. `str(exc)` is one full sentence; nothing was imported."""


class NoRoom(Unreadable):
    """The disk that holds the jobs is full."""


class Busy(Unreadable):
    """Another import into the same cluster is running."""


class SourceMissing(Unreadable):
    """A live source (sacct, sacctmgr) is absent, refuses, or does not answer."""


FULL_DISK = "The disk that holds the jobs is full: make room and import again; nothing was imported."


def is_full_disk(exc: BaseException) -> bool:
    """Tell whether an error of the system or of DuckDB means that no byte more fits (also: file size limit, quota)."""
    if isinstance(exc, OSError) and exc.errno in {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}:
        return True
    words = ("No space left", "Disk quota exceeded", "File too large")
    return isinstance(exc, duckdb.Error) and any(word in str(exc) for word in words)
