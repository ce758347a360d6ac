"""The catalogue's part of the sample garden: the services of a university that does not exist, and their status."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial

from django.db import transaction

from hortus.access.models import Team
from hortus.access.sample import World
from hortus.catalogue import functions, planned_work, publication, statements, windows
from hortus.catalogue.actions import Details, add
from hortus.catalogue.models import Function, PlannedWork, Service
from hortus.catalogue.rules import Condition
from hortus.catalogue.sentences import Sentences
from hortus.catalogue.statements import Words

# slug, name, sort, sentence, owner and deputy as places in the list of persons (None: nobody yet).
SERVICES: tuple[tuple[str, str, str, str, int | None, int | None], ...] = (
    ("alder", "Alder cluster", "cluster", "Run batch jobs on shared CPU and GPU nodes.", 1, 2),
    ("peat", "Peat storage", "storage", "Keep project data safe, shared and close to the cluster.", 3, 4),
    ("glasshouse", "Glasshouse notebooks", "interactive", "Open a notebook or a desktop in the browser.", 5, None),
    ("hedgerow", "Hedgerow transfer", "data", "Move large data to and from partners elsewhere.", 4, 3),
    ("toolshed", "Toolshed software", "software", "Load tested research software by name and version.", 6, 7),
    ("potting-bench", "The potting bench", "support", "Bring a question and work it out with one of us.", 8, 9),
)


DAYS = 91  # of status before the sample's end
TENDED, MORNING = ("scratch", "home"), timedelta(hours=3)  # once a month
Step = tuple[datetime, Callable[[], object]]
"""Something that was said or done, and when."""


@dataclass(frozen=True, slots=True)
class Lived:
    """A function of the sample: what it is, how long a word lasts, and what was said, by days before the end."""

    slug: str
    name: str
    sentence: str
    service: str
    lasts_days: int
    speaker: int
    told: tuple[tuple[float, Words], ...] = ()
    silent_days: float = 0  # nobody confirmed it in the last days


def _words(condition: Condition, can: str = "", cannot: str = "", instead: str = "") -> Words:
    return Words(condition, Sentences(can, cannot, instead))


WORKS = _words(Condition.WORKING)
FUNCTIONS: tuple[Lived, ...] = (
    Lived("log-in", "Log in", "Reach the login nodes by SSH with your university account.", "alder", 7, 1, (
        (38.2, _words(Condition.PARTLY_UNAVAILABLE, "log in from the campus network.",
                      "log in from outside: the gate refuses every key.", "go through the university's VPN.")),
        (37.9, WORKS),
    )),
    Lived("submit", "Submit jobs", "Hand a job to the queue of Alder and see its place.", "alder", 7, 1),
    Lived("running-jobs", "Running jobs", "Jobs that have started run to their end.", "alder", 7, 2, (
        (61.5, _words(Condition.DEGRADED, "submit as always; what was lost starts anew by itself.",
                      "get back what ran on 12 nodes of rack 4 when its power failed.",
                      "write checkpoints if your job runs for days.")),
        (60.4, WORKS),
        (1.3, _words(Condition.AT_RISK, "do everything, for now.",
                     "count on long GPU jobs: the cooling of their room runs on its spare.",
                     "keep GPU jobs under 12 hours this week.")),
    )),
    Lived("scratch", "Scratch", "Read and write the fast, temporary files of running jobs.", "peat", 7, 3, (
        (24.42, _words(Condition.UNAVAILABLE, "work in your home folder.",
                      "reach scratch: it does not answer, and jobs that use it wait.")),
        (24.3, WORKS),
        (0.12, _words(Condition.DEGRADED, "read and write; nothing is lost.",
                      "list large folders in seconds: it takes minutes.",
                      "keep many small files in one archive, and unpack it on the node.")),
    )),
    Lived("home", "Home", "Find your own files, with a copy of every night.", "peat", 14, 4),
    Lived("transfer", "Transfer", "Move data to and from partners elsewhere.", "hedgerow", 14, 4, silent_days=19),
    Lived("interactive", "Interactive work", "Open a notebook or a desktop in the browser.", "glasshouse", 14, 5, (
        (12.5, _words(Condition.DEGRADED, "go on in notebooks that were open before.",
                      "open a new notebook in less than ten minutes.")),
        (12.1, WORKS),
    )),
    Lived("support", "Support", "Ask a question and get an answer from a person within a day.", "potting-bench", 14, 8),
)  # fmt: skip


@transaction.atomic
def plant(team: Team, world: World) -> None:
    """Add services, functions with a quarter of their status, and planned work to a sample team.

    The world needs ten persons who are members of the team.
    """
    for slug, name, sort, sentence, owner, deputy in SERVICES:
        one, two = (world.persons[place] if place is not None else None for place in (owner, deputy))
        add(team, Details(name, sort, sentence, one, two), by=world.persons[0], door="sample", slug=slug)
    made = {lived.slug: _listed(team, world, lived) for lived in FUNCTIONS}
    steps = [step for lived in FUNCTIONS for step in _lived(team, world, lived, made[lived.slug])]
    steps += _tended(team, world, [made[slug] for slug in TENDED])
    for _, step in sorted(steps, key=lambda one: one[0]):
        step()
    begins = (world.until + timedelta(days=9)).astimezone(team.zoneinfo)
    begins = begins.replace(hour=8, minute=0, second=0, microsecond=0)
    plan = planned_work.Plan(
        "Maintenance day of Alder", [made["submit"], made["running-jobs"]], begins, begins + timedelta(hours=9),
        Sentences(
            "log in, read and write all files; what you submitted waits in the queue.",
            "run jobs: all nodes get new firmware.",
            "give your job a time limit that ends before 08:00, and it still starts.",
        ),
    )  # fmt: skip
    planned_work.announce(team, plan, by=world.persons[1], door="sample", at=world.until - timedelta(days=5))
    line = "Something else is wrong? Write to help@aldermoor.example or come to the potting bench."
    publication.settle(team, is_public=True, where_to_turn=line, by=world.persons[0], door="sample")


def _mornings(team: Team, world: World) -> list[datetime]:
    """Return when the maintenance mornings of the storage begin: each first Tuesday of the quarter, but not today."""
    days = ((world.until - timedelta(days=days)).astimezone(team.zoneinfo) for days in range(DAYS - 1, 0, -1))
    return [
        day.replace(hour=6, minute=0, second=0, microsecond=0) for day in days if day.weekday() == 1 and day.day <= 7
    ]  # fmt: skip


def _tended(team: Team, world: World, functions: Sequence[Function]) -> Iterator[Step]:
    """Yield what was done about each maintenance morning of the storage: announced a week before, begun, over."""
    who, works = world.persons[3], dict[datetime, PlannedWork]()

    def announce(begins: datetime) -> None:
        plan = planned_work.Plan(
            "Maintenance morning of Peat", functions, begins, begins + MORNING,
            Sentences("submit jobs; they wait.", "reach scratch and home for some minutes at a time."),
        )  # fmt: skip
        at = begins - timedelta(days=7)
        works[begins] = planned_work.announce(team, plan, by=who, door="sample", at=at)

    def end(begins: datetime) -> None:
        said = [(function, WORKS) for function in functions]
        windows.finish(works[begins], said, by=who, door="sample", at=begins + MORNING)

    def step(verb: Callable[..., object], begins: datetime, at: datetime) -> None:
        verb(works[begins], by=who, door="sample", at=at)

    for begins in _mornings(team, world):
        checked = begins + MORNING - timedelta(minutes=20)
        yield begins - timedelta(days=7), partial(announce, begins)
        yield begins, partial(step, windows.start, begins, begins)
        yield checked, partial(step, windows.check, begins, checked)
        yield begins + MORNING, partial(end, begins)


def _listed(team: Team, world: World, lived: Lived) -> Function:
    """Add a function, a quarter ago."""
    service = Service.objects.get(team=team, slug=lived.service)
    seconds = int(timedelta(days=lived.lasts_days).total_seconds())
    details = functions.Details(lived.name, lived.sentence, seconds, service)
    began = world.until - timedelta(days=DAYS)
    return functions.add(team, details, by=world.persons[0], door="sample", slug=lived.slug, at=began)


def _lived(team: Team, world: World, lived: Lived, made: Function) -> Iterator[Step]:
    """Yield all that was said about a function; what is None was said when maintenance was over."""
    speaker, began = world.persons[lived.speaker], world.until - timedelta(days=DAYS)
    told: list[tuple[datetime, Words | None]] = [(began + timedelta(hours=2), WORKS)]
    told += [(world.until - timedelta(days=days), words) for days, words in lived.told]
    if lived.slug in TENDED:
        told += [(begins + MORNING, None) for begins in _mornings(team, world)]
        told.sort(key=lambda one: one[0])
    end, rounds = world.until - timedelta(days=lived.silent_days), timedelta(days=lived.lasts_days * 0.8)
    for place, (at, words) in enumerate(told):
        if words is not None:
            yield at, partial(statements.say, made, words, by=speaker, door="sample", at=at)
        until = told[place + 1][0] if place + 1 < len(told) else end
        while (at := at + rounds) < until:
            yield at, partial(statements.confirm, made, by=speaker, door="sample", at=at)
