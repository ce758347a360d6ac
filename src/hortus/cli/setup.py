"""`hortus setup`: the first team and its lead, without a browser."""

import sys
from pathlib import Path

import click

from hortus.cli.frame import Answer, BadInput
from hortus.cli.frame import command as declare


@declare("setup")
@click.option("--team", prompt="Name of your team", help="Name of the team.")
@click.option("--name", prompt="Your name", help="Name of its lead.")
@click.option("--email", prompt="Your e-mail address", help="Address that the lead signs in with.")
@click.option("--zone", help="Time zone of the team, as in Europe/Paris; HORTUS_TIME_ZONE when left out.")
@click.option("--password-file", help="File with the password in its first line; - reads standard input.")
@click.option("--no-password", is_flag=True, help="The lead signs in by single sign-on only.")
def command(team: str, name: str, email: str, zone: str | None, password_file: str | None, no_password: bool) -> Answer:
    """Make the tables if need be, then the first team and its lead."""
    from django.conf import settings

    from hortus.access.actions import start_team
    from hortus.config import data_folder, preparation

    data_folder.make_private(settings.DATA_DIR)
    preparation.migrate(lambda sentence: click.echo(sentence, err=True))
    password = None if no_password else _password(password_file)
    membership = start_team(team, zone or settings.HORTUS.time_zone, name, email, password, trusted=True)
    made, lead = membership.team, membership.person
    return Answer(
        {"team": made.slug, "name": made.name, "zone": made.zone, "lead": lead.email},
        f"Started {made.name} (team {made.slug}); {lead.email} leads it. Start Hortus with `hortus up` and sign in.",
    )


def _password(source: str | None) -> str:
    if source is None:
        if not sys.stdin.isatty():
            raise BadInput("There is no terminal to ask for a password on; give --password-file FILE, or - for "
                           "standard input.", "no-password", "password-file")  # fmt: skip
        return str(click.prompt("Password", hide_input=True, confirmation_prompt=True, err=True))
    text = sys.stdin.readline() if source == "-" else Path(source).read_text(encoding="utf-8")
    password = text.splitlines()[0] if text else ""
    if not password:
        raise BadInput(f"No password stands in the first line of {source}.", "no-password", "password-file")
    return password
