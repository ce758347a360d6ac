"""Pages of messages: what was said to whom, what became of it, and the buttons for what did not leave."""

from uuid import UUID

from django.contrib import messages as notes
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_POST, require_safe

from hortus.access.doors import TeamRequest, team_page
from hortus.access.policy import Action, Kind
from hortus.ledger import refs
from hortus.ledger.outbox import actions, reads
from hortus.ledger.outbox.models import Delivery, Message
from hortus.values.refused import Refused
from hortus.web.words import counted

ON_A_PAGE = 50
MOST_RECIPIENTS = 200
FILTERS = (("", "All"), ("due", "Waiting"), ("dead", "Given up"), ("held", "Held"), ("dropped", "Not sent"))
VERBS = {
    "retry": (actions.retry, Delivery.State.DEAD, "{} is tried again."),
    "release": (actions.release, Delivery.State.HELD, "{} is sent."),
    "drop": (actions.drop, Delivery.State.HELD, "{} is never sent."),
}


@require_safe
@team_page(Kind.MESSAGE)
def messages(request: TeamRequest) -> HttpResponse:
    """List what was said, the newest first, and what is in trouble."""
    state = request.GET.get("state", "")
    state = state if state in reads.STATES else ""
    mine = Message.objects.visible_to(request.person).filter(team=request.team)
    page = Paginator(reads.listed(mine, state), ON_A_PAGE).get_page(request.GET.get("page"))
    context = {
        "page": page, "messages_shown": reads.with_counts(page.object_list),
        "trouble": reads.trouble(request.team), "state": state,
        "tabs": [(label, f"?state={value}" if value else "?", value == state) for value, label in FILTERS],
        "may_decide": request.standing.may(Action.UPDATE, Kind.MESSAGE),
    }  # fmt: skip
    return render(request, "outbox/messages.html", context)


@require_safe
@team_page(Kind.MESSAGE)
def message(request: TeamRequest, message: UUID) -> HttpResponse:
    """Show one message, and what became of it for each recipient."""
    mine = Message.objects.visible_to(request.person).filter(team=request.team).select_related("by")
    found = get_object_or_404(mine, pk=message)
    ordered = found.deliveries.worst_first().select_related("folded_into__message")
    page = Paginator(ordered, MOST_RECIPIENTS).get_page(request.GET.get("page"))
    called = reads.names(page.object_list)
    rows = [(one, called[one.recipient_kind, one.recipient_id]) for one in page.object_list]
    context = {
        "message": found, "page": page, "rows": rows,
        "about": refs.link(request.team, found.object_kind, found.object_id), "word": refs.word(found.object_kind),
        "may_decide": request.standing.may(Action.UPDATE, Kind.MESSAGE),
    }  # fmt: skip
    return render(request, "outbox/message.html", context)


def _decided(request: TeamRequest, verb: str) -> HttpResponse:
    """Apply a verb to the deliveries that the form names, or with all=1 to every one of the team in its state."""
    act, state, sentence = VERBS[verb]
    try:
        ids = [int(number) for number in request.POST.getlist("delivery")]
    except ValueError:
        ids = []
    if request.POST.get("all") == "1":
        ids = list(Delivery.objects.filter(team=request.team, state=state).values_list("pk", flat=True))
    try:
        count = act(request.team, ids, by=request.person, door="web")
    except Refused as refusal:
        notes.error(request, refusal.sentence)
    else:
        notes.success(request, sentence.format(counted(count, "delivery", "deliveries")))
    back = request.POST.get("message", "")
    try:
        return redirect("outbox:message", request.team.slug, UUID(back))
    except ValueError:
        return redirect("outbox:messages", request.team.slug)


@require_POST
@team_page(Kind.MESSAGE, Action.UPDATE)
def retry(request: TeamRequest) -> HttpResponse:
    """Let deliveries that were given up start over."""
    return _decided(request, "retry")


@require_POST
@team_page(Kind.MESSAGE, Action.UPDATE)
def release(request: TeamRequest) -> HttpResponse:
    """Send what a restored backup held."""
    return _decided(request, "release")


@require_POST
@team_page(Kind.MESSAGE, Action.UPDATE)
def drop(request: TeamRequest) -> HttpResponse:
    """Never send deliveries that were given up or held."""
    return _decided(request, "drop")
