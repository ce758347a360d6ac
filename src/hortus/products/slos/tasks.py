"""Background work of objectives: evaluate every minute, ask engines that keep counts, send alerts on."""

import logging
from datetime import timedelta

from django.conf import settings
from django.utils import timezone
from django_tasks import task

from hortus.access.models import Team
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
    failed = []
    for team in Team.objects.filter(objectives__isnull=False).distinct():
        try:
            evaluate(team, timezone.now())
        except Exception:
            log.exception("the objectives of %s cannot be evaluated", team.slug)
            failed.append(team.slug)
    if failed:  # after the others had their turn
        raise RuntimeError(f"the objectives of {', '.join(failed)} could not be evaluated; the log says why")


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
    failed: list[str] = []
    gone: Unfetchable | None = None
    for team in Team.objects.filter(objectives__isnull=False, is_sample=False).distinct():
        now = timezone.now()
        refused: Refused | None = gone
        try:
            if gone is None:
                send(team, url, now, token_name=token_name, is_trial=told.untold(team) is not None)
            elif not waiting(team, now):
                continue
        except Unfetchable as error:
            log.error("the alerts of %s, and of teams after it, were not sent: %s", team.slug, error.sentence)
            refused = gone = error
        except Refused as error:
            log.error("the alerts of %s were not sent: %s", team.slug, error.sentence)
            refused = error
        except Exception:
            log.exception("the alerts of %s cannot be sent", team.slug)
            failed.append(team.slug)
            refused = Refused("broken", "")
        told.note(team, refused, now)
    if failed:  # after the others had their turn
        raise RuntimeError(f"the alerts of {', '.join(failed)} could not be sent; the log says why")


periodic("slos.evaluate", evaluate_all, every=timedelta(minutes=1), on_first_start=True)
periodic("slos.engines", ask_engines, every=timedelta(minutes=1), at=timedelta(seconds=10), on_first_start=True)
# Half a minute after the evaluation, so that what opened is sent in its own minute.
periodic("slos.alertmanager", send_alerts, every=timedelta(minutes=1), at=timedelta(seconds=30), on_first_start=True)
