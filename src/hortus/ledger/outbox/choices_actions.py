"""The verb of choices: what a person wants to hear of a team, and when.

No event is written: what somebody wants to hear, and when they sleep, is their own and is told to nobody.
"""

from collections.abc import Mapping

from django.db import transaction

from hortus.access import wording
from hortus.access.models import Person, Team
from hortus.ledger.outbox.choice_models import Hearing, TopicChoice
from hortus.ledger.outbox.choices_rules import Hours, checked
from hortus.ledger.outbox.topics import Topic, Way, topics
from hortus.values.refused import Refused


def choosable() -> list[Topic]:
    """Return the topics that people choose about; those of safety are among them, and stay as they are."""
    return [one for one in topics() if one.for_persons]


def hours_of(team: Team, person: Person) -> Hours:
    """Return a person's hours in a team, as they stand."""
    held = Hearing.objects.filter(team=team, person=person).first()
    return held.hours("") if held else Hours("")


def ways_of(team: Team, person: Person) -> dict[str, Way]:
    """Return by topic how a person gets its messages: as they chose, else as the topic comes."""
    chosen = dict(TopicChoice.objects.filter(team=team, person=person).values_list("topic", "way"))
    return {one.slug: Way.AT_ONCE if one.is_safety else Way(chosen.get(one.slug, one.way)) for one in choosable()}


@transaction.atomic
def choose(team: Team, person: Person, hours: Hours, ways: Mapping[str, str]) -> None:
    """Keep a person's hours and how they want each topic. hours.zone: "" for the team's. Raises Refused.

    ways: by slug of the topic; one that is left out stays as it is. What waits already is not moved, but what is
    turned off is no longer sent.
    """
    kept = checked(hours)
    zone = wording.zone(kept.zone) if kept.zone else ""
    given = {
        "quiet_from": kept.quiet_from,
        "quiet_until": kept.quiet_until,
        "digest_hour": kept.digest_hour,
        "zone": zone,
    }
    known = {one.slug: one for one in choosable()}
    for slug, way in ways.items():
        _refuse_wrong(slug, way, known)
    Hearing.objects.update_or_create(team=team, person=person, defaults=given)
    before = ways_of(team, person)
    for slug, way in ways.items():
        if before[slug] != way:
            TopicChoice.objects.update_or_create(team=team, person=person, topic=slug, defaults={"way": way})


def _refuse_wrong(slug: str, way: str, known: Mapping[str, Topic]) -> None:
    if slug not in known:
        listed = ", ".join(known) or "none yet"
        raise Refused("unknown-topic", f"{slug[:40]!r} is no topic; there are {listed}.", "topics")
    if way not in list(Way):
        raise Refused("unknown-way", f"{way[:40]!r} is no way; choose one of {', '.join(Way)}.", "topics")
    if known[slug].is_safety and way != Way.AT_ONCE:
        raise Refused("safety", f"Messages about {slug} are of safety: they always come at once.", "topics")
