"""Alert episodes in the shape that Alertmanager takes, and sending them to one. Who is told how is settled there.

Alertmanager holds no state of ours: an alert that is not sent again is over for it. So what is open is sent each
minute, with an end a few minutes ahead, as Prometheus does; what closed is sent for a while with its true end.
"""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db.models import Q

from hortus.access.models import Team
from hortus.ledger import refs
from hortus.products.slos.models import AlertEpisode
from hortus.telemetry.engines.client import authorised, checked_url
from hortus.values.refused import Refused
from hortus.web.fetch import Rules, fetch, networks

LASTS = timedelta(minutes=5)  # four sendings may fail before Alertmanager takes an open alert for over
RESOLVED_FOR = timedelta(minutes=15)
SECONDS = 20.0


def latest(episodes: Iterable[AlertEpisode]) -> list[AlertEpisode]:
    """Return the latest episode of each pair: to Alertmanager those of one pair are one alert, by their labels."""
    found: dict[object, AlertEpisode] = {}
    for one in sorted(episodes, key=lambda one: one.opened_at):
        found[one.objective_id, one.severity, one.long_minutes, one.short_minutes] = one
    return list(found.values())


def as_alert(episode: AlertEpisode, page: str) -> dict[str, Any]:
    """Return an episode as one alert of Alertmanager's API; a closed one has endsAt.

    episode: with its objective, its parts and team. page: absolute address of the objective's page, "" for none.
    """
    objective, rule = episode.objective, episode.numbers
    labels = {
        "alertname": "ErrorBudgetBurn", "team": objective.team.slug, "objective": objective.slug,
        "severity": episode.severity, "urgency": episode.urgency, "service": objective.service,
        "window": f"{episode.long_minutes}m/{episode.short_minutes}m",
    }  # fmt: skip
    alert: dict[str, Any] = {
        "labels": {name: value for name, value in labels.items() if value},
        "annotations": {
            "summary": f"{objective.name}: the error budget burns too fast", "description": rule["sentence"],
            "burn_rates": json.dumps([rule["long"]["burn_rate"], rule["short"]["burn_rate"]]),
        },
        "startsAt": episode.opened_at.isoformat(),
    }  # fmt: skip
    if page:
        alert["generatorURL"] = page
    if episode.closed_at is not None:
        alert["endsAt"] = episode.closed_at.isoformat()
    return alert


@dataclass(frozen=True, slots=True)
class Sent:
    """How many alerts an Alertmanager took: open ones, and those that closed in the last minutes."""

    firing: int
    resolved: int


def waiting(team: Team, now: datetime) -> list[AlertEpisode]:
    """Return what is sent at an aware time: the alerts of a team that are open, and those closed lately."""
    mine = AlertEpisode.objects.filter(team=team).filter(Q(closed_at=None) | Q(closed_at__gt=now - RESOLVED_FOR))
    return latest(mine.select_related("objective__team").prefetch_related("objective__parts__sli"))


def send(team: Team, url: str, now: datetime, *, token_name: str = "", is_trial: bool = False) -> Sent:
    """Send the alerts of a team that are open, and those closed lately, to an Alertmanager; safe to repeat.

    url: what stands before /api/v2. now: aware. token_name: see `engines.client.token`. is_trial: ask the server even
    where there is nothing to send, to know whether it takes alerts again. Raises Refused when the URL or its address is
    not allowed, the server cannot be reached, or does not take them.
    """
    base = checked_url(url, "what stands before /api/v2")
    found = waiting(team, now)
    if found or is_trial:
        _post(f"{base}/api/v2/alerts", [_timed(one, now) for one in found], authorised(token_name, base, team.slug))
    firing = sum(one.closed_at is None for one in found)
    return Sent(firing, len(found) - firing)


def _timed(episode: AlertEpisode, now: datetime) -> dict[str, Any]:
    path = refs.link(episode.objective.team, "objective", episode.objective.slug)
    public = settings.HORTUS.public_url
    return {"endsAt": (now + LASTS).isoformat()} | as_alert(episode, f"{public}{path}" if public and path else "")


def _post(url: str, alerts: list[dict[str, Any]], headers: dict[str, str]) -> None:
    rules = Rules(networks=networks(settings.HORTUS.fetch_networks), seconds=SECONDS, max_bytes=100_000)
    sent = {"content-type": "application/json", "accept": "application/json", **headers}
    answer = fetch(url, rules, method="POST", headers=sent, content=json.dumps(alerts).encode())
    if not answer.ok:
        said = answer.body[:200].decode("utf-8", "replace").strip()
        raise Refused(
            "not-taken", f"The server answered {answer.status} to the alerts ({said or 'without a word'}); is it an "
            "Alertmanager, and is the URL what stands before /api/v2?", "alertmanager",
        )  # fmt: skip
