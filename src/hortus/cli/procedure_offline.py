"""`hortus procedure take|follow|sync`: a run in one file, on a machine without Hortus or a network. No Django."""

from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

import click

from hortus.cli.frame import Answer, BadInput, wants_json
from hortus.cli.frame import command as declare
from hortus.cli.token import token_given
from hortus.processes.procedures.offline import Home, Notebook, Synced, Taken, fetch, sync
from hortus.processes.procedures.rules.standing import Said, State
from hortus.values.refused import Refused

TOKEN = click.option(
    "--token-file", envvar="RUN_TOKEN_FILE", type=click.Path(dir_okay=False),
    help="File with an access token that may write, or RUN_TOKEN holds it. [RUN_TOKEN_FILE]",
)  # fmt: skip
CA = click.option("--ca-file", default="", help="Certificates to trust, for https.")
_KEYS = {"d": Said.DONE, "o": Said.DIFFERENTLY, "s": Said.SKIPPED, "f": Said.FAILED}


def as_line(step: dict[str, Any], state: str) -> str:
    """Return a step and how it stands as one line."""
    mark = "x" if State(state).is_finished else "!" if state in ("failed", "contested") else " "
    critical = " (critical)" if step["is_critical"] else ""
    stands = "" if state == "todo" else f": {State(state).word}"
    return f"[{mark}] {step['key']}  {step['text']}{critical}{stands}"


def _summary(taken: Taken) -> str:
    states = taken.states
    lines = [as_line(step, states[step["key"]].value) for step in taken.run["steps"]]
    waits = f"{len(taken.waiting)} not sent yet" if taken.waiting else "all sent"
    newer = taken.run["newer"]
    more = f" Version {newer} is current by now; look at the run's page before you go on." if newer else ""
    head = f"#{taken.home.number} {taken.run['title']}, version {taken.run['version']}; {waits}.{more}"
    torn = ["A last line that was cut off was left out; what it held was never acknowledged."] if taken.is_torn else []
    return "\n".join([head, *torn, *lines])


def _data(taken: Taken, became: Sequence[dict[str, Any]] = ()) -> dict[str, Any]:
    states = {key: state.value for key, state in taken.states.items()}
    return {
        "run": taken.run, "states": states, "waiting": taken.waiting, "became": list(became), "torn": taken.is_torn,
    }  # fmt: skip


@declare("take", django=False)
@click.argument("address")
@click.option("--to", "path", default="", help="File to write; run-NUMBER.jsonl when left out.")
@TOKEN
@CA
def take(address: str, path: str, token_file: str | None, ca_file: str) -> Answer:
    """Take a run along: ADDRESS is that of its page, as the browser shows it."""
    home = Home.of(address)
    run = fetch(home, token_given(token_file, "RUN_TOKEN"), ca_file=ca_file)
    notebook = Notebook(Path(path or f"run-{home.number}.jsonl"))
    taken = notebook.begin(home, run)
    return Answer(_data(taken) | {"file": str(notebook.path)}, f"{_summary(taken)}\nIt is in {notebook.path}.")


@declare("follow", django=False)
@click.argument("file", type=click.Path(exists=True, dir_okay=False))
@click.option("--step", default="", help="Key of a step, to say one word without being asked.")
@click.option("--said", default="", help=f"One of {', '.join(Said)}.")
@click.option("--note", default="", help="How or why, in a sentence.")
def follow(file: str, step: str, said: str, note: str) -> Answer:
    """Follow a run that was taken along, step by step; no network is needed. Each word is kept at once."""
    notebook = Notebook(Path(file))
    if step or said:
        if not (step and said):
            raise BadInput("--step and --said go together.", "not-both", "step")
        taken = notebook.say(step, said, note)
        return Answer(_data(taken), as_line(taken.step(step), taken.states[step].value))
    if not wants_json():
        with suppress(click.Abort):  # the end of the input, or ^C: what was said is written down
            _ask(notebook)
    taken = notebook.read()
    return Answer(_data(taken), _summary(taken))


def _ask(notebook: Notebook) -> None:
    """Ask for each step that is open how it went, until all are through or who is asked has enough."""
    passed: set[str] = set()
    while True:
        taken = notebook.read()
        states = taken.states
        left = [one for one in taken.run["steps"] if not states[one["key"]].is_finished and one["key"] not in passed]
        if not left:
            return
        _show(left[0], states[left[0]["key"]])
        answer = click.prompt(
            "[d]one, d[o]ne differently, [s]kip, [f]ailed, [n]ext, [q]uit", type=click.Choice([*_KEYS, "n", "q"]),
            show_choices=False,
        )  # fmt: skip
        if answer == "q":
            return
        if answer == "n":
            passed.add(left[0]["key"])
        elif not _kept(notebook, left[0]["key"], _KEYS[answer]):
            continue
        elif answer == "f":
            passed.add(left[0]["key"])


def _kept(notebook: Notebook, key: str, said: Said) -> bool:
    note = click.prompt("How or why, in a sentence") if said.needs_note else ""
    try:
        notebook.say(key, said, note)
    except Refused as refused:
        click.echo(refused.sentence)
        return False
    return True


def _show(step: dict[str, Any], state: State) -> None:
    """Print a step as one needs it at the machine."""
    click.echo(f"\n{as_line(step, state.value)}")
    for name, text in (("", step["body"]), ("Command: ", step["command"]), ("Expected: ", step["expected"]),
                       ("Undo: ", step["undo"])):  # fmt: skip
        if text:
            click.echo("\n".join(f"    {line}" for line in f"{name}{text}".split("\n")))


@declare("sync", django=False)
@click.argument("file", type=click.Path(exists=True, dir_okay=False))
@TOKEN
@CA
@click.option("--seconds", type=click.FloatRange(1, 600), default=20, show_default=True, help="Give up waiting after.")
def sync_(file: str, token_file: str | None, ca_file: str, seconds: float) -> Answer:
    """Send what was said in FILE, and take along how the run stands now. It may be repeated as often as one likes."""
    found = sync(Notebook(Path(file)), token_given(token_file, "RUN_TOKEN"), ca_file=ca_file, seconds=seconds)
    taken, became = found.taken, found.became
    lines = [_became(one, taken) for one in became] + _not_taken(found) or ["Nothing was to send."]
    contested = [step["key"] for step in taken.run["steps"] if step["state"] == "contested"]
    mine = {one["key"] for one in became}
    lines += [f"{key}: somebody says something else; look at the run's page" for key in contested if key in mine]
    trouble = any(not one["counts"] for one in became) or any(key in mine for key in contested) or bool(found.unwanted)
    data = _data(taken, became) | {"unwanted": found.unwanted}
    return Answer(data, "\n".join([*lines, "", _summary(taken)]), trouble=trouble)


def _not_taken(found: Synced) -> list[str]:
    words = [word for word in found.taken.waiting if word["id"] in found.unwanted]
    return [
        f"{one['key']}: {Said(one['said']).word}; not taken, it waits: {found.unwanted[one['id']]}" for one in words
    ]


def _became(one: dict[str, Any], taken: Taken) -> str:
    known = "" if one["is_new"] else ", which was known already"
    said = f"{one['key']}: {Said(one['said']).word}{known}"
    if one["counts"]:
        return f"{said}; it counts"
    now = f"; the run follows version {taken.run['version']}" if one["version"] != taken.run["version"] else ""
    return f"{said}; kept, but it does not count: {one['why']}{now}"


COMMANDS = (take, follow, sync_)
