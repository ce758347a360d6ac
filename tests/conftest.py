"""Fixtures that every test may use: real persons, a team, clients, a data folder of its own, sealed tables."""

import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from datetime import datetime
from pathlib import Path

import pytest
import time_machine
from django.db import connection
from django.test import Client, TransactionTestCase
from django.utils import timezone
from hypothesis import HealthCheck
from hypothesis import settings as hypothesis_settings

from hortus.access.append_only import lay, lift
from hortus.access.models import Membership, Person, Team
from hortus.access.policy import Role
from hortus.ledger import clock
from tests.place import is_made, model, place  # noqa: F401 -- place is a fixture

SEALED = (
    "access_securityevent", "ledger_event", "catalogue_statement", "catalogue_bulletin", "catalogue_bulletin_functions",
    "incidents_update",
)  # fmt: skip
PASSWORD = "a long garden path"
ROOT = Path(__file__).resolve().parent.parent

# A run must say the same of the same commit: what Hypothesis makes up follows from the test alone, and no time
# decides. `make explore` looks for what was never tried.
hypothesis_settings.register_profile("exploring", deadline=None, suppress_health_check=[HealthCheck.too_slow])
hypothesis_settings.register_profile(
    "repeatable", hypothesis_settings.get_profile("exploring"), derandomize=True, database=None
)
hypothesis_settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "repeatable"))


def _flush_sealed(original):  # type: ignore[no-untyped-def]
    """Let Django empty the append-only tables after a test that really commits, then seal them again."""

    def teardown(self: TransactionTestCase) -> None:
        with connection.schema_editor() as editor:
            for table in SEALED:
                lift(editor, table)
        original(self)
        with connection.schema_editor() as editor:
            for table in SEALED:
                lay(editor, table)

    return teardown


TransactionTestCase._fixture_teardown = _flush_sealed(TransactionTestCase._fixture_teardown)  # type: ignore[method-assign]


ASK_A_DATABASE = {"db", "transactional_db", "live_server", "place", "site"}


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """On PostgreSQL leave out what asks no database: it would only be the same again as on SQLite."""
    if not os.environ.get("HORTUS_DATABASE_URL", "").startswith("postgres"):
        return
    does = [bool(one.get_closest_marker("django_db") or ASK_A_DATABASE & set(one.fixturenames)) for one in items]  # type: ignore[attr-defined]
    config.hook.pytest_deselected(items=[one for one, asks in zip(items, does, strict=True) if not asks])
    items[:] = [one for one, asks in zip(items, does, strict=True) if asks]


@pytest.fixture(scope="session")
def django_db_modify_db_settings(django_db_modify_db_settings_parallel_suffix: None) -> Iterator[None]:
    """Let the test database begin as a copy of a ready place where several processes need one.

    To make all tables takes longer than most tests. Django looks for missing steps in it all the same.
    """
    if "PYTEST_XDIST_WORKER" not in os.environ and not is_made("ready"):
        yield
        return
    made, tests = model("ready"), connection.creation._get_test_db_name()
    connection.settings_dict["TEST"]["TEMPLATE"] = made.database or None
    if made.database:
        yield
        return
    with closing(sqlite3.connect(tests, uri=True)) as target:
        with closing(sqlite3.connect(made.folder / "db.sqlite3")) as source:
            source.backup(target)
        yield  # what is in memory is there while somebody holds it


@pytest.fixture(autouse=True)
def _the_database_travels_along(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let a test that moves the time of this process move the database's time, which PostgreSQL keeps for itself."""
    theirs = clock.now

    def now() -> datetime:
        return timezone.now() if time_machine.escape_hatch.is_travelling() else theirs()

    monkeypatch.setattr(clock, "now", now)


@pytest.fixture
def data() -> Path:
    """Return the folder of real data for tests, or skip where it is absent."""
    named = os.environ.get("HORTUS_TEST_DATA")
    folder = Path(named) if named else ROOT.parent / "shared" / "data"
    if not folder.is_dir():
        pytest.skip(f"the folder of real data is absent: {folder}; set HORTUS_TEST_DATA")
    return folder


@pytest.fixture
def data_dir(settings, tmp_path: Path) -> Path:  # type: ignore[no-untyped-def]
    """Give the test a data folder of its own."""
    settings.DATA_DIR = tmp_path
    return tmp_path


@pytest.fixture
def team(db: None) -> Team:
    """A team in a zone with daylight saving."""
    return Team.objects.create(slug="rcd", name="Research Computing", zone="America/New_York")


@pytest.fixture
def other_team(db: None) -> Team:
    """A team that nobody of `team` belongs to."""
    return Team.objects.create(slug="others", name="The others")


def _person(name: str, team: Team | None, role: Role | None) -> Person:
    person = Person.objects.create_user(f"{name}@example.org", name.capitalize(), PASSWORD)
    if team is not None and role is not None:
        Membership.objects.create(team=team, person=person, role=role.value)
    return person


@pytest.fixture
def member(team: Team) -> Person:
    """A member of the team."""
    return _person("mira", team, Role.MEMBER)


@pytest.fixture
def lead(team: Team) -> Person:
    """The team's lead."""
    return _person("lena", team, Role.LEAD)


@pytest.fixture
def admin(team: Team) -> Person:
    """The team's admin."""
    return _person("adam", team, Role.ADMIN)


@pytest.fixture
def reader(team: Team) -> Person:
    """A reader of the team."""
    return _person("rhea", team, Role.READER)


@pytest.fixture
def guest(team: Team) -> Person:
    """A guest of the team."""
    return _person("gus", team, Role.GUEST)


@pytest.fixture
def stranger(other_team: Team) -> Person:
    """A lead, but of another team."""
    return _person("sten", other_team, Role.LEAD)


def signed_in(person: Person) -> Client:
    """Return a client with this person's session."""
    client = Client()
    client.force_login(person, backend="allauth.account.auth_backends.AuthenticationBackend")
    return client


@pytest.fixture
def as_member(member: Person) -> Client:
    """A browser of the member."""
    return signed_in(member)


@pytest.fixture
def as_lead(lead: Person) -> Client:
    """A browser of the lead."""
    return signed_in(lead)


@pytest.fixture
def as_stranger(stranger: Person) -> Client:
    """A browser of a lead of another team."""
    return signed_in(stranger)
