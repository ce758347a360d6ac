"""Django's description of the reviews app."""

from typing import TYPE_CHECKING, Any

from django.apps import AppConfig
from django.urls import reverse

if TYPE_CHECKING:
    from collections.abc import Mapping

    from hortus.access.models import Team


def _url(team: "Team", id: str) -> str:  # noqa: A002 -- the ledger's reference is (kind, id)
    return reverse("reviews:review", args=[team.slug, id])


def _told(verb: str, payload: "Mapping[str, Any]") -> "list[str]":
    """Return of an event what was chosen or said; the answers themselves stand on the review's page."""
    from hortus.processes.incidents.reviews.rules import QUESTIONS

    lines = [QUESTIONS[name][0] for name in payload.get("answers", []) if name in QUESTIONS]
    if verb == "widened":
        lines.append(f"to incident {payload.get('incident', '')}")
    if verb == "wanted":
        lines.append(f"proposed as a {payload.get('depth', 'note')}")
    if verb == "depth chosen":
        lines.append(f"a {payload.get('depth', '')}")
    if verb == "used again":
        lines.append(f"with {_named(payload)}")
    if verb in {"linked", "unlinked"}:
        lines.append(f"{'to' if verb == 'linked' else 'from'} {_named(payload)}")
    return [*lines, *([str(payload["text"])] if payload.get("text") else [])]


def _named(payload: "Mapping[str, Any]") -> str:
    from hortus.ledger import refs

    return f"{refs.word(str(payload.get('kind', '')))} {payload.get('id', '')}"


class ReviewsConfig(AppConfig):
    """Post-incident reviews: what was learned, and where it was used again."""

    name = "hortus.processes.incidents.reviews"
    label = "reviews"

    def ready(self) -> None:
        """Tell the ledger, the search, the outbox and the incidents about reviews, and others what was learned."""
        from hortus.access.policy import Kind
        from hortus.ledger import lessons as of_all
        from hortus.ledger import refs, search
        from hortus.processes.incidents import beside
        from hortus.processes.incidents import closing as of_incidents
        from hortus.processes.incidents.reviews import closing, findable, helpful, lessons, telling

        refs.register("review", "review", _url, _told, page=("reviews:review", "number"), find=findable.find)
        search.register("review", Kind.REVIEW, findable.documents)
        telling.register_topics()
        of_incidents.register(closing.objection)
        of_incidents.on_resolved(closing.on_resolved)
        of_all.register(lessons.SOURCE, lessons.lessons, lessons.helped)
        beside.register(helpful.beside)
        beside.register_part("Review", closing.part)
