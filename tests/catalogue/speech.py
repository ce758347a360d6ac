"""Makers for the tests of the status: a function, and something said about it."""

import re
from datetime import datetime, timedelta

from django.http import HttpResponse
from django.utils import timezone

from hortus.access.models import Person, Team
from hortus.catalogue import functions, planned_work, publication, statements
from hortus.catalogue.models import Function, PlannedWork, Statement
from hortus.catalogue.sentences import Sentences
from hortus.catalogue.statements import Words

TIMES = {"begins_at": timedelta(hours=-1), "ends_at": timedelta(hours=2)}


def a_function(team: Team, name: str = "Scratch", every: timedelta = timedelta(hours=12)) -> Function:
    """Add a function, ten days ago."""
    details = functions.Details(name, f"Use {name.lower()}.", int(every.total_seconds()))
    return functions.add(team, details, by=None, door="web", at=timezone.now() - timedelta(days=10))


def said(
    function: Function, by: Person, condition: str = "working", ago: timedelta = timedelta(0), **sentences: str
) -> Statement:
    """Say something, some time ago."""
    if condition not in {"working", "not-confirmed"} and not sentences:
        sentences = {"cannot": "Write files."}
    words = Words(condition, Sentences(**sentences))
    return statements.say(function, words, by=by, door="web", at=timezone.now() - ago)


def a_work(
    function: Function, by: Person, begins: timedelta = timedelta(days=2), ends: timedelta = timedelta(days=2, hours=4),
    announced: datetime | None = None, **sentences: str,
) -> PlannedWork:  # fmt: skip
    """Announce work on a function, from now on."""
    now = timezone.now()
    plan = planned_work.Plan("Maintenance", [function], now + begins, now + ends, Sentences(**sentences))
    return planned_work.announce(function.team, plan, by=by, door="web", at=announced)


def opened(team: Team) -> None:
    """Show the status page to everybody."""
    publication.settle(team, is_public=True, where_to_turn="Write to help@example.org.", by=None, door="web")


def text(answer: HttpResponse) -> str:
    """Return the words of a page, in one line."""
    return " ".join(re.sub(r"<[^>]*>", " ", answer.content.decode()).split())
