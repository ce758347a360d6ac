"""`hortus garden`: the nine plots in a terminal."""

import shutil
import textwrap
from typing import TYPE_CHECKING

import click

from hortus.cli.frame import Answer, BadInput
from hortus.cli.frame import command as declare
from hortus.values.plots import Column
from hortus.values.reading import State

if TYPE_CHECKING:
    from hortus.access.models import Team
    from hortus.garden.cards import Garden, PlotCard

NARROW = 78
COLOURS = {State.THRIVING: "green", State.CARE: "yellow", State.OVERGROWN: "magenta", State.BARE: "white"}
MARKS = {State.THRIVING: "●", State.CARE: "◐", State.OVERGROWN: "✖", State.BARE: "○"}


@declare("garden")
@click.option("--team", help="Slug of the team; needed when there are several.")
@click.option("--read", is_flag=True, help="Take readings now, before showing them.")
def command(team: str | None, read: bool) -> Answer:
    """Show the nine plots, their readings, and what to tend first."""
    from django.utils import timezone

    from hortus.garden import actions, cards, shapes

    found = _team(team)
    if read:
        actions.take_readings(found, source="cli")
    garden = cards.garden(found, timezone.now())
    return Answer(data=shapes.garden_as_dict(garden), text=drawn(garden, shutil.get_terminal_size().columns))


def _team(slug: str | None) -> "Team":
    from hortus.access.models import Team

    teams = list(Team.objects.order_by("slug"))
    slugs = ", ".join(t.slug for t in teams) or "none yet; run hortus setup"
    if slug is None and len(teams) > 1:
        own = [t for t in teams if not t.is_sample]
        if len(own) == 1:
            return own[0]
        raise BadInput(f"There are several teams: {slugs}. Say which with --team.", code="which-team", about="team")
    for found in teams:
        if slug in (None, found.slug):
            return found
    raise BadInput(f"There is no team {slug}; teams: {slugs}.", code="no-team", about="team")


def drawn(garden: "Garden", width: int) -> str:
    """Return the garden as text for a terminal of `width` characters: 3x3 when there is room, else a list."""
    headline = garden.headline
    parts = [click.style(headline.title, bold=True), headline.sub, ""]
    for number, card in enumerate(garden.first_things, 1):
        parts += [f" {number}. {card.indicator.act.label}", f"    {card.why}"]
    parts.append("")
    parts += _list(garden, width) if width < NARROW else _square(garden, width)
    return "\n".join(parts)


def _cell(card: "PlotCard", width: int) -> list[tuple[str, State | None]]:
    """Return the lines of one plot, each at most `width` wide, with the state that colours it."""
    speaker = card.speaker
    says = f"{speaker.figure} {speaker.says}" if speaker else f"will grow: {card.bed.grows}"
    lines: list[tuple[str, State | None]] = [
        (card.bed.name[:width], None), (f"{MARKS[card.state]} {card.state.word}", card.state)
    ]  # fmt: skip
    lines += [(line, None) for line in textwrap.wrap(says, width)]
    if speaker:
        lines += [(line, None) for line in textwrap.wrap(speaker.waits, width)]
    if speaker and speaker.is_measured:
        lines.append((speaker.goal[:width], None))
    return lines


def _painted(text: str, width: int, state: State | None) -> str:
    padded = text.ljust(width)
    return click.style(padded, fg=COLOURS[state], bold=True) if state else padded


def _square(garden: "Garden", width: int) -> list[str]:
    cell = min(40, (width - 4) // 3)
    rule = "─" * (3 * cell + 4)
    lines = ["  ".join(column.label.ljust(cell) for column in Column)]
    for row, plots in garden.rows:
        lines += [rule, click.style(row.label, bold=True)]
        cells = [_cell(plot, cell) for plot in plots]
        for line in range(max(len(c) for c in cells)):
            shown = [c[line] if line < len(c) else ("", None) for c in cells]
            lines.append("  ".join(_painted(text, cell, state) for text, state in shown).rstrip())
    return [*lines, rule]


def _list(garden: "Garden", width: int) -> list[str]:
    lines = []
    for row, plots in garden.rows:
        lines += ["", click.style(row.label, bold=True)]
        for plot in plots:
            lines.append(f"{plot.plot.column.label}:")
            lines += [f"  {_painted(text, 0, state)}" for text, state in _cell(plot, max(20, width - 2))]
    return lines
