"""What the kill test works in: a served Hortus with a worker beside it, incidents, observers, a poster and a killer."""

import json
import os
import random
import signal
import subprocess
import threading
import time
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
class Poster:
    """Posts updates of one incident, each with its own key, until the server says that it has it."""

    url: str
    token: str
    incident: int
    numbers: list[int]
    acknowledged: set[int] = field(default_factory=set)
    repeats: int = 0

    def run(self) -> None:
        path = f"{self.url}/api/v1/teams/alder/incidents/{self.incident}/updates"
        with httpx.Client(headers={"Authorization": f"Bearer {self.token}"}, timeout=30) as client:
            for number in self.numbers:
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
        self.kills = {"web": 0, "worker": 0}
        self.web = self._web()
        self.worker = place.start("worker")

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def _web(self) -> "subprocess.Popen[str]":
        process, _ = self.place.up("--port", self.port, "--no-worker")
        return process

    def kill(self, chance: random.Random) -> None:
        """Kill the worker, or one of the processes of the web server, and start again what does not do so itself."""
        if chance.random() < 0.6:
            self._kill_worker()
        else:
            self._kill_web(chance)

    def _kill_worker(self) -> None:
        os.kill(self.worker.pid, signal.SIGKILL)
        self.worker.wait(10)
        self.kills["worker"] += 1
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
            kill_tree(self.web)
            self.web = self._web()

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
        """Post everything, and kill at as many moments as asked, spread by chance over the posting."""
        chance = random.Random(seed)
        updates = sum(len(one.numbers) for one in posters)
        moments = sorted(chance.randrange(updates) for _ in range(kill_points))
        threads = [threading.Thread(target=one.run, daemon=True) for one in posters]
        for thread in threads:
            thread.start()
        for moment in moments:
            until(lambda at=moment: sum(len(p.acknowledged) for p in posters) >= at, 600, f"{moment} were posted")
            time.sleep(chance.uniform(0, 0.1))
            self.kill(chance)
        for thread in threads:
            thread.join(1200)

    def settle(self, seconds: float) -> None:
        """Wait until nothing is due any more; what waits for its next try is tried at once."""
        due = "SELECT count(*) FROM outbox_delivery WHERE state = 'due'"
        until(lambda: self.place.rows(due) == [(0,)], seconds, "everything has left or was given up")
