"""Pages of the news for the team: one thread with all its texts."""

from uuid import UUID

from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_safe

from hortus.access.doors import TeamRequest, team_page
from hortus.access.policy import Action, Kind
from hortus.catalogue import news as reads
from hortus.catalogue import publication
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
