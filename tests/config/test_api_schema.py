"""The API answers as its schema says, and never with 500, whatever is sent."""

import json
import re
from collections.abc import Iterator
from copy import deepcopy
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest
import schemathesis
from django.core.signals import request_finished, request_started
from django.core.wsgi import get_wsgi_application
from django.db import close_old_connections
from django.test import Client
from hypothesis import HealthCheck, settings
from ninja import Schema
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import response_schema_conformance

from hortus.access import actions
from hortus.access.models import Person, Team
from hortus.telemetry.models import Cluster
from tests.access.walk import document  # type: ignore[import-not-found]

schema = schemathesis.openapi.from_dict(deepcopy(document()))
schema.app = get_wsgi_application()


@pytest.fixture(autouse=True)
def one_connection() -> Iterator[None]:
    """Keep the connection that holds the test's transaction over the calls, as the test client of Django does."""
    signals = (request_started, request_finished)
    for signal in signals:
        signal.disconnect(close_old_connections)
    yield
    for signal in signals:
        signal.connect(close_old_connections)


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


def _filled(schema: dict[str, Any]) -> Any:
    """Make a value of a schema's type whose texts hold a NUL character."""
    if "$ref" in schema:
        return _filled(document()["components"]["schemas"][schema["$ref"].rpartition("/")[2]])
    for one in (*schema.get("anyOf", ()), *schema.get("allOf", ())):
        return _filled(one)
    if "enum" in schema:
        return schema["enum"][0]
    made = {
        "object": lambda: {name: _filled(part) for name, part in schema.get("properties", {}).items()},
        "array": lambda: [_filled(schema["items"])], "integer": lambda: schema.get("minimum", 1),
        "number": lambda: 0.5, "boolean": lambda: True, "string": lambda: "leaf\0leaf", "null": lambda: None,
    }  # fmt: skip
    return made[schema["type"]]()


OPERATIONS = [
    (method, path, operation)
    for path, methods in document()["paths"].items()
    for method, operation in methods.items()
    if "requestBody" in operation or any(given["in"] == "query" for given in operation["parameters"])
]


@pytest.mark.parametrize(("method", "path", "operation"), OPERATIONS, ids=[f"{m} {p}" for m, p, _ in OPERATIONS])
def test_a_nul_character_is_refused(
    method: str, path: str, operation: dict[str, Any], bearer: dict[str, str], alder: Cluster
) -> None:
    """In a query and in a body; what the path may name exists, so that nothing else refuses first."""
    address = path.replace("{team}", "rcd").replace("{name}", "alder").replace("{indicator}", "waits")
    address = re.sub(r"{\w+}", "1", address)
    names = [given["name"] for given in operation["parameters"] if given["in"] == "query"]
    queries = [urlencode({name: "leaf\0leaf"}) for name in names]
    for query in queries:
        assert Client().generic(method.upper(), f"{address}?{query}", headers=bearer).status_code == 400
    if "requestBody" in operation:
        body = json.dumps(_filled(operation["requestBody"]["content"]["application/json"]["schema"]))
        answer = Client().generic(method.upper(), address, body, "application/json", headers=bearer)
        is_refused = (
            answer.status_code == 404
            or (answer.status_code, answer.json().get("code")) == (422, "control-character")
            or b'"accepted": 0' in answer.content  # events are told one by one
        )
        assert is_refused or "\\u0000" not in body, answer.content  # some bodies have no text to hold one


def test_every_shape_has_a_name_of_its_own() -> None:
    """Two of one name would be one in the schema, and a program would be told the wrong one."""
    known: dict[str, set[str]] = {}
    found = [Schema]
    while found:
        one = found.pop()
        found += one.__subclasses__()
        if one.__module__.startswith("hortus."):
            known.setdefault(one.__name__, set()).add(one.__module__)
    assert {name: modules for name, modules in known.items() if len(modules) > 1} == {}
