"""The forms and buttons of a review: each asks for one thing and returns to the review."""

from collections.abc import Callable
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.views.decorators.http import require_http_methods, require_POST

from hortus.access.doors import TeamRequest, team_page
from hortus.access.policy import Action, Kind
from hortus.processes.incidents.models import Incident
from hortus.processes.incidents.reviews import actions, learning, linking, reuse, signs, writing
from hortus.processes.incidents.reviews.forms import (
    CoverForm,
    DepthForm,
    FactorForm,
    LearningForm,
    LinkForm,
    NearMissForm,
    UseForm,
    WaiveForm,
    WhatFollowsForm,
    WriterForm,
)  # fmt: skip
from hortus.processes.incidents.reviews.models import Review
from hortus.processes.incidents.reviews.rules import proposed
from hortus.processes.incidents.reviews.views import crumbs, fetched
from hortus.values.refused import Refused
from hortus.web.form_pages import form_page
from hortus.web.forms import refuse

Act = Callable[[dict[str, Any]], object]


def _form(
    request: TeamRequest, form: forms.Form, act: Callable[[dict[str, Any]], Review], heading: str, label: str,
    said: str, *below: tuple[str, str],
) -> HttpResponse:  # fmt: skip
    """Show a form, or do what it asks and go to the review that came of it. below: the way to the form's page."""
    if form.is_valid():
        try:
            return redirect(reuse.path(act(form.cleaned_data)))
        except Refused as refused:
            refuse(form, refused)
    way = crumbs(request, *below)
    return form_page(request, form, heading, way[:-1], here=way[-1][0], label=label, said=said)


def _asked(
    request: TeamRequest, found: Review, form: forms.Form, act: Act, heading: str, label: str, said: str = ""
) -> HttpResponse:
    """Show a form about a review, or do what it asks and return to its page."""

    def then_back(given: dict[str, Any]) -> Review:
        act(given)
        return found

    way = ((found.title, reuse.path(found)), (label, ""))
    return _form(request, form, then_back, heading, label, said or found.title, *way)


def _at_once(request: TeamRequest, number: int, verb: Callable[..., object]) -> HttpResponse:
    """Do what a button asks, or say why not, and return to the review."""
    found = fetched(request, number)
    try:
        verb(found, by=request.person, door="web")
    except Refused as refused:
        messages.error(request, refused.sentence)
    return redirect(reuse.path(found))


@require_http_methods(["GET", "HEAD", "POST"])
@team_page(Kind.REVIEW, Action.CREATE)
def near_miss(request: TeamRequest) -> HttpResponse:
    """Want a review of something that nearly went wrong."""

    def act(given: dict[str, Any]) -> Review:
        services = list(given["services"])
        return actions.near_miss(
            request.team, given["title"], said=given["said"], services=services, by=request.person, door="web"
        )

    said = "Nothing broke, and much can be learned: it costs nobody anything to look at it."
    form = NearMissForm(request.team, request.POST or None)
    return _form(request, form, act, "Learn from a near miss", "Want a review", said, ("Near miss", ""))


@require_http_methods(["GET", "HEAD", "POST"])
@team_page(Kind.REVIEW, Action.CREATE)
def want(request: TeamRequest, incident: int) -> HttpResponse:
    """Want a review of an incident that has none; one that has is shown."""
    mine = Incident.objects.visible_to(request.person).filter(team=request.team)
    found = get_object_or_404(mine.select_related("team"), number=incident)
    held = Review.objects.of_incident(found).order_by("number").first()
    if held is not None:
        return redirect(reuse.path(held))
    form = forms.Form(request.POST if request.method == "POST" else None)

    def act(_: dict[str, Any]) -> Review:
        return actions.want(found, by=request.person, door="web")

    heading = f"Want a review of incident {found.number}"
    return _form(request, form, act, heading, "Want a review", found.title, ("Want one", ""))


@require_http_methods(["GET", "HEAD", "POST"])
@team_page(Kind.REVIEW, Action.UPDATE)
def depth(request: TeamRequest, number: int) -> HttpResponse:
    """Tick signs and choose how deep to look."""
    found = fetched(request, number)
    held = signs.of(found)
    form = DepthForm(request.POST or None, initial={"signs": found.ticked, "depth": found.depth})

    def act(given: dict[str, Any]) -> None:
        actions.tick(found, given["signs"], by=request.person, door="web")
        actions.set_depth(found, given["depth"], by=request.person, door="web")

    told = " ".join(sign.words for sign in held) or "Nothing hints yet that there is much to learn."
    said = f"{told} That proposes {proposed(held).words}. How bad it was plays no part."
    return _asked(request, found, form, act, "How deep do we look?", "Choose the depth", said)


@require_http_methods(["GET", "HEAD", "POST"])
@team_page(Kind.REVIEW, Action.UPDATE)
def writer(request: TeamRequest, number: int) -> HttpResponse:
    """Let somebody else write it."""
    found = fetched(request, number)
    form = WriterForm(request.team, request.POST or None, initial={"writer": found.writer})

    def act(given: dict[str, Any]) -> object:
        return actions.hand(found, given["writer"], by=request.person, door="web")

    return _asked(request, found, form, act, "Who writes it?", "Hand it on")


@require_http_methods(["GET", "HEAD", "POST"])
@team_page(Kind.REVIEW, Action.UPDATE)
def waive(request: TeamRequest, number: int) -> HttpResponse:
    """Decide that there will be no review."""
    found = fetched(request, number)

    def act(given: dict[str, Any]) -> object:
        return actions.waive(found, given["reason"], by=request.person, door="web")

    said = f"“{found.title}” Waived reviews are counted, with their reasons; silence is counted too."
    return _asked(request, found, WaiveForm(request.POST or None), act, "No review is needed", "Waive it", said)


@require_POST
@team_page(Kind.REVIEW, Action.UPDATE)
def begin(request: TeamRequest, number: int) -> HttpResponse:
    """Begin to write, with a draft of what happened."""
    answer = _at_once(request, number, writing.begin)
    return redirect("reviews:write", request.team.slug, number) if fetched(request, number).version else answer


@require_POST
@team_page(Kind.REVIEW, Action.UPDATE)
def share(request: TeamRequest, number: int) -> HttpResponse:
    """Show it to the team."""
    return _at_once(request, number, actions.share)


@require_POST
@team_page(Kind.REVIEW, Action.UPDATE)
def discussed(request: TeamRequest, number: int) -> HttpResponse:
    """Say that it was talked over."""
    return _at_once(request, number, actions.discuss)


@require_POST
@team_page(Kind.REVIEW, Action.UPDATE)
def keep(request: TeamRequest, number: int) -> HttpResponse:
    """Keep it for those who come later."""
    return _at_once(request, number, actions.keep)


@require_http_methods(["GET", "HEAD", "POST"])
@team_page(Kind.REVIEW, Action.UPDATE)
def learn(request: TeamRequest, number: int) -> HttpResponse:
    """Write down one thing that was learned."""
    found = fetched(request, number)

    def act(given: dict[str, Any]) -> object:
        return learning.learn(found, given["learning"], by=request.person, door="web")

    return _asked(request, found, LearningForm(request.POST or None), act, "What did we learn?", "Write it down")


@require_http_methods(["GET", "HEAD", "POST"])
@team_page(Kind.REVIEW, Action.UPDATE)
def contribute(request: TeamRequest, number: int) -> HttpResponse:
    """Write down one thing that contributed."""
    found = fetched(request, number)

    def act(given: dict[str, Any]) -> object:
        return learning.contribute(found, given["factor"], given["plot"], by=request.person, door="web")

    return _asked(request, found, FactorForm(request.POST or None), act, "What contributed?", "Write it down")


@require_POST
@team_page(Kind.REVIEW, Action.UPDATE)
def unlearn(request: TeamRequest, number: int, learning: int) -> HttpResponse:
    """Take out a learning that was written by mistake."""
    return _taken_out(request, get_object_or_404(fetched(request, number).learnings.all(), pk=learning), number)


@require_POST
@team_page(Kind.REVIEW, Action.UPDATE)
def discard(request: TeamRequest, number: int, factor: int) -> HttpResponse:
    """Take out a factor that was written by mistake."""
    return _taken_out(request, get_object_or_404(fetched(request, number).factors.all(), pk=factor), number)


def _taken_out(request: TeamRequest, said: Any, number: int) -> HttpResponse:
    return _at_once(request, number, lambda _, **how: learning.take_out(said, **how))


@require_http_methods(["GET", "HEAD", "POST"])
@team_page(Kind.FOLLOW_UP, Action.CREATE)
def follow_up(request: TeamRequest, number: int) -> HttpResponse:
    """Say what follows from a learning; before one was written down there is no form."""
    found = fetched(request, number)
    if not found.learnings.exists():
        messages.error(request, "Write down one thing that was learned first; what to do follows from it.")
        return redirect(reuse.path(found))
    form = WhatFollowsForm(found, request.POST or None)

    def act(given: dict[str, Any]) -> object:
        return learning.follow_up(found, given["learning"], form.draft(), by=request.person, door="web")

    many = "There are more than five already: which of them would be missed? " if learning.are_many(found) else ""
    return _asked(request, found, form, act, "What follows from it?", "Say what follows", many + found.title)


@require_http_methods(["GET", "HEAD", "POST"])
@team_page(Kind.REVIEW, Action.UPDATE)
def cover(request: TeamRequest, number: int) -> HttpResponse:
    """Let the review be about a further incident."""
    found = fetched(request, number)

    def act(given: dict[str, Any]) -> object:
        incident = linking.incident_of_address(request.standing, given["address"])
        return actions.cover(found, incident, by=request.person, door="web")

    said = f"“{found.title}” What happened more than once is best looked at together."
    return _asked(request, found, CoverForm(request.POST or None), act, "It is also about…", "Look at both", said)


@require_http_methods(["GET", "HEAD", "POST"])
@team_page(Kind.REVIEW, Action.UPDATE)
def use(request: TeamRequest, number: int) -> HttpResponse:
    """Say where this review helped."""
    found = fetched(request, number)

    def act(given: dict[str, Any]) -> object:
        ref = linking.of_address(request.standing, given["address"])
        return reuse.use(found, ref, by=request.person, door="web")

    said = f"“{found.title}” What is used again is worth writing; so it is counted, without saying who read it."
    return _asked(request, found, UseForm(request.POST or None), act, "Where did it help?", "It helped", said)


@require_http_methods(["GET", "HEAD", "POST"])
@team_page(Kind.REVIEW, Action.UPDATE)
def link(request: TeamRequest, number: int) -> HttpResponse:
    """Say what else this review is about, so that it comes up again when somebody changes that."""
    found = fetched(request, number)
    form = LinkForm(linking.offered(request.standing, found), request.POST or None)

    def act(given: dict[str, Any]) -> object:
        kind, _, name = (given.get("what") or "").partition(":")
        asked = request.standing
        ref = linking.of(asked, kind, name, field="what") if name else linking.of_address(asked, given["address"])
        return linking.link(found, ref, by=request.person, door="web")

    said = f"Whoever changes what you link is shown “{found.title}”, once that is shared."
    return _asked(request, found, form, act, "What else is it about?", "Link it", said)


@require_POST
@team_page(Kind.REVIEW, Action.UPDATE)
def unlink(request: TeamRequest, number: int, link: int) -> HttpResponse:
    """Take out a link."""
    gone = get_object_or_404(fetched(request, number).links.all(), pk=link)
    return _at_once(
        request, number, lambda review, **how: linking.unlink(review, gone.object_kind, gone.object_id, **how)
    )
