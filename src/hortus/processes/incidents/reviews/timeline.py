"""The draft of "how we got here": what the ledger knows of the incidents, without the names of persons."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from hortus.access.models import Membership
from hortus.ledger import refs
from hortus.ledger.models import Event
from hortus.processes.incidents.reviews.models import Review


@dataclass(frozen=True, slots=True)
class Moment:
    """One thing that happened: when (aware), in which incident, and what, in words."""

    at: datetime
    incident: str
    words: str


def of(review: Review) -> list[Moment]:
    """Return what happened to the incidents of a review, in order; a member's name in it becomes "somebody"."""
    numbers = [str(number) for number in review.incidents.order_by("number").values_list("number", flat=True)]
    events = Event.objects.filter(team=review.team, object_kind="incident", object_id__in=numbers)
    names = _names(review)
    return [
        Moment(event.occurred_at, event.object_id, names.sub("somebody", ": ".join([event.verb, *_told(event)])))
        for event in events.order_by("occurred_at", "id")
    ]


def _told(event: Event) -> Sequence[str]:
    return refs.told("incident", event.verb, event.payload)


def _names(review: Review) -> re.Pattern[str]:
    """Return what finds the full name of any member, the longest first."""
    members = Membership.objects.filter(team=review.team).values_list("person__name", flat=True)
    names = sorted(filter(None, members), key=lambda name: (-len(name), name))
    return re.compile("|".join(rf"(?<!\w){re.escape(name)}(?!\w)" for name in names) or r"(?!)")


def draft(review: Review) -> str:
    """Return the moments as Markdown, a line each, times in the team's zone; "" when there are none."""
    return "\n".join(_lines(of(review), review))


def _lines(moments: Iterable[Moment], review: Review) -> Iterable[str]:
    zone, day, found = review.team.zoneinfo, None, list(moments)
    several = len({moment.incident for moment in found}) > 1
    for moment in found:
        local = moment.at.astimezone(zone)
        if local.date() != day:
            day = local.date()
            yield f"\n**{local:%-d %B %Y}**, times of {zone.key}\n"
        which = f"incident {moment.incident}, " if several else ""
        yield f"- {local:%H:%M} {which}{' '.join(moment.words.split())}"
