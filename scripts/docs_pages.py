"""The generated pages of docs/reference: settings, commands, indicators, policy, API. Each function gives one page.

They are made from the declarations that the program itself runs on, so they cannot say anything else.
"""

import atexit
import importlib.util
import inspect
import os
import re
import shutil
import tempfile
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, get_args, get_origin

import click

ROOT = Path(__file__).resolve().parent.parent
NOTE = "<!-- Made by scripts/docs.py from {source}; do not edit. Run `make docs` after a change there. -->\n"


def set_up() -> None:
    """Set Django up on an empty data folder with the defaults, whatever this machine's settings say."""
    import django

    folder = tempfile.mkdtemp(prefix="hortus-docs-")
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    (Path(folder) / "empty.toml").touch()
    for name in [n for n in os.environ if n.startswith("HORTUS_")]:
        del os.environ[name]
    os.environ.update(
        HORTUS_DATA_DIR=folder, HORTUS_CONFIG=f"{folder}/empty.toml", HORTUS_ALLOW_NETWORK_DISK="true",
        DJANGO_SETTINGS_MODULE="hortus.config.settings",
    )  # fmt: skip
    django.setup()


def _page(title: str, source: str, *parts: str) -> str:
    return "\n\n".join([NOTE.format(source=f"`{source}`").strip(), f"# {title}", *parts]) + "\n"


# Settings


def _allowed(field: Any) -> str:
    """Return in words what values a field takes."""
    kind = field.annotation
    limits: dict[str, Any] = {}
    for rule in field.metadata:
        limits |= {name: getattr(rule, name) for name in ("ge", "le") if getattr(rule, name, None) is not None}
    if {"ge", "le"} <= limits.keys():
        return f"a whole number from {limits['ge']} to {limits['le']}"
    if choices := get_args(kind) if get_origin(kind) is not None and not isinstance(kind, type) else ():
        texts = [choice for choice in choices if isinstance(choice, str)]
        if texts:
            return "one of " + ", ".join(f"`{text}`" for text in texts)
    words = {bool: "`true` or `false`", int: "a whole number", str: "text", Path: "a path"}
    parts = [part for part in (get_args(kind) or (kind,)) if part is not type(None)]
    return words.get(parts[0], "text")


def _default(field: Any) -> str:
    value = field.default
    if value is None or value == "" or (hasattr(value, "get_secret_value") and not value.get_secret_value()):
        return "empty"
    return f"`{str(value).lower()}`" if isinstance(value, bool) else f"`{value}`"


def settings() -> str:
    """Return the page of settings, in the order in which they are declared."""
    from hortus.config import declared

    parts = [
        f"## `{name}`\n\n{field.description}\n\n"
        f"Variable `{declared.variable(name)}`; {_allowed(field)}; default: {_default(field)}."
        for name, field in declared.Declared.model_fields.items()
    ]
    return _page("Settings", "hortus.config.declared", _SETTINGS_INTRO, *parts)


_SETTINGS_INTRO = """\
Every setting has a name in lower case. Write it in a TOML file, or as an environment variable in capitals with
`HORTUS_` before it. Where both say something the environment wins, and an option of the command line wins over both.

The file is `hortus.toml` in the folder that Hortus is started from; `HORTUS_CONFIG` names another one.

```toml
port = 8080
time_zone = "Europe/Paris"
```

A wrong value, or a name that is no setting, stops the start with a sentence that names it. Nothing is guessed.

Tokens for servers that Hortus asks have names that you choose, so they are no settings: `ENGINE_TOKEN_<NAME>` in the
environment holds the server's scheme, host and port, a blank, and the token, and where it is for some teams only a
blank and `team=<slug>,<slug>`; a page, a command or the API says only `<NAME>`
([how](../how-to/ask-prometheus.md)). Such a variable stands in no TOML file, database or backup.

`HORTUS_TEST_DATA` is read by the tests only: the folder of real data that some of them want."""


# Commands


def commands(
    group: click.Group, path: tuple[str, ...] = ("hortus",)
) -> Iterator[tuple[tuple[str, ...], click.Command]]:
    """Yield every command below a group with its words, groups before what they hold; without those that are absent."""
    context = click.Context(group, info_name=" ".join(path))
    for name in group.list_commands(context):
        try:
            found = group.get_command(context, name)
        except ModuleNotFoundError:
            found = None
        if found is None:
            continue
        yield (*path, name), found
        if isinstance(found, click.Group):
            yield from commands(found, (*path, name))


def absent_commands() -> list[str]:
    """Return the commands that are declared but whose module does not exist."""
    from hortus.cli import COMMANDS

    return [name for name, module in COMMANDS.items() if importlib.util.find_spec(module) is None]


def _command_part(path: tuple[str, ...], command: click.Command) -> str:
    context = click.Context(command, info_name=" ".join(path))
    usage = context.get_usage().removeprefix("Usage: ")
    usage = re.sub(r"\s+", " ", usage)
    text = inspect.cleandoc(command.help or "").replace("\b\n", "").strip()
    parts = [f"{'#' * min(len(path), 4)} `{' '.join(path)}`", text, f"```\n{usage}\n```"]
    rows = [record for param in command.params if (record := _option(param, context))]
    return "\n\n".join([*parts, "\n".join(rows)] if rows else parts)


def _option(param: click.Parameter, context: click.Context) -> str:
    if isinstance(param, click.Argument):
        return ""
    record = param.get_help_record(context)
    if record is None or {"--help", "--json"} & set(param.opts):
        return ""
    told, help_text = record
    return f"* `{told}`: {' '.join(help_text.split())}"


def commands_page() -> str:
    """Return the page of commands."""
    from hortus.cli import main

    return _page("Commands", "hortus.cli", _COMMANDS_INTRO, *(_command_part(*found) for found in commands(main)))


_COMMANDS_INTRO = """\
In a checkout the command is `.venv/bin/hortus`; where Hortus was installed with pip it is `hortus`. Each command tells
about itself with `--help`; `hortus --version` prints the version.

Every command but `hortus django` takes `--json`: then it prints one JSON document on standard output and nothing else
there. A refusal is then
`{"error": {"code": …, "detail": …, "field": …}}`. Sentences for people and progress bars go to standard error.

| Exit code | Meaning |
| --- | --- |
| 0 | It was done, or all is well. |
| 1 | It was done, and there is trouble to look at. |
| 2 | It was not done: the input, a setting or the state of things does not allow it, and the sentence says why. |

`hortus completion` prints the script that lets your shell complete all of this."""


# Indicators


def indicators() -> str:
    """Return the page of indicators, plot by plot."""
    from hortus.garden import indicators as table
    from hortus.values.plots import PLOTS

    parts = [_plot_part(table, plot) for plot in PLOTS]
    return _page("Indicators", "hortus.garden.indicators", _INDICATORS_INTRO, *parts)


_INDICATORS_INTRO = """\
An indicator is one signal that feeds one plot. Each is declared once, in the table of
`src/hortus/garden/indicators.py`, and what you read here is that table. The targets are the defaults; a team changes
its own, with a reason ([how](../how-to/change-a-target.md)). What the states mean is in [States](states.md)."""


def _plot_part(table: Any, plot: Any) -> str:
    bed = table.bed(plot)
    found = [_indicator_part(indicator) for indicator in table.on(plot)]
    head = f"## {plot.column.label}, {plot.row.label.lower()}: {bed.name}"
    if not found:
        return f"{head}\n\nBare so far. What will grow here: {bed.grows}."
    return "\n\n".join([head, *found])


def _indicator_part(indicator: Any) -> str:
    days = indicator.fresh_for.days
    rows = (
        ("Unit", {"ratio": "ratio, 0 to 1", "count": "count"}[indicator.unit.value]),
        ("Window", indicator.window),
        ("Target", _target(indicator)),
        ("Where the target comes from", indicator.source),
        ("What it cannot tell", indicator.cannot_tell),
        ("Next action", f"{indicator.act.label}; while it is bare: {indicator.feed.label}"),
        ("Turns bare", f"when its newest evidence is older than {days} days"),
    )
    table = "\n".join(f"| {head} | {text} |" for head, text in rows)
    parts = [
        f"### {indicator.name}",
        f"{indicator.definition} Its short name is `{indicator.slug}`.",
        indicator.details,
        f"| | |\n| --- | --- |\n{table}",
    ]
    return "\n\n".join(part for part in parts if part)


def _target(indicator: Any) -> str:
    from hortus.web import words

    def amount(value: float) -> str:
        return words.percent(value) if indicator.unit.value == "ratio" else words.number(value)

    target = indicator.target
    if target.at_most:
        edge = amount(target.goal + target.slack)
        return f"at most {amount(target.goal)} thrives; up to {edge} needs care; above that is overgrown"
    edge = amount(target.goal - target.slack)
    return f"at least {amount(target.goal)} thrives; down to {edge} needs care; below that is overgrown"


# Policy


def policy() -> str:
    """Return the page of the policy table."""
    from hortus.access.policy import AUTHOR, POLICY, Kind, Role, promise, sheet

    heads = ["Object", "author", *(role.value for role in Role)]
    lines = [f"| {' | '.join(heads)} |", f"|{' --- |' * len(heads)}"]
    for kind in Kind:
        cells = ["".join(a.value for a in POLICY.get((kind, who), ())) for who in (AUTHOR, *Role)]
        ordered = ["".join(letter for letter in "CRUD" if letter in cell) or "no" for cell in cells]
        lines.append(f"| {kind.value} | {' | '.join(ordered)} |")
    said = "\n".join(f"* **{row.kind.value}**: {row.tells}. {promise(row.kind)} {_kept(row.kept)}" for row in sheet())
    return _page("Policy", "hortus.access.policy", _POLICY_INTRO, "\n".join(lines), "## In words", said, _roles())


_POLICY_INTRO = """\
Who may do what, for every kind of object that exists. Pages, lists, the API, exports and the sentence beside a text
box all ask this one table. What is not written here is not allowed; to a person without the right, the object looks as
if it did not exist.

C create, R read, U update, D delete. The column *author* adds to what the role gives, for one's own objects."""


def _kept(text: str) -> str:
    return f"{text[0].upper()}{text[1:]}." if text.startswith("kept") else f"Kept: {text}."


def _roles() -> str:
    from hortus.access.words import ROLE_MEANINGS

    lines = [f"* **{role.value}**: {meaning}." for role, meaning in ROLE_MEANINGS.items()]
    return "\n\n".join(["## Roles", "A person has one role in each team.", "\n".join(lines), _ROLES_END])


_ROLES_END = "Only a lead makes or removes a lead, and a team always keeps one."


# API


def api() -> str:
    """Return the page of API operations."""
    from hortus.config.api import api as declared

    schema: Mapping[str, Any] = declared.get_openapi_schema(path_prefix="/api/v1/")
    parts: dict[str, list[str]] = {}
    for path, operations in schema["paths"].items():
        for method, operation in operations.items():
            parts.setdefault(operation["tags"][0], []).append(_operation(method, path, operation, schema))
    bodies = [f"## {tag.capitalize()}\n\n" + "\n\n".join(found) for tag, found in sorted(parts.items())]
    return _page("API", "hortus.config.api", _API_INTRO, *bodies)


_API_INTRO = """\
The API gives as JSON what the pages show, to the same people: each operation asks the [policy table](policy.md). The
running server describes itself at `/api/v1/openapi.json`, which is what this page was made from.

Send a token as `Authorization: Bearer hortus_…` ([how to make one](../how-to/use-the-api.md)), or call it from a
signed-in browser. Ratios run 0 to 1, durations are seconds, instants are ISO 8601 with their offset.

| Status | Meaning |
| --- | --- |
| 200, 201 | Done. |
| 400 | The body is no JSON. |
| 401 | No valid token or session. |
| 403 | Signed in by a browser, without its form token. |
| 404 | Not there, or not for you: the two look alike. |
| 413 | The body is too large. |
| 422 | Understood and refused. |

Every refusal has a `code` for programs, a `detail` in words, and a `field`, empty where it is about none."""


def _operation(method: str, path: str, operation: Mapping[str, Any], schema: Mapping[str, Any]) -> str:
    lines = [f"### {operation['summary']}", f"`{method.upper()} {path}`", operation.get("description", "")]
    in_path = set(re.findall(r"{(\w+)}", path))
    asked = [p for p in operation.get("parameters", ()) if p["name"] not in in_path]
    if asked:
        lines.append("Parameters: " + ", ".join(f"`{p['name']}` ({_kind(p['schema'])})" for p in asked) + ".")
    for media, body in operation.get("requestBody", {}).get("content", {}).items():
        lines.append(f"Body ({media}): {_fields(body['schema'], schema)}.")
    for status, answer in operation["responses"].items():
        content = answer.get("content", {}).get("application/json")
        if content:
            lines.append(f"Answers {status} with {_fields(content['schema'], schema)}.")
    return "\n\n".join(line for line in lines if line)


def _fields(kind: Mapping[str, Any], schema: Mapping[str, Any]) -> str:
    """Return the names of the fields of a body or answer."""
    if kind.get("type") == "array":
        return f"a list of {_fields(kind['items'], schema)}"
    if "$ref" in kind:
        kind = schema["components"]["schemas"][kind["$ref"].rsplit("/", 1)[-1]]
    names = [f"`{name}`" for name in kind.get("properties", {})]
    return ", ".join(names) or "JSON"


def _kind(field: Mapping[str, Any]) -> str:
    kinds = [_kind(part) for part in field.get("anyOf", ())] or [str(field.get("format") or field.get("type", "text"))]
    told = " or ".join(kind for kind in kinds if kind != "null")
    limits = [f"{word} {field[key]}" for key, word in (("minimum", "from"), ("maximum", "to")) if key in field]
    default = [f"default {field['default']}"] if field.get("default") not in (None, "") else []
    return ", ".join([told, *([" ".join(limits)] if limits else []), *default])


def sli_kinds() -> str:
    """Return the page of kinds of SLI with its part about judges made anew."""
    from hortus.telemetry.counts import judges

    return judges.told((ROOT / "docs/reference/sli-kinds.md").read_text(encoding="utf-8"))


PAGES: dict[str, Callable[[], str]] = {
    "docs/reference/settings.md": settings,
    "docs/reference/commands.md": commands_page,
    "docs/reference/indicators.md": indicators,
    "docs/reference/policy.md": policy,
    "docs/reference/api.md": api,
    "docs/reference/sli-kinds.md": sli_kinds,
}
