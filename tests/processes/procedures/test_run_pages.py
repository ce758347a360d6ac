"""Pages of runs: steps that are said, two people on one run, a word after a move, and the way to the end."""

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from hortus.access.models import Person, Team
from hortus.processes.procedures import actions, runs
from hortus.processes.procedures.markdown import read
from hortus.processes.procedures.models import Entry, Procedure, Run, Version
from tests.conftest import signed_in  # type: ignore[import-not-found]
from tests.processes.procedures.conftest import DRAIN, page  # type: ignore[import-not-found]

Url = Callable[..., str]
Publish = Callable[..., Version]


def form(client: Client, path: str, key: str) -> dict[str, str]:
    """Return what the form of a step carries unseen, as a browser would send it."""
    said = page(client, path)
    begin = said.index(f'id="step-{key}"')
    found = re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', said[begin : said.index("</form>", begin)])
    return {name: value for name, value in found if name != "csrfmiddlewaretoken"}


def stands(run: Run) -> dict[str, str]:
    return {key: one.state.value for key, one in Run.objects.get(pk=run.pk).standing.steps.items()}


@pytest.fixture
def here(run: Run, url: Url) -> str:
    return url("run", run.number)


@pytest.fixture
def say(run: Run, url: Url, here: str) -> Callable[..., Any]:
    """Say something of a step as a browser does; carried: a form that was opened before."""

    def say(client: Client, key: str, said: str, note: str = "", carried: dict[str, str] | None = None) -> Any:
        return client.post(
            url("say", run.number), (carried or form(client, here, key)) | {"said": said, "note": note}, follow=True
        )

    return say


def test_one_press_starts_a_run_and_two_presses_start_one(as_member: Client, drain: Procedure, url: Url) -> None:
    said = page(as_member, url("procedure", drain.slug))
    found = re.search(r'name="client_key" value="(\w+)"', said)
    assert found is not None
    for _ in range(2):
        answer = as_member.post(url("start", drain.slug), {"client_key": found[1], "reason": "node a01"})
        assert answer["Location"] == url("run", 1)
    assert Run.objects.count() == 1
    assert "For: node a01" in page(as_member, url("run", 1))


def test_a_start_that_cannot_be_taken_is_answered(as_member: Client, drain: Procedure, url: Url) -> None:
    long = as_member.post(url("start", drain.slug), {"client_key": "a", "reason": "x" * 301})
    assert "at most 300 are allowed" in long.content.decode()
    assert "was not whole" in as_member.post(url("start", drain.slug), {}, follow=True).content.decode()
    many = as_member.post(url("start", drain.slug), {"client_key": "a" * 101}, follow=True)
    assert "at most 100 are allowed" in many.content.decode()
    assert not Run.objects.exists()


def test_a_planned_run_is_begun_later(as_member: Client, drain: Procedure, url: Url, publish: Publish) -> None:
    as_member.post(url("start", drain.slug), {"client_key": "a", "plan": "1"})
    said = page(as_member, url("run", 1))
    assert "Start it now" in said
    assert "Done:" not in said
    assert "not-started" not in said
    early = as_member.post(url("say", 1), {"key": "ask", "digest": "x", "seen": 0, "version": 1, "said": "done",
                                           "client_id": "11111111-1111-4111-8111-111111111111"})  # fmt: skip
    assert early.status_code == 400
    assert "is only planned; start it first" in early.content.decode()
    publish(DRAIN + "\n## Tell {#tell}\n")
    as_member.post(url("begin", 1))
    assert Run.objects.get().version.number == 2


def test_steps_are_said_one_by_one_and_the_page_goes_to_the_next(
    as_member: Client, run: Run, url: Url, here: str, say: Callable[..., Any]
) -> None:
    answer = as_member.post(url("say", run.number), form(as_member, here, "ask") | {"said": "done"})
    assert answer["Location"] == f"{here}#step-drain"
    said = say(as_member, "drain", "differently", "By <i>hand</i>.").content.decode()
    assert "By &lt;i&gt;hand&lt;/i&gt;." in said
    assert "2 of 3" in said
    assert stands(run) == {"ask": "done", "drain": "differently", "look": "todo"}
    say(as_member, "drain", "todo")
    assert stands(run)["drain"] == "todo"
    assert "1 earlier word" in page(as_member, here)


@pytest.mark.parametrize("word", ["differently", "skipped", "failed"])
def test_what_needs_a_note_comes_back_without_one(
    as_member: Client, run: Run, say: Callable[..., Any], word: str
) -> None:
    answer = say(as_member, "look", word, "  ")
    said = answer.content.decode()
    assert "Say in a sentence how or why" in said
    assert 'href="#say-look-note"' in said
    assert "autofocus" in said
    long = say(as_member, "look", word, "x" * 301).content.decode()
    assert "at most 300 are allowed" in long
    assert "x" * 301 in long
    assert not Entry.objects.exists()


@pytest.mark.parametrize(
    "bad",
    [
        {"said": "hope"}, {"seen": "-1"}, {"seen": "x"}, {"seen": "9" * 40}, {"version": "77"}, {"version": "0"},
        {"key": ""}, {"key": "x" * 41}, {"digest": "y" * 17}, {"client_id": "z"}, {"said": ""},
    ],
)  # fmt: skip
def test_a_form_that_no_page_made_is_refused(
    as_member: Client, run: Run, url: Url, here: str, bad: dict[str, str]
) -> None:
    given = form(as_member, here, "ask") | {"said": "done", "note": "mine"} | bad
    answer = as_member.post(url("say", run.number), given)
    assert answer.status_code == 400
    assert "Nothing was written down" in answer.content.decode()
    assert not Entry.objects.exists()


def test_a_form_that_is_sent_twice_counts_once(as_member: Client, run: Run, here: str, say: Callable[..., Any]) -> None:
    carried = form(as_member, here, "ask")
    for _ in range(2):
        said = say(as_member, "ask", "done", carried=carried).content.decode()
        assert "This page was used before" not in said
    assert Entry.objects.count() == 1
    said = say(as_member, "ask", "failed", "It was locked.", carried=carried).content.decode()
    assert "This page was used before, to say “done”" in said


def test_two_people_who_did_not_know_of_each_other_are_shown_side_by_side(
    as_member: Client, as_lead: Client, run: Run, here: str, say: Callable[..., Any]
) -> None:
    mine, theirs = form(as_member, here, "drain"), form(as_lead, here, "drain")
    say(as_member, "drain", "done", carried=mine)
    said = say(as_lead, "drain", "failed", "It did not answer.", carried=theirs).content.decode()
    assert "Of 1 step two say different things." in said
    assert "Mira" in said
    assert "It did not answer." in said
    assert stands(run)["drain"] == "contested"
    assert "Without these it cannot end" in as_lead.post(
        here + "check/", follow=True
    ).content.decode()  # fmt: skip
    say(as_lead, "drain", "done", "We looked together.")
    assert stands(run)["drain"] == "done"


def test_a_word_of_another_wording_is_kept_and_does_not_count(
    as_member: Client, run: Run, here: str, url: Url, say: Callable[..., Any], publish: Publish
) -> None:
    stale = form(as_member, here, "look")
    publish(DRAIN.replace("## Look", "## Look twice"))
    assert "Version 2 is current by now" in page(as_member, here)
    as_member.post(url("move", run.number), {"from": "1", "to": "2"})
    said = say(as_member, "look", "done", carried=stale).content.decode()
    assert "is kept, but does not count: it was said of another wording." in said
    assert said.count("does not count: it was said of another wording") == 2, "in the message, and beside the step"
    assert stands(run)["look"] == "todo"


def test_a_move_shows_first_what_becomes_of_each_step(
    as_member: Client, run: Run, here: str, url: Url, say: Callable[..., Any], publish: Publish
) -> None:
    for key in ("ask", "drain", "look"):
        say(as_member, key, "done")
    publish("# Drain a node\n\n## Ask {#ask}\n\n## Look twice {#look}\n\n## Tell {#tell}\n")
    said = page(as_member, url("move", run.number))
    for words in (
        "stays done", "is to do again: its wording changed", "is new and to do", "kept in the history",
        "<ins> twice</ins>",
    ):  # fmt: skip
        assert words in said
    moved = as_member.post(url("move", run.number), {"from": "1", "to": "2"}, follow=True).content.decode()
    assert "The run follows version 2 now." in moved
    assert "Said of steps that this version does not have" in moved
    assert "Drain it" in moved
    assert stands(run) == {"ask": "done", "look": "todo", "tell": "todo"}


def test_a_move_that_was_looked_at_too_early_is_looked_at_again(
    as_member: Client, run: Run, url: Url, publish: Publish
) -> None:
    publish(DRAIN + "\n## Tell {#tell}\n")
    publish(DRAIN + "\n## Tell all {#tell}\n", base=2)
    path = url("move", run.number)
    assert "Version 3 is current by now" in as_member.post(path, {"from": "1", "to": "2"}, follow=True).content.decode()
    again = as_member.post(path, {"from": "2", "to": "3"}, follow=True).content.decode()
    assert "look at the difference again" in again
    for bad in ({}, {"from": "1", "to": "x"}, {"from": "1", "to": "99"}):
        assert as_member.post(path, bad).status_code == 404
    as_member.post(path, {"from": "1", "to": "3"})
    assert "there is nothing to move to" in as_member.get(path, follow=True).content.decode()
    back = as_member.post(path, {"from": "3", "to": "1"}, follow=True).content.decode()
    assert "Version 1 is not followed any more" in back
    assert Run.objects.get().version.number == 3


def test_a_run_waits_goes_on_and_is_handed_over(
    as_member: Client, lead: Person, stranger: Person, run: Run, url: Url
) -> None:
    wait = url("wait", run.number)
    bad = as_member.post(wait, {"kind": "hope", "what": "x"}).content.decode()
    assert "Select a valid choice" in bad
    assert "The what is empty" in as_member.post(wait, {"kind": "outside"}).content.decode()
    past = as_member.post(wait, {"kind": "time", "what": "x", "until": "2001-01-01T10:00"}).content.decode()
    assert "later than now" in past
    until = timezone.localtime() + timedelta(days=3)
    said = as_member.post(
        wait, {"kind": "person", "person": str(lead.pk), "until": f"{until:%Y-%m-%dT%H:%M}"}, follow=True
    ).content.decode()
    assert "It waits for Lena, looked at again" in said
    assert "Waiting for somebody of us" in page(as_member, url("runs"))
    assert "this cannot be done with it now" in as_member.get(wait, follow=True).content.decode()
    as_member.post(url("go-on", run.number))
    assert "Select a valid choice" in as_member.post(
        url("hand", run.number), {"runner": str(stranger.pk)}
    ).content.decode()  # fmt: skip
    as_member.post(url("hand", run.number), {"runner": str(lead.pk)})
    assert Run.objects.get().runner == lead


def test_a_run_ends_with_its_result(as_member: Client, run: Run, url: Url, here: str, say: Callable[..., Any]) -> None:
    assert "1 critical step keeps it from its end" in page(as_member, here)
    say(as_member, "drain", "done")
    assert "this cannot be done with it now" in as_member.get(url("end", run.number), follow=True).content.decode()
    as_member.post(url("check", run.number))
    bare = as_member.post(url("end", run.number), {"outcome": "partly"}).content.decode()
    assert "The sentence is empty" in bare
    stale = form(as_member, here, "look")
    done = as_member.post(url("end", run.number), {"outcome": "partly", "sentence": "One job died."}, follow=True)
    assert "Good result: partly. One job died." in done.content.decode()
    late = say(as_member, "look", "done", carried=stale).content.decode()
    assert "is kept, but does not count: it came when the run was over." in late
    listed = page(as_member, url("runs"))
    assert "No run is open" in listed
    assert "One job died." in listed
    assert "is done; this cannot" in as_member.get(url("hand", run.number), follow=True).content.decode()


def test_a_run_is_given_up_with_a_reason(as_member: Client, run: Run, url: Url) -> None:
    assert "This field is required." in as_member.post(url("give-up", run.number), {"reason": ""}).content.decode()
    said = as_member.post(url("give-up", run.number), {"reason": "Wrong node."}, follow=True).content.decode()
    assert "abandoned" in said
    assert "Wrong node." in said
    again = as_member.post(url("give-up", run.number), {"reason": "Twice."}).content.decode()
    assert "from there it cannot become abandoned" in again


def test_the_list_groups_by_what_is_waited_for_and_tells_of_newer_versions(
    as_member: Client, member: Person, drain: Procedure, run: Run, url: Url, publish: Publish
) -> None:
    other = runs.plan(drain, by=member, door="web")
    runs.wait(other, "outside", "the new fan", by=member, door="web")
    publish(DRAIN + "\n## Tell {#tell}\n")
    said = page(as_member, url("runs"))
    assert "2 runs are open" in said
    assert said.index("Waiting for somebody outside") < said.index("Being followed")
    assert "2 runs follow an older version of their procedures" in said
    assert "0 of 3" in said


def test_the_list_of_runs_asks_as_much_for_thirty_as_for_one(
    team: Team, lead: Person, as_lead: Client, run: Run, url: Url, django_assert_num_queries,
    django_assert_max_num_queries,
) -> None:  # fmt: skip
    with django_assert_max_num_queries(40) as first:
        as_lead.get(url("runs"))
    for number in range(30):
        made = actions.write(team, read(f"# Number {number}\n## S {{#s}}\n").content, by=lead, door="web")
        one = runs.plan(made, by=lead, door="web")
        step = one.version.content.steps[0]
        runs.say(one, runs.Word("s", step.digest, "done"), by=lead, door="web")
        content = read(f"# Number {number}\n## T {{#t}}\n").content
        version = actions.publish(made, content, base=1, reason="x", by=lead, door="web").version
        if number % 2:
            runs.move(one, version, seen_from=1, by=lead, door="web")
        if number % 3 == 0:
            runs.wait(one, "outside", "x", by=lead, door="web")
    with django_assert_num_queries(len(first) + 2):  # words, and the versions that they were said of
        as_lead.get(url("runs"))


def test_a_reader_sees_a_run_and_says_nothing(reader: Person, as_member: Client, run: Run, url: Url, here: str) -> None:
    client = signed_in(reader)
    said = page(client, here)
    assert "Drain it" in said
    assert "Otherwise" not in said
    assert "Hand it over" not in said
    carried = form(as_member, here, "ask") | {"said": "done"}
    assert client.post(url("say", run.number), carried).status_code == 404
    for name in ("move", "begin", "wait", "go-on", "hand", "check", "end", "give-up"):
        assert client.post(url(name, run.number), {}).status_code == 404
    assert not Entry.objects.exists()


def test_a_run_of_another_team_is_not_there(
    as_member: Client, other_team: Team, stranger: Person, run: Run, url: Url
) -> None:
    theirs = actions.write(other_team, read(DRAIN).content, by=stranger, door="web")
    other = runs.plan(theirs, by=stranger, door="web")
    runs.plan(theirs, by=stranger, door="web")
    assert other.number == run.number, "numbers are counted in each team"
    for name in ("run", "move", "wait"):
        assert as_member.get(url(name, 2)).status_code == 404
        assert as_member.get(url(name, 10**30)).status_code == 404
