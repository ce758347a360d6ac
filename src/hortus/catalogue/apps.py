"""Django's description of the catalogue app."""

from typing import TYPE_CHECKING

from django.apps import AppConfig
from django.urls import reverse

if TYPE_CHECKING:
    from hortus.access.models import Person, Team
    from hortus.catalogue.models import Service
    from hortus.values.evidence import Link


def _url(team: "Team", id: str) -> str:  # noqa: A002 -- the ledger's reference is (kind, id)
    return reverse("catalogue:service", args=[team.slug, id])


def _function_url(team: "Team", id: str) -> str:  # noqa: A002 -- see above
    return reverse("catalogue:function", args=[team.slug, id])


def _news_url(team: "Team", id: str) -> str:  # noqa: A002 -- see above
    return reverse("catalogue:news", args=[team.slug, id])


def _window_url(team: "Team", id: str) -> str:  # noqa: A002 -- see above
    return reverse("catalogue:window", args=[team.slug, id])


def _functions_of(service: "Service", person: "Person") -> "list[Link]":
    from hortus.catalogue.models import Function
    from hortus.values.evidence import Link

    mine = Function.objects.visible_to(person).filter(service=service).offered().select_related("team")
    return [Link(function.name, _function_url(function.team, function.slug)) for function in mine]


class CatalogueConfig(AppConfig):
    """The catalogue of services and functions."""

    name = "hortus.catalogue"
    label = "catalogue"

    def ready(self) -> None:
        """Tell the ledger, the search and the outbox about services, functions, planned work, the page and its news."""
        from hortus.access.policy import Kind
        from hortus.catalogue import findable, parts, publication, subscribers, subscriptions, window_reminders
        from hortus.ledger import refs, search
        from hortus.ledger.outbox import recipients, topics

        refs.register("service", "service", _url)
        search.register("service", Kind.SERVICE, findable.documents)
        refs.register("function", "function", _function_url)
        search.register("function", Kind.FUNCTION, findable.functions)
        parts.register("Functions", _functions_of)
        refs.register("planned-work", "planned work", _window_url)
        refs.register("repeating-work", "work that comes back", publication.url)
        search.register("planned-work", Kind.CONDITION, findable.planned_works)
        refs.register("status-page", "page", publication.url)
        refs.register("bulletin", "news", _news_url)
        topics.register(subscribers.TOPIC)
        topics.register(window_reminders.TOPIC)
        topics.register(subscriptions.TOPIC)
        recipients.register(subscribers.RECIPIENT, subscribers.mailbox)
        recipients.register(subscriptions.RECIPIENT, subscriptions.mailbox)
