"""Background work of fires: gather incidents, open cards again on their day, tell the team of its week."""

from datetime import datetime, timedelta

from django.db import transaction
from django.urls import reverse
from django_tasks import task

from hortus.access.models import Team
from hortus.ledger import clock
from hortus.ledger.in_turn import in_turn
from hortus.ledger.outbox.actions import tell
from hortus.ledger.outbox.recipients import members
from hortus.ledger.queue_periodic import periodic
from hortus.ledger.refs import Ref
from hortus.processes.fires.gathering import gather, look_again
from hortus.processes.fires.models import Fire, Kindling
from hortus.processes.fires.reads import origins, quiet
from hortus.web.words import counted

TOPIC_WEEK = "fires-week"
WEEK = timedelta(days=7)


@task()
def gather_all() -> None:
    """Gather the incidents of every team as fires, and open cards again whose day has come; safe to run again."""
    in_turn(Team.objects.order_by("slug"), _gather, "the fires of {} cannot be gathered", lambda team: team.slug)


def _gather(team: Team) -> None:
    now = clock.now()
    gather(team, now)
    look_again(team, now)


@task()
def tell_week() -> None:
    """Tell every team of its week: fires, open kindling, and services that are quiet; once a week."""
    in_turn(Team.objects.order_by("slug"), _tell_week, "the week of {} cannot be told", lambda team: team.slug)


@transaction.atomic
def _tell_week(team: Team) -> None:
    told = letter(team, clock.now())
    if told is None:
        return
    week, body = told
    tell(
        team, TOPIC_WEEK, Ref("team", str(team.pk), team.name), subject="The week: fires and quiet", body=body,
        to=members(team), path=reverse("fires:board", args=[team.slug]), dedupe_key=f"fires-week:{week}",
    )  # fmt: skip


def letter(team: Team, now: datetime) -> tuple[str, str] | None:
    """Return the ISO week and what is told of it, None for a team that never had a fire. now: aware."""
    fires = Fire.objects.filter(team=team).counted()
    if not fires.exists():
        return None
    open_cards = Kindling.objects.filter(team=team).open().count()
    lines = [
        f"{counted(fires.between(now - WEEK, now).count(), 'fire')} in seven days.", origins(team, now).sentence,
        f"{counted(open_cards, 'kindling card')} open.",
    ]  # fmt: skip
    lines += [one.sentence for one in quiet(team, now)]
    year, week, _ = now.astimezone(team.zoneinfo).isocalendar()
    return f"{year}-W{week:02}", "\n".join(lines)


periodic("fires.gather", gather_all, every=timedelta(minutes=1), at=timedelta(seconds=20), on_first_start=True)
periodic("fires.week", tell_week, every=WEEK, at=timedelta(hours=6))
