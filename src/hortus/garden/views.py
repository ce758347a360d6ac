"""Pages of the garden: the 3x3 page, a plot, an indicator with its evidence, a changed target."""

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone

from hortus.access.doors import TeamRequest, team_page
from hortus.access.policy import Action, Kind
from hortus.garden import actions, cards, indicators, pictures
from hortus.garden.forms import TargetForm
from hortus.garden.models import TakenReading, TeamTarget
from hortus.garden.shapes import garden_as_dict
from hortus.ledger.models import Event
from hortus.ledger.outbox.reads import trouble
from hortus.values.evidence import Slice
from hortus.values.plots import Column, Plot
from hortus.values.refused import Refused
from hortus.web.tables import Pages, as_csv, csv_rows, page_number, table_rows

ROWS_ON_A_PAGE = 50
MOST_CSV_ROWS = 100_000


def _indicator(slug: str) -> indicators.Indicator:
    try:
        return indicators.named(slug)
    except KeyError:
        raise Http404 from None


def _plot(slug: str) -> Plot:
    try:
        return Plot.named(slug)
    except ValueError:
        raise Http404 from None


@team_page(Kind.READING)
def garden(request: TeamRequest) -> HttpResponse:
    """Show the nine plots."""
    found = cards.garden(request.team, timezone.now())
    context = {
        "garden": found,
        "rows": pictures.rows(found, request.standing),
        "columns": [column.label for column in Column],
        "tend": pictures.tend(found),
        "over": f"{request.team.name}, week {found.day.isocalendar().week}",
        "may_read_again": request.standing.may(Action.CREATE, Kind.READING),
        "trouble": trouble(request.team) if request.standing.may(Action.READ, Kind.MESSAGE) else None,
    }
    return render(request, "garden/garden.html", context)


@team_page(Kind.READING)
def garden_json(request: TeamRequest) -> HttpResponse:
    """Give the nine plots as JSON, the same as the API."""
    return JsonResponse(garden_as_dict(cards.garden(request.team, timezone.now())))


@team_page(Kind.READING)
def plot(request: TeamRequest, plot: str) -> HttpResponse:
    """Show one plot: its indicators, what will grow there, what happened on it."""
    which = _plot(plot)
    bed = indicators.bed(which)
    found = cards.PlotCard(bed, cards.indicator_cards(request.team, timezone.now(), indicators.on(which)))
    events = Event.objects.visible_to(request.person).filter(team=request.team, plot=which.slug)
    context = {
        "found": found,
        "bed": bed,
        "cards": [pictures.indicator_plot(request.standing, card) for card in found.cards],
        "events": events.select_related("actor")[:10],
        "crumbs": _crumbs(request, str(which)),
    }
    return render(request, "garden/plot.html", context)


@team_page(Kind.READING)
def indicators_page(request: TeamRequest) -> HttpResponse:
    """List every indicator with its state, target and what it cannot tell."""
    found = cards.indicator_cards(request.team, timezone.now(), indicators.INDICATORS)
    return render(request, "garden/indicators.html", {"cards": found, "crumbs": _crumbs(request, "Indicators")})


@team_page(Kind.READING)
def indicator(request: TeamRequest, indicator: str) -> HttpResponse:
    """Show one indicator: definition, target and its source, history, and the rows it was counted from."""
    which = _indicator(indicator)
    card = cards.indicator_cards(request.team, timezone.now(), [which])[0]
    number = page_number(request.GET.get("page", "1"))
    context = {
        "card": card,
        "chart": pictures.history_chart(request.team, which),
        "feed": pictures.feed(request.standing, which) or ("", ""),
        "changes": TeamTarget.objects.visible_to(request.person)
        .filter(team=request.team, indicator=which.slug)
        .select_related("by")[:20],
        "may_change": request.standing.may(Action.UPDATE, Kind.TARGET),
        "crumbs": _crumbs(request, which.name, plot=which.plot),
        **_rows(request, card, number),
    }
    return render(request, "garden/indicator.html", context)


def _rows(request: TeamRequest, card: cards.IndicatorCard, number: int) -> dict[str, Any]:
    """Return the rows of the newest reading, empty where the person may not see jobs at all."""
    if card.last is None or not request.standing.may(Action.READ, Kind.JOB):
        return {"evidence": None}
    part = Slice.page(number, ROWS_ON_A_PAGE)
    evidence = card.indicator.rows(request.team, card.last.day, part, persons=_may_see_persons(request))
    return {
        "evidence": evidence,
        "page": Pages(number, ROWS_ON_A_PAGE, evidence.total),
        "table_rows": table_rows(evidence),
    }


def _may_see_persons(request: TeamRequest) -> bool:
    return request.standing.may(Action.READ, Kind.JOB_PERSON)


@team_page(Kind.JOB)
def rows_csv(request: TeamRequest, indicator: str) -> HttpResponse:
    """Give the rows of the newest reading as CSV."""
    which = _indicator(indicator)
    last = TakenReading.objects.of(request.team, [which.slug]).last()
    if last is None:
        raise Http404
    evidence = which.rows(request.team, last.day, Slice(0, MOST_CSV_ROWS), persons=_may_see_persons(request))
    return as_csv(f"{which.slug}-{last.day}.csv", [head.key for head in evidence.heads], csv_rows(evidence))


@team_page(Kind.READING)
def history_csv(request: TeamRequest, indicator: str) -> HttpResponse:
    """Give all readings of an indicator as CSV."""
    which = _indicator(indicator)
    fields = ["day", "taken_at", "value", "n", "hits", "evidence_until", "goal", "slack", "earned", "shown"]
    return as_csv(f"{which.slug}.csv", fields, TakenReading.objects.of(request.team, [which.slug]).values_list(*fields))


@team_page(Kind.READING, Action.CREATE)
def read_again(request: TeamRequest) -> HttpResponse:
    """Take readings now."""
    if request.method == "POST":
        actions.take_readings(request.team, source="web", by=request.person)
        messages.success(request, "Everything was read again just now.")
    return redirect("garden:garden", request.team.slug)


@team_page(Kind.TARGET, Action.UPDATE)
def change_target(request: TeamRequest, indicator: str) -> HttpResponse:
    """Change an indicator's target, with a reason."""
    which = _indicator(indicator)
    target = actions.targets(request.team)[which.slug]
    form = TargetForm(which, target, request.POST or None)
    if form.is_valid():
        try:
            actions.change_target(
                request.team, which, goal=form.goal_value, slack=form.slack_value, reason=form.cleaned_data["reason"],
                by=request.person, source="web",
            )  # fmt: skip
        except Refused as refusal:
            form.add_error(refusal.field or None, refusal.sentence)
        else:
            messages.success(request, f"The target of “{which.name}” was changed.")
            return redirect("garden:indicator", request.team.slug, which.slug)
    crumbs = _crumbs(request, "Target", plot=which.plot, indicator=which)
    return render(request, "garden/target.html", {"form": form, "indicator": which, "crumbs": crumbs})


def _crumbs(
    request: TeamRequest, last: str, *, plot: Plot | None = None, indicator: indicators.Indicator | None = None
) -> list[tuple[str, str]]:
    found = [("Garden", reverse("garden:garden", args=[request.team.slug]))]
    if plot is not None:
        found.append((str(plot), reverse("garden:plot", args=[request.team.slug, plot.slug])))
    if indicator is not None:
        found.append((indicator.name, reverse("garden:indicator", args=[request.team.slug, indicator.slug])))
    return [*found, (last, "")]
