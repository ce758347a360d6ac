"""`hortus up`: web and worker in one go."""

import dataclasses
import json
import webbrowser
from pathlib import Path
from typing import TYPE_CHECKING

import click

from hortus.cli.frame import Answer, BadInput, wants_json
from hortus.cli.frame import command as declare

if TYPE_CHECKING:
    from hortus.config.start import Ready


@declare("up", django=False)
@click.option("--host", help="Address to bind to; the default is reachable from this machine only.")
@click.option("--port", type=click.IntRange(1, 65535), help="Port to bind to.")
@click.option("--uds", type=click.Path(path_type=Path), help="Serve on a UNIX socket in a folder of mode 0700 instead.")
@click.option("--base-path", help="Path below which Hortus is served, as in /hortus.")
@click.option("--worker/--no-worker", default=True, help="Run the worker for background tasks beside the web server.")
@click.option("--open", "open_browser", is_flag=True, help="Open the start page in a browser.")
def command(
    host: str | None, port: int | None, uds: Path | None, base_path: str | None, worker: bool, open_browser: bool
) -> Answer | None:
    """Serve Hortus: make what is missing, then run web server and worker until Ctrl-C."""
    import django

    from hortus.config import declared, start

    declared.override(host=host, port=port, uds=uds, base_path=base_path)
    settings = declared.read()
    django.setup()
    from django.conf import settings as django_settings

    def ready(found: start.Ready) -> None:
        click.echo(json.dumps(dataclasses.asdict(found)) if wants_json() else _lines(found, settings.port))
        if open_browser:
            webbrowser.open(found.setup_url or found.url)

    def tell(sentence: str) -> None:
        click.echo(sentence, err=True)

    failed = start.serve(settings, django_settings.DATA_DIR, with_worker=worker, tell=tell, ready=ready)
    if failed:
        raise Failed(failed, "failed")
    return None


class Failed(BadInput):
    """The web server ended by itself."""

    exit_code = 1


def _lines(found: "Ready", port: int) -> str:
    lines = [f"Hortus is ready at {found.url} (Ctrl-C stops it)."]
    if found.socket:
        lines = [
            f"Hortus is ready on the socket {found.socket} (Ctrl-C stops it).",
            f"From your own machine: ssh -L {port}:{found.socket} <this machine>, then open {found.url}",
        ]
    if found.setup_url:
        lines.append(f"Start your own team, once: {found.setup_url}")
    return "\n".join(lines)
