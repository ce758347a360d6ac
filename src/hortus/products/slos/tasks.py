"""Background work of objectives: evaluate every minute, ask engines that keep counts, send alerts on."""

import logging
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.utils import timezone
from django_tasks import task

from hortus.access.models import Team
from hortus.ledger.in_turn import in_turn
from hortus.ledger.queue_periodic import periodic
from hortus.products.slos import alertmanager_told as told
from hortus.products.slos.alertmanager import send, waiting
from hortus.products.slos.engine_tasks import ask_engines
from hortus.products.slos.evaluation import evaluate
from hortus.values.refused import Refused
from hortus.web.fetch import Unfetchable

log = logging.getLogger(__name__)


@task()
def evaluate_all() -> None:
    """Evaluate the objectives of every team that has any; safe to run again."""
    teams = Team.objects.filter(objectives__isnull=False).distinct()
    failure = "the objectives of {} cannot be evaluated"
    in_turn(teams, lambda team: evaluate(team, timezone.now()), failure, lambda team: team.slug)


@task()
def send_alerts() -> None:
    """Send the alerts of every team to the Alertmanager of the settings, where they name one; safe to run again.

    The invented team of the sample has nobody to wake. There is one server for all: when it cannot be reached it is
    asked no more in that round. A failure is not tried again: the next minute sends all anew. Whoever reads alerts sees
    it: `told`.
    """
    url, token_name = settings.HORTUS.alertmanager_url, settings.HORTUS.alertmanager_token_name
    if not url:
        return
    teams = Team.objects.filter(objectives__isnull=False, is_sample=False).distinct()
    in_turn(teams, _Round(url, token_name).send, "the alerts of {} could not be sent", lambda team: team.slug)


@dataclass
class _Round:
    """One round of sending to one server, which all teams have. gone: why it could not be reached in this round."""

    url: str
    token_name: str
    gone: Unfetchable | None = None

    def send(self, team: Team) -> None:
        """Send the alerts of a team, and write down that it went or why it did not."""
        now = timezone.now()
        if self.gone is None:
            told.note(team, self._refusal(team, now), now)
        elif waiting(team, now):
            told.note(team, self.gone, now)

    def _refusal(self, team: Team, now: datetime) -> Refused | None:
        try:
            send(team, self.url, now, token_name=self.token_name, is_trial=told.untold(team) is not None)
        except Unfetchable as error:
            log.error("the alerts of %s, and of teams after it, were not sent: %s", team.slug, error.sentence)
            self.gone = error
            return error
        except Refused as error:
            log.error("the alerts of %s were not sent: %s", team.slug, error.sentence)
            return error
        except Exception:
            told.note(team, Refused("broken", ""), now)
            raise
        return None


periodic("slos.evaluate", evaluate_all, every=timedelta(minutes=1), on_first_start=True)
periodic("slos.engines", ask_engines, every=timedelta(minutes=1), at=timedelta(seconds=10), on_first_start=True)
# Half a minute after the evaluation, so that what opened is sent in its own minute.
periodic("slos.alertmanager", send_alerts, every=timedelta(minutes=1), at=timedelta(seconds=30), on_first_start=True)
