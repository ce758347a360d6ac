"""Fires of the sample garden: interrupts of half a year, one card that was answered and one that waits."""

from datetime import timedelta

from hortus.access.models import Team
from hortus.access.sample import World
from hortus.processes.fires import actions
from hortus.processes.fires.actions import Answered, Noted
from hortus.processes.fires.models import Kindling
from hortus.processes.fires.rules.kindling import Answer
from hortus.values.origin import Origin

# Days before the end, service, origin, sentence, tags, and who noted it as a place in the list of persons.
INTERRUPTS: tuple[tuple[int, str, Origin, str, str, int], ...] = (
    (168, "hedgerow", Origin.OUTSIDE, "A partner sent 40 TB unannounced; transfer was full.", "notice", 4),
    (151, "hedgerow", Origin.OUTSIDE, "A telescope's nightly run moved to noon.", "notice", 3),
    (139, "hedgerow", Origin.GAP, "Nobody but one of us knew how to raise the limit of a project.", "notice", 4),
    (75, "glasshouse", Origin.CHANGE, "A new image had no R; three courses stood still.", "images", 5),
    (52, "toolshed", Origin.OUTSIDE, "A licence server of the vendor was away for a morning.", "licence", 6),
    (40, "glasshouse", Origin.GAP, "An image was built by hand and nobody could build it again.", "images", 5),
    (8, "glasshouse", Origin.CHANGE, "The same image once more: the test of it had been left out.", "images", 7),
)  # fmt: skip
ANSWER = (
    130, "hedgerow",
    Answered(Answer.BOUNDARY, "partners announce more than 5 TB two days ahead; the form asks for it"),
)  # fmt: skip


def plant(team: Team, world: World) -> None:
    """Note the interrupts of half a year, and answer the first card. The world needs eight persons."""
    for days, service, origin, sentence, tags, who in INTERRUPTS:
        day = (world.until - timedelta(days=days)).astimezone(team.zoneinfo)
        at = day.replace(hour=9 + who, minute=7 * who, second=0, microsecond=0)
        noted = Noted(service, sentence, origin, [tags])
        actions.note(team, noted, by=world.persons[who], door="sample", noted_at=at)
    days, service, answered = ANSWER
    for card in Kindling.objects.filter(team=team, fires__service=service).open().distinct():
        actions.answer(
            card, answered, by=world.persons[0], door="sample", at=world.until - timedelta(days=days)
        )  # fmt: skip
