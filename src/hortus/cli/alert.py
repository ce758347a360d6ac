"""`hortus alert`: what Nagios, Icinga 2 and Checkmk call to send a notification. Needs no database and no Django."""

import os
import uuid
from datetime import UTC, datetime
from pathlib import Path

import click

from hortus.cli.frame import Answer, BadInput
from hortus.cli.frame import command as declare
from hortus.cli.token import token_given
from hortus.telemetry.alerts.rules import macros
from hortus.telemetry.alerts.sending import Flushed, Posted, Receiver, Spool, post

SPOOL = "~/.local/state/hortus/alerts"
SENT = "unspooled"


@click.group(name="alert")
def command() -> None:
    """Send alerts of a monitoring program to a source of alerts of Hortus.

    Exit code 0: it was delivered, or is spooled and will be sent again; 1: it is stored, but cannot be read as an
    alert; 2: bad input, or it could not even be kept.
    """


@declare("send", django=False)
@click.option("--url", envvar="ALERT_INTAKE_URL", default="", help="Address of the source. [ALERT_INTAKE_URL]")
@click.option("--token-file", envvar="ALERT_INTAKE_TOKEN_FILE", type=click.Path(dir_okay=False),
              help="File with its token, or ALERT_INTAKE_TOKEN holds it. [ALERT_INTAKE_TOKEN_FILE]")  # fmt: skip
@click.option("--ca-file", envvar="ALERT_INTAKE_CA_FILE", default="", help="Certificates to trust, for https.")
@click.option("--spool", envvar="ALERT_INTAKE_SPOOL", default=SPOOL, show_default=True, help="Folder of what waits.")
@click.option("--seconds", type=click.FloatRange(1, 600), default=20, show_default=True, help="Give up sending after.")
@click.option("--flush", is_flag=True, help="Only send what waits, as cron or a timer may do every minute.")
@click.option("--type", default="", help="PROBLEM, RECOVERY, ACKNOWLEDGEMENT, FLAPPINGSTART, DOWNTIMESTART, ...")
@click.option("--host", default="", help="Name of the host.")
@click.option("--service", default="", help="Name of the service check; none for the host itself.")
@click.option("--state", default="", help="As in DOWN, WARNING or CRITICAL.")
@click.option("--output", default="", help="What the check said.")
@click.option("--problem", default="", help="The program's own number of the problem.")
@click.option("--author", default="", help="Who acknowledged it there.")
@click.option("--comment", default="", help="What they said.")
@click.option("--link", default="", help="Address of a page that tells more.")
def send(
    url: str, token_file: str | None, ca_file: str, spool: str, seconds: float, flush: bool, link: str, **told: str
) -> Answer:  # fmt: skip
    """Send one alert, after those that wait; what cannot be sent now is spooled.

    What no option tells is taken from the macros that the program put into the environment: NOTIFY_ (Checkmk), NAGIOS_
    or ICINGA_.
    """
    receiver = Receiver(
        _given(url, "--url or ALERT_INTAKE_URL", "url"), token_given(token_file, "ALERT_INTAKE_TOKEN"), ca_file
    )
    held = Spool(Path(spool).expanduser(), receiver.url)
    if flush:
        return _flushed(held.flush(receiver, seconds) if held.folder.is_dir() else Flushed((), 0))
    notice = macros.notice(told | {"url": link}, os.environ, datetime.now(UTC), str(uuid.uuid4()))
    try:
        name, given_up = held.put(notice)
    except (OSError, BlockingIOError) as error:
        return _unkept(notice, receiver, seconds, error)
    found = held.flush(receiver, seconds)
    return _said(name, found, given_up)


def _given(value: str, how: str, about: str) -> str:
    if not value.strip():
        raise BadInput(f"Give the {about} with {how}.", f"no-{about}", about)
    return value.strip()


def _flushed(found: Flushed) -> Answer:
    good = len(found.sent) - len(found.unread)
    data = {"delivered": good, "spooled": found.left, "why": found.why} | _complained(found)
    waits = f"; {found.left} still spooled: {found.why or 'they came meanwhile'}" if found.left else ""
    return Answer(data, f"{good} delivered{waits}.", trouble=bool(found.unread))


def _said(name: str, found: Flushed, given_up: int) -> Answer:
    is_sent, is_read = name in found.sent, name not in found.unread
    word = "unreadable" if not is_read else "delivered" if is_sent else "spooled"
    data = {
        "state": word, "delivered": len(found.sent) - len(found.unread), "spooled": found.left, "why": found.why,
        "given_up": given_up,
    } | _complained(found)  # fmt: skip
    text = word if is_sent else f"spooled: {found.why}. {found.left} wait"
    lost = f" The spool is full: {given_up} of the oldest were given up." if given_up else ""
    return Answer(data, f"{text}.{lost}" if is_read else lost.strip(), trouble=bool(found.unread))


def _complained(found: Flushed) -> dict[str, object]:
    """Say on standard error what was stored but could not be read, and return it as data: it is not sent again."""
    said = list(dict.fromkeys(found.unread.values()))
    for sentence in said:
        click.echo(f"It is stored, but cannot be read as an alert: {sentence} See the page of the source.", err=True)
    return {"unreadable": len(found.unread), "unreadable_why": said}


def _unkept(notice: dict[str, str], receiver: Receiver, seconds: float, error: OSError) -> Answer:
    """Send an alert that the spool cannot keep; it is refused only when that fails too."""
    import json
    import ssl
    from contextlib import closing

    try:
        with closing(receiver.connect(seconds)) as connection:
            posted = post(json.dumps(notice).encode(), receiver, connection)
    except ssl.SSLError as fault:
        posted = Posted(f"the certificates to trust cannot be read: {fault}")
    if posted.why:
        where = error.filename or "the spool"
        why = f"It is lost: {posted.why}, and {where} cannot be written: {error.strerror or error}."
        raise BadInput(why, "lost", "spool")
    found = Flushed((SENT,), 0, unread={SENT: posted.unread} if posted.unread else {})
    answer = _said(SENT, found, 0)
    text = f"{answer.text} The spool cannot be written: {error.strerror or error}.".strip()
    return Answer(answer.data, text, answer.trouble)


command.add_command(send)
