"""Pages of hubs and of polls of schedulers: add, show, change, stop."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from hortus.access.doors import TeamRequest, team_page
from hortus.access.policy import Action, Kind
from hortus.telemetry.engines import actions, reads, tasks
from hortus.telemetry.engines.form_pages import confirmed, crumbs, form_page
from hortus.telemetry.engines.forms import HubForm, PollForm
from hortus.telemetry.engines.hub_reading import starts
from hortus.telemetry.engines.models import Hub
from hortus.telemetry.engines.rules.hub_metrics import RULES
from hortus.web.form_pages import answered


@require_safe
@team_page(Kind.ENGINE)
def hub(request: TeamRequest, hub: str) -> HttpResponse:
    """Show one hub: its last reading by status, and which statuses count."""
    found = reads.hub(request.standing, hub)
    context = {
        "hub": found, "rows": starts(found), "rules": RULES, "crumbs": crumbs(request, (found.name, "")),
        "may_change": request.standing.may(Action.UPDATE, Kind.ENGINE),
        "may_remove": request.standing.may(Action.DELETE, Kind.ENGINE),
    }  # fmt: skip
    return render(request, "engines/hub.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@team_page(Kind.ENGINE, Action.CREATE)
def hub_add(request: TeamRequest) -> HttpResponse:
    """Have a hub's metrics read; it is asked once before it is added."""
    form = HubForm(request.POST or None)
    made: list[Hub] = []

    def do() -> None:
        made.append(actions.add_hub(request.team, **form.cleaned_data, by=request.person, door="web"))

    if answered(form, do):
        return redirect("engines:hub", request.team.slug, made[0].slug)
    said = "Its page of metrics is read every minute. It holds counters, no names of users."
    return form_page(request, form, "Add a JupyterHub", said=said, label="Add the hub")


@require_http_methods(["GET", "HEAD", "POST"])
@team_page(Kind.ENGINE, Action.UPDATE)
def hub_change(request: TeamRequest, hub: str) -> HttpResponse:
    """Change what a hub is, or what opens in time."""
    found = reads.hub(request.standing, hub)
    form = HubForm(request.POST or None, initial={name: getattr(found, name) for name in HubForm.base_fields})
    here = reverse("engines:hub", args=[request.team.slug, found.slug])
    if answered(form, lambda: actions.change_hub(found, **form.cleaned_data, by=request.person, door="web")):
        return redirect(here)
    said = "What was counted stays as it was counted: a hub keeps no histogram of the past."
    return form_page(request, form, f"Change {found.name}", under=(found.name, here), said=said)


@require_POST
@team_page(Kind.ENGINE, Action.UPDATE)
def hub_check(request: TeamRequest, hub: str) -> HttpResponse:
    """Have a hub read by a worker, now."""
    found = reads.hub(request.standing, hub)
    tasks.read_soon(found)
    messages.info(request, f"{found.name} is being read; load this page again in a moment.")
    return redirect("engines:hub", request.team.slug, found.slug)


@require_http_methods(["GET", "HEAD", "POST"])
@team_page(Kind.ENGINE, Action.DELETE)
def hub_remove(request: TeamRequest, hub: str) -> HttpResponse:
    """Read a hub no more."""
    found = reads.hub(request.standing, hub)
    return confirmed(
        request, lambda: actions.remove_hub(found, by=request.person, door="web"), f"Remove {found.name}",
        to=crumbs(request)[0][1], label="Remove the hub",
        said="The counts so far stay; from now on nothing is measured. Added again by this name it goes on there.",
    )  # fmt: skip


def _set(request: TeamRequest, form: PollForm) -> bool:
    def do() -> None:
        given = dict(form.cleaned_data)
        actions.set_poll(given.pop("cluster"), **given, by=request.person, door="web")

    return answered(form, do)


@require_http_methods(["GET", "HEAD", "POST"])
@team_page(Kind.ENGINE, Action.CREATE)
def poll_add(request: TeamRequest) -> HttpResponse:
    """Have a scheduler asked every few minutes."""
    form = PollForm(request.team, request.POST or None)
    if _set(request, form):
        return redirect("engines:engines", request.team.slug)
    said = "A worker asks it for the jobs since the last time; what is known already is not counted twice."
    return form_page(request, form, "Ask a scheduler", said=said)


@require_http_methods(["GET", "HEAD", "POST"])
@team_page(Kind.ENGINE, Action.UPDATE)
def poll(request: TeamRequest, cluster: str) -> HttpResponse:
    """Change how a scheduler is asked."""
    held = reads.poll(request.standing, cluster)
    names = ("source", "period_minutes", "url", "user_name", "token_name")
    initial = {name: getattr(held, name) for name in names} | {"cluster": held.cluster}
    form = PollForm(request.team, request.POST or None, initial=initial, is_new=False)
    if _set(request, form):
        return redirect("engines:engines", request.team.slug)
    return form_page(request, form, f"How {held.cluster} is asked", said=held.finding)


@require_POST
@team_page(Kind.ENGINE, Action.UPDATE)
def poll_check(request: TeamRequest, cluster: str) -> HttpResponse:
    """Have a scheduler asked by a worker, now."""
    held = reads.poll(request.standing, cluster)
    tasks.poll_soon(held)
    messages.info(request, f"The scheduler of {held.cluster} is being asked; load this page again in a moment.")
    return redirect("engines:engines", request.team.slug)


@require_http_methods(["GET", "HEAD", "POST"])
@team_page(Kind.ENGINE, Action.DELETE)
def poll_stop(request: TeamRequest, cluster: str) -> HttpResponse:
    """Ask a scheduler no more."""
    held = reads.poll(request.standing, cluster)
    return confirmed(
        request, lambda: actions.stop_poll(held, by=request.person, door="web"), f"Ask {held.cluster} no more",
        to=crumbs(request)[0][1], label="Ask no more", said="Jobs that were imported stay.",
    )  # fmt: skip
