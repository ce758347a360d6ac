"""Django's description of the follow ups app."""

from typing import TYPE_CHECKING, Any

from django.apps import AppConfig
from django.urls import reverse

if TYPE_CHECKING:
    from collections.abc import Mapping

    from hortus.access.models import Team


def _url(team: "Team", id: str) -> str:  # noqa: A002 -- the ledger's reference is (kind, id)
    return reverse("follow_ups:follow-up", args=[team.slug, id])


def _told(verb: str, payload: "Mapping[str, Any]") -> "list[str]":
    days = [f"from {payload['from']} to {payload['to']}"] if "from" in payload else []
    due = [f"due on {payload['due_on']}"] if "due_on" in payload else []
    return [*days, *due, *([str(payload["reason"])] if "reason" in payload else [])]


class FollowUpsConfig(AppConfig):
    """Follow-ups: what somebody said they would do by a day, whichever practice it came from."""

    name = "hortus.follow_ups"
    label = "follow_ups"

    def ready(self) -> None:
        """Tell the ledger, the search and the outbox about follow-ups."""
        from hortus.access.policy import Kind
        from hortus.follow_ups import findable, telling
        from hortus.ledger import refs, search
        from hortus.ledger.outbox import topics

        refs.register(
            "follow-up", "follow-up", _url, _told, page=("follow_ups:follow-up", "follow_up"), find=findable.find
        )
        search.register("follow-up", Kind.FOLLOW_UP, findable.documents)
        topics.register(telling.TOPIC)
