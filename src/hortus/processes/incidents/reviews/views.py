"""Pages of reviews: the shelf with its search, and one review."""

from typing import Any

from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_safe

from hortus.access.doors import TeamRequest, team_page
from hortus.access.policy import Action, Kind
from hortus.ledger import clock, refs
from hortus.processes.incidents.models import Incident
from hortus.processes.incidents.reviews import helpful, learning, linking, reading, reuse, signs, timeline, writing
from hortus.processes.incidents.reviews.models import Review
from hortus.processes.incidents.reviews.rules import NEXT, Depth, State, proposed

ON_A_PAGE = 25


def crumbs(request: TeamRequest, *below: tuple[str, str]) -> list[tuple[str, str]]:
    """Return the way to a page of reviews."""
    return [("Reviews", reverse("reviews:reviews", args=[request.team.slug])), *below]


def fetched(request: TeamRequest, number: int) -> Review:
    """Return a review that who asks may read, or raise Http404."""
    found: Review = get_object_or_404(reading.mine(request.team, request.person), number=number)
    return found


@require_safe
@team_page(Kind.REVIEW)
def reviews(request: TeamRequest) -> HttpResponse:
    """Show one shelf of reviews, and how many stand where."""
    shelf = request.GET.get("shelf", "")
    words = request.GET.get("q", "")[:200]
    stand = reading.standing(request.team, request.person, timezone.localdate())
    if shelf not in reading.SHELVES:
        writes = reading.on_shelf(request.team, request.person, "waiting", "").filter(writer=request.person).exists()
        nothing_to_read = (stand.waiting or stand.silent) and not stand.kept
        shelf = "waiting" if (writes or nothing_to_read) and not words else "kept"
    found = reading.on_shelf(request.team, request.person, shelf, words)
    here = reverse("reviews:reviews", args=[request.team.slug])
    context = {
        "stand": stand, "shelf": shelf, "q": words, "today": timezone.localdate(),
        "page": Paginator(found, ON_A_PAGE).get_page(request.GET.get("page")),
        "may_add": request.standing.may(Action.CREATE, Kind.REVIEW),
        "tabs": [(label, f"{here}?shelf={name}", name == shelf) for name, (label, _) in reading.SHELVES.items()],
    }  # fmt: skip
    return render(request, "reviews/reviews.html", context)


@require_safe
@team_page(Kind.REVIEW)
def review(request: TeamRequest, number: int) -> HttpResponse:
    """Show one review: what was learned, what followed, where it helped again."""
    found = fetched(request, number)
    answer = render(request, "reviews/review.html", _context(request, found))
    _count_reader(request, found, answer)
    return answer


def _context(request: TeamRequest, found: Review) -> dict[str, Any]:
    held, may = signs.of(found), request.standing.may
    may_write = may(Action.UPDATE, Kind.REVIEW)
    follow_ups = list(learning.follow_ups_of(found).select_related("owner"))
    uses, linked = list(found.uses.all()), list(found.links.all())
    links = refs.links(request.team, ((one.object_kind, one.object_id) for one in (*uses, *linked)))
    return {
        "review": found, "signs": held, "proposed": proposed(held), "depth": Depth(found.depth),
        "is_silent": found.is_waived_by_silence(timezone.localdate()),
        "may_write": may_write and not found.stands.is_over,
        "may_follow": may_write and may(Action.CREATE, Kind.FOLLOW_UP) and found.stands is not State.WAIVED,
        "next": {state.value for state in NEXT[found.stands]} if may_write else set(),
        "may_link": may_write and found.stands is not State.WAIVED and linking.words(),
        "may_use": may_write and found.shared_at is not None, "helping": _helping(request, found),
        "incidents": list(found.incidents.order_by("number")), "services": list(found.services.all()),
        "answers": reading.answers(found), "moments": timeline.of(found),
        "learnings": list(found.learnings.all()), "factors": list(found.factors.all()), "follow_ups": follow_ups,
        "are_many": learning.are_many(found), "named": writing.named_persons(found) if may_write else [],
        "uses": [(one, refs.word(one.object_kind), links[one.object_kind, one.object_id]) for one in uses],
        "linked": [(one, refs.word(one.object_kind), links[one.object_kind, one.object_id]) for one in linked],
        "related": helpful.related(found), "chart": reading.duration_chart(found, request.person),
        "crumbs": crumbs(request, (found.title, "")),
    }  # fmt: skip


def _helping(request: TeamRequest, found: Review) -> Incident | None:
    """Return the incident beside which this review was shown, while it is not known to help with it."""
    number = request.GET.get("for", "")
    if not refs.number(number):
        return None
    incidents = Incident.objects.visible_to(request.person).filter(team=request.team, number=refs.number(number))
    if found.uses.filter(object_kind="incident", object_id=number).exists():
        return None
    one: Incident | None = incidents.exclude(reviews=found).first()
    return one


def _count_reader(request: TeamRequest, found: Review, answer: HttpResponse) -> None:
    """Count a browser once that reads an old review again; the browser keeps the note, not we."""
    if request.method != "GET" or reuse.READ in request.COOKIES or found.shared_at is None:
        return
    if found.writer_id == request.person.pk or not reuse.is_old(found, clock.now()):
        return
    reuse.count_reader(found)
    answer.set_cookie(
        reuse.READ, "1", max_age=reuse.READ_FOR, path=reuse.path(found), secure=request.is_secure(), httponly=True,
        samesite="Lax",
    )  # fmt: skip
