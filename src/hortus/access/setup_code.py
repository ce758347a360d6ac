"""The set-up code: proves on the first-run page that who starts the team can read the server's terminal."""

import os

from django.conf import settings

from hortus.access.rules import new_secret, same_secret


def _path() -> str:
    return os.path.join(settings.DATA_DIR, "setup.code")


def setup_code() -> str:
    """Return the code that the first-run page asks for; made on the first call, kept in a file of mode 0600."""
    try:
        with open(_path(), encoding="ascii") as file:
            kept = file.read().strip()
    except FileNotFoundError:
        kept = ""
    return kept or _make()


def _make() -> str:
    code = new_secret()
    os.makedirs(settings.DATA_DIR, mode=0o700, exist_ok=True)
    scratch = f"{_path()}.{os.getpid()}"
    with open(os.open(scratch, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="ascii") as file:
        file.write(code + "\n")
    os.replace(scratch, _path())
    return code


def code_is_right(given: str) -> bool:
    """Say whether this is the code; a missing file means that no code is right."""
    return os.path.exists(_path()) and same_secret(given.strip(), setup_code())


def use_up() -> None:
    """Make the code worthless: the team has been started."""
    if os.path.exists(_path()):
        os.remove(_path())
