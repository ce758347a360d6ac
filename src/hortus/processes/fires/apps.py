"""Django's description of the fires app."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from django.apps import AppConfig
from django.urls import reverse

if TYPE_CHECKING:
    from hortus.access.models import Team


def _fire(team: "Team", id: str) -> str:  # noqa: A002 -- the ledger's reference is (kind, id)
    return reverse("fires:fire", args=[team.slug, id])


def _card(team: "Team", id: str) -> str:  # noqa: A002 -- see above
    return reverse("fires:card", args=[team.slug, id])


def _told(verb: str, payload: Mapping[str, Any]) -> Sequence[str]:
    from hortus.processes.fires.rules.kindling import Answer
    from hortus.values.origin import Origin

    if payload.get("origin") and payload["origin"] in set(Origin):
        return [f"It came from: {Origin(payload['origin']).word}"]
    if payload.get("answer") in set(Answer):
        return [Answer(payload["answer"]).word]
    return []


class FiresConfig(AppConfig):
    """Fires and kindling: interrupts, where they come from, and what they have in common."""

    name = "hortus.processes.fires"
    label = "fires"

    def ready(self) -> None:
        """Tell the ledger about fires and kindling, and the outbox what is told of them."""
        from hortus.ledger import refs
        from hortus.ledger.outbox import topics
        from hortus.ledger.outbox.topics import Topic, Way
        from hortus.processes.fires.actions import TOPIC
        from hortus.processes.fires.tasks import TOPIC_WEEK

        refs.register("fire", "interrupt", _fire, _told)
        refs.register("kindling", "kindling", _card, _told)
        topics.register(Topic(TOPIC, "Three fires of a kind, which wait for one answer", Way.DIGEST))
        topics.register(Topic(TOPIC_WEEK, "Each Monday: fires of the week, and services that are quiet", Way.DIGEST,
                              word="Week of fires"))  # fmt: skip
