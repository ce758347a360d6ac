"""Ask an SSH server for its banner, the first thing that it says (RFC 4253, 4.2). Nobody signs in."""

from collections.abc import Mapping
from typing import Any

from hortus.telemetry.probes.asking.found import Found, Means
from hortus.telemetry.probes.asking.wire import Failed, talking

MOST_BYTES = 8192  # lines before the banner included


def ask(given: Mapping[str, Any], limit_seconds: float, means: Means) -> Found:
    """Connect, read the banner, hang up."""
    host, wanted = given["host"], given["banner"]
    try:
        with talking(host, given["port"], limit_seconds, means) as (link, watch, clock):
            said = b""
            while len(said) < MOST_BYTES and not (banner := _banner(said)):
                link.settimeout(watch.left())
                piece = link.recv(1024)
                if not piece:
                    return Found(False, "no-banner", f"{host} hung up before it said that it speaks SSH.")
                said += piece
            seconds = clock.seconds
    except Failed as failed:
        return failed.found
    if not banner:
        return Found(False, "no-ssh", f"What answers on port {given['port']} of {host} does not speak SSH.", seconds)
    if wanted and wanted not in banner:
        return Found(False, "banner", f"Its banner is “{banner[:80]}”, without “{wanted[:80]}”.", seconds)
    return Found(True, "ok", f"It said “{banner[:80]}”.", seconds)


def _banner(said: bytes) -> str:
    """Return the banner once its line is whole, "" before; other lines may stand before it."""
    lines = said.split(b"\n")[:-1]
    found = next((line for line in lines if line.startswith((b"SSH-2.0-", b"SSH-1.99-"))), b"")
    return "".join(letter for letter in found.decode("ascii", "replace") if letter.isprintable())
