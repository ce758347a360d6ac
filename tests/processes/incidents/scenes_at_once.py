"""Scenes of several persons who act on an incident in the same moment; run inside a place, it prints what came of each.

Each person is a thread with a connection of its own to a real database, so that both databases show how they line up.
"""

import json
import threading
from collections.abc import Callable, Sequence
from typing import Any

from django.db import connection, transaction

from hortus.access.models import Membership, Person, Team
from hortus.catalogue.models import Service
from hortus.ledger import clock
from hortus.ledger.models import Event
from hortus.ledger.refs import Ref
from hortus.processes.incidents import actions, listening, moves, roles, words
from hortus.processes.incidents.models import Incident, RoleHeld, Update
from hortus.processes.incidents.words import Outcome, Said
from hortus.telemetry.alerts.standing import Change, Changed, Standing
from hortus.values.refused import Refused
from tests.processes.incidents.course_of import told_again


def together(acts: Sequence[Callable[[], Any]]) -> list[Any]:
    """Do all at the same moment; return what each returned or raised."""
    gate, found = threading.Barrier(len(acts)), [None] * len(acts)

    def one(place: int) -> None:
        gate.wait(20)
        try:
            found[place] = acts[place]()
        except Exception as error:
            found[place] = error
        finally:
            connection.close()

    threads = [threading.Thread(target=one, args=(place,)) for place in range(len(acts))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    return found


def _word(result: Any) -> str:
    """Return what somebody saw: done, moved, kept with a sentence, refused with a code, or a fault."""
    if isinstance(result, Outcome):
        return f"{result.moved or 'written'}: {result.why_not}" if result.why_not else str(result.moved or "written")
    if isinstance(result, Refused):
        return f"refused: {result.code}"
    return f"fault: {result!r}" if isinstance(result, Exception) else "done"


def resolve_twice_and_write(team: Team, people: Sequence[Person]) -> dict[str, Any]:
    ada, bo, cy = people
    incident = actions.declare(team, "Scratch is away", by=ada, door="web")
    found = together([
        lambda: words.update(incident, Said(trying="Ada's last word."), by=ada, door="web", then="resolve"),
        lambda: words.update(incident, Said(trying="Bo's last word."), by=bo, door="web", then="resolve"),
        lambda: words.update(incident, Said(trying="What Cy writes meanwhile."), by=cy, door="web"),
    ])  # fmt: skip
    incident.refresh_from_db()
    mine = Event.objects.about("incident", str(incident.number))
    return {
        "saw": [_word(one) for one in found], "state": incident.state,
        "words": sorted(Update.objects.filter(incident=incident).values_list("trying", flat=True)),
        "transitions": mine.filter(verb="resolved").count(), "promises": incident.promises.standing().count(),
        "is_told_again": told_again(incident) == incident.course,
    }  # fmt: skip


def press_resolve_twice(team: Team, people: Sequence[Person]) -> dict[str, Any]:
    incident = actions.declare(team, "Scratch is away", by=people[0], door="web")
    words.update(incident, Said(trying="It was a cable."), by=people[0], door="web")
    found = together([lambda by=by: moves.resolve(incident, by=by, door="web") for by in people[:2]])  # type: ignore[misc]
    return {"saw": sorted(_word(one) for one in found)}


def one_key_many_times(team: Team, people: Sequence[Person]) -> dict[str, Any]:
    ada = people[0]
    found = together([lambda: actions.declare(team, "Once", by=ada, door="api", client_key="k1")] * 6)
    incident, said = Incident.objects.get(title="Once"), Said(trying="We restart it.")
    rows = together([lambda: words.update(incident, said, by=ada, door="api", client_key="k2")] * 6)
    return {
        "saw": sorted({_word(one) for one in found + rows}), "updates": incident.updates.count(),
        "declared": Event.objects.about("incident", str(incident.number)).filter(verb="declared").count(),
    }  # fmt: skip


def declare_many(team: Team, people: Sequence[Person]) -> dict[str, Any]:
    before = Incident.objects.count()
    together([lambda: actions.declare(team, "Many", by=people[0], door="web")] * 6)
    numbers = sorted(Incident.objects.filter(title="Many").values_list("number", flat=True))
    return {"numbers": numbers, "expected": list(range(before + 1, before + 7))}


def take_command_twice(team: Team, people: Sequence[Person]) -> dict[str, Any]:
    incident = actions.declare(team, "Who leads", by=people[0], door="web")
    found = together([lambda by=by: roles.take_command(incident, by=by, door="web") for by in people[1:]])  # type: ignore[misc]
    leads = RoleHeld.objects.filter(incident=incident, role="lead", until=None)
    return {"saw": [_word(one) for one in found], "leads": leads.count(),
            "is_told_again": told_again(incident) == incident.course}  # fmt: skip


def alerts_of_a_service(team: Team, people: Sequence[Person]) -> dict[str, Any]:
    """Several notices about one service come together with somebody who ends what another service has."""
    kinds = {"sort": "cluster", "sentence": "Runs jobs."}
    for slug in ("alder", "birch"):
        Service.objects.create(team=team, slug=slug, name=slug.capitalize(), **kinds)

    def heard(number: int, *slugs: str) -> None:
        refs = [Ref("alert", f"{number}-{slug}", f"{slug} is slow") for slug in slugs]
        shown = [Standing(ref, ref.name, clock.now(), "/", service=slug) for ref, slug in zip(refs, slugs, strict=True)]
        with transaction.atomic():
            listening.changed(team, [Changed(one, Change.OPENED, clock.now(), proposes=True) for one in shown])

    found = together([lambda n=n: heard(n, *(("alder", "birch") if n % 2 else ("birch", "alder"))) for n in range(6)])  # type: ignore[misc]
    mine = Incident.objects.filter(services__slug__in=("alder", "birch"))
    return {"saw": sorted({_word(one) for one in found}), "incidents": mine.count(),
            "links": sorted(one.links.count() for one in mine)}  # fmt: skip


def watch_many_times(team: Team, people: Sequence[Person]) -> dict[str, Any]:
    incident = actions.declare(team, "Who watches", by=people[0], door="web")
    found = together([lambda by=by: roles.watch(incident, by=by, door="web") for by in people[1:] * 3])  # type: ignore[misc]
    return {"saw": sorted({_word(one) for one in found}),
            "watch": incident.roles.now().filter(role="observer").count()}  # fmt: skip


SCENES = (
    alerts_of_a_service, watch_many_times, resolve_twice_and_write, press_resolve_twice, one_key_many_times,
    declare_many, take_command_twice,
)  # fmt: skip


def main() -> None:
    """Play all scenes and print what came of each as one JSON document."""
    team, people = Team.objects.get(), [Person.objects.get()]
    for name in ("bo", "cy"):
        people.append(Person.objects.create_user(f"{name}@example.org", name.capitalize()))
        Membership.objects.create(team=team, person=people[-1], role="member")
    print(json.dumps({scene.__name__: scene(team, people) for scene in SCENES}))
