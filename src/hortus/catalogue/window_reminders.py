"""What becomes due of planned work while time goes on: reminders to who looks after it, promises that were missed.

Everything follows from the state and the database's time, so a worker that was silent sends what is still of use, once.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Q
from django.urls import reverse

from hortus.catalogue import planned_work, window_words, windows
from hortus.catalogue.models import PlannedWork
from hortus.catalogue.rules_windows import Due, Reminder, State, reminders
from hortus.ledger import clock
from hortus.ledger.in_turn import in_turn
from hortus.ledger.outbox.actions import tell
from hortus.ledger.outbox.models import Urgency
from hortus.ledger.outbox.recipients import Recipient
from hortus.ledger.outbox.topics import Topic

TOPIC = Topic(
    "window", "Planned work that you look after: its beginning, its end, and when more is due.", word="Planned work"
)
LOOK_AHEAD = timedelta(days=1)
SUBJECTS = {
    Due.TOMORROW: "{title} is to begin within a day",
    Due.BEGIN: "{title} should begin now",
    Due.END: "{title} is to end soon",
    Due.WORD_SOON: "Researchers wait for a word about {title}",
    Due.WORD: "A word about {title} is due",
    Due.UNTOLD: "What became of {title}?",
}
ASKED = {
    Due.TOMORROW: "If it cannot begin then, move or cancel it while it helps.",
    Due.BEGIN: "Say that it has begun, or move or cancel it. Until then the page says that it should have begun.",
    Due.END: "Say that it is done and being checked, or tell researchers that it takes longer.",
    Due.WORD_SOON: "More was promised by {due}: say what is being done, and when they hear again.",
    Due.WORD: "More was promised by {due}. One true sentence is enough.",
    Due.UNTOLD: "Its time is over and nobody said that it began. Say what happened, or cancel it.",
}
TO_ALL = {Due.WORD, Due.UNTOLD}


def run(now: datetime | None = None) -> int:
    """Tell and record whatever is due; return how many windows were looked at. now: the database's time if left out.

    Raises RuntimeError with the names of windows that failed, after all had their turn.
    """
    at = now or clock.now()

    def look(work: PlannedWork) -> None:
        with transaction.atomic():
            look_at(planned_work.locked(work), at)

    return len(in_turn(_concerned(at), look, "what is due of {} cannot be told", planned_work.named))


def _concerned(at: datetime) -> Sequence[PlannedWork]:
    """Return open windows that begin within a day, that go on, or whose end passed within a week without a word."""
    soon = Q(state=State.ANNOUNCED, begins_at__lte=at + LOOK_AHEAD, ends_at__gt=at - timedelta(days=7))
    found = PlannedWork.objects.filter(soon | Q(state__in=[State.STARTED, State.CHECKING]))
    return list(found.select_related("team").order_by("begins_at", "pk"))


def look_at(work: PlannedWork, now: datetime) -> None:
    """Do what is due of one window, which is held, in the caller's transaction."""
    windows.note_overrun(work, now)
    windows.note_missed(work, now)
    for reminder in reminders(work.stands, work.told, work.next_word_at, now):
        _remind(work, reminder)
    _recall(work, now)


def _remind(work: PlannedWork, reminder: Reminder) -> None:
    due = reminder.due
    words = {"title": work.title, "due": window_words.moment(reminder.since, work.zoneinfo)}
    if due is Due.WORD_SOON and work.word_due is not None:
        words["due"] = window_words.moment(work.word_due, work.zoneinfo)
    is_pressing = due in (Due.WORD_SOON, Due.WORD, Due.BEGIN)
    tell(
        work.team, TOPIC.slug, planned_work.ref(work), subject=SUBJECTS[due].format(**words),
        body=f"{work.title}: {window_words.span(work)}.\n{ASKED[due].format(**words)}",
        to=[Recipient.person(work.owner)], thread=f"planned-work:{work.pk}",
        path=reverse("catalogue:window", args=[work.team.slug, work.pk]),
        urgency=Urgency.PRESSING if is_pressing else Urgency.NORMAL, useful_until=reminder.useful_until,
        dedupe_key=f"window:{work.pk}:{due.value}:{reminder.since.isoformat()}", to_team=due in TO_ALL,
    )  # fmt: skip


def _recall(work: PlannedWork, now: datetime) -> None:
    """Publish what was announced once more, a day before, where whoever announced it wanted that."""
    since = work.begins_at - LOOK_AHEAD
    is_wanted = work.is_recalled and work.recalled_at is None and work.stands is State.ANNOUNCED
    if not is_wanted or not since <= now < work.begins_at or work.told_at is None or work.told_at >= since:
        return
    work.recalled_at = now
    work.save(update_fields=["recalled_at"])
    planned_work.say(work, window_words.recalled(work), work.by, "worker", now)
