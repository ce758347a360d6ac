"""Measure the outbox: telling 5,000 recipients in one transaction, and deliveries a second to a local mail server.

Run: .venv/bin/python benchmarks/outbox.py   (on PostgreSQL: through scripts/postgresql.py). The mail server is aiosmtpd
in this process; beside the worker's rate stands that of a plain loop of smtplib that keeps nothing. Decides nothing.
"""

import argparse
import asyncio
import logging
import os
import signal
import smtplib
import socket
import subprocess
import sys
import tempfile
import threading
import time
from email.message import EmailMessage
from pathlib import Path
from typing import Any

from _machine import calibration
from aiosmtpd.smtp import SMTP

RECIPIENTS, MAILS = 5_000, 1_000
logging.getLogger("mail.log").setLevel(logging.WARNING)  # aiosmtpd tells every command


class Counter:
    """A mail server that counts what it takes."""

    def __init__(self) -> None:
        self.count, self.last = 0, 0.0
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = int(probe.getsockname()[1])
        loop = asyncio.new_event_loop()
        threading.Thread(target=loop.run_forever, daemon=True).start()
        serving = loop.create_server(lambda: SMTP(self, hostname="bench"), "127.0.0.1", self.port)
        asyncio.run_coroutine_threadsafe(serving, loop).result(10)

    async def handle_DATA(self, _server: Any, _session: Any, _envelope: Any) -> str:  # noqa: N802 -- aiosmtpd's name
        self.count, self.last = self.count + 1, time.perf_counter()
        return "250 OK"


def fill() -> Any:
    """Make tables, a team and its people; return the team."""
    from django.core.management import call_command

    call_command("migrate", verbosity=0)
    from hortus.access.models import Membership, Person, Team

    team = Team.objects.create(slug="bench", name="Bench")
    persons = [Person(email=f"p{n}@example.org", name=f"Person {n}") for n in range(RECIPIENTS)]
    Person.objects.bulk_create(persons)
    Membership.objects.bulk_create(Membership(team=team, person=one, role="member") for one in persons)
    return team


def tell(team: Any, count: int, subject: str) -> float:
    """Tell so many members something, in one transaction; return the seconds to its commit."""
    from django.db import transaction

    from hortus.ledger.outbox import actions
    from hortus.ledger.outbox.recipients import members
    from hortus.ledger.refs import Ref

    to = members(team)[:count]
    began = time.perf_counter()
    with transaction.atomic():
        actions.tell(team, "incident", Ref("team", "1", "x"), subject=subject, body="What is so. " * 20, to=to)
    return time.perf_counter() - began


def delivered(server: Counter, want: int) -> float:
    """Run one worker until so many mails came; return the seconds from the first to the last."""
    worker = subprocess.Popen([str(Path(sys.executable).parent / "hortus"), "worker"], stderr=subprocess.DEVNULL)
    try:
        while not server.count:
            time.sleep(0.005)
        began, first = time.perf_counter(), server.count
        while server.count < want and worker.poll() is None:
            time.sleep(0.01)
        return (server.last - began) * want / max(want - first, 1)
    finally:
        worker.send_signal(signal.SIGTERM)
        worker.wait(60)


def plain(server: Counter, count: int) -> float:
    """Send so many mails with nothing but smtplib, a connection each; return the seconds."""
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = "a@example.org", "b@example.org", "x"
    message.set_content("What is so. " * 20)
    began = time.perf_counter()
    for _ in range(count):
        with smtplib.SMTP("127.0.0.1", server.port) as conversation:
            conversation.send_message(message)
    return time.perf_counter() - began


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--mails", type=int, default=MAILS)
    count = parser.parse_args().mails
    server = Counter()
    with tempfile.TemporaryDirectory() as folder:
        url = os.environ.get("HORTUS_DATABASE_URL", "")
        os.environ |= {"HORTUS_DATA_DIR": folder, "HORTUS_SAMPLE": "false",
                       "HORTUS_EMAIL_URL": f"smtp://127.0.0.1:{server.port}",
                       "DJANGO_SETTINGS_MODULE": "hortus.config.settings"}  # fmt: skip
        import django

        django.setup()
        team = fill()
        print(f"machine: {calibration():.1f} thousand rounds/s; {'PostgreSQL' if url else 'SQLite'}")
        took = tell(team, count, "First")
        print(f"tell {count:,} recipients: {took:.2f} s to the commit")
        took = delivered(server, count)
        print(f"one worker: {count / took:,.0f} deliveries/s ({count:,} in {took:.1f} s)")
        took = plain(server, count)
        print(f"smtplib alone, keeping nothing: {count / took:,.0f} mails/s")
        took = tell(team, RECIPIENTS, "Second")
        print(f"tell {RECIPIENTS:,} recipients: {took:.2f} s to the commit")


if __name__ == "__main__":
    main()
