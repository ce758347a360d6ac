"""Collecting static files only when they changed: a fingerprint of their sources decides."""

import hashlib
from pathlib import Path

from django.conf import settings
from django.contrib.staticfiles.finders import get_finders
from django.core.management import call_command

import hortus

_MARK = ".fingerprint"


def fingerprint() -> str:
    """Return a digest over path, size and time of change of every source of a static file."""
    digest = hashlib.sha256(f"{hortus.__version__} {settings.STATIC_URL}".encode())
    for finder in get_finders():
        for path, storage in sorted(finder.list([]), key=lambda found: found[0]):
            stat = Path(storage.path(path)).stat()
            digest.update(f"{path} {stat.st_size} {stat.st_mtime_ns}\n".encode())
    return digest.hexdigest()


def are_fresh() -> bool:
    """Say whether the collected files are those of this version."""
    mark = Path(settings.STATIC_ROOT) / _MARK
    return mark.is_file() and mark.read_text() == fingerprint()


def collect() -> bool:
    """Collect the static files when their sources changed; return whether it was necessary."""
    if are_fresh():
        return False
    wanted = fingerprint()
    call_command("collectstatic", interactive=False, verbosity=0)
    (Path(settings.STATIC_ROOT) / _MARK).write_text(wanted)
    return True
