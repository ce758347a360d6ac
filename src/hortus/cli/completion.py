"""`hortus completion`: the lines that teach a shell to complete our commands."""

import click
from click.shell_completion import get_completion_class

from hortus.cli.frame import Answer
from hortus.cli.frame import command as declare


@declare("completion", django=False)
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
def command(shell: str) -> Answer:
    """Print the completion script of a shell, to be sourced as in: eval "$(hortus completion bash)"."""
    kind = get_completion_class(shell)
    assert kind is not None  # noqa: S101 -- click has all three
    root = click.get_current_context().find_root().command
    script = kind(root, {}, "hortus", "_HORTUS_COMPLETE").source()
    return Answer({"shell": shell, "script": script}, script)
