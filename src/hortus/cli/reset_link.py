"""`hortus reset-link`: a way back in for a person, from the server."""

import click

from hortus.cli.frame import Answer, BadInput
from hortus.cli.frame import command as declare


@declare("reset-link")
@click.argument("email")
@click.option("--without-factors", is_flag=True, help="Take away every second factor, for who lost all of them.")
def command(email: str, without_factors: bool) -> Answer:
    """Print a link by which a person sets a new password: once, within a day."""
    from django.conf import settings

    from hortus.access.actions import reset_at_server
    from hortus.access.models import Person

    person = Person.objects.filter(email=email.strip().lower()).first()
    if person is None:
        raise BadInput(f"Nobody here has the address {email}.", code="no-person", about="email")
    path = reset_at_server(person, without_factors=without_factors)
    base = settings.HORTUS.public_url or f"http://{settings.HORTUS.host}:{settings.HORTUS.port}"
    return Answer({"email": person.email, "url": base + path, "without_factors": without_factors}, base + path)
