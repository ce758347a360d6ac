"""Pages of what a person hears: their choices, and the way out of a mail, which needs no sign-in."""

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from hortus.access.doors import TeamRequest, team_page
from hortus.access.policy import Action, Kind
from hortus.ledger.outbox import feed
from hortus.ledger.outbox import unsubscribe as ways_out
from hortus.ledger.outbox.choices_actions import choosable, choose, hours_of, ways_of
from hortus.ledger.outbox.choices_forms import ChoicesForm
from hortus.values.refused import Refused
from hortus.web.forms import refuse


@require_http_methods(["GET", "HEAD", "POST"])
@team_page(Kind.NOTICE_CHOICE, Action.UPDATE)
def choices(request: TeamRequest) -> HttpResponse:
    """Show and change what the person who asks hears of the team, and when; nobody else's."""
    team, person = request.team, request.person
    hours = hours_of(team, person)
    initial = {
        "quiet_from": hours.quiet_from, "quiet_until": hours.quiet_until, "digest_hour": hours.digest_hour,
        "zone": hours.zone, **{f"topic-{slug}": way.value for slug, way in ways_of(team, person).items()},
    }  # fmt: skip
    form = ChoicesForm(team.zone, request.POST or None, initial=initial)
    if form.is_valid():
        try:
            choose(team, person, form.hours(), form.ways())
            messages.success(request, "Kept: from now on you hear what you chose.")
            return redirect(request.path)
        except Refused as refused:
            refuse(form, refused)
    declared = settings.HORTUS
    context = {
        "form": form, "address": person.email, "always": [one for one in choosable() if one.is_safety],
        "no_mail": not declared.email_url, "no_links": not declared.public_url, "feed_url": _feed_url(request),
        "may_read": request.standing.may(Action.READ, Kind.MESSAGE),
    }  # fmt: skip
    return render(request, "outbox/choices.html", context)


def _feed_url(request: TeamRequest) -> str:
    """Return the complete address of the feed of who asks, "" where they made none."""
    found = feed.held(request.team, request.person)
    return feed.url(found, request) if found else ""


@csrf_exempt  # RFC 8058: the mail program that posts here has neither session nor page; the address itself is the key
@require_http_methods(["GET", "HEAD", "POST"])
def unsubscribe(request: HttpRequest, token: str) -> HttpResponse:
    """Turn a topic off for whom the address was made. A GET shows a button and changes nothing."""
    ending = ways_out.read(token)
    if ending is None:
        return render(request, "outbox/unsubscribe.html", {"is_unknown": True}, status=404)
    if request.method == "POST":
        ways_out.end(ending)
    return render(request, "outbox/unsubscribe.html", {"ending": ending, "is_done": request.method == "POST"})
