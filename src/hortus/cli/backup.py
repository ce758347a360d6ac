"""`hortus backup`: one file with everything but the keys."""

from pathlib import Path

import click

from hortus.cli.frame import Answer, progress
from hortus.cli.frame import command as declare


@declare("backup")
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
@click.option("--keys", type=click.Path(path_type=Path, dir_okay=False), help="Write the key ring into this file.")
def command(file: Path, keys: Path | None) -> Answer:
    """Write tables and jobs into FILE, consistent while Hortus runs; the key ring goes apart with --keys."""
    from dataclasses import asdict

    from hortus.config import backup, preparation

    preparation.refuse_stale()
    with progress(None, "Backing up") as move:
        made = backup.backup(file, keys=keys, move=move)
    lines = [f"Wrote {file}: {made.members} files, {made.bytes / 1e6:.1f} MB."]
    lines.append(f"Keep {keys} in another place: it opens what the backup holds." if keys
                 else "The key ring is not in it; `hortus backup FILE --keys KEYS` writes it apart.")  # fmt: skip
    return Answer(asdict(made), "\n".join(lines))
