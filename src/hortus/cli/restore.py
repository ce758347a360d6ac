"""`hortus restore`: put a backup in the place of what is kept now."""

from pathlib import Path

import click

from hortus.cli.frame import Answer, BadInput, progress, readable
from hortus.cli.frame import command as declare


@declare("restore")
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--keys", type=click.Path(path_type=Path), help="Put the key ring of this file back, too.")
@click.option("--force", is_flag=True, help="Exchange a team that is there; the old state is kept beside.")
def command(file: Path, keys: Path | None, force: bool) -> Answer:
    """Put the backup FILE in the place of what is kept now, after every digest in it was verified."""
    from dataclasses import asdict

    from django.conf import settings

    from hortus.config import backup, data_folder

    readable(str(file))
    if keys:
        readable(str(keys))
    try:
        with data_folder.exchanging(settings.DATA_DIR), progress(None, "Verifying") as move:
            made = backup.restore(file.absolute(), force=force, keys=keys, move=move)
    except data_folder.InUse:
        raise BadInput("Hortus is running on this data folder; stop it before you restore.", "running") from None
    lines = [f"Restored {file}: {made.members} files."]
    if made.kept:
        lines.append(f"What was here before lies in {made.kept}.")
    if made.key_differs:
        lines.append("The backup was made under another key: everybody must sign in again, and second factors cannot "
                     "be read until the old key ring is put back with --keys.")  # fmt: skip
    return Answer(asdict(made), "\n".join(lines))
