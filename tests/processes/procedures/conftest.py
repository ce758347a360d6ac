"""A procedure and a run of it for the tests of pages."""

from collections.abc import Callable

import pytest
from django.test import Client
from django.urls import reverse

from hortus.access.models import Person, Team
from hortus.processes.procedures import actions, runs
from hortus.processes.procedures.markdown import read
from hortus.processes.procedures.models import Procedure, Run, Version

DRAIN = (
    "# Drain a node\n\n## Ask {#ask}\n\n## Drain it {#drain .critical}\n\n```sh\ndrain a01\n```\n\n## Look {#look}\n"
)


@pytest.fixture
def drain(team: Team, lead: Person) -> Procedure:
    """A procedure of three steps, written by the lead."""
    return actions.write(team, read(DRAIN).content, by=lead, door="web")


@pytest.fixture
def run(drain: Procedure, member: Person) -> Run:
    """A run of it that the member follows."""
    return runs.plan(drain, by=member, door="web", reason="node a01")


@pytest.fixture
def url(team: Team) -> Callable[..., str]:
    """Return the path of a page of the team by its name."""
    return lambda name, *args: reverse(f"procedures:{name}", args=[team.slug, *args])


@pytest.fixture
def publish(drain: Procedure, lead: Person) -> Callable[..., Version]:
    """Publish another text of the procedure, as the lead."""

    def publish(text: str, base: int = 1) -> Version:
        content = read(text).content
        return actions.publish(drain, content, base=base, reason="It said too little.", by=lead, door="web").version

    return publish


def page(client: Client, path: str) -> str:
    """Return what a page says."""
    return client.get(path).content.decode()
