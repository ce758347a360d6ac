"""Pages of what was and what does not count: the back-test with its what-if, alerts, exclusions."""

from datetime import datetime, timedelta
from typing import Any

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe

from hortus.access.doors import TeamRequest, team_page
from hortus.access.policy import Action, Kind
from hortus.catalogue.models import Service
from hortus.products.slos import actions, pictures
from hortus.products.slos.alertmanager_told import sentence
from hortus.products.slos.exclusions import Exclusions, too_late
from hortus.products.slos.forms import ReasonForm, WhatIfForm
from hortus.products.slos.forms_time import ExclusionForm
from hortus.products.slos.models import AlertEpisode, Exclusion, Objective
from hortus.products.slos.page_reads import Taken, would_take
from hortus.products.slos.replay import DAYS, Replay, WhatIf, backtest
from hortus.products.slos.views_objective import crumbs, find
from hortus.products.slos.wording import spelled
from hortus.values.refused import Refused
from hortus.web.form_pages import answered, form_page
from hortus.web.forms import refuse
from hortus.web.tables import Pages, page_number
from hortus.web.words import counted

ON_A_PAGE = 25


@require_safe
@team_page(Kind.OBJECTIVE)
def back_test(request: TeamRequest, slug: str) -> HttpResponse:
    """Show how often an objective would have alerted in the last 28 days, and what other numbers would have done."""
    held = find(request, slug)
    form = WhatIfForm(request.GET, held, may_judge=request.standing.may(Action.READ, Kind.JOB))
    until, zone = timezone.now(), request.team.zoneinfo
    since, asked, then = until - timedelta(days=DAYS), form.what_if(), None
    way = crumbs(request, held, "What if")
    ratio = (asked and asked.target_ratio) or held.target_ratio
    context: dict[str, Any] = {"objective": held, "form": form, "days": DAYS, "crumbs": way, "ratio": ratio}
    try:
        was = backtest(held, since, until)
    except Refused as refused:  # an engine that keeps the counts does not tell them
        heading = "What would have been is not known now"
        return render(request, "slos/backtest.html", context | {"heading": heading, "fault": refused.sentence})
    if asked is not None:
        then = _tried(form, held, since, until, asked)
    shown = then or was
    context |= {
        "was": was, "then": then, "shown": shown, "words": form.words(asked) if asked and then else "",
        "tracks": [(track, pictures.told(track.episodes, zone)) for track in shown.tracks],
        "exact_since": pictures.moment(shown.exact_since, zone) if shown.exact_since > shown.since else None,
        "heading": _heading(shown),
    }  # fmt: skip
    return render(request, "slos/backtest.html", context)


def _tried(form: WhatIfForm, held: Objective, since: datetime, until: datetime, asked: WhatIf) -> Replay | None:
    """Return what would have been otherwise; None, with the reason beside its field, where it cannot be."""
    try:
        return backtest(held, since, until, asked)
    except Refused as refused:
        name = f"judge-{refused.field}"
        form.add_error(name if name in form.fields else "target", refused.sentence)
        return None


def _heading(shown: Replay) -> str:
    """Return how often it would have paged, how many tickets it would have written, and whether its budget is spent."""
    often = {0: "nobody", 1: "once", 2: "twice"}.get(shown.pages) or f"{spelled(shown.pages)} times"
    tickets = f"{spelled(shown.tickets)} {'ticket' if shown.tickets < 2 else 'tickets'}"
    left = shown.standing.left_ratio
    spent = "; its budget would be spent" if left is not None and left <= 0 else ""
    return f"It would have paged {often} and written {tickets} in {DAYS} days{spent}"


@require_safe
@team_page(Kind.ALERT)
def alerts(request: TeamRequest) -> HttpResponse:
    """List alert episodes, open ones first."""
    mine = AlertEpisode.objects.visible_to(request.person).filter(team=request.team).select_related("objective")
    standing, over = list(mine.open()), mine.exclude(closed_at=None)
    page = Pages(page_number(request.GET.get("page", "1")), ON_A_PAGE, over.count())
    first = (page.number - 1) * ON_A_PAGE
    several = counted(len(standing), "alert stands", "alerts stand")
    context = {
        "standing": standing, "closed": over[first : first + ON_A_PAGE], "page": page,
        "heading": several if standing else "No alert stands", "untold": sentence(request.team),
        "crumbs": crumbs(request, None, "Alerts"),
    }  # fmt: skip
    return render(request, "slos/alerts.html", context)


@require_safe
@team_page(Kind.EXCLUSION)
def exclusions(request: TeamRequest) -> HttpResponse:
    """List what does not count, the newest first, withdrawn ones too."""
    mine = Exclusion.objects.visible_to(request.person).filter(team=request.team).whole()
    names = dict(Service.objects.filter(team=request.team).values_list("slug", "name"))
    rows = [(one, names.get(one.service, one.service)) for one in mine]
    kept = sum(one.withdrawn_at is None for one, _ in rows)
    context = {
        "rows": rows, "too_late": too_late(request.team),
        "announced": [one for one, _ in Exclusions.of(request.team).announced],
        "heading": counted(kept, "exclusion holds", "exclusions hold") if kept else "Everything counts",
        "may_exclude": request.standing.may(Action.CREATE, Kind.EXCLUSION),
        "may_withdraw": request.standing.may(Action.DELETE, Kind.EXCLUSION),
        "crumbs": crumbs(request, None, "Exclusions"),
    }  # fmt: skip
    return render(request, "slos/exclusions.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@team_page(Kind.EXCLUSION, Action.CREATE)
def exclude(request: TeamRequest) -> HttpResponse:
    """Take time out of budgets, past or to come."""
    wanted = request.GET.get("objective", "")
    form = ExclusionForm(request.team, request.POST or None, initial={"reach": f"objective:{wanted}" if wanted else ""})
    taken: list[Taken] | None = None
    if form.is_valid():
        try:
            if "preview" not in request.POST:
                actions.exclude(request.team, form.draft(), by=request.person, door="web")
                return redirect("slos:exclusions", request.team.slug)
            taken = would_take(request.team, form.draft(), timezone.now(), by=request.person)
        except Refused as refused:
            refuse(form, refused)
    context = {
        "form": form, "taken": taken, "cancel": reverse("slos:exclusions", args=[request.team.slug]),
        "crumbs": [*_way(request), ("Take time out", "")],
    }  # fmt: skip
    return render(request, "slos/exclusion_form.html", context)


def _way(request: TeamRequest) -> list[tuple[str, str]]:
    return [*crumbs(request, None), ("Exclusions", reverse("slos:exclusions", args=[request.team.slug]))]


@require_http_methods(["GET", "HEAD", "POST"])
@team_page(Kind.EXCLUSION, Action.DELETE)
def withdraw(request: TeamRequest, id: Any) -> HttpResponse:  # noqa: A002 -- what the URL calls it
    """Give excluded time back to the budgets."""
    held: Exclusion = get_object_or_404(
        Exclusion.objects.visible_to(request.person).filter(team=request.team).whole(), pk=id
    )
    form = ReasonForm(request.POST or None)
    if answered(form, lambda: actions.withdraw(held, why=form.cleaned_data["reason"], by=request.person, door="web")):
        return redirect("slos:exclusions", request.team.slug)
    said = f"“{held.reason}” will count again, for time gone by too."
    return form_page(
        request, form, "Withdraw an exclusion", _way(request), here="Withdraw", label="Let it count again",
        danger=True, said=said,
    )  # fmt: skip
