"""Verbs of functions: add, change, retire and reopen what researchers do with the services, each with its event."""

from dataclasses import dataclass, fields
from datetime import date, datetime, timedelta

from django.db import IntegrityError, transaction
from django.db.models import Max
from django.utils import timezone

from hortus.access.models import Person, Team
from hortus.access.policy import Kind
from hortus.catalogue import findable
from hortus.catalogue.models import Function, Service
from hortus.catalogue.sentences import LONGEST_SENTENCE, plain
from hortus.ledger import search
from hortus.ledger.actions import record
from hortus.ledger.refs import Ref
from hortus.values.plots import Plot
from hortus.values.refused import Refused
from hortus.web.slugs import in_use, slug_for, taken

CARE = Plot.named("products-care")
GROWTH = Plot.named("products-growth")
LONGEST_NAME = 80  # characters, as the table holds them
SHORTEST, LONGEST = timedelta(minutes=5), timedelta(days=90)  # how long a word may last
DEFAULT_INTERVAL = timedelta(days=30)
LAST_PLACE = 9_999


@dataclass(frozen=True, slots=True)
class Details:
    """What can be said of a function. confirm_every_seconds: 300 to 7,776,000. service: of the team, or None."""

    name: str
    sentence: str
    confirm_every_seconds: int
    service: Service | None = None
    place: int | None = None  # 0 to 9,999; None: where it stands, a new one at the end


def ref(function: Function) -> Ref:
    """Return the ledger's reference to a function."""
    return Ref("function", function.slug, function.name)


def tell(
    function: Function, verb: str, *, by: Person | None, door: str, plot: Plot = CARE, at: datetime | None = None,
    payload: dict[str, object] | None = None,
) -> None:  # fmt: skip
    """Write an event about a function, and what can be found of it from now on, in the caller's transaction."""
    service = function.service.slug if function.service else ""
    record(function.team, verb, ref(function), by=by, source=door, plot=plot, service=service, at=at, payload=payload)
    found = findable.function(function)
    search.index(function.team, ref(function), kind=Kind.FUNCTION, title=found.title, body=found.body)


def _checked(team: Team, details: Details, place: int | None = None) -> Details:
    """Return the details as they are kept; place: where the function stands already, None for a new one."""
    name = plain(details.name, "name", LONGEST_NAME, required=True)
    sentence = plain(details.sentence, "sentence", LONGEST_SENTENCE, required=True)
    every = details.confirm_every_seconds
    if not SHORTEST.total_seconds() <= every <= LONGEST.total_seconds():
        raise Refused(
            "bad-interval",
            f"A word can last 300 seconds (5 minutes) to 7776000 seconds (90 days), got {every}.",
            "confirm_every_seconds",
        )
    if details.place is not None and not 0 <= details.place <= LAST_PLACE:
        raise Refused("bad-place", f"The place must be 0 to {LAST_PLACE}, got {details.place}.", "place")
    if details.service is not None and details.service.team_id != team.pk:
        raise Refused("not-in-team", f"{details.service} is not a service of {team}; choose one that is.", "service")
    wanted = details.place if details.place is not None else place
    return Details(name, sentence, every, details.service, _next_place(team) if wanted is None else wanted)


def _next_place(team: Team) -> int:
    last: int | None = Function.objects.filter(team=team).aggregate(last=Max("place"))["last"]
    return 0 if last is None else min(last + 1, LAST_PLACE)


@transaction.atomic
def add(
    team: Team, details: Details, *, by: Person | None, door: str, slug: str = "", at: datetime | None = None
) -> Function:
    """Add a function to a team's status page and return it; until somebody speaks it is not confirmed.

    slug: its name in URLs, made from its name when left out. door: where it was asked ("web", "api", "sample").
    at: when, now when left out. Raises Refused when a detail is not allowed or the slug is taken.
    """
    details = _checked(team, details)
    slug = slug_for(slug, details.name, "function", in_use(Function.objects.filter(team=team)))
    function = Function(team=team, slug=slug, added_at=at or timezone.now())
    _lay(function, details)
    try:
        with transaction.atomic():
            function.save(force_insert=True)
    except IntegrityError:  # two at once: the other was first
        raise taken(slug, "function") from None
    tell(function, "added", by=by, door=door, plot=GROWTH, at=at)
    return function


def _lay(function: Function, details: Details) -> list[str]:
    changed = [f.name for f in fields(details) if getattr(function, f.name) != getattr(details, f.name)]
    for name in changed:
        setattr(function, name, getattr(details, name))
    return changed


@transaction.atomic
def change(function: Function, details: Details, *, by: Person | None, door: str) -> list[str]:
    """Change what is said of a function; return the names of the fields that changed, none when nothing did."""
    changed = _lay(function, _checked(function.team, details, function.place))
    if changed:
        function.save(update_fields=changed)
        tell(function, "changed", by=by, door=door, payload={"fields": changed})
    return changed


@transaction.atomic
def retire(function: Function, on: date, *, by: Person | None, door: str) -> None:
    """Take a function off the status page since a day; its history stays. Raises Refused when it is retired already."""
    if function.retired_on is not None:
        raise Refused("retired", f"{function} is retired since {function.retired_on:%-d %B %Y} already.", "on")
    function.retired_on = on
    function.save(update_fields=["retired_on"])
    tell(function, "retired", by=by, door=door, payload={"on": on.isoformat()})


@transaction.atomic
def reopen(function: Function, *, by: Person | None, door: str) -> None:
    """Put a retired function back on the status page. Raises Refused when it is not retired."""
    if function.retired_on is None:
        raise Refused("not-retired", f"{function} is not retired, so there is nothing to open again.")
    function.retired_on = None
    function.save(update_fields=["retired_on"])
    tell(function, "reopened", by=by, door=door)
