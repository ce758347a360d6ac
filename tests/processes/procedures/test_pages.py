"""Pages of procedures, for a member, a lead, a reader and a stranger: the list, writing, editing, versions."""

from collections.abc import Callable

import pytest
from django.test import Client

from hortus.access.models import Person, Team
from hortus.catalogue import actions as catalogue
from hortus.catalogue.models import Service
from hortus.processes.incidents.reviews import actions as reviews
from hortus.processes.incidents.reviews import learning, linking, writing
from hortus.processes.incidents.reviews.models import Review, Use
from hortus.processes.procedures import actions, runs
from hortus.processes.procedures.comparing import compared, marked
from hortus.processes.procedures.markdown import read
from hortus.processes.procedures.models import Procedure, Run, Version
from tests.conftest import signed_in  # type: ignore[import-not-found]
from tests.processes.procedures.conftest import DRAIN, page  # type: ignore[import-not-found]

Url = Callable[..., str]
Publish = Callable[..., Version]
LONGER = DRAIN + "\n## Tell {#tell}\n"


@pytest.fixture
def alder(team: Team, lead: Person) -> Service:
    return catalogue.add(
        team, catalogue.Details("Alder", "cluster", "Run jobs.", None, None), by=lead, door="web", slug="alder"
    )


def sent(client: Client, path: str, **given: object) -> str:
    """Send a form and return the page that follows."""
    return client.post(path, given, follow=True).content.decode()


def edited(text: str, base: int = 1, reason: str = "It said too little.") -> dict[str, object]:
    return {"base": base, "text": text, "change_reason": reason}


def test_a_procedure_is_written_and_owned_by_who_writes_it(
    as_member: Client, member: Person, url: Url, alder: Service
) -> None:
    assert "Leads, admins, members and readers of this team can read this." in page(as_member, url("write"))
    said = sent(as_member, url("write"), text=DRAIN.replace("## Look", "## <b>Look</b>"), services=[alder.pk])
    made = Procedure.objects.get()
    assert (made.title, made.owner, list(made.services.all())) == ("Drain a node", member, [alder])
    assert "&lt;b&gt;Look&lt;/b&gt;" in said
    assert "It does not say why it is done" in said
    assert "drain a01" in said
    listed = page(as_member, url("procedures"))
    assert "1 procedure, no run is open" in listed
    assert "why it is done, what a good result is" in listed


def test_the_same_text_twice_makes_one_procedure(as_member: Client, url: Url) -> None:
    for _ in range(2):
        assert as_member.post(url("write"), {"text": DRAIN}).status_code == 302
    assert Procedure.objects.count() == 1


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "This field is required."), ("Only words", "The title is empty"), ("# No step", "There is no step"),
        ("---\na: [\n---\n# T\n## S\n", "is not YAML"), ("# T\n## S {#A B}\n## S {.odd}", ".odd"),
        ("---\nservices: [nowhere]\n---\n# T\n## S\n", "is no service of"),
        ("---\nslug: A B\n---\n# T\n## S\n", "cannot stand in an address"), ("# T\n## S\n\x07", "U+0007"),
    ],
)  # fmt: skip
def test_a_text_that_cannot_be_read_comes_back_with_the_reason(
    as_member: Client, url: Url, text: str, says: str
) -> None:
    answer = as_member.post(url("write"), {"text": text})
    assert answer.status_code == 200
    said = answer.content.decode()
    assert says.replace("'", "&#x27;") in said
    assert "## S" in said or "## S" not in text
    assert not Procedure.objects.exists()


def test_the_services_that_the_text_names_count(as_member: Client, url: Url, alder: Service) -> None:
    sent(as_member, url("write"), text=f"---\nservices: [alder]\nslug: drain\n---\n{DRAIN}")
    assert list(Procedure.objects.get(slug="drain").services.all()) == [alder]


def test_the_list_is_of_one_service_and_folds_what_was_retired(
    as_lead: Client, lead: Person, drain: Procedure, team: Team, url: Url, alder: Service
) -> None:
    other = actions.write(team, read("# Add a user\n## Ask\n").content, by=lead, door="web", services=[alder])
    said = page(as_lead, f"{url('procedures')}?service=alder")
    assert "Add a user" in said
    assert "Drain a node" not in said
    assert "No procedure that is followed is about this service." in page(
        as_lead, f"{url('procedures')}?service=nowhere"
    )
    sent(as_lead, url("retire", other.slug), reason="The vendor does it now.")
    said = page(as_lead, url("procedures"))
    assert "1 retired procedure" in said
    assert "The vendor does it now." in said
    assert "Start it" not in page(as_lead, url("procedure", other.slug))
    assert "was retired" in sent(as_lead, url("start", other.slug), client_key="a")
    assert "take it up again first" in as_lead.get(url("edit", other.slug), follow=True).content.decode()
    sent(as_lead, url("revive", other.slug))
    other.refresh_from_db()
    assert other.retired_at is None


def test_the_list_asks_as_much_for_thirty_as_for_one(
    team: Team, lead: Person, as_lead: Client, drain: Procedure, run: Run, url: Url, alder: Service,
    django_assert_num_queries, django_assert_max_num_queries,
) -> None:  # fmt: skip
    with django_assert_max_num_queries(40) as first:
        as_lead.get(url("procedures"))
    count = len(first)
    for number in range(30):
        made = actions.write(
            team, read(f"# Number {number}\n## S\n").content, by=lead, door="web", services=[alder]
        )  # fmt: skip
        actions.propose(made, read("# N\n## T\n").content, base=1, reason="x", by=lead, door="web")
        runs.plan(made, by=lead, door="web")
    as_lead.get(url("procedures"))
    with django_assert_num_queries(count):
        as_lead.get(url("procedures"))


def test_owner_and_services_are_changed_and_a_retired_service_stays(
    as_member: Client, lead: Person, member: Person, stranger: Person, drain: Procedure, url: Url, alder: Service
) -> None:
    actions.describe(drain, owner=lead, services=[alder], by=lead, door="web")
    Service.objects.update(retired_on="2026-01-01")
    bad = as_member.post(url("about", drain.slug), {"owner": stranger.pk, "services": [alder.pk]})
    assert "Select a valid choice" in bad.content.decode()
    sent(as_member, url("about", drain.slug), owner=member.pk, services=[alder.pk])
    drain.refresh_from_db()
    assert (drain.owner, list(drain.services.all())) == (member, [alder])
    sent(as_member, url("about", drain.slug))
    drain.refresh_from_db()
    assert (drain.owner, list(drain.services.all())) == (None, [])


def test_a_procedure_leaves_as_the_file_that_it_came_from(as_member: Client, drain: Procedure, url: Url) -> None:
    answer = as_member.get(url("markdown", drain.slug))
    assert answer["Content-Type"] == "text/markdown; charset=utf-8"
    assert answer["Content-Disposition"] == 'attachment; filename="drain-a-node.md"'
    version = drain.current
    assert version is not None
    assert read(answer.content.decode()).content == version.content


def test_an_edit_begins_with_the_current_text_and_is_published(as_member: Client, drain: Procedure, url: Url) -> None:
    form = page(as_member, url("edit", drain.slug))
    assert "## Drain it {#drain .critical}" in form
    assert 'name="base" value="1"' in form
    said = sent(as_member, url("edit", drain.slug), **edited(LONGER))
    assert "version 2" in said
    assert "It said too little." in said
    same = sent(as_member, url("edit", drain.slug), **edited(LONGER, base=2))
    assert "Nothing changed: version 2 says the same." in same
    assert drain.versions.count() == 2


def test_a_proposal_waits_until_somebody_decides(
    as_member: Client, as_lead: Client, drain: Procedure, url: Url
) -> None:
    said = sent(as_member, url("edit", drain.slug), **edited(LONGER), propose="1")
    assert "What it would change" in said
    assert "Tell" in said
    assert "proposes: It said too little." in page(as_lead, url("procedure", drain.slug))
    sent(as_lead, url("accept", drain.slug, 2), against="1")
    assert drain.current == drain.versions.get(number=2)
    twice = sent(as_lead, url("accept", drain.slug, 2), against="1")
    assert "it was decided on already" in twice


def test_a_proposal_is_left_with_a_reason(as_member: Client, drain: Procedure, url: Url) -> None:
    sent(as_member, url("edit", drain.slug), **edited(LONGER), propose="1")
    assert "This field is required." in sent(as_member, url("decline", drain.slug, 2), reason=" ")
    assert "at most 300 are allowed" in sent(as_member, url("decline", drain.slug, 2), reason="x" * 301)
    sent(as_member, url("decline", drain.slug, 2), reason="We tell nobody.")
    assert drain.versions.get(number=2).status == "declined"
    assert "decided on already" in sent(as_member, url("decline", drain.slug, 2), reason="Again.")


def test_who_publishes_after_somebody_else_keeps_every_word_as_a_proposal(
    as_member: Client, drain: Procedure, url: Url, publish: Publish
) -> None:
    publish(DRAIN.replace("## Look", "## Look twice"))
    said = sent(as_member, url("edit", drain.slug), **edited(LONGER))
    assert "Somebody published another version while you wrote." in said
    assert "It was written from version 1. Version 2 is current by now" in said
    mine = drain.versions.get(number=3)
    assert (mine.status, mine.content) == ("proposed", read(LONGER).content)


def test_nobody_accepts_what_was_compared_with_an_older_version(
    as_member: Client, drain: Procedure, url: Url, publish: Publish
) -> None:
    sent(as_member, url("edit", drain.slug), **edited(LONGER), propose="1")
    publish(DRAIN.replace("## Look", "## Look twice"))
    for stale in ("1", "", "x", "9" * 400):
        assert "Version 3 is current by now" in sent(as_member, url("accept", drain.slug, 2), against=stale)
    assert drain.versions.get(number=2).status == "proposed"
    sent(as_member, url("accept", drain.slug, 2), against="3")
    assert drain.versions.get(number=2).status == "current"


@pytest.mark.parametrize(
    ("given", "says"),
    [
        (edited("# T"), "There is no step"), (edited(LONGER, reason=""), "This field is required."),
        (edited(LONGER, reason="x" * 301), "at most 300 are allowed"), (edited(LONGER, base=-1), "Base:"),
        (edited(LONGER, base=10**30), "Base:"), (edited(f"---\nslug: other\n---\n{LONGER}"), "keeps that name"),
        (edited(f"---\nservices: [nowhere]\n---\n{LONGER}"), "is no service of"),
    ],
)  # fmt: skip
def test_an_edit_that_cannot_be_taken_comes_back_with_its_text(
    as_member: Client, drain: Procedure, url: Url, given: dict[str, object], says: str
) -> None:
    answer = as_member.post(url("edit", drain.slug), given)
    assert answer.status_code == 200
    said = answer.content.decode()
    assert says in said
    assert str(given["text"]).splitlines()[-1] in said
    assert drain.versions.count() == 1


def test_services_in_the_text_count_when_it_is_published_only(
    as_member: Client, drain: Procedure, url: Url, alder: Service
) -> None:
    named = f"---\nservices: [alder]\n---\n{LONGER}"
    assert "The services stay as they are" in sent(as_member, url("edit", drain.slug), **edited(named), propose="1")
    assert not drain.services.exists()
    sent(as_member, url("edit", drain.slug), **edited(named.replace("## Tell", "## Tell all")))
    assert list(drain.services.all()) == [alder]


@pytest.fixture
def review(team: Team, lead: Person, drain: Procedure) -> Review:
    """A shared review that is linked to the procedure."""
    made = reviews.near_miss(team, "A node went away under its jobs", by=lead, door="web")
    made = writing.begin(made, by=lead, door="web")
    learning.learn(made, "Nobody asked whose jobs ran there.", by=lead, door="web")
    made = writing.write(made, {"how": "It was drained by hand."}, made.version, by=lead, door="web")
    made = reviews.share(made, by=lead, door="web")
    linking.link(made, drain.ref, by=lead, door="web")
    return made


def test_who_edits_sees_first_what_was_learned_and_says_that_it_helped(
    as_member: Client, drain: Procedure, review: Review, url: Url
) -> None:
    form = page(as_member, url("edit", drain.slug))
    assert form.index("Nobody asked whose jobs ran there.") < form.index("The procedure, in Markdown")
    assert "It helped with this change" in form
    ticked = {"helped": [f"review:{review.number}"]}
    again = as_member.post(url("edit", drain.slug), edited("# T") | ticked).content.decode()
    assert "checked" in again
    assert not Use.objects.exists()
    sent(as_member, url("edit", drain.slug), **edited(LONGER), **ticked)
    use = Use.objects.get()
    assert (use.object_kind, use.object_id) == ("procedure", drain.slug)
    assert "Nobody asked whose jobs ran there." in page(as_member, url("procedure", drain.slug))


def test_a_lesson_that_is_not_there_takes_no_word_away(as_member: Client, drain: Procedure, url: Url) -> None:
    said = sent(as_member, url("edit", drain.slug), **edited(LONGER), helped=["review:999", "hope", "x:y"])
    assert "There is no such review in this team." in said
    assert drain.versions.count() == 2


def test_a_version_of_another_procedure_or_team_is_not_there(
    as_member: Client, team: Team, other_team: Team, stranger: Person, lead: Person, drain: Procedure, url: Url
) -> None:
    other = actions.write(team, read("# Add a user\n## Ask\n").content, by=lead, door="web")
    actions.propose(other, read("# Add\n## Tell\n").content, base=1, reason="x", by=lead, door="web")
    theirs = actions.write(other_team, read("# Theirs\n## Ask\n").content, by=stranger, door="web")
    for path in (
        url("version", drain.slug, 2), url("version", drain.slug, 10**30), url("procedure", theirs.slug),
        url("edit", theirs.slug), url("markdown", theirs.slug),
    ):  # fmt: skip
        assert as_member.get(path).status_code == 404, path
    assert as_member.post(url("accept", drain.slug, 2), {"against": "1"}).status_code == 404
    assert as_member.post(url("start", theirs.slug), {"client_key": "a"}).status_code == 404


def test_a_reader_reads_and_changes_nothing(reader: Person, drain: Procedure, url: Url) -> None:
    client = signed_in(reader)
    said = page(client, url("procedure", drain.slug))
    assert "Drain it" in said
    assert "Start it" not in said
    assert url("edit", drain.slug) not in said
    assert "Write a procedure" not in page(client, url("procedures"))
    for name in ("edit", "about", "retire", "start", "revive"):
        assert client.post(url(name, drain.slug), edited(LONGER)).status_code == 404
    assert drain.versions.count() == 1


def test_a_stranger_finds_nothing(as_stranger: Client, drain: Procedure, run: Run, url: Url) -> None:
    for path in (
        url("procedures"), url("procedure", drain.slug), url("version", drain.slug, 1), url("markdown", drain.slug),
        url("runs"), url("run", run.number), url("move", run.number),
    ):  # fmt: skip
        assert as_stranger.get(path).status_code == 404


def test_texts_are_marked_where_they_differ() -> None:
    before, after = "Wait an hour", "Wait for a day\nat least"
    for text, pieces in zip((before, after), marked(before, after), strict=True):
        assert "".join(words for words, _ in pieces) == text
    found = compared(read(DRAIN).content, read(DRAIN.replace("## Look", "## Look twice")).content)
    assert [(one.how.value, [change.label for change in one.changes]) for one in found.steps] == [
        ("same", []), ("same", []), ("changed", ["Step"]),
    ]  # fmt: skip
    assert compared(read(DRAIN).content, read(DRAIN).content).is_empty
