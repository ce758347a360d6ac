"""The `hortus` command: thin, over the same actions as the web."""

import importlib
import os
from typing import Any

import click

import hortus

# Name of a command, and the module that holds it; loaded only when it is asked for, so that the command starts fast.
COMMANDS = {
    "up": "hortus.cli.up",
    "worker": "hortus.cli.worker",
    "setup": "hortus.cli.setup",
    "reset-link": "hortus.cli.reset_link",
    "sample": "hortus.cli.sample",
    "import": "hortus.cli.import_",
    "telemetry": "hortus.cli.telemetry",
    "garden": "hortus.cli.garden",
    "slo": "hortus.cli.slo",
    "probe": "hortus.cli.probe",
    "incident": "hortus.cli.incident",
    "planned-work": "hortus.cli.planned_work",
    "procedure": "hortus.cli.procedure",
    "alert": "hortus.cli.alert",
    "closed-days": "hortus.cli.closed_days",
    "doctor": "hortus.cli.doctor",
    "backup": "hortus.cli.backup",
    "restore": "hortus.cli.restore",
    "upgrade": "hortus.cli.upgrade",
    "tasks": "hortus.cli.tasks",
    "outbox": "hortus.cli.outbox",
    "unit": "hortus.cli.unit",
    "completion": "hortus.cli.completion",
    "django": "hortus.cli.django",
}


class LazyGroup(click.Group):
    """A group whose commands are imported when they are used."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the names of all commands."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import a command's module and return its `command`."""
        if cmd_name not in COMMANDS:
            return None
        command: click.Command = importlib.import_module(COMMANDS[cmd_name]).command
        return command


@click.group(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(hortus.__version__, prog_name="hortus")
def main(**_: Any) -> None:
    """Tend the people, products and processes of a research computing team."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "hortus.config.settings")
