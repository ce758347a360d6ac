"""The API answers as its schema says, and never with 500, whatever is sent."""

from pathlib import Path

import pytest
import schemathesis
from django.core.wsgi import get_wsgi_application
from django.db import connection
from hypothesis import HealthCheck, settings
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import response_schema_conformance

from hortus.access import actions
from hortus.access.models import Person, Team
from hortus.config.api import api
from hortus.telemetry.models import Cluster

pytestmark = pytest.mark.skipif(
    connection.vendor == "postgresql",
    reason="the WSGI calls of schemathesis close the test's connection to PostgreSQL; the schema is checked on SQLite",
)
schema = schemathesis.openapi.from_dict(api.get_openapi_schema())
schema.app = get_wsgi_application()


@pytest.fixture
def bearer(team: Team, lead: Person) -> dict[str, str]:
    """A token of the lead that may do everything that a token may."""
    _token, text = actions.make_token(team, lead, name="fuzz", scopes=["read", "import", "write"])
    return {"Authorization": f"Bearer {text}"}


@pytest.fixture
def alder(team: Team, data_dir: Path) -> Cluster:
    """A cluster to ask about."""
    return Cluster.objects.create(team=team, name="alder")


@schema.parametrize()
@settings(max_examples=12, deadline=None, suppress_health_check=list(HealthCheck))
def test_answers_as_promised(case: schemathesis.Case, bearer: dict[str, str], alder: Cluster) -> None:
    """The calls go to the team and cluster that exist, so that they pass the door."""
    if "team" in case.path_parameters:
        case.path_parameters["team"] = "rcd"
    if "name" in case.path_parameters:
        case.path_parameters["name"] = "alder"
    answer = case.call(headers=bearer | {"Accept-Encoding": "identity"})
    case.validate_response(answer, checks=[not_a_server_error, response_schema_conformance])
