"""What the kill test works in: a served Hortus with a worker beside it, incidents, observers, a poster and a killer."""

import contextlib
import json
import os
import random
import signal
import socket
import subprocess
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import httpx
import psutil

from tests.outbox_servers import PostOffice
from tests.place import Place, free_port, kill_tree, tree, until

INCIDENTS = 4
OBSERVERS = ("olga", "omar", "refused")  # the mail server takes nothing for the last one
MARK = "update-{:06d}"
SETUP = """
import json
from hortus.access import actions
from hortus.access.models import Membership, Person, Team
from hortus.access.policy import Role
from hortus.processes.incidents import actions as incidents, roles
team, ada = Team.objects.get(), Person.objects.get()
made = [incidents.declare(team, f"Nobody can use part {n}", by=ada, door="cli") for n in range(int(sys.argv[1]))]
for name in sys.argv[2:]:
    person = Person.objects.create_user(f"{name}@example.org", name.capitalize(), "a long garden path")
    actions.add_member(team, person, Role.MEMBER, by=ada)
    for incident in made:
        roles.assign(incident, "observer", person, by=ada, door="cli")
token = actions.make_token(team, ada, name="poster", scopes=["read", "write"])[1]
print(json.dumps({"token": token, "incidents": [one.number for one in made]}))
"""


@dataclass
class Aim:
    """Lets the killer hit a worker while the mail server has heard a mail whole and has not answered yet."""

    wanted: threading.Event = field(default_factory=threading.Event)
    heard: threading.Event = field(default_factory=threading.Event)

    def hold(self) -> None:
        """Be called by the mail server before it answers: it waits a moment when somebody aims."""
        if self.wanted.is_set():
            self.wanted.clear()
            self.heard.set()
            time.sleep(0.3)

    def wait(self, seconds: float = 30) -> bool:
        """Come back when a mail was just heard; False when none came in that time."""
        self.heard.clear()
        self.wanted.set()
        return self.heard.wait(seconds)


@dataclass
class Poster:
    """Posts updates of one incident, each with its own key, until the server says that it has it."""

    url: str
    token: str
    incident: int
    numbers: list[int]
    acknowledged: set[int] = field(default_factory=set)
    repeats: int = 0
    may_go: Callable[[], bool] = lambda: True

    def run(self) -> None:
        path = f"{self.url}/api/v1/teams/alder/incidents/{self.incident}/updates"
        with httpx.Client(headers={"Authorization": f"Bearer {self.token}"}, timeout=30) as client:
            for number in self.numbers:
                while not self.may_go():
                    time.sleep(0.05)
                while not self._posted(client, path, number):
                    self.repeats += 1
                    time.sleep(0.1)

    def _posted(self, client: httpx.Client, path: str, number: int) -> bool:
        told, key = {"trying": f"[{MARK.format(number)}]"}, {"Idempotency-Key": f"key-{number}"}
        try:
            answer = client.post(path, json=told, headers=key)
        except httpx.HTTPError:
            return False
        if answer.status_code == 201:
            self.acknowledged.add(number)
            return True
        assert answer.status_code >= 500, answer.text
        return False


class Garden:
    """A served Hortus on a port of its own, and a worker; either may be killed and comes back."""

    def __init__(self, place: Place, office: PostOffice) -> None:
        self.place, self.office = place, office
        self.port = free_port()
        place.env |= {"HORTUS_EMAIL_URL": office.url, "HORTUS_PUBLIC_URL": f"http://127.0.0.1:{self.port}"}
        place.with_team()
        self.told = json.loads(place.python(SETUP, INCIDENTS, *OBSERVERS, seconds=600))
        self.kills = {"web": 0, "worker": 0, "worker in mid-sending": 0}
        self.aim = Aim()
        self.web = self._web()
        self.worker = place.start("worker")

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def _web(self) -> "subprocess.Popen[str]":
        process, said = self.place.up("--port", self.port, "--no-worker")
        assert "url" in said, said
        return process

    def kill(self, chance: random.Random) -> None:
        """Kill the worker, or one of the processes of the web server, and start again what does not do so itself.

        Every third time it is the worker, and just when it has handed over a mail whose answer it does not know yet.
        """
        if sum(self.kills.values()) % 3 == 0:
            self._kill_worker(aims=True)
        elif chance.random() < 0.4:
            self._kill_worker(aims=False)
        else:
            self._kill_web(chance)

    def _kill_worker(self, *, aims: bool) -> None:
        is_hit = aims and self.aim.wait()
        os.kill(self.worker.pid, signal.SIGKILL)
        self.worker.wait(10)
        self.kills["worker in mid-sending" if is_hit else "worker"] += 1
        self.worker = self.place.start("worker")

    def _kill_web(self, chance: random.Random) -> None:
        # The supervisor is the first; most often one is hit that answers requests.
        running = tree(self.web)
        victim = running[0] if chance.random() < 0.1 else chance.choice(running[1:] or running)
        try:
            victim.kill()
        except psutil.NoSuchProcess:
            return
        self.kills["web"] += 1
        time.sleep(0.3)
        if self.web.poll() is not None or not self._answers():
            self._start_web_again(running)

    def _start_web_again(self, running: Sequence[psutil.Process]) -> None:
        for left in running:  # also those that lost their parent, or they keep the port from the next one
            with contextlib.suppress(psutil.NoSuchProcess):
                left.kill()
        kill_tree(self.web)
        # One that was forked in this very moment sees within seconds that its parent is gone, and ends by itself.
        until(self._port_is_free, 60, "the port of the killed server is free")
        self.web = self._web()

    def is_served(self) -> bool:
        """Start the web server again where it ended after `kill` had looked: an orphan of it may answer until then."""
        if self.web.poll() is not None:
            self._start_web_again([])
        return True

    def _port_is_free(self) -> bool:
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", self.port))
            except OSError:
                return False
        return True

    def _answers(self) -> bool:
        end = time.monotonic() + 3
        while time.monotonic() < end and self.web.poll() is None:
            try:
                return httpx.get(f"{self.url}/healthz", timeout=3).status_code == 200
            except httpx.HTTPError:
                time.sleep(0.1)
        return False

    def posters(self, updates: int) -> list[Poster]:
        """Return a poster for each incident; together they post the numbers from 0."""
        return [
            Poster(self.url, self.told["token"], incident, list(range(at, updates, INCIDENTS)))
            for at, incident in enumerate(self.told["incidents"])
        ]

    def storm(self, posters: list[Poster], kill_points: int, seed: int) -> None:
        """Post everything, and kill at as many moments as asked, spread by chance over the posting.

        Who posts waits for the killer, or the last kills would hit when all is said and the worker has only to send.
        """
        chance = random.Random(seed)

        def posted() -> int:
            return sum(len(one.acknowledged) for one in posters)

        updates = sum(len(one.numbers) for one in posters)
        moments = sorted(chance.randrange(updates) for _ in range(kill_points))
        left = [*moments, updates]
        for one in posters:
            one.may_go = lambda: posted() < left[0] + len(posters)
        threads = [threading.Thread(target=one.run, daemon=True) for one in posters]
        for thread in threads:
            thread.start()
        for moment in moments:
            until(lambda at=moment: self.is_served() and posted() >= at, 600, f"{moment} were posted")
            time.sleep(chance.uniform(0, 0.1))
            self.kill(chance)
            left.pop(0)
        until(lambda: self.is_served() and not any(one.is_alive() for one in threads), 1200, "all was posted")

    def settle(self, seconds: float) -> None:
        """Wait until nothing is due any more; what waits for its next try is tried at once."""
        due = "SELECT count(*) FROM outbox_delivery WHERE state = 'due'"
        until(lambda: self.place.rows(due) == [(0,)], seconds, "everything has left or was given up")
