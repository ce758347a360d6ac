"""Who hears that an alert of an objective begins, and that it is over: members, rooms, listeners to alerts.

Called in the transaction that opens or closes the episode. What was over when it was found is not told.
"""

from datetime import datetime
from uuid import UUID

from hortus.access.models import Team
from hortus.ledger import refs
from hortus.ledger.outbox import recipients
from hortus.ledger.outbox.actions import tell
from hortus.ledger.outbox.models import Message, Urgency
from hortus.ledger.outbox.topics import Topic
from hortus.ledger.refs import Ref
from hortus.products.slos.models import AlertEpisode
from hortus.products.slos.rules import alerts
from hortus.telemetry.alerts import standing
from hortus.telemetry.alerts.standing import Change, Changed, Standing
from hortus.web import words

TOPIC = Topic("objective-alert", "Alerts of objectives: a budget burns too fast, and when that is over.")


def ref(episode: AlertEpisode) -> Ref:
    """Return how the ledger speaks of an episode."""
    return Ref("alert", str(episode.pk), f"{episode.severity}: {episode.objective.name}")


def title(episode: AlertEpisode) -> str:
    """Return what is wrong, in words that tell it from the other alerts of the same objective."""
    windows = f"{episode.long_minutes} and {episode.short_minutes} min"
    return f"{episode.objective.name}: the error budget burns too fast ({episode.severity}, {windows})"


def opened(episode: AlertEpisode) -> None:
    """Tell that an alert began and still stands, in the caller's transaction."""
    began = _moment(episode.team, episode.opened_at)
    _say(episode, "opened", f"Since {began}. {episode.numbers['sentence']}")
    standing.tell(episode.team, [Changed(shown(episode), Change.OPENED, episode.opened_at)])


def closed(episode: AlertEpisode) -> None:
    """Tell that an alert is over, in the caller's transaction, to whom it was told that it began."""
    standing.tell(episode.team, [Changed(shown(episode), Change.ENDED, episode.closed_at or episode.opened_at)])
    if episode.closed_at and Message.objects.filter(team=episode.team, dedupe_key=_key(episode, "opened")).exists():
        lasted = words.duration((episode.closed_at - episode.opened_at).total_seconds()).replace("\xa0", " ")
        _say(episode, "closed", f"It is over since {_moment(episode.team, episode.closed_at)}, after {lasted}.")


def _say(episode: AlertEpisode, verb: str, body: str) -> None:
    """Tell the members. The subject stays the same, so that mail programs keep an alert and its end together."""
    team, objective = episode.team, episode.objective
    tell(
        team, TOPIC.slug, ref(episode), subject=title(episode), body=body,
        to=recipients.members(team), thread=f"objective:{objective.slug}", path=_path(episode),
        urgency=Urgency.PRESSING if episode.urgency == alerts.Urgency.PAGE else Urgency.NORMAL,
        dedupe_key=_key(episode, verb),
    )  # fmt: skip


def _key(episode: AlertEpisode, verb: str) -> str:
    return f"alert:{episode.pk}:{verb}"


def _moment(team: Team, at: datetime) -> str:
    local = at.astimezone(team.zoneinfo)
    return f"{local.day} {local:%B, %H:%M %Z}"


def _path(episode: AlertEpisode) -> str:
    return refs.link(episode.team, "objective", episode.objective.slug)


def shown(episode: AlertEpisode) -> Standing:
    """Return an episode as other rooms show alerts."""
    return Standing(
        ref(episode), title(episode), episode.opened_at, _path(episode),
        service=episode.objective.service, is_over=episode.closed_at is not None,
    )  # fmt: skip


def stand(team: Team) -> list[Standing]:
    """Return the alerts of a team's objectives that stand now."""
    found = AlertEpisode.objects.filter(team=team).open().select_related("objective", "team")
    return [shown(one) for one in found.prefetch_related("objective__parts__sli")]


def found(team: Team, kind: str, id: str) -> Standing | None:  # noqa: A002 -- the ledger's reference is (kind, id)
    """Return one alert of an objective, also one that is over; None where it is none. kind: "" for any."""
    if kind not in ("", "alert"):
        return None
    one = AlertEpisode.objects.filter(team=team).select_related("objective", "team").filter(pk__in=_ids(id)).first()
    return shown(one) if one else None


def _ids(id: str) -> list[UUID]:  # noqa: A002
    try:
        return [UUID(id)]
    except ValueError:
        return []
