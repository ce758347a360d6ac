"""The status as a few lines of plain text, for the message of the day of login nodes and for a terminal."""

import textwrap
from collections.abc import Iterable
from datetime import datetime

from hortus.catalogue.board import Board, Line
from hortus.catalogue.bulletin_words import sentences
from hortus.catalogue.models import PlannedWork
from hortus.catalogue.news import Story
from hortus.web.words import day

WIDTH = 78  # characters, so that it stands in a terminal of 80
MOST_STORIES, MOST_LINES, MOST_WORKS = 3, 5, 3


def text(board: Board, url: str) -> str:
    """Return the status as plain text in the team's zone. url: of the status page, absolute.

    News on top with the next word, then what does not work, then the next planned work; it says so where it cut.
    """
    found = [f"{board.team.name}: {board.headline}", ""]
    told = {function.pk for story in board.news for function in story.functions}
    found += _cut([part for story in board.news[:MOST_STORIES] for part in _story(story, board)], len(board.news))
    lines = [line for line in board.urgent_first if line.shown.condition.is_trouble and line.function.pk not in told]
    found += [part for line in lines[:MOST_LINES] for part in _line(line)]
    found += [_work(one.work, board) for one in board.coming_once[:MOST_WORKS]]
    found += ["", f"More: {url}"]
    return "".join(f"{_printable(part)}\n" for line in found for part in _wrapped(line))


def _cut(parts: list[str], stories: int) -> list[str]:
    return [*parts, f"and {stories - MOST_STORIES} more"] if stories > MOST_STORIES else parts


def _wrapped(line: str) -> Iterable[str]:
    indent = " " * (len(line) - len(line.lstrip()))
    return textwrap.wrap(line, WIDTH, subsequent_indent=f"{indent}  ", break_on_hyphens=False) or [""]


def _printable(text: str) -> str:
    """Return a text without what moves a terminal's cursor or turns the direction of its words."""
    return "".join(char for char in text if char.isprintable())


def _at(at: datetime, board: Board) -> str:
    local = at.astimezone(board.team.zoneinfo)
    return f"{day(local.date())}, {local:%H:%M %Z}"


def _story(story: Story, board: Board) -> list[str]:
    newest = story.newest
    found = [f"* {newest.title}", *(f"  {line}" for line in sentences(newest))]
    due = newest.next_update_at
    late = " (late)" if story.is_late(board.now) else ""
    return [*found, f"  Next word by {_at(due, board)}{late}"] if due else found


def _line(line: Line) -> list[str]:
    said = sentences(line.words) if line.words else []
    return [f"* {line.function.name}: {line.shown.condition.word}", *(f"  {part}" for part in said)]


def _work(work: PlannedWork, board: Board) -> str:
    begin, end = (at.astimezone(board.team.zoneinfo) for at in (work.begins_at, work.ends_at))
    until = f"{end:%H:%M %Z}" if begin.date() == end.date() else _at(work.ends_at, board)
    return f"* Planned: {work.title}, {_at(work.begins_at, board)} to {until}"
