"""`hortus upgrade`: bring the tables to this version."""

import click

from hortus.cli.frame import Answer, BadInput, progress
from hortus.cli.frame import command as declare


@declare("upgrade")
def command() -> Answer:
    """Back up, bring the tables to this version, check them, and go back to the old state when anything fails."""
    from django.conf import settings

    from hortus.config import data_folder, preparation, static_files, upgrade

    def tell(sentence: str) -> None:
        click.echo(sentence, err=True)

    try:
        with data_folder.exchanging(settings.DATA_DIR), progress(None, "Backing up") as move:
            if preparation.is_empty():
                preparation.migrate(tell)
            done = upgrade.upgrade(tell, move)
            static_files.collect()
            wrong = upgrade.self_check()
    except data_folder.InUse:
        raise BadInput("Hortus is running on this data folder; stop it before you upgrade.", "running") from None
    except upgrade.UpgradeFailed as failed:
        return Answer({"failed": str(failed)}, str(failed), trouble=True)
    text = f"Applied {len(done.applied)} steps; the backup from before is {done.backup}." if done.applied else (
        "The tables are up to date."
    )  # fmt: skip
    return Answer(
        {"applied": done.applied, "backup": done.backup, "wrong": wrong}, "\n".join([text, *wrong]), trouble=bool(wrong)
    )
