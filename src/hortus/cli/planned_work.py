"""`hortus planned-work`: announce maintenance and say how it goes, in a terminal and from a script."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import click

from hortus.cli.frame import Answer, BadInput, table
from hortus.cli.frame import command as declare
from hortus.cli.team import BY, member_named, team_named
from hortus.cli.team import option as of_team

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo

    from hortus.access.models import Person, Team
    from hortus.catalogue.models import Function, PlannedWork
    from hortus.catalogue.planned_work import Plan

WORK = click.argument("work", metavar="ID")
SHORTEST = 4  # characters of an id that name work, where they name only one
SHOWN = 8
MOST_LISTED = 200
MOST_NAMED = 5  # in a refusal: one line is read, a page is not


@click.group(name="planned-work")
def command() -> None:
    """Announce planned work and say how it goes.

    A time is what the clocks of the team show, as in 2026-12-03T08:00, or carries its offset, as in
    2026-12-03T08:00+01:00. The beginning of an ID is enough.
    """


def _person(team: "Team", email: str | None) -> "Person":
    """Return the member with this address; without one the only member. Raises BadInput with the addresses of all."""
    from hortus.catalogue.actions import may_tend

    return member_named(email, may_tend(team), team)


def _work(team: "Team", words: str) -> "PlannedWork":
    """Return the work whose id begins so. Raises BadInput with what is open where that is none, or several."""
    from hortus.catalogue.models import PlannedWork

    mine, wanted = PlannedWork.objects.filter(team=team), words.strip().lower()
    ids = mine.order_by("-begins_at", "-pk").values_list("pk", flat=True)
    found = [pk for pk in ids if str(pk).startswith(wanted)] if len(wanted) >= SHORTEST else []
    if len(found) == 1:
        one: PlannedWork = mine.select_related("team", "owner").get(pk=found[0])
        return one
    if found:
        names = ", ".join(str(pk) for pk in found[:MOST_NAMED])
        raise BadInput(f"{words!r} is the beginning of several: {names}; write more of it.", "no-work", "work")
    listed = ", ".join(f"{_short(one)} ({one.title})" for one in mine.open()[:MOST_NAMED])
    told = f"open ones: {listed}" if listed else "none is open; `hortus planned-work list --all` shows those there were"
    raise BadInput(f"{team} has no planned work {words[:80]!r}; {told}.", "no-work", "work")


def _short(work: "PlannedWork") -> str:
    return str(work.pk)[:SHOWN]


def _functions(team: "Team", slugs: tuple[str, ...]) -> "list[Function]":
    from hortus.catalogue.models import Function
    from hortus.cli.named import one_named

    mine = Function.objects.filter(team=team)
    found = [one_named(Function, mine.select_related("service"), slug, listed=mine.offered()) for slug in slugs]
    return list(dict.fromkeys(found))


def _instant(text: str, zone: "ZoneInfo", about: str) -> datetime:
    """Return the instant (UTC) that is written, by the clocks of a zone where it carries no offset."""
    from hortus.values.clocks import instants

    wrong = f"{text[:40]!r} is no time; write it as in 2026-12-03T08:00, or with its offset: 2026-12-03T08:00+01:00."
    try:
        shown = datetime.fromisoformat(text.strip())
        if shown.tzinfo is not None:
            return shown.astimezone(UTC)
        found = [at.astimezone(UTC) for at in instants(shown, zone)]
    except (ValueError, OverflowError):
        raise BadInput(wrong, "bad-time", about) from None
    if len(found) == 1:
        return found[0]
    if not found:
        never = f"On that day the clocks go forward over {shown:%H:%M}, so it never comes"
        raise BadInput(f"{never}; choose a time before or after.", "bad-time", about)
    both = " or ".join(at.astimezone(zone).isoformat() for at in found)
    raise BadInput(f"On that day the clocks show {shown:%H:%M} twice; write {both}.", "bad-time", about)


def _told(work: "PlannedWork") -> Answer:
    """Answer with one planned work: how it stands, when and what it touches, and what came too late."""
    from hortus.catalogue import bulletin_words, notice, shapes, window_words
    from hortus.ledger import clock

    note = notice.sentence(notice.of_work(work), work.team.zoneinfo)
    data: dict[str, Any] = {"team": work.team.slug} | shapes.work_as_dict(work)
    data |= {"note": note, "is_in_time": work.is_in_time, "notice_seconds": work.notice_seconds}
    lines = [
        f"{_short(work)}  {work.title}: {window_words.now_said(work, clock.now())}", window_words.span(work),
        f"Touches: {', '.join(function.name for function in work.functions.all())}.",
        *bulletin_words.sentences(work), *filter(None, [note]),
    ]  # fmt: skip
    return Answer(data, "\n".join(lines))


def _planned(function: Callable[..., Answer]) -> Callable[..., Answer]:
    """Add the options of what is announced."""
    options = [
        click.option("--function", "functions", multiple=True, metavar="SLUG", help="What it touches; may come again."),
        click.option("--begins", metavar="TIME", help="When it begins."),
        click.option("--ends", metavar="TIME", help="When it ends."),
        click.option("--at-risk", "sort", flag_value="at-risk", default=None, help="What it touches stays up."),
        click.option("--outage", "sort", flag_value="outage", help="What it touches is down meanwhile; by custom."),
        click.option("--can", help="What researchers can do meanwhile, in one sentence."),
        click.option("--cannot", help="What they cannot do."),
        click.option("--instead", help="What they can do instead."),
        click.option("--reason", help="Why it comes at shorter notice than its services ask."),
        click.option("--recall/--no-recall", default=None, help="Send the text again a day before it begins."),
        click.option("--owner", metavar="EMAIL", help="Who gets the reminders; whoever announces it when left out."),
    ]
    for option in reversed(options):
        function = option(function)
    return function


COUNT_LATE = click.option(
    "--count-late", is_flag=True, help="Announce also time that began already; objectives count it."
)


def _changed(
    team: "Team", plan: "Plan", *, title: str, functions: tuple[str, ...], begins: str | None, ends: str | None,
    sort: str | None, can: str | None, cannot: str | None, instead: str | None, reason: str | None,
    recall: bool | None, owner: str | None,
) -> "Plan":  # fmt: skip
    """Return a plan with what was given in place of what it said."""
    said = {name: text for name, text in (("can", can), ("cannot", cannot), ("instead", instead)) if text is not None}
    given: dict[str, Any] = {
        "title": title or None, "functions": _functions(team, functions) or None,
        "begins_at": _instant(begins, team.zoneinfo, "begins") if begins else None,
        "ends_at": _instant(ends, team.zoneinfo, "ends") if ends else None, "sort": sort, "notice_reason": reason,
        "is_recalled": recall, "owner": _person(team, owner) if owner else None,
        "sentences": replace(plan.sentences, **said),
    }  # fmt: skip
    return replace(plan, **{name: value for name, value in given.items() if value is not None})


def _new(team: "Team", *, begins: str | None, ends: str | None, **given: Any) -> "Plan":
    """Return a plan of work that is new. Raises BadInput without a beginning or an end."""
    from hortus.catalogue.planned_work import Plan
    from hortus.ledger import clock

    for name, text in (("begins", begins), ("ends", ends)):
        if not text:
            raise BadInput(f"Say when it {name}: --{name} 2026-12-03T08:00.", "no-time", name)
    now = clock.now()
    return _changed(team, Plan("", [], now, now), begins=begins, ends=ends, **given)


def _refuse_surprise(team: "Team", plan: "Plan", count_late: bool, work: "PlannedWork | None" = None) -> None:
    """Refuse what comes too late until that is accepted, and short notice without a reason, as the page does."""
    from hortus.catalogue import notice, planned_work
    from hortus.ledger import clock

    now = clock.now()
    plan = planned_work.checked(team, plan, now)
    told = notice.sentence(notice.of_plan(plan, now, work), team.zoneinfo)
    if told and not count_late:
        raise BadInput(f"{told} Nothing was saved yet; --count-late announces it all the same.", "late", "count_late")
    short = notice.shortness(plan, now, work)
    if short and not plan.notice_reason:
        raise BadInput(f"{short} Say why it cannot wait with --reason, or choose a later time.", "short", "reason")


@declare("list")
@click.option("--all", "all_", is_flag=True, help=f"Also what is over or cancelled, the latest {MOST_LISTED}.")
@of_team
def list_(all_: bool, team: str | None) -> Answer:
    """List planned work that is drafted, announced or goes on."""
    from hortus.catalogue import shapes, window_words
    from hortus.catalogue.models import PlannedWork
    from hortus.ledger import clock

    chosen, now = team_named(team), clock.now()
    mine = PlannedWork.objects.filter(team=chosen).select_related("team").prefetch_related("functions")
    wanted = mine.order_by("-begins_at", "-pk") if all_ else (mine.open() | mine.drafts()).order_by("begins_at", "pk")
    found = list(wanted[:MOST_LISTED])
    rows = [(_short(one), one.phase_at(now).word, window_words.span(one), one.title) for one in found]
    none = "There was no planned work yet." if all_ else "No planned work is open."
    text = table(rows, ("id", "state", "from when to when", "planned work")) if rows else none
    return Answer({"team": chosen.slug, "planned_work": [shapes.work_as_dict(one) for one in found]}, text)


@declare("show")
@WORK
@of_team
def show(work: str, team: str | None) -> Answer:
    """Show one planned work: how it stands, and what researchers read of it."""
    return _told(_work(team_named(team), work))


@declare("draft")
@click.argument("title")
@_planned
@BY
@of_team
def draft(title: str, by: str | None, team: str | None, **given: Any) -> Answer:
    """Keep planned work called TITLE as a draft that only the team sees."""
    from hortus.catalogue import planned_work

    chosen = team_named(team)
    plan = _new(chosen, title=title, **given)
    return _told(planned_work.draft(chosen, plan, by=_person(chosen, by), door="cli"))


@declare("announce")
@click.argument("title", default="")
@click.option("--draft", "drafted", metavar="ID", help="Announce this draft, as it is but for what is given here.")
@_planned
@COUNT_LATE
@BY
@of_team
def announce(
    title: str, drafted: str | None, count_late: bool, by: str | None, team: str | None, **given: Any
) -> Answer:  # fmt: skip
    """Announce planned work called TITLE: the status page shows it, and who follows it is told."""
    from hortus.catalogue import planned_work

    chosen = team_named(team)
    person = _person(chosen, by)
    if drafted is None:
        plan = _new(chosen, title=title, **given)
        _refuse_surprise(chosen, plan, count_late)
        return _told(planned_work.announce(chosen, plan, by=person, door="cli"))
    found = _work(chosen, drafted)
    plan = _changed(chosen, planned_work.plan_of(found), title=title, **given)
    if found.is_draft:
        _refuse_surprise(chosen, plan, count_late)
    return _told(planned_work.announce_draft(found, plan, by=person, door="cli"))


@declare("change")
@WORK
@click.option("--title", default="", help="What it is called from now on.")
@_planned
@COUNT_LATE
@BY
@of_team
def change(work: str, title: str, count_late: bool, by: str | None, team: str | None, **given: Any) -> Answer:
    """Change or move planned work; what is not given stays, and researchers are told what they could notice."""
    from hortus.catalogue import planned_work
    from hortus.catalogue.rules_windows import Step, after

    chosen = team_named(team)
    found = _work(chosen, work)
    after(Step.CHANGE, found.stands, found.title)
    plan = _changed(chosen, planned_work.plan_of(found), title=title, **given)
    if not found.is_draft:
        _refuse_surprise(chosen, plan, count_late, found)
    planned_work.change(found, plan, by=_person(chosen, by), door="cli", read_at=found.changed_at)
    return _told(_work(chosen, str(found.pk)))


def _stepped(team: str | None, work: str, by: str | None, step: "Callable[..., PlannedWork]", **said: Any) -> Answer:
    chosen = team_named(team)
    return _told(step(_work(chosen, work), by=_person(chosen, by), door="cli", **said))


@declare("begin")
@WORK
@BY
@of_team
def begin(work: str, by: str | None, team: str | None) -> Answer:
    """Say that planned work has begun; that is published."""
    from hortus.catalogue import windows

    return _stepped(team, work, by, windows.start)


@declare("more")
@WORK
@click.argument("trying", default="")
@click.option("--can", default="", help="What researchers can do now.")
@click.option("--cannot", default="", help="What they cannot do now.")
@click.option("--instead", default="", help="What they can do instead.")
@click.option("--next", "next_", metavar="TIME", help="When they hear more; in 30 minutes when left out.")
@BY
@of_team
def more(
    work: str, trying: str, can: str, cannot: str, instead: str, next_: str | None, by: str | None, team: str | None
) -> Answer:  # fmt: skip
    """Say more about work that goes on: what you are TRYING, and what one can and cannot do."""
    from hortus.catalogue import windows
    from hortus.catalogue.sentences import Sentences

    due = _instant(next_, team_named(team).zoneinfo, "next") if next_ else None
    said = Sentences(can, cannot, instead)
    return _stepped(team, work, by, windows.say_more, sentences=said, trying=trying, next_word_at=due)


@declare("check")
@WORK
@BY
@of_team
def check(work: str, by: str | None, team: str | None) -> Answer:
    """Say that the work is done and is being checked; that is published."""
    from hortus.catalogue import windows

    return _stepped(team, work, by, windows.check)


@declare("end")
@WORK
@click.option("--condition", "conditions", multiple=True, metavar="FUNCTION=CONDITION",
              help="How a function stands now, as in scratch=working; each that it touches.")  # fmt: skip
@click.option("--can", default="", help="What researchers can do, of all that does not just work.")
@click.option("--cannot", default="", help="What they cannot do.")
@click.option("--instead", default="", help="What they can do instead.")
@BY
@of_team
def end(
    work: str, conditions: tuple[str, ...], can: str, cannot: str, instead: str, by: str | None, team: str | None
) -> Answer:  # fmt: skip
    """Say that checked work is over, and how each function stands: none goes back to working by itself."""
    from hortus.catalogue import windows
    from hortus.catalogue.sentences import Sentences

    found = _work(team_named(team), work)
    said = [_stands(found, one) for one in conditions]
    return _stepped(team, str(found.pk), by, windows.finish, said=said, sentences=Sentences(can, cannot, instead))


def _stands(work: "PlannedWork", condition: str) -> tuple[Any, Any]:
    """Read function=condition of work, as in scratch=degraded."""
    from hortus.catalogue.models import Function
    from hortus.catalogue.statements import Words
    from hortus.cli.named import one_named

    slug, mark, value = condition.partition("=")
    if not mark:
        told = f"{condition!r} is not FUNCTION=CONDITION, as in scratch=degraded."
        raise BadInput(told, "bad-condition", "condition")
    return one_named(Function, work.functions.all(), slug, about="condition"), Words(value)


@declare("cancel")
@WORK
@BY
@of_team
def cancel(work: str, by: str | None, team: str | None) -> Answer:
    """Cancel planned work that has not begun, and tell who follows it; a draft goes away quietly."""
    from hortus.catalogue import planned_work

    chosen = team_named(team)
    found = _work(chosen, work)
    planned_work.cancel(found, by=_person(chosen, by), door="cli")
    return _told(_work(chosen, str(found.pk)))


for _each in (list_, show, draft, announce, change, begin, more, check, end, cancel):
    command.add_command(_each)
