"""Each way out through real processes: a mail server that breaks off or refuses, a program, a way out that is taken."""

import json
from email.message import EmailMessage

import httpx
from standardwebhooks import Webhook

from tests.outbox_servers import PostOffice, WebServer, post_office, web_server  # noqa: F401 -- fixtures
from tests.place import Place, free_port, until

SETUP = """
import json
from hortus.access import actions
from hortus.access.models import Person, Team
from hortus.access.policy import Role
from hortus.ledger.outbox import destinations, unsubscribe
team, ada = Team.objects.get(), Person.objects.get()
made = {}
for name in ("bert", "cleo"):
    made[name] = Person.objects.create_user(f"{name}@example.org", name.capitalize(), "a long garden path")
    actions.add_member(team, made[name], Role.MEMBER, by=ada)
_, secret = destinations.add(team, name="Bot", sort="webhook", url=sys.argv[1], by=ada, door="cli")
print(json.dumps({"secret": secret, "way_out": unsubscribe.path(team, made["cleo"], "incident")}))
"""
SAY = """
from django.db import transaction
from hortus.access.models import Person, Team
from hortus.ledger.outbox.actions import tell
from hortus.ledger.outbox.recipients import Recipient
from hortus.ledger.refs import Ref
team = Team.objects.get()
with transaction.atomic():
    tell(team, "incident", Ref("team", "1", "x"), subject="Scratch is slow", body="You can log in.", thread="test:1",
         to=[Recipient.person(one) for one in Person.objects.order_by("email")])
"""
# Of persons by name, of the program as "".
BECAME = """
SELECT coalesce(access_person.name, ''), state, reason, attempts, may_repeat FROM outbox_delivery
LEFT JOIN access_person ON replace(CAST(access_person.id AS text), '-', '') = replace(recipient_id, '-', '')
"""


def test_each_way_out_of_a_message(
    place: Place, post_office: PostOffice, web_server: WebServer  # noqa: F811
) -> None:  # fmt: skip
    port = free_port()
    place.env |= {
        "HORTUS_EMAIL_URL": post_office.url, "HORTUS_PUBLIC_URL": f"http://127.0.0.1:{port}",
        "HORTUS_FETCH_NETWORKS": "127.0.0.1/32",
    }  # fmt: skip
    told = json.loads(place.with_team().python(SETUP, web_server.url("/hook")))
    place.up("--port", port, "--no-worker")
    place.python(SAY)  # nobody sends it yet
    way_out = f"http://127.0.0.1:{port}{told['way_out']}"
    assert httpx.get(way_out).status_code == 200  # as programs do that look at mail; it changes nothing
    assert place.rows("SELECT count(*) FROM outbox_topicchoice") == [(0,)]
    assert httpx.post(way_out, data={"List-Unsubscribe": "One-Click"}).status_code == 200

    broken: list[EmailMessage] = []

    def breaks_off_once(message: EmailMessage) -> str:
        broken.append(message)
        return "reset" if len(broken) == 1 else ""

    post_office.rcpt = lambda address: "550 5.1.1 no such user" if address.startswith("bert") else ""
    post_office.data = breaks_off_once
    place.start("worker")
    until(lambda: not [row for row in place.rows(BECAME) if row[1] == "due"], 90, "nothing is due any more")

    became = {name: (state, reason, attempts, bool(may_repeat)) for name, state, reason, attempts, may_repeat
              in place.rows(BECAME)}  # fmt: skip
    assert became == {
        "Ada": ("accepted", "250 OK", 2, True),
        "Bert": ("dead", "550 5.1.1 no such user", 1, False),
        "Cleo": ("dropped", "the person turned this off", 0, False),
        "": ("accepted", "200 OK", 1, False),
    }
    first, second = post_office.received()
    assert first.id == second.id
    assert (first.message["X-Hortus-May-Repeat"], second.message["X-Hortus-May-Repeat"]) == (None, "yes")
    (asked,) = web_server.requests()
    assert Webhook(told["secret"]).verify(asked.body, asked.headers)["data"]["subject"] == "Scratch is slow"
