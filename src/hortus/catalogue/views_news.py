"""Pages of the news for the team: one thread with all its texts, and who gets them by e-mail."""

from uuid import UUID

from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from hortus.access.doors import TeamRequest, team_page
from hortus.access.policy import Action, Kind, promise
from hortus.catalogue import news as reads
from hortus.catalogue import publication, subscriptions
from hortus.catalogue.models import Subscriber
from hortus.catalogue.views_status import crumbs
from hortus.ledger import clock


@require_safe
@team_page(Kind.CONDITION)
def news(request: TeamRequest, news: UUID) -> HttpResponse:
    """Show all texts of a thread, the newest first; opened by its id or by that of one of its texts."""
    story = reads.story(request.team, news)
    if story is None:
        raise Http404
    other = story.thread.joined_into_id
    context = {
        "story": story, "heading": story.newest.title, "now": clock.now(), "crumbs": crumbs(request, ("News", "")),
        "is_public": publication.of(request.team).is_public,
        "may_read_names": request.standing.may(Action.READ, Kind.EVENT),
        "joined_url": reverse("catalogue:news", args=[request.team.slug, other]) if other else "",
    }  # fmt: skip
    return render(request, "catalogue/news.html", context)


@require_safe
@team_page(Kind.SUBSCRIBER)
def subscribers(request: TeamRequest) -> HttpResponse:
    """List the addresses that get the news."""
    mine = Subscriber.objects.visible_to(request.person).filter(team=request.team)
    context = {
        "found": mine.confirmed().prefetch_related("services"), "asked": mine.filter(confirmed_at=None).count(),
        "is_public": publication.of(request.team).is_public, "is_offered": subscriptions.is_offered(request.team),
        "promise": promise(Kind.SUBSCRIBER), "crumbs": crumbs(request, ("Subscribers", "")),
    }  # fmt: skip
    return render(request, "catalogue/subscribers.html", context)


@require_POST
@team_page(Kind.SUBSCRIBER, Action.DELETE)
def remove_subscriber(request: TeamRequest, subscriber: UUID) -> HttpResponse:
    """Forget an address."""
    mine = Subscriber.objects.visible_to(request.person).filter(team=request.team)
    subscriptions.leave(get_object_or_404(mine, pk=subscriber), by=request.person)
    return redirect("catalogue:subscribers", request.team.slug)
