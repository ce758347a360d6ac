"""What every page knows: who asks, in which team, and where they can go."""

from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest
from django.urls import NoReverseMatch, reverse

from hortus.access.doors import Standing
from hortus.access.policy import Action, Kind

# Name of the URL, label, and the kind that one must be able to read to see the link.
NAVIGATION: tuple[tuple[str, str, Kind], ...] = (
    ("garden:garden", "Garden", Kind.READING),
    ("catalogue:status", "Status", Kind.FUNCTION),
    ("incidents:incidents", "Incidents", Kind.INCIDENT),
    ("procedures:procedures", "Procedures", Kind.PROCEDURE),
    ("slos:objectives", "Objectives", Kind.OBJECTIVE),
    ("probes:probes", "Sources", Kind.PROBE),
    ("catalogue:services", "Services", Kind.SERVICE),
    ("ledger:activity", "Activity", Kind.EVENT),
    ("ledger:search", "Search", Kind.EVENT),
    ("access:team", "Team", Kind.MEMBERSHIP),
)
# Rooms without a link of their own, and the link that their pages belong to.
_BELOW = {
    "engines": "probes:probes", "clusters": "catalogue:services", "outbox": "access:team",
    "reviews": "incidents:incidents", "follow_ups": "incidents:incidents", "fires": "incidents:incidents",
    "alerts": "incidents:incidents",
}  # fmt: skip
# Lists of several rooms that are shown as tabs of one another, in the shape of NAVIGATION.
SECTIONS: tuple[tuple[tuple[str, str, Kind], ...], ...] = (
    (
        ("incidents:incidents", "Incidents", Kind.INCIDENT),
        ("reviews:reviews", "Reviews", Kind.REVIEW),
        ("follow_ups:follow-ups", "Follow-ups", Kind.FOLLOW_UP),
        ("fires:board", "Fires and kindling", Kind.FIRE),
        ("alerts:alerts", "Alerts from elsewhere", Kind.ALERT_NOTICE),
    ),
    (
        ("procedures:procedures", "Procedures", Kind.PROCEDURE),
        ("procedures:runs", "Runs", Kind.RUN),
    ),
    (
        ("probes:probes", "Probes", Kind.PROBE),
        ("engines:engines", "Engines, hubs and schedulers", Kind.ENGINE),
        ("alerts:sources", "Programs that send alerts", Kind.ALERT_SOURCE),
    ),
    (
        ("catalogue:services", "Services", Kind.SERVICE),
        ("clusters:clusters", "Clusters", Kind.CLUSTER),
    ),
    (
        ("outbox:messages", "Messages", Kind.MESSAGE),
        ("outbox:choices", "What I hear", Kind.NOTICE_CHOICE),
        ("outbox:destinations", "Chat rooms and webhooks", Kind.DESTINATION),
    ),
)
Link = tuple[str, str, bool]


@dataclass(frozen=True, slots=True)
class Banner:
    """A sentence above the page with one link."""

    sentence: str
    url: str
    label: str


def standing(request: HttpRequest) -> dict[str, Any]:
    """Return team, standing, navigation and the sample's banner for the base template."""
    found: Standing | None = getattr(request, "standing", None)
    visiting = getattr(request, "is_sample_visit", False)
    facts: dict[str, Any] = {
        "nav": _links(request, found) if found else [],
        "nav_end": _links_of_person(request, visiting),
        "is_sample_visit": visiting,
    }
    if visiting:
        facts["banner"] = Banner("This is a sample garden of an invented team.", reverse("start"), "Start your own")
    if found is not None:
        facts |= {"team": found.team, "standing": found, "section": _section(request, found)}
    return facts


def _section(request: HttpRequest, found: Standing) -> list[Link]:
    """Return the lists beside the one that is shown, none on any other page."""
    here = request.resolver_match.view_name if request.resolver_match else ""
    for section in SECTIONS:
        if here in (name for name, *_ in section):
            return [
                (label, url, name == here)
                for name, label, kind in section
                if found.may(Action.READ, kind) and (url := _path(name, found.team.slug))
            ]
    return []


def _links(request: HttpRequest, found: Standing) -> list[Link]:
    here = request.resolver_match.view_name if request.resolver_match else ""
    links = []
    for name, label, kind in NAVIGATION:
        if found.may(Action.READ, kind) and (url := _path(name, found.team.slug)):
            links.append((label, url, _is_here(name, url, here, request.path)))
    return links


def _is_here(name: str, url: str, here: str, path: str) -> bool:
    """Say whether a link leads to the page asked for, or to the practice that the page belongs to.

    Where a practice has several links, the page belongs to the one whose address it lies below.
    """
    names = [linked for linked, *_ in NAVIGATION]
    if here in names:
        return here == name
    room, room_here = name.partition(":")[0], here.partition(":")[0]
    if room_here in _BELOW:
        return name == _BELOW[room_here]
    if room_here != room:
        return False
    return path.startswith(url) or sum(linked.partition(":")[0] == room for linked in names) == 1


def _path(name: str, slug: str) -> str:
    """Return the path of a page, "" when its practice is not installed."""
    try:
        return reverse(name, args=[slug])
    except NoReverseMatch:
        return ""


def _links_of_person(request: HttpRequest, visiting: bool) -> list[Link]:
    here = request.resolver_match.url_name if request.resolver_match else ""
    user = getattr(request, "user", None)  # absent on an error page of an early middleware
    if user is not None and user.is_authenticated and not visiting:
        return [("Account", reverse("account"), here == "account"), ("Sign out", reverse("account_logout"), False)]
    return [("Sign in", reverse("account_login"), here == "account_login")]
