"""Procedures of the sample garden: one that a bad morning changed, one without its reason, runs that were and are."""

from datetime import datetime, timedelta

from hortus.access.models import Person, Team
from hortus.access.sample import World
from hortus.catalogue.models import Service
from hortus.ledger.models import Event
from hortus.ledger.refs import Ref
from hortus.processes.procedures import actions, runs
from hortus.processes.procedures.markdown import read
from hortus.processes.procedures.models import Procedure, Run
from hortus.processes.procedures.rules.course import Outcome, Waiting
from hortus.processes.procedures.runs import Word

DOOR = "sample"
DAY, MINUTE = timedelta(days=1), timedelta(minutes=1)
SERVER = """---
title: Bring back a metadata server of Scratch
goal: Scratch answers again, and we know whether data are safe.
why: While it is away no job can write, and a restart in the wrong order can lose what was not yet on disk.
good_result: A file can be written and read from a login node, and the journal of the first server is empty.
pause_point: The first metadata server has not answered for five minutes.
way_back: Stop both servers; the vendor's hotline takes it from there.
kind: read-do
---

## Tell users what they cannot do {#tell .critical}

Declare an incident, and promise the next word.
"""
JOURNAL = """
## Read the journal of the first server {#journal .check .critical}

It says whether data are safe. Read it before anything is restarted.

```sh
journalctl --unit mds --since -2h
```

Expected: the last line is a finished transaction.
"""
RESTART = """
## Start the second server {#second .critical}

```sh
systemctl start mds@second
```

Expected: it takes over within two minutes.

Undo: `systemctl stop mds@second`
"""
COLD = """
## Give it its password {#password .wait}

It asks for one when it starts cold. Two of us have it, in the safe of the team.
"""
END = """
## Write and read a file from a login node {#try .check .critical}

Expected: both take less than a second.

## Say that it is over {#over .critical}
"""
DRAIN = """---
title: Take a node out for repair
goal: A node that can be opened, without a lost job.
good_result: The node is down, and each job that ran on it ended by itself.
kind: do-confirm
---

## Ask whose jobs run there {#ask}

```sh
squeue --nodelist=$NODE
```

## Drain it {#drain .critical}

```sh
scontrol update nodename=$NODE state=drain reason="repair"
```

Undo: `scontrol update nodename=$NODE state=resume`

## Wait until it is empty {#wait .wait}

## Write its name on the board {#board}
"""
IMAGE = """---
title: Build a notebook image
goal: An image that anybody of us can build again.
why: One that was built by hand could not be built again when it broke.
good_result: The three test notebooks run in it, and its digest stands in the catalogue.
pause_point: A course or a group asks for software that no image has.
way_back: The image before stays in the registry; name it in the hub again.
kind: recipe
---

## Write what it needs into its recipe {#recipe .critical}

## Build it on the build host, not on your own {#build .script .critical}

```sh
make image NAME=$NAME
```

## Run the three test notebooks {#test .check .critical}

Expected: all cells end without an error.

## Offer it to one course first {#offer .decide}
"""


def plant(team: Team, world: World) -> None:
    """Write three procedures and follow them. The world needs eight persons, the team the sample's services."""
    _server(team, world)
    _drain(team, world)
    _image(team, world)


def _written(team: Team, text: str, service: str, owner: Person, at: datetime, slug: str) -> Procedure:
    services = list(Service.objects.filter(team=team, slug=service))
    return actions.write(team, read(text).content, by=owner, door=DOOR, slug=slug, services=services, at=at)


def _say(run: Run, key: str, by: Person, at: datetime, said: str = "done", note: str = "") -> None:
    run = Run.objects.get(pk=run.pk)
    step = next(one for one in run.version.content.steps if one.key == key)
    runs.say(run, Word(key, step.digest, said, note, seen=run.last_number), by=by, door=DOOR, at=at)


def _server(team: Team, world: World) -> None:
    """The procedure that was followed in the sample's incident at Scratch, and learned from it."""
    dov, farid = world.persons[3], world.persons[5]
    server = _written(team, SERVER + RESTART + END, "peat", farid, world.until - 160 * DAY, "metadata-server")
    rows = Event.objects.filter(team=team, object_kind="incident", object_name="Scratch does not answer")
    told = rows.order_by("occurred_at").first()
    if told is not None:
        about, at = Ref("incident", told.object_id, told.object_name), told.occurred_at + 10 * MINUTE
        run = runs.plan(server, by=dov, door=DOOR, reason="Scratch does not answer.", about=about, at=at)
        _say(run, "tell", dov, at)
        _say(
            run,
            "second",
            dov,
            at + 20 * MINUTE,
            "differently",
            "It waited for a password; somebody who knew it came by telephone.",
        )
        _say(run, "try", farid, at + 150 * MINUTE)
        _say(run, "over", farid, at + 161 * MINUTE)
        runs.check(run, by=farid, door=DOOR, at=at + 162 * MINUTE)
        runs.end(run, Outcome.PARTLY, "It is back; for an hour nobody could say whether data were safe.",
                 by=farid, door=DOOR, at=at + 163 * MINUTE)  # fmt: skip
    changed = read(SERVER + JOURNAL + RESTART + COLD + END).content
    reason = "The journal says whether data are safe, and the second server asks for a password."
    actions.publish(server, changed, base=1, reason=reason, by=farid, door=DOOR, at=world.until - 14 * DAY)


def _drain(team: Team, world: World) -> None:
    """A procedure that does not say why; two runs that ended well, and one that waits for the vendor."""
    chiara, bram = world.persons[2], world.persons[1]
    drain = _written(team, DRAIN, "alder", bram, world.until - 170 * DAY, "node-out")
    for days in (90, 31):
        at = world.until - days * DAY
        run = runs.plan(drain, by=chiara, door=DOOR, reason="A fan is loud.", at=at)
        for minutes, key in enumerate(("ask", "drain", "wait", "board")):
            _say(run, key, chiara, at + minutes * 40 * MINUTE)
        runs.check(run, by=chiara, door=DOOR, at=at + 170 * MINUTE)
        runs.end(run, Outcome.GOOD, "", by=chiara, door=DOOR, at=at + 171 * MINUTE)
    at = world.until - 2 * DAY
    run = runs.plan(drain, by=chiara, door=DOOR, reason="Memory errors on one node.", at=at)
    _say(run, "ask", chiara, at + 5 * MINUTE)
    _say(run, "drain", chiara, at + 9 * MINUTE)
    runs.wait(run, Waiting.OUTSIDE, "the vendor brings the memory", by=chiara, door=DOOR, at=at + 10 * MINUTE)


def _image(team: Team, world: World) -> None:
    """A procedure that is being followed by two; it was changed meanwhile, and the run has not moved yet."""
    efua, hugo = world.persons[4], world.persons[7]
    image = _written(team, IMAGE, "glasshouse", efua, world.until - 35 * DAY, "notebook-image")
    at = world.until - 1 * DAY
    run = runs.plan(image, by=hugo, door=DOOR, reason="A course needs R 4.5.", at=at)
    _say(run, "recipe", hugo, at + 30 * MINUTE)
    _say(run, "build", efua, at + 95 * MINUTE, "failed", "The mirror has no R 4.5 yet.")
    changed = IMAGE.replace("Run the three test notebooks", "Run the three test notebooks, and one of the course")
    actions.publish(
        image, read(changed).content, base=1, reason="The last image lacked what the course itself used.", by=efua,
        door=DOOR, at=at + 120 * MINUTE,
    )  # fmt: skip
