"""The activity as an Atom feed, for readers who are signed in."""

from django.http import HttpResponse
from django.urls import reverse

from hortus.access.doors import TeamRequest, team_page
from hortus.access.policy import Kind
from hortus.ledger import refs
from hortus.ledger.filters import FilterForm
from hortus.web.feeds import as_atom, atom_of

EVENTS_IN_A_FEED = 100


@team_page(Kind.EVENT)
def activity_atom(request: TeamRequest) -> HttpResponse:
    """Give the newest events as Atom; takes the filters of the page."""
    team = request.team
    page = reverse("ledger:activity", args=[team.slug])
    feed = atom_of(request, f"{team.name}: activity", f"{page}?{request.GET.urlencode()}" if request.GET else page)
    for event in FilterForm(request.GET).wanted.events(request.standing)[:EVENTS_IN_A_FEED]:
        path = refs.link(team, event.object_kind, event.object_id)
        feed.add_item(
            title=f"{refs.word(event.object_kind).capitalize()} {event.object_name}: {event.verb}",
            link=request.build_absolute_uri(path or page),
            description="; ".join(refs.told(event.object_kind, event.verb, event.payload)),
            author_name=event.actor.name if event.actor else "Hortus",
            pubdate=event.occurred_at,
            updateddate=event.recorded_at,
            # After a restore the database gives the numbers that it lost once more, to other events.
            unique_id=f"urn:hortus:{team.pk}:event:{event.pk}-{event.recorded_at:%Y%m%dT%H%M%S}",
        )
    return as_atom(feed)
