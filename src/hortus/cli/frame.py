"""The frame of every command: sets Django up, adds --json, turns refusals into a sentence and exit code 2."""

import json
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import click

OK, TROUBLE, BAD_INPUT = 0, 1, 2


@dataclass(frozen=True, slots=True)
class Answer:
    """What a command found: data for programs, text for people, and whether there is trouble (exit code 1)."""

    data: Any
    text: str = ""
    trouble: bool = False


class BadInput(click.ClickException):
    """Input that a command cannot use; shown as one sentence with exit code 2."""

    exit_code = BAD_INPUT

    def __init__(self, sentence: str, code: str = "bad-input", about: str = "") -> None:
        super().__init__(sentence)
        self.code = code
        self.about = about


def _as_bad_input(error: Exception) -> BadInput | None:
    """Return what a person should read about an error that we know, None for a fault of our own."""
    from django.core.exceptions import ImproperlyConfigured
    from django.db import OperationalError, ProgrammingError

    from hortus.config.declared import WrongSetting
    from hortus.telemetry.batch.unreadable import Unreadable
    from hortus.values.refused import Refused

    if isinstance(error, Refused):
        return BadInput(error.sentence, error.code, error.field)
    if isinstance(error, WrongSetting):
        return BadInput(str(error), "wrong-setting")
    if isinstance(error, Unreadable):
        return BadInput(str(error), "unreadable")
    if isinstance(error, ImproperlyConfigured):
        return BadInput(f"The settings do not fit together: {error}", "wrong-setting")
    if isinstance(error, OperationalError | ProgrammingError):
        return BadInput(_about_database(str(error).strip()), "database")
    if isinstance(error, OSError) and error.filename is not None:
        return BadInput(f"{error.filename}: {error.strerror}.", "file", str(error.filename))
    return None


def _about_database(text: str) -> str:
    if "no such table" in text or "does not exist" in text or "no such column" in text:
        return f"The tables are not up to date ({text}). Run `hortus upgrade`, or start with `hortus up`."
    return f"The database does not answer: {text}. Check HORTUS_DATABASE_URL, or run `hortus doctor`."


@dataclass
class _State:
    as_json: bool = False


def _state() -> _State:
    return click.get_current_context().ensure_object(_State)


def wants_json() -> bool:
    """Say whether --json was given: then standard output carries one JSON document and nothing else."""
    return _state().as_json


def _set_json(_context: click.Context, _option: click.Parameter, value: bool) -> None:
    if value:
        _state().as_json = True


class Framed(click.Command):
    """A command whose callback returns an Answer; see `command`."""

    needs_django = True

    def invoke(self, ctx: click.Context) -> Any:
        """Run the callback, print its answer and end with the exit code that it earned."""
        try:
            if self.needs_django:
                import django

                django.setup()
            answer = super().invoke(ctx)
        except (click.ClickException, click.exceptions.Exit, click.Abort) as error:
            self._complain_in_json(error)
            raise
        except Exception as error:
            known = _as_bad_input(error)
            if known is None:
                raise
            self._complain_in_json(known)
            raise known from None
        if isinstance(answer, Answer):
            show(answer)
            ctx.exit(TROUBLE if answer.trouble else OK)

    def _complain_in_json(self, error: Exception) -> None:
        if wants_json() and isinstance(error, BadInput):
            found = {"code": error.code, "detail": error.message, "field": error.about}
            click.echo(json.dumps({"error": found}, ensure_ascii=False))


def _as_text(value: object) -> str:
    """Return what JSON has no form for: a time as RFC 3339 writes it, all else as it is said."""
    return value.isoformat() if isinstance(value, date) else str(value)


def show(answer: Answer) -> None:
    """Print an answer: its data as one JSON document with --json, its text otherwise."""
    if wants_json():
        click.echo(json.dumps(answer.data, default=_as_text, ensure_ascii=False))
    elif answer.text:
        click.echo(answer.text)


def command(name: str, *, django: bool = True) -> Callable[[Callable[..., Answer | None]], Framed]:
    """Declare a command of `hortus`: put it above click's own @click.option and @click.argument.

    The function returns an Answer (or None when it has printed by itself), raises BadInput or Refused for what
    it cannot do. django: set Django up before it runs.
    """

    def declare(function: Callable[..., Answer | None]) -> Framed:
        json_option = click.option(
            "--json", is_flag=True, expose_value=False, is_eager=True, callback=_set_json,
            help="Print one JSON document instead of text.",
        )  # fmt: skip
        made = click.command(name, cls=Framed)(json_option(function))
        made.needs_django = django
        return made

    return declare


Move = Callable[..., None]


@contextmanager
def progress(total: int | None, label: str) -> Iterator[Move]:
    """Show a bar on standard error, on a terminal only, and give a function (done, total=None) that moves it.

    `done` counts from the beginning in the same unit as `total`; a total that becomes known later may be told
    with any call.
    """
    stream = sys.stderr
    with click.progressbar(length=total or 1, label=label, file=stream, hidden=not stream.isatty()) as bar:

        def move(done: int, now_total: int | None = None) -> None:
            if now_total:
                bar.length = now_total
            bar.update(max(0, done - bar.pos))

        yield move


def table(rows: Sequence[Sequence[object]], head: Sequence[str] = ()) -> str:
    """Return rows as aligned text; numbers to the right, words to the left.

    >>> print(table([["login", 2], ["cluster", 14]], ["service", "jobs"]))
    service  jobs
    login       2
    cluster    14
    """
    cells = [[str(c) for c in row] for row in ([head, *rows] if head else rows)]
    if not cells:
        return ""
    widths = [max(len(row[i]) for row in cells) for i in range(len(cells[0]))]
    numeric = [all(isinstance(row[i], int | float) for row in rows) for i in range(len(widths))]
    lines = (
        "  ".join(c.rjust(w) if right else c.ljust(w) for c, w, right in zip(row, widths, numeric, strict=True))
        for row in cells
    )
    return "\n".join(line.rstrip() for line in lines)


def readable(path: str) -> Path:
    """Return the path of a file that exists, or refuse it with a sentence."""
    found = Path(path)
    if not found.is_file():
        raise BadInput(f"{path} is not a file; give the path of one that exists.", "no-file", path)
    return found
