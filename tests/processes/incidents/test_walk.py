"""Any verb at any time, by anybody: what is refused changes nothing, and the events tell where an incident stands."""

import random
from collections.abc import Callable
from datetime import timedelta

import pytest

from hortus.access.models import Person, Team
from hortus.ledger.models import Event
from hortus.processes.incidents import actions, merging, moves, questions, roles, words
from hortus.processes.incidents.models import Incident, RoleHeld
from hortus.processes.incidents.words import Said
from hortus.values.refused import Refused
from tests.processes.incidents.course_of import NOON, told_again

pytestmark = pytest.mark.django_db
Verb = Callable[[Incident, Person, random.Random, dict[str, object]], object]

VERBS: list[Verb] = [
    lambda one, by, chance, how: words.update(
        one,
        Said(trying="We look."),
        by=by,
        then=chance.choice(words.THEN),
        door="test",
        **how,  # type: ignore[arg-type]
    ),
    lambda one, by, chance, how: moves.contain(one, by=by, door="test", **how),  # type: ignore[arg-type]
    lambda one, by, chance, how: moves.regress(one, by=by, door="test", **how),  # type: ignore[arg-type]
    lambda one, by, chance, how: moves.resolve(one, by=by, door="test", **how),  # type: ignore[arg-type]
    lambda one, by, chance, how: moves.reopen(one, by=by, door="test", **how),  # type: ignore[arg-type]
    lambda one, by, chance, how: moves.close(one, by=by, door="test", **how),  # type: ignore[arg-type]
    lambda one, by, chance, how: moves.dismiss(one, reason="No", by=by, door="test", **how),  # type: ignore[arg-type]
    lambda one, by, chance, how: moves.undismiss(one, by=by, door="test", **how),  # type: ignore[arg-type]
    lambda one, by, chance, how: roles.take_lead(one, by=by, door="test", reason="Mine", **how),  # type: ignore[arg-type]
    lambda one, by, chance, how: roles.take_command(one, by=by, door="test", **how),  # type: ignore[arg-type]
    lambda one, by, chance, how: roles.accept_lead(one, by=by, door="test", **how),  # type: ignore[arg-type]
    lambda one, by, chance, how: roles.assign(one, "deputy", by, by=by, door="test", **how),  # type: ignore[arg-type]
    lambda one, by, chance, how: questions.ask(one, "When?", by=by, door="test", **how),  # type: ignore[arg-type]
    lambda one, by, chance, how: actions.set_long(one, chance.random() < 0.5, by=by, door="test", **how),  # type: ignore[arg-type]
]


def check(incident: Incident) -> None:
    """Check what always holds."""
    incident.refresh_from_db()
    leads = RoleHeld.objects.filter(incident=incident, role="lead", until=None).count()
    assert leads == incident.promises.standing().count() == int(incident.is_open)
    assert told_again(incident) == incident.course
    assert not incident.promises.filter(kept_at__isnull=False, missed_at__isnull=False).exists()


@pytest.mark.parametrize("seed", range(4))
def test_any_walk_leaves_one_lead_one_promise_and_events_that_tell_it(
    team: Team, member: Person, lead: Person, admin: Person, seed: int
) -> None:
    chance, at = random.Random(seed), NOON
    people = [member, lead, admin]
    actions.report(team, "Something", by=member, door="test", at=at)
    actions.declare(team, "Scratch is away", by=lead, door="test", at=at)
    for _ in range(40):
        at += timedelta(minutes=chance.choice([0, 1, 7, 40, 300]))
        incident = chance.choice(list(Incident.objects.order_by("number")))
        by, how = chance.choice(people), {"at": at}
        before, events = incident.course, Event.objects.count()
        verb = chance.choice(VERBS)
        try:
            if chance.random() < 0.05:
                other = chance.choice(list(Incident.objects.order_by("number")))
                merging.merge(incident, other, by=by, door="test", at=at)
            else:
                verb(incident, by, chance, how)  # type: ignore[arg-type]
        except Refused:
            assert (Incident.objects.get(pk=incident.pk).course, Event.objects.count()) == (before, events)
        for one in Incident.objects.all():
            check(one)
        if not Incident.objects.live().exists():
            actions.declare(team, "Another", by=chance.choice(people), door="test", at=at)
