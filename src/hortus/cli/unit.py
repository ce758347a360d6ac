"""`hortus unit`: print a systemd user unit, or the lines for a proxy. Writes nothing."""

import shutil
import sys
from pathlib import Path
from string import Template

import click

from hortus.cli.frame import Answer
from hortus.cli.frame import command as declare

_TEMPLATES = Path(__file__).with_name("templates")


@declare("unit")
@click.option("--proxy", type=click.Choice(["nginx", "apache", "caddy"]), help="Print lines for this proxy instead.")
def command(proxy: str | None) -> Answer:
    """Print a systemd user unit that runs `hortus up` as it is set now, or the lines that a proxy needs."""
    from django.conf import settings

    declared = settings.HORTUS
    server_name = declared.public_url.partition("://")[2] or "garden.example.org"
    upstream = str(declared.uds.expanduser().absolute()) if declared.uds else f"{declared.host}:{declared.port}"
    words = {
        "hortus": shutil.which("hortus") or f"{sys.prefix}/bin/hortus",
        "data_dir": str(settings.DATA_DIR),
        "folder": str(Path.cwd()),
        "stop_seconds": str(declared.stop_seconds + 10),
        "server_name": server_name.partition(":")[0],
        "base": declared.base_path or "/",
        "location": f"{declared.base_path}/",
        "nginx_upstream": f"unix:{upstream}:" if declared.uds else upstream,
        "apache_upstream": f"unix:{upstream}|http://localhost" if declared.uds else f"http://{upstream}",
        "caddy_upstream": f"unix/{upstream}" if declared.uds else upstream,
        "trusted": "unix" if declared.uds else "127.0.0.1",
    }
    name = proxy or "systemd"
    text = Template((_TEMPLATES / f"{name}.txt").read_text(encoding="utf-8")).substitute(words).rstrip()
    return Answer({"kind": name, "text": text}, text)
