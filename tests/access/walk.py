"""Finds every view and every API operation of Hortus, for tests that must not miss one."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any
from urllib.parse import urlencode

from django.urls import URLPattern, URLResolver, get_resolver, reverse

from hortus.config.api import api
from tests.access.url_arguments import ARGUMENTS, BODIES, BY_PATH, Scene  # type: ignore[import-not-found]


@dataclass(frozen=True)
class Page:
    """One URL pattern: its full name, its route, its view and the names of its arguments."""

    name: str
    route: str
    view: Any
    arguments: tuple[str, ...]

    @property
    def door(self) -> Any:
        """Return (kind, action) of the view's door, None when it has none."""
        return getattr(self.view, "door", None)

    def path(self, scene: Scene) -> str:
        """Return the URL's path with objects that exist."""
        app = self.name.partition(":")[0]
        made = {
            name: scene.team.slug if name == "team" else made_for(app, name, self.route, scene)
            for name in self.arguments
        }
        return reverse(self.name, kwargs=made)


def made_for(app: str, argument: str, route: str, scene: Scene) -> object:
    """Return a value for one argument; fails with what to add when nobody told how to make it."""
    plain = route.replace("<uuid:", "{").replace("<slug:", "{").replace("<", "{").replace(">", "}")
    for part, maker in BY_PATH.items():
        if part in plain and f"{{{argument}}}" in part:
            return maker(scene)
    try:
        return ARGUMENTS[app][argument](scene)
    except KeyError:
        raise AssertionError(
            f"tests/access/url_arguments.py does not say how to make {argument!r} of {app!r}, which {route} needs"
        ) from None


def pages() -> list[Page]:
    """Return every URL pattern except those of the API's operations."""
    return [page for page in _flat(get_resolver().url_patterns, "", "") if not page.name.startswith("api:")]


def _flat(patterns: Any, route: str, space: str) -> Iterator[Page]:
    for pattern in patterns:
        here = route + str(pattern.pattern)
        if isinstance(pattern, URLResolver):
            inner = f"{space}{pattern.namespace}:" if pattern.namespace else space
            yield from _flat(pattern.url_patterns, here, inner)
        elif isinstance(pattern, URLPattern):
            names = tuple(name for name in _names(here))
            yield Page(f"{space}{pattern.name}", here, pattern.callback, names)


def _names(route: str) -> Iterator[str]:
    for part in route.split("<")[1:]:
        if not part.startswith(("uidb36>", "key>")):
            yield part.partition(">")[0].rpartition(":")[2]


@dataclass(frozen=True)
class Operation:
    """One operation of the API, as its OpenAPI document tells it."""

    method: str
    route: str
    app: str
    needs: dict[str, Any]

    @property
    def name(self) -> str:
        """Return method and path below /api/v1."""
        return f"{self.method} {self.route}"

    def path(self, scene: Scene) -> str:
        """Return the operation's path with objects that exist, and a query where one is required."""
        path = self.route
        for name in [part.partition("}")[0] for part in path.split("{")[1:]]:
            value = scene.team.slug if name == "team" else made_for(self.app, name, self.route, scene)
            path = path.replace(f"{{{name}}}", str(value))
        asked = [p for p in self.needs.get("parameters", []) if p["in"] == "query" and p.get("required")]
        return f"/api/v1{path}?{urlencode({p['name']: smallest(p['schema']) for p in asked})}"

    def body(self) -> Any:
        """Return the smallest body that the operation understands."""
        schema = self.needs.get("requestBody", {}).get("content", {}).get("application/json", {}).get("schema")
        return BODIES.get(self.name, smallest(schema) if schema else None)


@cache
def document() -> dict[str, Any]:
    """Return the API's OpenAPI document, which takes a second to make; nobody may change it."""
    return api.get_openapi_schema()


def smallest(schema: dict[str, Any]) -> Any:
    """Return the smallest value that a JSON schema allows."""
    if "$ref" in schema:
        return smallest(document()["components"]["schemas"][schema["$ref"].rpartition("/")[2]])
    if "anyOf" in schema:
        return None if {"type": "null"} in schema["anyOf"] else smallest(schema["anyOf"][0])
    if "enum" in schema:
        return schema["enum"][0]
    if schema.get("format") in {"date", "date-time", "uuid"}:
        return {"date": "2026-03-02", "date-time": "2026-03-02T10:00:00Z", "uuid": "0" * 32}[schema["format"]]
    kinds: dict[str, Any] = {"string": "x", "integer": 1, "number": 1.0, "boolean": False, "array": [], "null": None}
    if schema.get("type") == "object" or "properties" in schema:
        return {name: smallest(schema["properties"][name]) for name in schema.get("required", [])}
    return schema.get("minimum", kinds[schema["type"]])


def operations() -> list[Operation]:
    """Return every operation of the API; its app is told by its tag."""
    return [
        Operation(method.upper(), route.removeprefix("/api/v1"), needs.get("tags", ["none"])[0], needs)
        for route, methods in document()["paths"].items()
        for method, needs in methods.items()
    ]
