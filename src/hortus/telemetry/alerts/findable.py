"""What the search finds of alerts: what their senders say. Kept after they are taken in: thousands may come at once."""

from collections.abc import Iterable

from django.db import transaction

from hortus.access.models import Team
from hortus.access.policy import Kind
from hortus.ledger import search
from hortus.ledger.search import Document
from hortus.telemetry.alerts.models import AlertSource, Episode
from hortus.telemetry.alerts.refs import episode_ref

LONGEST_TEXT = 2_000  # characters of labels and annotations, of which a sender may send hundreds of thousands
AT_ONCE = 200
MOST_IN_A_ROUND = 2_000


def document(episode: Episode) -> Document:
    """Return what can be found of an episode."""
    told = [*(f"{name}: {value}" for name, value in episode.labels.items()), *episode.annotations.values()]
    said = [episode.source.name, episode.service, episode.function, "\n".join(told)[:LONGEST_TEXT]]
    return Document(str(episode.pk), episode.title, "\n".join(filter(None, said)))


def documents(team: Team) -> Iterable[Document]:
    """Return what can be found of all alerts of a team."""
    return map(document, Episode.objects.filter(team=team).select_related("source").iterator())


def catch_up(source: AlertSource) -> int:
    """Have the search find what it does not of a source yet, at most MOST_IN_A_ROUND alerts; return how many."""
    done = 0
    while done < MOST_IN_A_ROUND and (some := _catch_up(source)):
        done += some
    return done


@transaction.atomic
def _catch_up(source: AlertSource) -> int:
    AlertSource.objects.select_for_update().get(pk=source.pk)  # nobody changes them meanwhile
    found = Episode.objects.filter(source=source, is_findable=False).select_related("source", "team").order_by("pk")
    some = list(found[:AT_ONCE])
    for one in some:
        told = document(one)
        search.index(one.team, episode_ref(one), kind=Kind.ALERT_NOTICE, title=told.title, body=told.body)
    Episode.objects.filter(pk__in=[one.pk for one in some]).update(is_findable=True)
    return len(some)
