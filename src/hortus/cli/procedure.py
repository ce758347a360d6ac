"""`hortus procedure`: procedures as files of Markdown, and the runs that follow them, also without a network."""

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from hortus.cli import procedure_offline
from hortus.cli.frame import Answer, BadInput, readable, table
from hortus.cli.frame import command as declare
from hortus.cli.team import BY, member_named, team_named
from hortus.cli.team import option as of_team

if TYPE_CHECKING:
    from hortus.access.models import Person, Team
    from hortus.processes.procedures.models import Procedure, Run
    from hortus.processes.procedures.reading import Line


@click.group(name="procedure")
def command() -> None:
    """Write procedures down as Markdown, and follow them.

    `take`, `follow` and `sync` work on any machine: they need no database, and `follow` needs no network.

    Exit code 0: done; 1: it is kept, but not as it was asked for: a proposal, or a word that does not count; 2: bad
    input.
    """


def _person(team: "Team", email: str | None) -> "Person":
    from hortus.access.models import Person
    from hortus.access.policy import Action, Kind, roles_that

    roles = [role.value for role in roles_that(Action.UPDATE, Kind.PROCEDURE)]
    people = Person.objects.filter(memberships__team=team, memberships__role__in=roles, is_active=True)
    return member_named(email, people, team)


def _procedure(team: "Team", slug: str) -> "Procedure":
    from hortus.cli.named import one_named
    from hortus.processes.procedures.models import Procedure

    found: Procedure = one_named(Procedure, Procedure.objects.filter(team=team), slug, about="procedure")
    return found


def _run(team: "Team", number: int) -> "Run":
    from hortus.processes.procedures.models import Run, newest_run

    found: Run | None = Run.objects.filter(team=team, number=number).first()
    if found is None:
        newest = newest_run(team)
        there = f"its runs are 1 to {newest}" if newest else "it has none yet"
        raise BadInput(f"{team} has no run #{number}; {there}.", "no-run", "number")
    return found


def _told_run(run: "Run", person: "Person") -> dict[str, Any]:
    from hortus.processes.procedures import following, shapes

    return shapes.whole_run_as_dict(following.mine(run.team, person).get(pk=run.pk))


@declare("list")
@click.option("--retired", is_flag=True, help="Those that are followed no longer.")
@of_team
def list_(retired: bool, team: str | None) -> Answer:
    """List procedures, with what they do not say and when they were followed last."""
    from hortus.processes.procedures import reading, shapes
    from hortus.processes.procedures.models import Procedure

    chosen = team_named(team)
    found = Procedure.objects.filter(team=chosen).select_related("owner")
    found = found.exclude(retired_at=None) if retired else found.living()
    lines = [reading.line(row) for row in reading.lines(found)]
    rows = [_row(one) for one in lines]
    head = ("procedure", "version", "followed", "proposals", "does not say", "title")
    return Answer(
        {"team": chosen.slug, "procedures": [shapes.line_as_dict(one) for one in lines]},
        table(rows, head) if rows else "There is no such procedure yet; `hortus procedure import FILE` takes one in.",
    )


def _row(one: "Line") -> tuple[object, ...]:
    number, last = one.version.number if one.version else 0, f"{one.last_at:%Y-%m-%d}" if one.last_at else "never"
    silent = ", ".join(one.silent) or "-"
    return one.procedure.slug, number, last, one.proposals, silent, one.procedure.title


@declare("show")
@click.argument("slug")
@of_team
def show(slug: str, team: str | None) -> Answer:
    """Show what a procedure says, as Markdown, and what it leaves open."""
    from hortus.processes.procedures import shapes

    found = _procedure(team_named(team), slug)
    whole = shapes.whole_as_dict(found)
    open_ = whole["current"]["leaves_open"] if whole["current"] else []
    return Answer(whole, "\n".join([_as_markdown(found), *open_]))


def _as_markdown(found: "Procedure") -> str:
    from hortus.processes.procedures import markdown

    version = found.current
    if version is None:
        raise BadInput(f"{found.slug} has no version that is current; accept a proposal.", "no-version", "slug")
    services = list(found.services.values_list("slug", flat=True))
    return markdown.written(version.content, slug=found.slug, services=services, version=version.number)


@declare("export")
@click.argument("slugs", nargs=-1)
@click.option("--to", "folder", default=".", show_default=True, help="Folder to write SLUG.md into; - prints one.")
@of_team
def export(slugs: tuple[str, ...], folder: str, team: str | None) -> Answer:
    """Write procedures to files of Markdown: those that are named, else all that are living."""
    from hortus.processes.procedures.models import Procedure

    chosen = team_named(team)
    living = Procedure.objects.filter(team=chosen).living()
    found = [_procedure(chosen, slug) for slug in slugs] or [one for one in living if one.current]
    if folder == "-":
        if len(found) != 1:
            raise BadInput("Name one procedure to print; several go to a folder.", "not-one", "slugs")
        return Answer({"text": _as_markdown(found[0])}, _as_markdown(found[0]).rstrip("\n"))
    texts = {Path(folder) / f"{one.slug}.md": _as_markdown(one) for one in found}
    Path(folder).mkdir(parents=True, exist_ok=True)
    for path, text in texts.items():
        new = path.with_name(f".{path.name}.{os.getpid()}")
        new.write_text(text, encoding="utf-8")
        new.replace(path)
    names = [str(path) for path in texts]
    return Answer({"team": chosen.slug, "files": names}, "\n".join(names) or "There is no procedure yet.")


@declare("import")
@click.argument("files", nargs=-1, required=True)
@click.option("--reason", default="", help="Why a procedure changes; needed where one does.")
@click.option("--propose", is_flag=True, help="Only propose what differs.")
@click.option("--over", is_flag=True, help="The files are the master: publish over whatever is current.")
@BY
@of_team
def import_(
    files: tuple[str, ...], reason: str, propose: bool, over: bool, by: str | None, team: str | None
) -> Answer:  # fmt: skip
    """Take in procedures as Markdown: new ones, and other versions of those that are there by the slug at the top.

    All files or none: one that cannot be read keeps the others out. A file that says what is there already changes
    nothing. One that was written out before somebody published another version is proposed, so that neither is lost.
    """
    from django.db import transaction

    chosen = team_named(team)
    person = _person(chosen, by)
    texts = {path: _text(path) for path in files}
    found = []
    with transaction.atomic():
        for path, text in texts.items():
            found.append(_taken_in(path, text, chosen, person, reason, propose, over))
    lines = [f"{one['file']}: {one['slug']}, {one['became']}" for one in found]
    trouble = any(one["status"] == "proposed" for one in found) and not propose
    return Answer({"team": chosen.slug, "files": found}, "\n".join(lines), trouble=trouble)


def _text(path: str) -> str:
    try:
        return readable(path).read_text(encoding="utf-8")
    except UnicodeDecodeError:
        raise BadInput(f"{path} is no text in UTF-8.", "no-text", path) from None


def _taken_in(
    path: str, text: str, team: "Team", person: "Person", reason: str, propose: bool, over: bool
) -> dict[str, Any]:  # fmt: skip
    from hortus.processes.procedures import authoring, markdown
    from hortus.processes.procedures.models import Procedure
    from hortus.values.refused import Refused

    try:
        document = markdown.read(text)
        slug = document.slug
        known = Procedure.objects.filter(team=team, slug=slug).select_related("team").first() if slug else None
        if known is None:
            made, is_new = authoring.entered(team, text, [], by=person, door="cli")
            version = made.current
            became = "written" if is_new else "unchanged"
            return {"file": path, "slug": made.slug, "version": version.number if version else 0, "status": "current",
                    "became": became}  # fmt: skip
        current = known.current
        number = current.number if current else 0
        base = number if over else document.version  # a file without one was not written out here: it is proposed
        done, left_out = authoring.revised(
            known, text, base=base, reason=reason, by=person, wants_current=not propose, door="cli", is_over=over
        )
    except Refused as refused:
        raise BadInput(f"{path}: {refused.sentence}", refused.code, refused.field) from None
    version = done.version
    became = f"version {version.number} is {version.status}" if done.is_new else "unchanged"
    if version.status == "proposed" and not propose:
        named = f"was written out at version {document.version}" if document.version else "names no version at its top"
        became += f": the file {named} and version {number} is current; look at both on its page"
    if left_out:
        became += "; the services that it names come with it once it is accepted"
    return {"file": path, "slug": known.slug, "version": version.number, "status": version.status, "became": became}


@declare("start")
@click.argument("slug")
@click.option("--reason", default="", help="What it is done for.")
@click.option("--key", default="", help="The same key once more starts nothing; for scripts that try again.")
@BY
@of_team
def start(slug: str, reason: str, key: str, by: str | None, team: str | None) -> Answer:
    """Start to follow a procedure."""
    from hortus.processes.procedures import runs

    chosen = team_named(team)
    person = _person(chosen, by)
    made = runs.plan(_procedure(chosen, slug), by=person, door="cli", reason=reason, client_key=key)
    return Answer(_told_run(made, person), f"Run #{made.number} of “{made.procedure}”, version {made.version.number}.")


@declare("runs")
@click.option("--all", "all_", is_flag=True, help="Also those that are over, the newest 200.")
@of_team
def runs_(all_: bool, team: str | None) -> Answer:
    """List runs that are open, with how far they are and what they wait for."""
    from hortus.processes.procedures import shapes
    from hortus.processes.procedures.following import line

    chosen = team_named(team)
    mine = _runs(chosen)
    found = [line(one) for one in (mine if all_ else mine.open())[:200]]
    rows = [
        (f"#{one.run.number}", one.run.state, f"{one.finished} of {one.whole}", one.run.runner or "nobody",
         one.run.get_waiting_display() or "-", one.run.procedure.title)
        for one in found
    ]  # fmt: skip
    head = ("run", "state", "steps", "runner", "waits for", "procedure")
    text = table(rows, head) if rows else "No procedure is being followed." if not all_ else "None was followed yet."
    return Answer({"team": chosen.slug, "runs": [shapes.run_as_dict(one.run) for one in found]}, text)


@declare("run")
@click.argument("number", type=click.IntRange(min=1))
@of_team
def run(number: int, team: str | None) -> Answer:
    """Show how the steps of run NUMBER stand, and what was said of them."""
    from hortus.processes.procedures import shapes

    chosen = team_named(team)
    found = _runs(chosen).get(pk=_run(chosen, number).pk)
    told = shapes.whole_run_as_dict(found)
    newer = f"; version {told['newer']} is current" if told["newer"] else ""
    lines = [f"#{number} {told['title']}, version {told['version']}{newer}: {told['state']}"]
    lines += [procedure_offline.as_line(step, step["state"]) for step in told["steps"]]
    return Answer(told, "\n".join(lines))


def _runs(team: "Team") -> Any:
    from django.db.models import Prefetch

    from hortus.processes.procedures.models import Run, Version

    current = Version.objects.filter(status=Version.Status.CURRENT)
    rows = Run.objects.filter(team=team).shown().select_related("began_with")
    return rows.prefetch_related(Prefetch("procedure__versions", current, to_attr="currents"))


@declare("move")
@click.argument("number", type=click.IntRange(min=1))
@click.option("--to", type=click.IntRange(min=1), help="Version; the current one when left out.")
@click.option("--look", is_flag=True, help="Only say what it would do.")
@BY
@of_team
def move(number: int, to: int | None, look: bool, by: str | None, team: str | None) -> Answer:
    """Let run NUMBER follow another version of its procedure; what was said of its steps is all kept."""
    from hortus.processes.procedures import following, runs

    chosen = team_named(team)
    person, found = _person(chosen, by), _runs(chosen).get(pk=_run(chosen, number).pk)
    target = found.procedure.versions.filter(number=to).first() if to else found.procedure.current
    if target is None:
        numbers = ", ".join(map(str, found.procedure.versions.order_by("number").values_list("number", flat=True)))
        raise BadInput(f"There is no version {to}; its versions are {numbers}.", "no-version", "to")
    changes = [(one.step.key, one.how.value, becomes) for one, becomes in following.moves(found, target)]
    if not look:
        runs.move(found, target, seen_from=found.version.number, by=person, door="cli")
    text = table(changes, ("step", "its wording", "what it becomes"))
    data = _told_run(found, person) | {
        "changes": [dict(zip(("key", "how", "becomes"), one, strict=True)) for one in changes]
    }
    return Answer(data, text)


for _each in (list_, show, export, import_, start, runs_, run, move, *procedure_offline.COMMANDS):
    command.add_command(_each)
