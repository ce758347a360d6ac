"""Django's description of metric engines, hubs and schedulers that are asked for counts."""

from typing import TYPE_CHECKING, Any

from django.apps import AppConfig
from django.urls import reverse

if TYPE_CHECKING:
    from collections.abc import Mapping

    from hortus.access.models import Team


def _engine(team: "Team", id: str) -> str:  # noqa: A002 -- the ledger's reference is (kind, id)
    return reverse("engines:engine", args=[team.slug, id])


def _hub(team: "Team", id: str) -> str:  # noqa: A002 -- the ledger's reference is (kind, id)
    return reverse("engines:hub", args=[team.slug, id])


def _told(verb: str, payload: "Mapping[str, Any]") -> "list[str]":
    """Return of an event what changed of an engine, or of what it is asked for a series; never the words themselves."""
    changed = ", ".join(str(name).replace("_", " ") for name in payload.get("changed", []))
    series = payload.get("series", "")
    return [": ".join(filter(None, (series, changed)))] if changed or series else []


class EnginesConfig(AppConfig):
    """Metric engines and hubs that are asked for counts."""

    name = "hortus.telemetry.engines"
    label = "engines"

    def ready(self) -> None:
        """Tell the ledger about engines and hubs; their id in the ledger is their slug."""
        from hortus.ledger import refs

        refs.register("engine", "engine", _engine, _told)
        refs.register("hub", "hub", _hub, _told)
