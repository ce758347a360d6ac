"""Reads from the incidents of a review what hints that there is something to learn."""

from hortus.processes.incidents.models import Incident, Promise, Surprise, Update
from hortus.processes.incidents.reviews.models import Review
from hortus.processes.incidents.reviews.rules import COMES_BACK_WITHIN, Sign


def of(review: Review) -> list[Sign]:
    """Return the learning signs of a review in the order of the table, those of its incidents and those ticked."""
    incidents = list(review.incidents.select_related("came_back_of"))
    found = {Sign(one) for one in review.ticked} | of_incidents(incidents)
    if review.is_near_miss:
        found.add(Sign.NEAR_MISS)
    return [sign for sign in Sign if sign in found]


def of_incidents(incidents: list[Incident]) -> set[Sign]:
    """Return what the rows of incidents tell by themselves."""
    found = set()
    if Surprise.objects.filter(incident__in=incidents).exists():
        found.add(Sign.SURPRISE)
    if Promise.objects.filter(incident__in=incidents, missed_at__isnull=False).exists():
        found.add(Sign.PROMISE_MISSED)
    if Update.objects.filter(incident__in=incidents, data_safe="unknown").exists():
        found.add(Sign.DATA_UNKNOWN)
    if any(_came_back(incident) for incident in incidents):
        found.add(Sign.CAME_BACK)
    return found


def _came_back(incident: Incident) -> bool:
    before = incident.came_back_of
    if before is None:
        return False
    return incident.began_at - (before.resolved_at or before.began_at) <= COMES_BACK_WITHIN
