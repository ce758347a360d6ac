"""Django's description of the procedures app."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from django.apps import AppConfig
from django.urls import reverse

if TYPE_CHECKING:
    from hortus.access.models import Team


def _procedure(team: "Team", id: str) -> str:  # noqa: A002 -- the ledger's reference is (kind, id)
    return reverse("procedures:procedure", args=[team.slug, id])


def _run(team: "Team", id: str) -> str:  # noqa: A002 -- see above
    return reverse("procedures:run", args=[team.slug, id])


def _told(verb: str, payload: Mapping[str, Any]) -> Sequence[str]:
    lines = [f"version {payload['version']}"] if payload.get("version") else []
    return [*lines, *([str(payload["reason"])] if payload.get("reason") else [])]


def _told_of_run(verb: str, payload: Mapping[str, Any]) -> Sequence[str]:
    lines = [f"version {payload['version']}"] if payload.get("version") else []
    return [*lines, *(str(payload[name]) for name in ("step", "said", "sentence") if payload.get(name))]


class ProceduresConfig(AppConfig):
    """Living procedures and the runs that follow them."""

    name = "hortus.processes.procedures"
    label = "procedures"

    def ready(self) -> None:
        """Tell the ledger and the search about procedures and runs."""
        from hortus.access.policy import Kind
        from hortus.ledger import refs, search
        from hortus.processes.procedures import findable

        refs.register(
            "procedure", "procedure", _procedure, _told, page=("procedures:procedure", "procedure"),
            find=findable.procedure, choices=findable.procedures,
        )  # fmt: skip
        refs.register(
            "run", "run of a procedure", _run, _told_of_run, page=("procedures:run", "number"), find=findable.run
        )
        search.register("procedure", Kind.PROCEDURE, findable.documents)
