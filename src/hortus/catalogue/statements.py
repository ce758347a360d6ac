"""Verbs of statements: say how a function stands, and say "still so". Only persons speak; nothing here proposes."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from django.db import transaction

from hortus.access.models import Person
from hortus.catalogue import functions
from hortus.catalogue.models import Bulletin, Function, PlannedWork, Statement
from hortus.catalogue.rules import Condition, DataSafe, RunningJobs
from hortus.catalogue.sentences import SILENT, Sentences
from hortus.ledger import clock
from hortus.values.plots import Plot
from hortus.values.refused import Refused

URGENT = Plot.named("products-urgent")
LATEST_UPDATE = timedelta(days=90)


@dataclass(frozen=True, slots=True)
class Words:
    """What somebody says. condition: a value of Condition. next_update_at: until when they promise to say more.

    data_safe: whether what researchers stored is safe, a value of DataSafe; running_jobs: what becomes of jobs that
    run, a value of RunningJobs; "" where nothing is said of it.
    """

    condition: str
    sentences: Sentences = SILENT
    next_update_at: datetime | None = None
    data_safe: str = ""
    running_jobs: str = ""


def _refuse_unknown(words: Words) -> None:
    for field, known in (("data_safe", DataSafe), ("running_jobs", RunningJobs)):
        if (given := getattr(words, field)) and given not in set(known):
            choices = ", ".join(known)
            raise Refused(f"unknown-{field.replace('_', '-')}", f"{given!r} is not one of {choices}.", field)


def _checked(words: Words, at: datetime) -> Words:
    _refuse_unknown(words)
    if words.condition not in set(Condition):
        known = ", ".join(Condition)
        raise Refused("unknown-condition", f"{words.condition!r} is not one of {known}.", "condition")
    condition, sentences = Condition(words.condition), words.sentences.checked()
    if condition.is_trouble and not sentences:
        raise Refused(
            "says-nothing",
            f"Something that is {condition.word} needs words: say what researchers can do, cannot do, or do instead.",
            "cannot",
        )
    if condition is Condition.WORKING:
        for field in ("cannot", "instead"):
            if getattr(sentences, field):
                raise Refused(
                    "works-but", "It is said to work, so clear this, or choose another condition than working.", field
                )
    refuse_far(words.next_update_at, at)
    return replace(words, condition=condition, sentences=sentences)


def refuse_far(due: datetime | None, at: datetime) -> None:
    """Refuse a next word that is due before `at` or in more than 90 days."""
    if due is not None and not at < due <= at + LATEST_UPDATE:
        raise Refused("bad-next-update", "The next word must be due in the coming 90 days.", "next_update_at")


def _refuse_retired(function: Function) -> None:
    if function.retired_on is not None:
        raise Refused("retired", f"{function} is retired and not on the status page; reopen it first.")


@transaction.atomic
def say(
    function: Function, words: Words, *, by: Person, door: str, is_proposed: bool = False, at: datetime | None = None,
    bulletin: Bulletin | None = None,
) -> Statement:  # fmt: skip
    """Say how a function stands, from now on until it grows too old or somebody speaks again; return the statement.

    The same words once more are kept as a confirmation. is_proposed: it accepts what a measurement proposed. at: when
    it was said (aware), now when left out. bulletin: the one that says it. Raises Refused when the function is
    retired, the condition, the safety of data or the fate of jobs is unknown, trouble is told without any sentence, a
    sentence is not allowed, something that works is said to have something that one cannot do, or the next update is
    not in the coming 90 days.
    """
    _refuse_retired(function)
    now = at or clock.now()
    words = _checked(words, now)
    source = Statement.Source.PROPOSAL if is_proposed else Statement.Source.PERSON
    last = Statement.objects.filter(function=function).first()
    repeats = last is not None and _words_of(last) == words and not _work_began(function, last, now)
    return _publish(function, words, by, door, source, now, is_confirmation=repeats, bulletin=bulletin)


def _words_of(said: Statement) -> Words:
    sentences = Sentences(said.can, said.cannot, said.instead)
    return Words(said.condition, sentences, said.next_update_at, said.data_safe, said.running_jobs)


def _work_began(function: Function, last: Statement, now: datetime) -> bool:
    """Say whether planned work that is going on began after the last word, so that the page shows the work."""
    begun = PlannedWork.objects.standing().filter(functions=function, begins_at__gt=last.said_at, begins_at__lte=now)
    return bool(begun.ending_after(now).exists())


@transaction.atomic
def confirm(function: Function, *, by: Person, door: str, at: datetime | None = None) -> Statement:
    """Say that the last word about a function still holds; return the statement, which repeats it.

    A promised update that is over is not promised again. Raises Refused when the function is retired, nothing was said
    yet, or planned work has begun since: then it takes new words.
    """
    _refuse_retired(function)
    now = at or clock.now()
    last = Statement.objects.filter(function=function).first()
    if last is None:
        raise Refused("nothing-said", f"Nothing was said about {function} yet, so there is nothing to confirm.")
    if _work_began(function, last, now):
        raise Refused("planned-work", f"Planned work on {function} has begun since the last word; say what is so now.")
    due = last.next_update_at if last.next_update_at and last.next_update_at > now else None
    words = replace(_words_of(last), next_update_at=due)
    return _publish(function, words, by, door, Statement.Source.PERSON, now, is_confirmation=True)


def _publish(
    function: Function, words: Words, by: Person, door: str, source: str, at: datetime,
    *, is_confirmation: bool, bulletin: Bulletin | None = None,
) -> Statement:  # fmt: skip
    said = words.sentences
    statement = Statement.objects.create(
        team=function.team, function=function, condition=words.condition, can=said.can, cannot=said.cannot,
        instead=said.instead, next_update_at=words.next_update_at, said_at=at, by=by, source=source,
        is_confirmation=is_confirmation, data_safe=words.data_safe, running_jobs=words.running_jobs, bulletin=bulletin,
    )  # fmt: skip
    functions.tell(
        function, "confirmed" if is_confirmation else "described", by=by, door=door, at=at,
        plot=URGENT if Condition(words.condition).is_trouble else functions.CARE,
        payload={"condition": str(words.condition), "source": str(source)},
    )  # fmt: skip
    return statement
