"""The token of a command that calls a Hortus: of a file or the environment, never an option. No Django."""

import os
from pathlib import Path

from hortus.cli.frame import BadInput


def token_given(path: str | None, variable: str, option: str = "--token-file") -> str:
    """Return the token in a file, or in a variable of the environment where no file is named.

    It is never an option: a list of processes would show it. Raises BadInput when there is none, and OSError where the
    file cannot be read.
    """
    if path is None:
        token, how = os.environ.get(variable, ""), f"{option} or {variable}"
    else:
        try:
            token, how = Path(path).read_text(encoding="utf-8"), f"a token in {path}"
        except UnicodeDecodeError:
            raise BadInput(f"{path} is no text; put the token into it.", "bad-token", "token") from None
    if not token.strip():
        raise BadInput(f"Give the token with {how}.", "no-token", "token")
    return token.strip()
