"""A bulletin as plain text: for e-mail, feeds and the message of the day. It holds what a person wrote, and times."""

from dataclasses import dataclass

from hortus.catalogue.models import Bulletin, PlannedWork, Statement
from hortus.catalogue.news_models import PLANNED
from hortus.catalogue.rules import Condition, DataSafe, RunningJobs
from hortus.web.words import day, ended

OVER = "This is over: nothing more is to come."
LABELS = (("You cannot", "cannot"), ("You can", "can"), ("Instead", "instead"))


@dataclass(frozen=True, slots=True)
class Letter:
    """A bulletin as it is sent."""

    subject: str
    body: str


def sentences(words: Bulletin | Statement | PlannedWork) -> list[str]:
    """Return what one cannot do, can do and can do instead as labelled sentences, empty ones left out."""
    return [f"{label}: {ended(said)}" for label, name in LABELS if (said := getattr(words, name))]


def safety(said: Statement) -> list[str]:
    """Return what was said about stored data and running jobs as labelled lines, nothing where nothing was said."""
    found = []
    if said.data_safe:
        found.append(f"Your data: {DataSafe(said.data_safe).word}")
    if said.running_jobs:
        found.append(f"Running jobs: {RunningJobs(said.running_jobs).word}")
    return found


def ordered(bulletin: Bulletin) -> list[Statement]:
    """Return what a bulletin said of functions, the worst first."""
    return sorted(
        bulletin.statements.all(),
        key=lambda said: (-Condition(said.condition).urgency, said.function.place, said.function.slug),
    )


def is_same(said: Statement, bulletin: Bulletin) -> bool:
    """Say whether the bulletin's own sentences are those about one function."""
    return all(getattr(said, name) == getattr(bulletin, name) for _, name in LABELS)


def about(said: Statement, bulletin: Bulletin) -> list[str]:
    """Return what a bulletin says about one function: its condition, and what it does not say for all."""
    parts = [f"{said.function.name}: {Condition(said.condition).word}"]
    if not is_same(said, bulletin):
        parts += [line.rstrip(".") for line in sentences(said)]
    return [f"{'. '.join(parts + safety(said))}."]


def touched(bulletin: Bulletin) -> list[str]:
    """Return the names of the functions that a bulletin is about without a word about their condition."""
    said = {statement.function_id for statement in bulletin.statements.all()}
    return [function.name for function in bulletin.functions.all() if function.pk not in said]


def lines(bulletin: Bulletin) -> list[str]:
    """Return a bulletin without its title, a line each: functions, what one can do, what is tried, the next word.

    Give it from `BulletinQuerySet.whole`, or it asks the database for every function.
    """
    found = [OVER] if is_over(bulletin) else []
    found += [line for said in ordered(bulletin) for line in about(said, bulletin)]
    if others := touched(bulletin):
        found.append(f"{'Also touches' if bulletin.statements.all() else 'Touches'}: {', '.join(others)}.")
    found += sentences(bulletin)
    if bulletin.trying:
        found.append(f"What we are trying: {ended(bulletin.trying)}")
    if bulletin.next_update_at:
        local = bulletin.next_update_at.astimezone(bulletin.team.zoneinfo)
        found.append(f"Next word by {day(local.date())}, {local:%H:%M} ({bulletin.team.zone}).")
    return found


def last_words(bulletin: Bulletin) -> str:
    """Return what a bulletin says for all as one line; where that is nothing, how the functions stand."""
    trying = [ended(bulletin.trying)] if bulletin.trying else []
    found = [*sentences(bulletin), *trying] or [line for said in ordered(bulletin) for line in about(said, bulletin)]
    return " ".join(found)


def is_over(bulletin: Bulletin) -> bool:
    """Say whether a text ends what it is about. Planned work says by itself that it ended, or does not come."""
    return bulletin.is_last and bulletin.thread.about_kind != PLANNED


def title(bulletin: Bulletin) -> str:
    """Return the title of a text where it stands alone, as in a feed."""
    return f"Over: {bulletin.title}" if is_over(bulletin) else bulletin.title


def letter(bulletin: Bulletin) -> Letter:
    """Return a bulletin as it is sent: under the first title of its thread, so that e-mails make one thread."""
    first = bulletin.thread.bulletins.order_by("place").values_list("title", flat=True)[0]
    return Letter(f"Over: {first}" if is_over(bulletin) else first, "\n".join([bulletin.title, "", *lines(bulletin)]))
