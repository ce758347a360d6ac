"""Subscribers: asked by e-mail, told of what they chose, forgotten when they leave. With a real mail server."""

import re
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.core.cache import cache
from django.test import Client
from django.utils import timezone

from hortus.access.models import Person, Team
from hortus.catalogue import actions, bulletins, functions, publication, subscribers, subscriptions
from hortus.catalogue.models import Bulletin, Function, Service, Subscriber
from hortus.catalogue.sentences import Sentences
from hortus.catalogue.statements import Words
from hortus.ledger.models import Event
from hortus.ledger.outbox.models import Delivery, Message
from hortus.ledger.queue_worker import drain
from hortus.ledger.refs import Ref
from tests.catalogue.speech import opened  # type: ignore[import-not-found]
from tests.ledger.outbox.telling import mailing  # noqa: F401  # type: ignore[import-not-found] -- a fixture
from tests.outbox_servers import PostOffice, post_office  # noqa: F401  # type: ignore[import-not-found] -- a fixture

pytestmark = pytest.mark.django_db
SUBSCRIBE = "/status/rcd/subscribe/"
ADA = "ada@uni.example.org"


@pytest.fixture(autouse=True)
def _no_memory() -> None:
    cache.clear()


@pytest.fixture
def services(team: Team, member: Person, mailing: PostOffice) -> dict[str, Service]:  # noqa: F811
    opened(team)
    found = {}
    for slug in ("alder", "peat"):
        details = actions.Details(slug.capitalize(), "cluster", f"Use {slug}.")
        found[slug] = actions.add(team, details, by=member, door="web", slug=slug)
        functions.add(
            team, functions.Details(f"{slug} works", "Use it.", 86_400, found[slug]), by=member, door="web", slug=slug
        )  # fmt: skip
    return found


def ask(email: str = ADA, address: str = "192.0.2.7", **more: Any) -> Any:
    given = {"email": email, "scope": "all"} | more
    return Client(REMOTE_ADDR=address).post(SUBSCRIBE, given)


def link_of(office: PostOffice, place: int = -1) -> str:
    """Return the path of the secret link in a mail."""
    found = re.search(r"https://h\.example\.org(/status/rcd/subscription/\S+/)", office.accepted()[place].text)
    assert found is not None, office.accepted()[place].text
    return found[1]


def subscribed(team: Team, email: str = ADA, *chosen: Service) -> Subscriber:
    made: Subscriber = Subscriber.objects.create(
        team=team, email=email, wants_all=not chosen, asked_at=timezone.now(), confirmed_at=timezone.now()
    )
    made.services.set(chosen)
    return made


def publish(team: Team, by: Person, *slugs: str, about: str = "7") -> Bulletin:
    said = [(one, Words("unavailable")) for one in Function.objects.filter(team=team, slug__in=slugs)]
    ref = Ref("incident", about, "It does not answer")
    return bulletins.publish(
        team, ref, ref.name, said, sentences=Sentences(cannot="use it."), trying="We restart it.", by=by, door="web"
    )  # fmt: skip


def told(office: PostOffice) -> list[str]:
    return sorted(mail.to[0] for mail in office.accepted())


def test_from_the_form_to_the_news_and_out_again(
    team: Team, member: Person, services: dict[str, Service], mailing: PostOffice  # noqa: F811
) -> None:  # fmt: skip
    answer = ask("Ada@uni.example.org", scope="chosen", services=[str(services["peat"].pk)])
    assert "an e-mail is on its way" in answer.content.decode()
    drain()
    assert told(mailing) == [ADA]
    secret = link_of(mailing)
    page = Client().get(secret)
    assert (page.status_code, page["Referrer-Policy"]) == (200, "no-referrer")
    assert Subscriber.objects.get().confirmed_at is None, "opening a link confirms nothing"
    assert "You are subscribed" in Client(enforce_csrf_checks=True).post(secret, {"do": "confirm"}).content.decode()
    publish(team, member, "alder")
    publish(team, member, "peat", about="8")
    drain()
    mail = mailing.accepted()[-1]
    assert len(mailing.accepted()) == 2, "one mail asked, one told of the service that was chosen"
    assert "peat works: unavailable." in mail.text
    assert f"<https://h.example.org{secret}>" in mail.message["List-Unsubscribe"]
    assert mail.message["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    Client().get(secret)
    assert Subscriber.objects.exists(), "programs that open links unsubscribe nobody"
    gone = Client(enforce_csrf_checks=True).post(secret, {"List-Unsubscribe": "One-Click"})
    assert gone.status_code == 200
    assert not Subscriber.objects.exists()
    assert "You get no news" in Client().post(secret, {"List-Unsubscribe": "One-Click"}).content.decode()


def test_nothing_kept_tells_who_subscribed(
    team: Team, member: Person, services: dict[str, Service], mailing: PostOffice  # noqa: F811
) -> None:  # fmt: skip
    ask()
    drain()
    Client().post(link_of(mailing), {"do": "confirm"})
    publish(team, member, "peat")
    drain()
    Client().post(link_of(mailing), {"do": "leave"})
    kept = [*Event.objects.values_list("payload", "object_name"), *Message.objects.values_list("body", "path")]
    kept += [*Message.objects.values_list("subject", "thread"), *Delivery.objects.values_list("reason", "lane")]
    assert ADA not in str(kept).lower()
    assert "subscription/" not in str(kept), "the secret link is in no message that members can read"
    verbs = Event.objects.filter(object_kind="status-page").order_by("pk").values_list("verb", flat=True)
    assert list(verbs) == ["opened", "subscribed", "unsubscribed"]


def test_the_answer_tells_nobody_who_is_subscribed(
    team: Team, services: dict[str, Service], mailing: PostOffice  # noqa: F811
) -> None:  # fmt: skip
    subscribed(team, "known@example.org")
    pages = [ask(email).content for email in ("known@example.org", "new@example.org", "known@example.org")]
    assert len(set(pages)) == 1
    drain()
    assert told(mailing) == ["known@example.org", "new@example.org"], "known ones get the link again, once a day"


def test_an_address_is_not_flooded(
    team: Team, services: dict[str, Service], mailing: PostOffice  # noqa: F811
) -> None:  # fmt: skip
    with time_machine.travel(timezone.now(), tick=False) as clock:
        for _ in range(6):
            ask()
            ask()
            drain()
            clock.shift(timedelta(hours=1))
        assert len(mailing.accepted()) == subscriptions.MOST_MAILS
        clock.shift(timedelta(days=2))
        ask()
        drain()
        assert len(mailing.accepted()) == subscriptions.MOST_MAILS + 1, "forgotten after two days, it may ask anew"


def test_a_client_is_stopped(team: Team, services: dict[str, Service]) -> None:
    codes = [ask(f"a{n}@example.org", "2001:db8::1" if n % 2 else "2001:db8::2").status_code for n in range(11)]
    assert codes == [200] * 10 + [429]
    assert ask("b@example.org", "2001:db8:1::1").status_code == 200
    assert Subscriber.objects.count() == 11


def test_programs_and_nonsense_get_nothing(team: Team, services: dict[str, Service]) -> None:
    assert ask(website="https://spam.example").status_code == 200
    for more in ({"email": "no address"}, {"email": "a@example.org\nBcc: b@example.org"}, {"scope": "chosen"}):
        assert ask(**more).status_code == 422
    assert ask(scope="chosen", services=["00000000-0000-0000-0000-000000000000"]).status_code == 422
    assert not Subscriber.objects.exists()
    assert Client().get("/status/rcd/subscription/forged.link/").status_code == 404


def test_where_no_mail_can_be_sent_none_is_promised(team: Team, settings: Any) -> None:
    opened(team)
    settings.HORTUS = settings.HORTUS.model_copy(update={"email_url": ""})
    assert "does not send e-mail" in Client().get(SUBSCRIBE).content.decode()
    assert "does not send e-mail" in ask().content.decode()
    assert not Subscriber.objects.exists()


def test_who_left_in_another_window_stays_forgotten(team: Team, services: dict[str, Service]) -> None:
    there, gone = subscribed(team), subscribed(team, "gone@example.org")
    Subscriber.objects.filter(pk=gone.pk).delete()
    subscriptions.choose(gone, [services["alder"]])  # it had been read before they left
    assert list(Subscriber.objects.all()) == [there]
    path = f"/status/rcd/subscription/{subscriptions.token(gone)}/"
    for given in ({"do": "choose", "scope": "all"}, {"do": "confirm"}, {"do": "leave"}):
        assert "You get no news from us" in Client().post(path, given).content.decode()


def test_a_link_that_is_only_opened_changes_nothing(team: Team) -> None:
    asked = Subscriber.objects.create(team=team, email=ADA, asked_at=timezone.now())
    sure = subscribed(team, "sure@example.org")
    before = list(Subscriber.objects.order_by("pk").values())
    for one in (asked, sure):
        path = f"/status/rcd/subscription/{subscriptions.token(one)}/"
        for query in ("", "?do=confirm", "?do=leave", "?List-Unsubscribe=One-Click"):
            assert Client().get(path + query).status_code == Client().head(path + query).status_code == 200
    assert list(Subscriber.objects.order_by("pk").values()) == before


def test_unconfirmed_addresses_are_forgotten(team: Team) -> None:
    kept = subscribed(team)
    for days, email in ((1, "young@example.org"), (3, "old@example.org")):
        Subscriber.objects.create(team=team, email=email, asked_at=timezone.now() - timedelta(days=days))
    assert subscriptions.sweep() == 1
    assert {one.email for one in Subscriber.objects.all()} == {kept.email, "young@example.org"}


def test_between_writing_and_sending_things_change(
    team: Team, member: Person, services: dict[str, Service], mailing: PostOffice  # noqa: F811
) -> None:  # fmt: skip
    """Who left, and who chose otherwise, gets nothing, and the reason is on record."""
    _, chose, leaves = (subscribed(team, f"{name}@example.org") for name in ("stays", "chose", "leaves"))
    publish(team, member, "peat")
    subscriptions.leave(leaves)
    subscriptions.choose(chose, [services["alder"]])
    drain()
    assert told(mailing) == ["stays@example.org"]
    reasons = dict(Delivery.objects.exclude(state="accepted").values_list("recipient_id", "reason"))
    assert reasons == {str(leaves.pk): "unsubscribed", str(chose.pk): "this service is not chosen any more"} or {
        key: reason.rstrip(".").lower() for key, reason in reasons.items()
    } == {str(leaves.pk): "unsubscribed", str(chose.pk): "this service is not chosen any more"}
    assert set(Delivery.objects.values_list("state", flat=True)) == {"accepted", "dropped"}


def test_a_page_that_closes_takes_its_mail_back(
    team: Team, member: Person, services: dict[str, Service], mailing: PostOffice  # noqa: F811
) -> None:  # fmt: skip
    one = subscribed(team)
    publish(team, member, "peat")
    publication.settle(team, is_public=False, where_to_turn="", by=None, door="web")
    drain()
    assert mailing.accepted() == []
    assert "closed" in Delivery.objects.get().reason
    publish(team, member, "peat")
    assert Delivery.objects.count() == 1, "nothing is due to subscribers while the page is closed"
    page = Client().get(f"/status/rcd/subscription/{subscriptions.token(one)}/")
    assert page.status_code == 200, "one can leave a closed page, too"


def test_who_wants_what(team: Team, services: dict[str, Service]) -> None:
    everything, peat = subscribed(team, "all@example.org"), subscribed(team, "peat@example.org", services["peat"])
    Subscriber.objects.create(team=team, email="asked@example.org", asked_at=timezone.now())
    other = Team.objects.create(slug="other", name="Other")
    subscribed(other, "elsewhere@example.org")
    for slugs, wanted in ((["alder"], [everything]), (["alder", "peat"], [everything, peat]), ([], [everything])):
        mine = list(Function.objects.filter(slug__in=slugs))
        assert {one.id for one in subscribers.wanting(team, mine)} == {str(one.pk) for one in wanted}


def test_five_thousand_are_told_in_few_queries(
    team: Team, member: Person, services: dict[str, Service], django_assert_max_num_queries: Any
) -> None:
    now = timezone.now()
    Subscriber.objects.bulk_create(
        Subscriber(team=team, email=f"s{n}@example.org", asked_at=now, confirmed_at=now) for n in range(5000)
    )
    with django_assert_max_num_queries(400):
        publish(team, member, "peat")
    assert Delivery.objects.filter(state="due").count() == 5000


def test_leads_see_who_and_members_how_many(
    team: Team, services: dict[str, Service], as_lead: Client, as_member: Client, as_stranger: Client
) -> None:
    one = subscribed(team)
    path = "/t/rcd/status/+subscribers/"
    assert ADA in as_lead.get(path).content.decode()
    assert "1 address gets" in as_member.get("/t/rcd/status/").content.decode()
    for client in (as_member, as_stranger):
        assert client.get(path).status_code == 404
        assert client.post(f"{path}{one.pk}/remove/").status_code == 404
        assert client.get("/api/v1/teams/rcd/subscribers").status_code == 404
        assert client.delete(f"/api/v1/teams/rcd/subscribers/{one.pk}").status_code == 404
    assert as_lead.get("/api/v1/teams/rcd/subscribers").json()["total"] == 1
    assert as_lead.post(f"{path}{one.pk}/remove/").status_code == 302
    assert not Subscriber.objects.exists()
    event = Event.objects.filter(verb="removed").get()
    assert ADA not in str(event.payload)
