"""The page on which a review is written, by one or by two at once."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from hortus.access.doors import TeamRequest, team_page
from hortus.access.policy import Action, Kind
from hortus.processes.incidents.reviews import reuse, timeline, writing
from hortus.processes.incidents.reviews.forms import AnswersForm
from hortus.processes.incidents.reviews.rules import QUESTIONS, State
from hortus.processes.incidents.reviews.views import crumbs, fetched
from hortus.values.refused import Refused
from hortus.web.forms import refuse


@require_http_methods(["GET", "HEAD", "POST"])
@team_page(Kind.REVIEW, Action.UPDATE)
def write(request: TeamRequest, number: int) -> HttpResponse:
    """Write the answers; what somebody else changed meanwhile is shown beside one's own words, and nothing is lost."""
    found, theirs = fetched(request, number), []
    if request.method != "POST" and found.stands.is_over:
        messages.info(request, f"“{found}” is {found.state} and stays as it is; write what is new in another one.")
        return redirect(reuse.path(found))
    form = AnswersForm(found, request.POST or None, initial=AnswersForm.first(found))
    if form.is_valid():
        try:
            saved = writing.write(found, form.texts(), form.cleaned_data["version"], by=request.person, door="web")
            _hint(request, writing.named_persons(saved))
            return redirect("reviews:review", request.team.slug, number)
        except writing.Clashed as clash:
            refuse(form, clash)
            form.again(clash.version)
            theirs = [(QUESTIONS[name][0], clash.theirs[name]) for name in clash.names]
        except Refused as refused:
            refuse(form, refused)
    draft = timeline.draft(found) if found.stands is State.WANTED else ""
    context = {
        "review": found, "form": form, "theirs": theirs, "draft": draft, "cancel": reuse.path(found),
        "crumbs": crumbs(request, (found.title, reuse.path(found)), ("Write", "")),
    }  # fmt: skip
    return render(request, "reviews/write.html", context)


def _hint(request: TeamRequest, named: list[str]) -> None:
    if named:
        who = ", ".join(named)
        messages.warning(
            request, f"The text names {who}. A role says the same and keeps the eye on the work; it is yours to decide."
        )
