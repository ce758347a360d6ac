"""The page of background work: what failed for good, and the button that tries it again."""

from datetime import timedelta

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from hortus.access.doors import TeamRequest, team_page
from hortus.access.policy import Action, Kind
from hortus.access.views import tabs
from hortus.ledger import queue
from hortus.ledger.queue_models import QueuedTask, QueueWorker
from hortus.values.refused import Refused

TASKS_ON_A_PAGE = 50
LATE = timedelta(minutes=15)


@require_safe
@team_page(Kind.TASK)
def tasks(request: TeamRequest) -> HttpResponse:
    """Show the dead letters, and how the queue stands. Arguments and tracebacks stay on the server."""
    dead = QueuedTask.objects.dead()
    page = Paginator(dead.defer("args", "kwargs", "result"), TASKS_ON_A_PAGE).get_page(request.GET.get("page"))
    context = {
        "page": page,
        "open_count": QueuedTask.objects.open().count(),
        "late_count": QueuedTask.objects.late(timezone.now(), LATE).count(),
        "tabs": tabs(request, "ledger:tasks"),
        "worker": QueueWorker.objects.order_by("-beat_at").first(),
        "may_retry": request.standing.may(Action.UPDATE, Kind.TASK),
    }
    return render(request, "ledger/tasks.html", context)


@require_POST
@team_page(Kind.TASK, Action.UPDATE)
def retry(request: TeamRequest, task: int) -> HttpResponse:
    """Let one dead task start over."""
    try:
        queue.retry(task)
    except Refused as refusal:
        messages.error(request, refusal.sentence)
    else:
        messages.success(request, "The task starts over.")
    return redirect("ledger:tasks", request.team.slug)
