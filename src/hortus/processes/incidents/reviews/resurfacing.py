"""Brings up one old review a week in the team's digests, the one that was not shown for longest."""

from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import F

from hortus.access.models import Team
from hortus.follow_ups.rules import MORNING
from hortus.ledger.outbox.actions import tell
from hortus.ledger.outbox.models import Message
from hortus.ledger.outbox.recipients import members
from hortus.processes.incidents.reviews.models import Review
from hortus.processes.incidents.reviews.reuse import path
from hortus.processes.incidents.reviews.telling import OLD

MONDAY = 0
OLD_AFTER = timedelta(days=30)


def resurface(team: Team, now: datetime) -> Review | None:
    """Bring up one old review, once a week from Monday morning on; return it, None where nothing was to do."""
    local = now.astimezone(team.zoneinfo)
    year, week, _ = local.isocalendar()
    key = f"{OLD}:{year}-{week}"
    if local.weekday() == MONDAY and local.time() < MORNING:
        return None
    if Message.objects.filter(team=team, dedupe_key=key).exists():
        return None
    review = next_to_show(team, now)
    if review is None:
        return None
    with transaction.atomic():
        review.shown_on = local.date()
        review.save(update_fields=["shown_on"])
        learned = [f"- {one.text}" for one in review.learnings.all()]
        lines = ["What it taught us:", *learned] if learned else ["It was written before learnings were noted apart."]
        tell(
            team, OLD, review.ref, subject=f"Worth another look: {review.title}", body="\n".join(lines),
            to=members(team), thread=f"{OLD}:{team.pk}", path=path(review), to_team=False, dedupe_key=key,
        )  # fmt: skip
    return review


def next_to_show(team: Team, now: datetime) -> Review | None:
    """Return the old review that was not shown for longest; None while no review is older than 30 days."""
    found = Review.objects.readable().filter(team=team, shared_at__lt=now - OLD_AFTER).select_related("team")
    row: Review | None = found.order_by(F("shown_on").asc(nulls_first=True), "number").first()
    return row
