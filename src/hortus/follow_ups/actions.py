"""Verbs of follow-ups: add, hand on, move the day, end, open again; each with its event and who must hear of it."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.db import transaction

from hortus.access.models import Membership, Person, Team
from hortus.access.policy import Action, Kind, roles_that
from hortus.follow_ups import findable, telling
from hortus.follow_ups.models import FollowUp
from hortus.follow_ups.rules import State
from hortus.ledger import clock
from hortus.ledger.actions import record
from hortus.ledger.refs import Ref
from hortus.values.carriable import refuse_uncarriable
from hortus.values.plots import Plot
from hortus.values.refused import Refused

CARE = Plot.named("processes-care")
LONGEST = 300  # characters, as the table holds them
FARTHEST = timedelta(days=1100)
USUAL = timedelta(days=30)  # from today to the day that a form proposes


@dataclass(frozen=True, slots=True)
class Draft:
    """What shall be done. owner: a member who may change it, None: nobody yet. learning: what it follows from."""

    text: str
    due_on: date
    owner: Person | None = None
    learning: str = ""


def owners(team: Team, guard: Kind = Kind.FOLLOW_UP) -> "list[Person]":
    """Return the persons of a team who can own a follow-up of a guard, by name."""
    roles = set(roles_that(Action.UPDATE, Kind.FOLLOW_UP)) & set(roles_that(Action.UPDATE, guard))
    found = Membership.objects.filter(team=team, role__in=[role.value for role in roles], person__is_active=True)
    return [one.person for one in found.select_related("person").order_by("person__name", "person__pk")]


def ref(found: FollowUp) -> Ref:
    """Return the ledger's reference; the words of one that not everybody may read stay out of it."""
    return Ref("follow-up", str(found.pk), found.text if found.is_shared else "with words kept among few")


@transaction.atomic
def add(
    team: Team, draft: Draft, about: Ref, *, by: Person, door: str, guard: Kind = Kind.FOLLOW_UP,
    at: datetime | None = None,
) -> FollowUp:  # fmt: skip
    """Add a follow-up to an object of any practice and return it; its owner hears of it.

    about: the object that it grew from. guard: the policy kind of what it tells. door: where it was asked. at: when,
    now when left out. Raises Refused when the text is empty, too long or cannot be shown, the owner may not own it, or
    the day has gone by or is more than three years off.
    """
    now = at or clock.now()
    text = _sentence(draft.text, "text", "say in one sentence what shall be done")
    learning = draft.learning.strip()[:LONGEST]
    _refuse_day(draft.due_on, now.astimezone(team.zoneinfo).date())
    _refuse_owner(team, draft.owner, guard)
    found = FollowUp.objects.create(
        team=team, guard=guard.value, text=text, owner=draft.owner, due_on=draft.due_on, learning=learning, by=by,
        about_kind=about.kind, about_id=about.id, about_name=about.name[:200], made_at=now,
    )  # fmt: skip
    _tell(found, "added", by, door, now, {"due_on": found.due_on.isoformat()})
    telling.given(found, by, door)
    return found


@transaction.atomic
def hand(found: FollowUp, owner: Person | None, *, by: Person, door: str) -> bool:
    """Give an open follow-up to somebody else, or to nobody; return whether that changed anything. Raises Refused."""
    found = _locked(found)
    _refuse_ended(found)
    if found.owner == owner:
        return False
    _refuse_owner(found.team, owner, Kind(found.guard))
    found.owner = owner
    found.save(update_fields=["owner"])
    _tell(found, "handed on", by, door, clock.now(), {})
    telling.given(found, by, door)
    return True


@transaction.atomic
def move(found: FollowUp, due_on: date, reason: str, *, by: Person, door: str) -> bool:
    """Move the day of an open follow-up, with a reason; return whether it moved. Raises Refused as `add`."""
    found, now = _locked(found), clock.now()
    _refuse_ended(found)
    if found.due_on == due_on:
        return False
    _refuse_day(due_on, now.astimezone(found.team.zoneinfo).date())
    said = _sentence(reason, "reason", "say why the day moves")
    before, found.due_on, found.reason, found.moves = found.due_on, due_on, said, found.moves + 1
    found.save(update_fields=["due_on", "reason", "moves"])
    moved: dict[str, object] = {"from": before.isoformat(), "to": due_on.isoformat()}
    _tell(found, "moved", by, door, now, moved | _reason(found))
    return True


@transaction.atomic
def do(found: FollowUp, *, by: Person, door: str, at: datetime | None = None) -> FollowUp:
    """Mark a follow-up as done. Raises Refused when it is not open. at: when, now when left out."""
    return _end(found, State.DONE, "", by, door, at)


@transaction.atomic
def drop(found: FollowUp, reason: str, *, by: Person, door: str, at: datetime | None = None) -> FollowUp:
    """Say that a follow-up will not be done, and why. Raises Refused without a reason, or when it is not open."""
    return _end(found, State.DROPPED, _sentence(reason, "reason", "say why it will not be done"), by, door, at)


@transaction.atomic
def reopen(found: FollowUp, *, by: Person, door: str) -> FollowUp:
    """Open a follow-up again that was done or dropped. Raises Refused when it is open."""
    found = _locked(found)
    if found.is_open:
        raise Refused("open", f"“{found}” is open already, so there is nothing to open again.")
    found.state, found.ended_at, found.reason = State.OPEN, None, ""
    found.save(update_fields=["state", "ended_at", "reason"])
    _tell(found, "opened again", by, door, clock.now(), {})
    return found


def _end(found: FollowUp, state: State, reason: str, by: Person, door: str, at: datetime | None) -> FollowUp:
    found, now = _locked(found), at or clock.now()
    _refuse_ended(found)
    found.state, found.reason, found.ended_at = state, reason or found.reason, now
    found.save(update_fields=["state", "reason", "ended_at"])
    _tell(found, "done" if state is State.DONE else "dropped", by, door, now, _reason(found) if reason else {})
    return found


def _reason(found: FollowUp) -> dict[str, object]:
    return {"reason": found.reason} if found.is_shared else {}


def _locked(found: FollowUp) -> FollowUp:
    """Return the row as it is now, held until the transaction ends: of two at once one acts and one is told."""
    # Nothing that may change meanwhile is joined: PostgreSQL would look for it as it was, and find none.
    rows = FollowUp.objects.select_for_update(of=("self",), no_key=True).select_related("team")
    row: FollowUp = rows.get(pk=found.pk)
    return row


def _refuse_ended(found: FollowUp) -> None:
    if not found.is_open:
        raise Refused("ended", f"“{found}” is {found.word} already; open it again first.")


def _refuse_owner(team: Team, owner: Person | None, guard: Kind) -> None:
    if owner is not None and owner.pk not in {person.pk for person in owners(team, guard)}:
        raise Refused("not-an-owner", f"{owner} cannot own this follow-up; choose a member of {team}.", "owner")


def _refuse_day(due_on: date, today: date) -> None:
    if due_on < today:
        raise Refused("gone-by", f"{due_on:%-d %B %Y} has gone by; choose today or a later day.", "due_on")
    if due_on > today + FARTHEST:
        raise Refused("too-far", f"{due_on:%-d %B %Y} is more than three years off; choose an earlier day.", "due_on")


def _sentence(text: str, field: str, ask: str) -> str:
    said = " ".join(text.split())
    if not said:
        raise Refused("empty", f"The {field} is empty; {ask}.", field)
    if len(said) > LONGEST:
        raise Refused("too-long", f"The {field} has {len(said)} characters; at most {LONGEST} are allowed.", field)
    refuse_uncarriable(said, field)
    return said


def _tell(
    found: FollowUp, verb: str, by: Person | None, door: str, at: datetime, payload: dict[str, object]
) -> None:  # fmt: skip
    record(found.team, verb, ref(found), by=by, source=door, plot=CARE, at=at, payload=payload)
    findable.keep(found, ref(found))
