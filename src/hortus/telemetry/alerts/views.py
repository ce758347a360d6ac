"""Pages of alerts: what stands and what came, one episode with its history, one notice as it was sent."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from hortus.access.doors import TeamRequest, team_page
from hortus.access.policy import Action, Kind
from hortus.ledger import clock
from hortus.ledger.models import Event
from hortus.telemetry.alerts import actions, reads, standing
from hortus.telemetry.alerts.forms import ReasonForm
from hortus.telemetry.alerts.models import Episode
from hortus.telemetry.alerts.refs import EPISODE
from hortus.telemetry.alerts.rules.lives import Life
from hortus.telemetry.alerts.standing import Counts, Place, Standing
from hortus.web.form_pages import answered, form_page
from hortus.web.tables import Pages, page_number
from hortus.web.words import counted

ON_A_PAGE, SHOWN_BELOW = 50, 10  # alerts of what is asked for, and of each other list below it
UNREAD_SHOWN, EARLIER_SHOWN, EVENTS_SHOWN = 20, 20, 50
RAW_SHOWN = 20_000  # characters of a notice on its page; the file has all


def crumbs(request: TeamRequest, *more: tuple[str, str]) -> list[tuple[str, str]]:
    """Return the way from the list of alerts to a page."""
    return [("Alerts", reverse("alerts:alerts", args=[request.team.slug])), *more]


def declare_path(team: str, alert: Standing) -> str:
    """Return where an incident is declared from an alert."""
    return f"{reverse('incidents:declare', args=[team])}?alert={alert.ref.kind}:{alert.ref.id}"


@dataclass(frozen=True, slots=True)
class Row:
    """One alert of a list: what it belongs to already, and where an incident is declared from it, "" for nowhere."""

    alert: Standing
    places: Sequence[Place]
    declare: str


def _rows(request: TeamRequest, found: Sequence[Standing]) -> list[Row]:
    """Return what a list shows of alerts, asking once for all what they belong to."""
    may_declare, slug = request.standing.may(Action.CREATE, Kind.INCIDENT), request.team.slug
    known = standing.places(request.team, request.person, [one.ref for one in found])
    told = [(one, known.get((one.ref.kind, one.ref.id), [])) for one in found]
    return [
        Row(one, places, declare_path(slug, one) if may_declare and not any(p.is_live for p in places) else "")
        for one, places in told
    ]


LISTS = ("firing", "silent", "over")


@require_safe
@team_page(Kind.ALERT_NOTICE)
def alerts(request: TeamRequest) -> HttpResponse:
    """Show what stands, in pages, and below it the first of what is silent and over; `?show=` gives one of the two."""
    stand, over = standing.Reader(request.team), reads.episodes(request.standing).over()
    sizes = dict(zip(LISTS, (stand.counts.firing, stand.counts.silent, over.count()), strict=True))
    asked = request.GET.get("show", "")
    shown = asked if asked in LISTS else LISTS[0]
    page = Pages(page_number(request.GET.get("page", "1")), ON_A_PAGE, sizes[shown])
    start, limit = page.start_index - 1, ON_A_PAGE

    def part(name: str) -> tuple[int, int]:
        if name == shown:
            return (0, 0) if page.is_beyond else (start, limit)
        return 0, SHOWN_BELOW if shown == LISTS[0] and page.number == 1 else 0

    lists = {name: _rows(request, stand.some(*part(name), is_silent=name == "silent")) for name in LISTS[:2]}
    first, most = part("over")
    unread = reads.notices(request.standing).unread()
    may_see_sources = request.standing.may(Action.READ, Kind.ALERT_SOURCE)
    context = {
        **lists, "over": over.order_by("-changed_at", "-pk")[first : first + most], "sizes": sizes, "shown": shown,
        "page": page, "unread": unread[:UNREAD_SHOWN], "unread_count": unread.count(),
        "heading": _heading(stand.counts), "may_see_sources": may_see_sources,
        "sources": reads.sources(request.standing).active() if may_see_sources else [],
    }  # fmt: skip
    return render(request, "alerts/alerts.html", context)


def _heading(counts: Counts) -> str:
    if not counts.total:
        return "No alert stands"
    said = counted(counts.firing, "alert stands", "alerts stand") if counts.firing else ""
    quiet = f"of {counted(counts.silent, 'alert')} nobody hears any more" if counts.silent else ""
    return f"{said}, and {quiet}" if said and quiet else said or quiet[0].upper() + quiet[1:]


@require_safe
@team_page(Kind.ALERT_NOTICE)
def episode(request: TeamRequest, episode: UUID) -> HttpResponse:
    """Show one episode: what its sender says, what became of it, and the times before."""
    found = reads.episode(request.standing, episode)
    life = found.shown(clock.now())
    before = reads.episodes(request.standing).filter(source=found.source, identity=found.identity).exclude(pk=found.pk)
    alert = standing.find(request.team, EPISODE, str(found.pk))
    stands = life in (Life.FIRING, Life.SILENT)
    row = _rows(request, [alert])[0] if alert else None
    context = {
        "episode": found, "life": life, "heading": _told(found, life), "others": before[:EARLIER_SHOWN],
        "others_count": before.count(),
        "declare": row.declare if row else "", "places": row.places if row else [],
        "may_change": stands and request.standing.may(Action.UPDATE, Kind.ALERT_NOTICE), "stands": stands,
        "events": Event.objects.visible_to(request.person).filter(team=request.team).about(EPISODE, str(found.pk))
        .select_related("actor")[:EVENTS_SHOWN], "crumbs": crumbs(request, (found.title, "")),
    }  # fmt: skip
    return render(request, "alerts/episode.html", context)


_WORDS = {
    Life.FIRING: "stands", Life.SILENT: "may stand: its sender is silent", Life.RESOLVED: "is over",
    Life.CLOSED: "was closed",
}  # fmt: skip


def _told(found: Episode, life: Life) -> str:
    return f"{found.title}: {_WORDS[life]}"


@require_http_methods(["GET", "HEAD", "POST"])
@team_page(Kind.ALERT_NOTICE, Action.UPDATE)
def acknowledge(request: TeamRequest, episode: UUID) -> HttpResponse:
    """Say that somebody knows of an alert, and why it may stand."""
    said = "It stays in the list, with your name: others see that somebody knows of it."
    return _reasoned(request, episode, actions.acknowledge, "Acknowledge an alert", said, "Acknowledge")


@require_http_methods(["GET", "HEAD", "POST"])
@team_page(Kind.ALERT_NOTICE, Action.UPDATE)
def close(request: TeamRequest, episode: UUID) -> HttpResponse:
    """Say that an alert is over."""
    said = "For an alert whose sender is silent, or wrong. It opens again when its sender goes on saying that it fires."
    return _reasoned(request, episode, actions.close, "Close an alert", said, "Close it")


def _reasoned(request: TeamRequest, key: UUID, act: Any, heading: str, said: str, label: str) -> HttpResponse:
    """Ask for a reason and act on an episode."""
    found = reads.episode(request.standing, key)
    place = reverse("alerts:episode", args=[request.team.slug, found.pk])
    form = ReasonForm(request.POST or None)
    if answered(form, lambda: act(found, form.cleaned_data["reason"], by=request.person, door="web")):
        return redirect(place)
    return form_page(
        request, form, heading, crumbs(request, (found.title, place)), said=f"{found.title}. {said}", label=label
    )


@require_safe
@team_page(Kind.ALERT_NOTICE)
def notice(request: TeamRequest, notice: int) -> HttpResponse:
    """Show one notice as it was sent."""
    found = reads.notice(request.standing, notice)
    text = found.body[: 4 * RAW_SHOWN].decode("utf-8", errors="replace")
    context = {
        "notice": found, "raw": text[:RAW_SHOWN], "is_shortened": len(text) > RAW_SHOWN or found.is_cut,
        "episodes": found.episodes.select_related("source")[:EARLIER_SHOWN], "crumbs": crumbs(request, ("Notice", "")),
        "may_look": bool(found.fault) and found.seen_at is None
        and request.standing.may(Action.UPDATE, Kind.ALERT_NOTICE),
    }  # fmt: skip
    return render(request, "alerts/notice.html", context)


@require_safe
@team_page(Kind.ALERT_NOTICE)
def raw(request: TeamRequest, notice: int) -> HttpResponse:
    """Give the body of a notice as a file, byte by byte; a browser runs nothing of it."""
    found = reads.notice(request.standing, notice)
    answer = HttpResponse(found.body, content_type="application/octet-stream")
    answer["Content-Disposition"] = f'attachment; filename="notice-{found.pk}.txt"'
    return answer


@require_POST
@team_page(Kind.ALERT_NOTICE, Action.UPDATE)
def look_at(request: TeamRequest, notice: int) -> HttpResponse:
    """Note that somebody looked at what could not be read."""
    actions.look_at(reads.notice(request.standing, notice), by=request.person, door="web")
    return redirect("alerts:alerts", request.team.slug)
