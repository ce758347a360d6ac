"""What the public reads of trouble: on the page, on pages of its own, in feeds, as plain text, as JSON."""

import json
import re
from datetime import timedelta
from typing import Any

import feedparser
import pytest
from django.test import Client
from django.utils import timezone

from hortus.access.models import Person, Team
from hortus.catalogue import actions, board, bulletins, functions, measures, statements
from hortus.catalogue.models import Bulletin, Function, NewsThread, Statement
from hortus.catalogue.sentences import Sentences
from hortus.catalogue.statements import Words
from hortus.ledger.refs import Ref
from tests.catalogue.speech import a_function, a_work, opened, said  # type: ignore[import-not-found]

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)
ABOUT = Ref("incident", "7", "Scratch does not answer")
HOSTILE = "<script>alert(1)</script> & ]]> é 日本 \u202e"


@pytest.fixture
def scratch(team: Team, member: Person) -> Function:
    opened(team)
    service = actions.add(team, actions.Details("Peat", "storage", "Keep files."), by=member, door="web", slug="peat")
    details = functions.Details("Scratch", "Use scratch.", 2_592_000, service)
    return functions.add(team, details, by=member, door="web", at=timezone.now() - timedelta(days=40))


def publish(team: Team, by: Person, said: Any = (), ago: timedelta = timedelta(0), **more: Any) -> Bulletin:
    now = timezone.now() - ago
    given = {"sentences": Sentences("log in.", "read files.", "use home."), "trying": "We restart it."} | more
    about = given.pop("about", ABOUT)
    title = given.pop("title", about.name)
    return bulletins.publish(team, about, title, said, by=by, door="web", at=now, **given)


def in_order(text: str, *parts: str) -> bool:
    places = [text.index(part) for part in parts]
    return places == sorted(places)


def read_without_styles(path: str) -> str:
    """Return a page's words in the order in which they stand, markup left out."""
    page = Client().get(path).content.decode()
    assert "<script" not in page
    body = re.sub(r"<svg.*?</svg>", "", page[page.index("<main") :], flags=re.S)
    return " ".join(re.sub(r"<[^>]+>", " ", body).split())


def test_the_page_tells_the_newest_first_in_the_order_of_need(
    team: Team, member: Person, scratch: Function
) -> None:  # fmt: skip
    due = timezone.now() + HOUR
    publish(team, member, [(scratch, Words("unavailable"))], 2 * HOUR, trying="We look.")
    publish(team, member, [(scratch, Words("degraded", data_safe="yes", running_jobs="lost"))], next_update_at=due,
            title="Scratch answers slowly")  # fmt: skip
    page = read_without_styles("/status/rcd/")
    assert in_order(
        page, "Scratch: degraded", "News", "Scratch answers slowly", "Your data: safe. Running jobs: lost.",
        "You cannot: read files.", "You can: log in.", "Instead: use home.", "What we are trying: We restart it.",
        "Next word:", "2 texts so far", "What you can do",
    )  # fmt: skip
    assert "We look." not in page
    story = read_without_styles(f"/status/rcd/news/{NewsThread.objects.get().pk}/")
    assert in_order(story, "Scratch answers slowly", "More is to come", "We restart it.", "We look.")


def test_a_late_word_is_called_late(team: Team, member: Person, scratch: Function) -> None:
    publish(team, member, [(scratch, Words("degraded"))], HOUR, next_update_at=timezone.now() - HOUR / 2)
    assert "and is late" in read_without_styles("/status/rcd/")
    assert "(late)" in Client().get("/status/rcd/motd.txt").content.decode()


def test_what_is_over_leaves_the_top_and_keeps_its_address(team: Team, member: Person, scratch: Function) -> None:
    unended = Sentences("log in", "read files")
    first = publish(team, member, [(scratch, Words("degraded"))], HOUR, sentences=unended)
    publish(team, member, [(scratch, Words("working"))], title="Scratch works", is_last=True, sentences=Sentences())
    page = read_without_styles("/status/rcd/").replace("\xa0", " ")
    assert "News" not in page
    assert "You cannot: read files. You can: log in." in page, "words without a full stop do not run together"
    assert in_order(page, "What is over", "(over after 1 h)", "We restart it.")
    assert "This is over" in read_without_styles(f"/status/rcd/news/{first.thread.pk}/")
    assert Client().get(f"/status/rcd/news/{first.pk}/").status_code == 200, "found by one of its texts, too"


def test_a_joined_thread_leads_on(team: Team, member: Person, scratch: Function) -> None:
    other = Ref("incident", "8", "Jobs fail")
    first = publish(team, member, touches=[scratch])
    publish(team, member, about=other)
    bulletins.join(team, ABOUT, other, by=member, door="web")
    page = Client().get(f"/status/rcd/news/{first.thread.pk}/").content.decode()
    assert f"/status/rcd/news/{NewsThread.objects.get(about_id='8').pk}/" in page


def test_words_age_in_two_hours_while_trouble_is_told_of(team: Team, member: Person, scratch: Function) -> None:
    """Resolving resets nothing: what grew too old meanwhile waits for somebody to say how it stands."""
    said(scratch, member, ago=timedelta(days=3))
    publish(team, member, [(scratch, Words("degraded"))], 3 * HOUR)
    shown = lambda: board.read(team, timezone.now()).lines[0].shown.condition.value  # noqa: E731 -- asked thrice
    assert shown() == "not-confirmed"
    publish(team, member, title="It is over", is_last=True)
    assert shown() == "not-confirmed"
    reading = measures.functions_confirmed(team, timezone.now().astimezone(team.zoneinfo).date())
    assert reading is not None
    assert reading.value == 0
    statements.confirm(scratch, by=member, door="web")
    assert shown() == "degraded"


def test_an_announcement_ages_nothing(team: Team, member: Person, scratch: Function) -> None:
    said(scratch, member, ago=timedelta(days=3))
    a_work(scratch, member)
    assert Bulletin.objects.exists()
    assert board.read(team, timezone.now()).lines[0].shown.condition.value == "working"
    assert "News" not in read_without_styles("/status/rcd/")


FEEDS = ("feed.atom", "feed.rss", "feed.json")


def entries(name: str) -> list[tuple[str, str, str]]:
    """Return id, title and text of the entries of a feed, read by a feed reader's parser."""
    answer = Client().get(f"/status/rcd/{name}")
    assert answer.status_code == 200
    if name.endswith("json"):
        feed = json.loads(answer.content)
        assert feed["version"] == "https://jsonfeed.org/version/1.1"
        assert all(item["date_published"] and item["url"].startswith("http") for item in feed["items"])
        return [(item["id"], item["title"], item["content_text"]) for item in feed["items"]]
    found = feedparser.parse(answer.content)
    assert not found.bozo, found.get("bozo_exception")
    assert found.version == {"feed.atom": "atom10", "feed.rss": "rss20"}[name]
    return [(entry.id, entry.title, entry.summary) for entry in found.entries]


@pytest.mark.parametrize("name", FEEDS)
def test_feeds_are_read_back_by_a_reader(team: Team, member: Person, scratch: Function, name: str) -> None:
    first = publish(team, member, [(scratch, Words("unavailable"))], HOUR, trying="We look.")
    second = publish(team, member, title="Scratch answers", trying="We wait.")
    alone = said(a_function(team, "Home"), member, "degraded", ago=2 * HOUR)
    found = entries(name)
    assert [one[0] for one in found] == [
        f"urn:hortus:{team.pk}:bulletin:{second.pk}", f"urn:hortus:{team.pk}:bulletin:{first.pk}",
        f"urn:hortus:{team.pk}:statement:{alone.pk}-{alone.said_at:%Y%m%dT%H%M%S}",
    ]  # fmt: skip
    assert [one[1] for one in found] == ["Scratch answers", "Scratch does not answer", "Home: degraded"]
    assert "We look." in found[1][2]
    assert "Scratch: unavailable." in found[1][2]


@pytest.mark.parametrize("name", FEEDS)
def test_feeds_hold_no_live_markup(team: Team, member: Person, scratch: Function, name: str) -> None:
    publish(team, member, [(scratch, Words("degraded"))], title=HOSTILE, sentences=Sentences(cannot=HOSTILE))
    ((_, title, text),) = entries(name)
    if name.endswith("json"):  # plain text, and said to be
        assert title == HOSTILE.strip()
        return
    assert "<script" not in text
    assert "alert(1)" in text
    assert member.name not in str(entries(name))


@pytest.mark.parametrize("name", FEEDS)
def test_ids_stay_when_addresses_change(
    team: Team, member: Person, scratch: Function, settings: Any, name: str
) -> None:
    settings.ALLOWED_HOSTS = ["*"]
    publish(team, member, touches=[scratch])
    here = entries(name)
    there = Client(SERVER_NAME="elsewhere.example.org").get(f"/status/rcd/{name}").content.decode()
    assert here[0][0] in there
    assert "elsewhere.example.org" not in here[0][0]


def test_the_message_of_the_day_is_short_and_plain(team: Team, member: Person, scratch: Function) -> None:
    publish(team, member, [(scratch, Words("unavailable"))], next_update_at=timezone.now() + HOUR,
            sentences=Sentences(cannot=f"read files{' at all' * 30}."))  # fmt: skip
    home = a_function(team, "Home")
    said(home, member, "at-risk", cannot=f"count {HOSTILE}")
    a_work(home, member)
    answer = Client().get("/status/rcd/motd.txt")
    assert answer["Content-Type"] == "text/plain; charset=utf-8"
    assert answer["Cache-Control"] == "public, max-age=30"
    text = answer.content.decode()
    assert text.startswith("Research Computing: Scratch: unavailable, and trouble with 1 more\n")
    assert in_order(text, "* Scratch does not answer", "Next word by", "* Home: at risk", "* Planned: ", "More: http")
    assert all(len(line) <= 80 for line in text.splitlines())
    assert all(char.isprintable() or char == "\n" for char in text)
    assert Client().get("/status/rcd/motd.txt", HTTP_IF_NONE_MATCH=answer["ETag"]).status_code == 304


def test_a_service_has_its_own_page(team: Team, member: Person, scratch: Function) -> None:
    publish(team, member, [(scratch, Words("degraded"))])
    said(a_function(team, "Elsewhere"), member, "degraded", cannot="go there.")
    page = read_without_styles("/status/rcd/services/peat/")
    assert in_order(page, "Peat", "Keep files.", "Scratch", "degraded", "Scratch does not answer")
    assert "go there." not in page
    actions.add(team, actions.Details("Secret", "data", "Not listed."), by=member, door="web", slug="secret")
    for hidden in ("secret", "nothing"):
        assert Client().get(f"/status/rcd/services/{hidden}/").status_code == 404


def test_the_members_page_and_the_api_tell_the_same(
    team: Team, member: Person, scratch: Function, as_member: Client, as_stranger: Client
) -> None:
    made = publish(team, member, [(scratch, Words("degraded", data_safe="no"))])
    page = as_member.get("/t/rcd/status/").content.decode()
    assert "We restart it." in page
    assert f"/t/rcd/status/+news/{made.thread.pk}/" in page
    assert f"Written by {member.name}." in as_member.get(f"/t/rcd/status/+news/{made.thread.pk}/").content.decode()
    base = "/api/v1/teams/rcd"
    (story,) = as_member.get(f"{base}/news").json()["open"]
    assert story == as_member.get(f"{base}/news/{made.thread.pk}").json()
    assert story["bulletins"][0]["said"][0]["data_safe"] == "no"
    assert as_member.get(f"{base}/status").json()["news"] == [story]
    assert json.loads(Client().get("/status/rcd.json").content)["news"][0]["id"] == str(made.thread.pk)
    for path in ("news", f"news/{made.thread.pk}"):
        assert as_stranger.get(f"{base}/{path}").status_code == 404


def test_somebody_says_that_data_is_safe(team: Team, scratch: Function, as_member: Client) -> None:
    given = {"condition": "degraded", "cannot": "list folders.", "data_safe": "yes", "running_jobs": "safe"}
    assert as_member.post("/t/rcd/status/scratch/say/", given).status_code == 302
    found = Statement.objects.get()
    assert (found.data_safe, found.running_jobs) == ("yes", "safe")
    assert "Your data: safe. Running jobs: safe." in read_without_styles("/status/rcd/")
    answer = as_member.post(
        "/api/v1/teams/rcd/functions/scratch/statements", given | {"data_safe": "surely"},
        content_type="application/json",
    )  # fmt: skip
    assert answer.status_code == 422
    assert answer.json()["field"] == "data_safe" or "data_safe" in answer.content.decode()


def test_queries_do_not_grow_with_news(team: Team, member: Person, django_assert_max_num_queries: Any) -> None:
    opened(team)
    for number in range(12):
        one = a_function(team, f"Function {number}")
        about = Ref("incident", str(number), f"Trouble {number}")
        publish(team, member, [(one, Words("degraded"))], about=about)
        publish(team, member, [(one, Words("working"))], about=about, is_last=number % 2 == 0, sentences=Sentences())
    for path, most in (("", 24), ("feed.atom", 24), ("motd.txt", 20)):
        with django_assert_max_num_queries(most):
            assert Client().get(f"/status/rcd/{path}").status_code == 200
