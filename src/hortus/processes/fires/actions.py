"""Verbs of fires and kindling: note an interrupt, correct it, answer a card; each writes its event."""

from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from django.db import IntegrityError, transaction
from django.urls import reverse

from hortus.access.models import Person, Team
from hortus.catalogue.models import Service
from hortus.catalogue.sentences import LONGEST_SENTENCE, plain
from hortus.ledger import clock
from hortus.ledger.actions import record
from hortus.ledger.outbox.actions import tell
from hortus.ledger.outbox.recipients import members
from hortus.ledger.refs import Ref
from hortus.processes.fires.models import Fire, Kindling
from hortus.processes.fires.rules.kindling import SPAN, Answer, kindles, tags_of
from hortus.values.origin import Origin
from hortus.values.plots import Plot
from hortus.values.refused import Refused

URGENT = Plot.named("processes-urgent")
TOPIC = "kindling"
EARLIEST = timedelta(days=400)  # how far back an interrupt can be noted
FARTHEST = timedelta(days=400)  # how far ahead a card can be looked at again


@dataclass(frozen=True, slots=True)
class Noted:
    """What somebody says of an interrupt; all of it may be left out. service: slug of one of the team's, or empty."""

    service: str = ""
    sentence: str = ""
    origin: str = Origin.UNKNOWN
    tags: Collection[str] = field(default_factory=tuple)


@dataclass(frozen=True, slots=True)
class Answered:
    """What the team does about a card. sentence: what exactly. look_again_on: only with, and always with, accepted."""

    answer: str
    sentence: str
    look_again_on: date | None = None


def ref(fire: Fire) -> Ref:
    """Return the ledger's reference to a fire."""
    if fire.sentence or not fire.service:
        return Ref("fire", str(fire.pk), str(fire))
    name = Service.objects.filter(team=fire.team_id, slug=fire.service).values_list("name", flat=True).first()
    return Ref("fire", str(fire.pk), f"Interrupt by {name or fire.service}")


def card_ref(card: Kindling) -> Ref:
    """Return the ledger's reference to a kindling card."""
    return Ref("kindling", str(card.pk), str(card))


def _checked(team: Team, noted: Noted) -> Noted:
    if noted.origin not in set(Origin):
        raise Refused("unknown-origin", f"{noted.origin!r} is not one of {', '.join(Origin)}.", "origin")
    if noted.service and not Service.objects.filter(team=team, slug=noted.service).exists():
        raise Refused("not-in-team", f"{noted.service!r} is no service of {team}; leave it empty.", "service")
    sentence = plain(noted.sentence, "sentence", LONGEST_SENTENCE)
    return Noted(noted.service, sentence, noted.origin, tags_of(noted.tags))


@transaction.atomic
def note(
    team: Team, noted: Noted, *, by: Person, door: str, at: datetime | None = None, noted_at: datetime | None = None
) -> Fire:
    """Note that something displaced planned work for half an hour or more; return it.

    at: when it began (aware), when it was noted when left out; at most 400 days before. noted_at: now when left out.
    Raises Refused for a service that is not the team's, an unknown origin, tags or a sentence that are not allowed, or
    a time that makes no sense.
    """
    now, said = noted_at or clock.now(), _checked(team, noted)
    if at is not None and not now - EARLIEST <= at <= now + timedelta(minutes=5):
        raise Refused("bad-time", "It must have begun in the last 400 days, and not in the future.", "at")
    fire = Fire.objects.create(
        team=team, at=at or now, noted_at=now, by=by, sentence=said.sentence, service=said.service,
        tags=list(said.tags), origin=said.origin,
    )  # fmt: skip
    record(
        team, "noted", ref(fire), by=by, source=door, plot=URGENT, service=fire.service, at=fire.at,
        payload={"origin": str(fire.origin)},
    )  # fmt: skip
    kindle(fire, now)
    return fire


@transaction.atomic
def correct(fire: Fire, noted: Noted, *, by: Person, door: str) -> list[str]:
    """Say more of an interrupt; return what changed. Raises Refused as `note`, and for the fire of an incident."""
    row = Fire.objects.select_for_update().get(pk=fire.pk)
    if row.object_id:
        raise Refused("of-incident", "This is an incident; change it on its own page.")
    said = _checked(row.team, noted)
    wanted = {"service": said.service, "sentence": said.sentence, "origin": said.origin, "tags": list(said.tags)}
    changed = [name for name, value in wanted.items() if getattr(row, name) != value]
    for name in changed:
        setattr(row, name, wanted[name])
    if changed:
        row.save(update_fields=changed)
        record(
            row.team, "changed", ref(row), by=by, source=door, plot=URGENT, service=row.service,
            payload={"fields": changed},
        )  # fmt: skip
        kindle(row, clock.now())
    return changed


@transaction.atomic
def withdraw(fire: Fire, *, by: Person, door: str) -> None:
    """Say that an interrupt was none; it stays, uncounted. Raises Refused for an incident's, or a withdrawn one."""
    row = Fire.objects.select_for_update().get(pk=fire.pk)
    if row.object_id:
        raise Refused("of-incident", "This is an incident; dismiss it on its own page.")
    if not row.is_counted:
        raise Refused("withdrawn", "This was withdrawn already.")
    row.is_counted = False
    row.save(update_fields=["is_counted"])
    record(row.team, "withdrawn", ref(row), by=by, source=door, plot=URGENT, service=row.service)


def kindle(fire: Fire, now: datetime) -> list[Kindling]:
    """Lay a fire with the open cards of its kind, and make the card that it completes; return the new cards.

    In the caller's transaction. Everybody is told once of a new card. now: aware; fires that are over for 90 days by
    then, as those of an imported log are, ask nobody anything.
    """
    return [card for subject in fire.subjects if (card := _kindle_subject(fire, subject, now)) is not None]


def _kindle_subject(fire: Fire, subject: str, now: datetime) -> Kindling | None:
    cards = Kindling.objects.filter(team=fire.team, subject=subject)
    last = cards.select_for_update().first()
    if last is not None and last.answered_at is None:
        last.fires.add(fire)
        return None
    near = Fire.objects.filter(team=fire.team).counted().filter(at__gt=fire.at - 2 * SPAN)
    alike = [one for one in near if subject in one.subjects]
    found = kindles((one.at for one in alike), last.answered_at if last else None)
    if not found or found[-1] <= now - SPAN:
        return None
    fires = [one for one in alike if one.at >= found[0]]
    if _is_on_a_card(fire.team, fires):
        return None
    try:
        with transaction.atomic():
            return open_card(fire.team, subject, fires, at=now)
    except IntegrityError:  # another fire of this kind made it in this very moment
        cards.open().get().fires.add(fire)
        return None


def _is_on_a_card(team: Team, fires: Collection[Fire]) -> bool:
    """Say whether an open card holds all these fires already, by another name: one thing is asked once."""
    ours = {fire.pk for fire in fires}
    cards = Kindling.objects.filter(team=team).open().prefetch_related("fires")
    return any(ours <= {fire.pk for fire in card.fires.all()} for card in cards)


def open_card(
    team: Team, subject: str, fires: Collection[Fire], *, at: datetime, before: Kindling | None = None
) -> Kindling:
    """Make a card in the caller's transaction and tell the team; `before`: the card that is looked at again."""
    card = Kindling.objects.create(team=team, subject=subject, opened_at=at, before=before)
    card.fires.set(fires)
    record(
        team, "kindled", card_ref(card), by=None, source="worker", plot=URGENT, at=at,
        service=str(card) if card.is_of_service else "", payload={"fires": len(fires), "again": before is not None},
    )  # fmt: skip
    again = f"The day has come to look at it again: {before.sentence}" if before else ""
    lines = [f"{len(fires)} fires in 90 days have {_told(card)} in common.", again, "It waits for one answer."]
    tell(
        team, TOPIC, card_ref(card), subject=f"Kindling: {card}", body="\n".join(filter(None, lines)),
        to=members(team), thread=f"kindling:{card.pk}", path=reverse("fires:card", args=[team.slug, card.pk]),
        dedupe_key=f"kindling:{card.pk}",
    )  # fmt: skip
    return card


def _told(card: Kindling) -> str:
    return f"the service {card}" if card.is_of_service else f"“{card}”"


@transaction.atomic
def answer(card: Kindling, given: Answered, *, by: Person, door: str, at: datetime | None = None) -> Kindling:
    """Answer an open card; return it as it stands then. at: when (aware), now when left out.

    Raises Refused when it was answered meanwhile, the answer is unknown, the sentence empty, or the day to look again
    is missing, not ahead, or given with another answer than accepted.
    """
    row: Kindling = Kindling.objects.select_for_update().select_related("team").get(pk=card.pk)
    now = at or clock.now()
    if row.answered_at is not None:
        raise Refused("answered", f"This was answered already: {Answer(row.answer).word}. {row.sentence}")
    if given.answer not in set(Answer):
        raise Refused("unknown-answer", f"{given.answer!r} is not one of {', '.join(Answer)}.", "answer")
    row.sentence = plain(given.sentence, "sentence", LONGEST_SENTENCE, required=True)
    row.look_again_on = _checked_day(row.team, given, now)
    row.answer, row.answered_at, row.by = given.answer, now, by
    row.save()
    record(
        row.team, "answered", card_ref(row), by=by, source=door, plot=URGENT, at=now,
        service=str(row) if row.is_of_service else "", payload={"answer": row.answer},
    )  # fmt: skip
    return row


def _checked_day(team: Team, given: Answered, now: datetime) -> date | None:
    on, today = given.look_again_on, now.astimezone(team.zoneinfo).date()
    if given.answer != Answer.ACCEPTED:
        if on is not None:
            raise Refused("needless-day", "Only what you live with is looked at again; clear the day.", "look_again_on")
        return None
    if on is None:
        raise Refused("no-day", "Say until when you live with it.", "look_again_on")
    if not today < on <= today + FARTHEST:
        raise Refused("bad-day", "The day must be in the coming 400 days.", "look_again_on")
    return on
