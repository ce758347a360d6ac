"""A person's own feed of messages: the feed itself, which needs no sign-in, and the buttons that make its address."""

from django.conf import settings
from django.contrib import messages as notes
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.html import linebreaks
from django.views.decorators.http import require_POST, require_safe

from hortus.access.doors import TeamRequest, team_page
from hortus.access.policy import Action, Kind
from hortus.ledger import clock
from hortus.ledger.outbox import feed as feeds
from hortus.ledger.outbox.choice_models import OwnFeed
from hortus.ledger.outbox.models import Message
from hortus.web.feeds import Atom, as_atom


@require_safe
def messages(request: HttpRequest, token: str) -> HttpResponse:
    """Give the newest messages to a person as Atom, each in the words of its e-mail. Nothing is noted."""
    feed = feeds.opened(token)
    if feed is None:
        raise Http404
    answer = as_atom(_atom(request, feed))
    answer["Referrer-Policy"], answer["X-Robots-Tag"] = "no-referrer", "noindex, nofollow"
    return answer


def _atom(request: HttpRequest, feed: OwnFeed) -> Atom:
    """Return the feed. Its own address is not in it: who forwards an entry must not hand on the key to all others."""
    team = feed.team
    base = settings.HORTUS.public_url or request.build_absolute_uri("/").rstrip("/")
    written = Atom(
        title=f"{team.name}: messages to you", link=f"{base}{reverse('outbox:messages', args=[team.slug])}",
        description="", language="en", feed_guid=f"urn:hortus:{team.pk}:messages-to:{feed.person_id}",
    )  # fmt: skip
    for message in (one.message for one in feeds.messages(feed, clock.now())):
        written.add_item(
            title=message.subject, link=f"{base}{_path(message, team.slug)}", pubdate=message.made_at,
            # Django declares it to be HTML, so the plain text of the message is escaped for that.
            description=linebreaks(message.body.strip("\n"), autoescape=True), updateddate=message.made_at,
            author_name=team.name, unique_id=f"urn:hortus:{team.pk}:message:{message.pk}",
        )  # fmt: skip
    return written


def _path(message: Message, slug: str) -> str:
    return message.path or reverse("outbox:message", args=[slug, message.pk])


@require_POST
@team_page(Kind.NOTICE_CHOICE, Action.UPDATE)
def make(request: TeamRequest) -> HttpResponse:
    """Make the address of the feed of who asks, or another one in its place."""
    if not request.standing.may(Action.READ, Kind.MESSAGE):
        notes.error(request, feeds.READS_NONE)
        return redirect("outbox:choices", request.team.slug)
    was_there = feeds.held(request.team, request.person) is not None
    feeds.make(request.team, request.person)
    notes.success(request, "The feed has a new address; the former one opens nothing any more." if was_there else
                  "Your feed has an address now.")  # fmt: skip
    return redirect(f"{reverse('outbox:choices', args=[request.team.slug])}#feed")


@require_POST
@team_page(Kind.NOTICE_CHOICE, Action.UPDATE)
def take_back(request: TeamRequest) -> HttpResponse:
    """Have the address of the feed of who asks open nothing any more."""
    feeds.take_back(request.team, request.person)
    notes.success(request, "The address opens nothing any more.")
    return redirect("outbox:choices", request.team.slug)
