"""Old reviews come up again when a procedure that they are linked to is changed, and that they helped is counted."""

import pytest
from django.test import Client
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from hortus.access.doors import Standing, standing_in
from hortus.access.models import Person, Team
from hortus.ledger import lessons
from hortus.ledger.models import Event
from hortus.ledger.refs import Ref
from hortus.processes.incidents.reviews import actions, linking, measures, reuse
from hortus.processes.incidents.reviews.models import Link, Review, Use
from hortus.processes.procedures.models import Procedure
from hortus.values.refused import Refused
from tests.conftest import signed_in  # type: ignore[import-not-found]
from tests.processes.incidents.reviews.resolved import (  # type: ignore[import-not-found]
    NOON,
    kept,
    resolved,
    review_of,
    service,
)

PAGE = "/t/rcd/reviews/1/"
API = "/api/v1/teams/rcd/reviews/1"
HERE = "/t/rcd/procedures/restart/"


def _procedure(team: Team, slug: str = "restart", title: str = "Restart a server") -> Procedure:
    return Procedure.objects.create(team=team, slug=slug, title=title, made_at=NOON)


def _standing(person: Person, team: Team, scopes: frozenset[str] | None = None) -> Standing:
    found = standing_in(person, team.slug)
    assert found is not None
    return Standing(found.person, found.team, found.role, scopes)


def _link(review: Review, procedure: Procedure, by: Person) -> bool:
    return linking.link(review, procedure.ref, by=by, door="test")


def _about(person: Person, team: Team, *services: str, slug: str = "restart") -> list[tuple[str, str]]:
    found = lessons.about(_standing(person, team), Ref("procedure", slug, "Restart a server"), services)
    return [(one.title, one.why) for one in found]


# Links


def test_a_procedure_is_linked_and_unlinked_in_the_browser(team: Team, member: Person, as_member: Client) -> None:
    kept(team, member)
    _procedure(team)
    assert "Link a procedure" in as_member.get(PAGE).content.decode()
    form = as_member.get(f"{PAGE}link/").content.decode()
    assert '<option value="procedure:restart">Restart a server</option>' in form
    assert as_member.post(f"{PAGE}link/", {"what": "procedure:restart"})["Location"] == PAGE
    page = as_member.get(PAGE).content.decode()
    assert f'<a href="{HERE}">Restart a server</a>' in page
    assert "procedure:restart" not in as_member.get(f"{PAGE}link/").content.decode()  # offered once
    link = Link.objects.get()
    assert (link.by, link.object_name) == (member, "Restart a server")
    assert as_member.post(f"{PAGE}link/{link.pk}/out/")["Location"] == PAGE
    assert as_member.post(f"{PAGE}link/{link.pk}/out/").status_code == 404
    assert "Nothing is linked." in as_member.get(PAGE).content.decode()
    told = Event.objects.filter(object_kind="review", verb__in=["linked", "unlinked"]).order_by("pk")
    assert [(one.verb, one.payload) for one in told] == [
        ("linked", {"kind": "procedure", "id": "restart"}), ("unlinked", {"kind": "procedure", "id": "restart"}),
    ]  # fmt: skip
    assert "to procedure restart" in as_member.get("/t/rcd/activity/").content.decode()


def test_an_address_does_as_well_and_bad_input_comes_back(team: Team, member: Person, as_member: Client) -> None:
    kept(team, member)
    incident = resolved(team, member)
    _procedure(team)
    for given, said in (
        ({"what": "", "address": ""}, "one of the two"),
        ({"what": "procedure:restart", "address": HERE}, "one of the two"),
        ({"what": "procedure:nothing"}, "Select a valid choice"),
        ({"address": "/t/rcd/"}, "This is not the address of a"),
        ({"address": "/t/others/procedures/restart/"}, "This is not the address of a"),
        ({"address": "/t/rcd/procedures/nothing/"}, "There is no such object in this team."),
        ({"address": f"/t/rcd/incidents/{incident.number}/"}, "is no procedure"),
    ):
        answer = as_member.post(f"{PAGE}link/", given)
        assert answer.status_code == 200, given
        assert said in answer.content.decode(), given
        assert given.get("address", "") in answer.content.decode()
    assert not Link.objects.exists()
    for _ in range(2):  # twice is once
        assert as_member.post(f"{PAGE}link/", {"address": f"https://hortus.example{HERE}"}).status_code == 302
    assert Link.objects.count() == 1
    assert Event.objects.filter(verb="linked").count() == 1


def test_a_draft_is_linked_and_a_waived_one_is_not(team: Team, member: Person, as_member: Client) -> None:
    draft = actions.near_miss(team, "Nearly", by=member, door="test")
    procedure = _procedure(team)
    assert _link(draft, procedure, member)
    assert not _link(draft, procedure, member)
    actions.waive(draft, "Known.", by=member, door="test")
    with pytest.raises(Refused, match="is waived"):
        _link(draft, procedure, member)
    assert "Link a procedure" not in as_member.get(PAGE).content.decode()
    linking.unlink(draft, "procedure", "restart", by=member, door="test")  # what was a mistake can be taken out
    with pytest.raises(Refused, match="is not linked to that"):
        linking.unlink(draft, "procedure", "restart", by=member, door="test")


def test_the_api_links_and_unlinks(team: Team, member: Person, as_member: Client) -> None:
    kept(team, member)
    _procedure(team)

    def post(**given: str) -> tuple[int, dict[str, str]]:
        answer = as_member.post(f"{API}/links", given, content_type="application/json")
        return answer.status_code, answer.json()

    for _ in range(2):
        status, told = post(kind="procedure", id="restart")
        assert (status, [one["object_name"] for one in told["links"]]) == (200, ["Restart a server"])  # type: ignore[index]
    assert (post(kind="procedure", id="nothing")[0], post(kind="procedure", id="nothing")[1]["field"]) == (422, "id")
    assert post(kind="star", id="1")[1]["code"] == "unknown-kind"
    assert post(kind="review", id="1")[1]["code"] == "not-linkable"
    assert as_member.get(API).json()["links"][0]["object_id"] == "restart"
    assert as_member.delete(f"{API}/links/procedure/restart").status_code == 204
    gone = as_member.delete(f"{API}/links/procedure/restart")
    assert (gone.status_code, gone.json()["code"]) == (422, "not-linked")
    assert as_member.get(API).json()["links"] == []


def test_who_may_not_write_a_review_links_nothing(
    team: Team, member: Person, lead: Person, reader: Person, as_stranger: Client
) -> None:
    review = kept(team, member)
    _link(review, _procedure(team), member)
    link = Link.objects.get()
    page = signed_in(reader).get(PAGE).content.decode()
    assert "Restart a server" in page
    assert "Unlink" not in page
    assert "Link a procedure" not in page
    for client in (signed_in(reader), as_stranger):
        assert client.get(f"{PAGE}link/").status_code == 404
        assert client.post(f"{PAGE}link/", {"what": "procedure:restart"}).status_code == 404
        assert client.post(f"{PAGE}link/{link.pk}/out/").status_code == 404
        assert client.delete(f"{API}/links/procedure/restart").status_code == 404
    assert signed_in(lead).post(f"{PAGE}link/{link.pk}/out/").status_code == 302


def test_a_link_is_unlinked_only_at_its_own_review(team: Team, member: Person, as_member: Client) -> None:
    first, _ = kept(team, member), kept(team, member, "Another")
    _link(first, _procedure(team), member)
    assert as_member.post(f"/t/rcd/reviews/2/link/{Link.objects.get().pk}/out/").status_code == 404
    assert Link.objects.exists()


# What comes up again


def test_linked_reviews_come_first_then_three_about_the_same_services(team: Team, member: Person) -> None:
    peat, alder = service(team), service(team, "alder")
    linked = kept(team, member, "Linked", services=[peat])
    _link(linked, _procedure(team), member)
    used = kept(team, member, "Used", services=[peat])
    reuse.use(used, linked.ref, by=member, door="test")
    for title in ("Oldest", "Middle", "Newest"):
        kept(team, member, title, services=[peat])
    kept(team, member, "Of both", services=[alder, peat])
    kept(team, member, "Of neither", services=[service(team, "reed")])
    assert _about(member, team) == [("Linked", "linked")]
    assert _about(member, team, "alder", "peat") == [
        ("Linked", "linked"), ("Of both", "also about Alder, Peat"), ("Used", "also about Peat"),
        ("Newest", "also about Peat"),
    ]  # fmt: skip
    assert _about(member, team, "peat", slug="another")[0] == ("Used", "also about Peat")
    assert _about(member, team, "fog", slug="another") == []


def test_every_linked_review_comes_up_whole(team: Team, member: Person, reader: Person) -> None:
    procedure = _procedure(team)
    for number in range(5):
        _link(kept(team, member, f"Number {number}"), procedure, member)
    assert len(_about(reader, team)) == 5
    lesson = lessons.about(_standing(reader, team), procedure.ref)[0]
    assert (lesson.source, lesson.key, lesson.path) == ("review", "5", "/t/rcd/reviews/5/")
    assert lesson.learned == ["Slow growth is invisible on a daily chart."]
    assert lesson.since == NOON
    assert lesson.is_linked


def test_a_service_of_an_incident_counts_too(team: Team, member: Person) -> None:
    review = review_of(resolved(team, member, services=[service(team)]))
    review.services.clear()
    Review.objects.update(state="kept", shared_at=NOON)
    assert _about(member, team, "peat") == [("Scratch does not answer", "also about Peat")]


def test_what_was_not_shared_does_not_come_up(team: Team, member: Person) -> None:
    procedure = _procedure(team)
    draft = actions.near_miss(team, "Draft", by=member, door="test", services=[service(team)])
    _link(draft, procedure, member)
    assert _about(member, team, "peat") == []
    Review.objects.update(state="waived", reason="Known.")
    assert _about(member, team, "peat") == []
    Review.objects.update(state="shared", shared_at=NOON)
    assert _about(member, team, "peat") == [("Draft", "linked")]


def test_a_review_of_another_team_never_comes_up(
    team: Team, other_team: Team, member: Person, lead: Person, guest: Person, stranger: Person
) -> None:
    _link(kept(team, member, services=[service(team)]), _procedure(team), member)
    theirs = kept(other_team, stranger, "Theirs", services=[service(other_team)])
    _link(theirs, _procedure(other_team), stranger)
    for person in (member, lead):
        assert _about(person, team, "peat") == [("The disk nearly ran full", "linked")]
    assert _about(stranger, other_team, "peat") == [("Theirs", "linked")]
    assert _about(guest, team, "peat") == []
    of_a_program = _standing(member, team, frozenset({"import"}))
    assert lessons.about(of_a_program, Ref("procedure", "restart", ""), ["peat"]) == []


@pytest.mark.parametrize("count", [1, 30])
def test_asks_as_often_for_thirty_as_for_one(
    team: Team, member: Person, django_assert_max_num_queries: DjangoAssertNumQueries, count: int
) -> None:
    procedure, peat = _procedure(team), service(team)
    for number in range(count):
        _link(kept(team, member, f"Linked {number}"), procedure, member)
        kept(team, member, f"Other {number}", services=[peat])
    asks = _standing(member, team)
    with django_assert_max_num_queries(11):
        found = lessons.about(asks, procedure.ref, ["peat"])
    assert len(found) == count + min(count, 3)


# Where one helped


def test_that_a_review_helped_with_a_change_is_counted_once(team: Team, member: Person, as_member: Client) -> None:
    kept(team, member)
    kept(team, member, "Unused")
    procedure = _procedure(team)
    asks = _standing(member, team)
    assert lessons.helped(asks, ("review", "1"), procedure.ref, "web")
    assert not lessons.helped(asks, ("review", "1"), procedure.ref, "web")
    use = Use.objects.get()
    assert (use.object_kind, use.object_id, use.object_name) == ("procedure", "restart", "Restart a server")
    assert Event.objects.get(verb="used again").payload == {"kind": "procedure", "id": "restart"}
    reading = measures.reviews_reused(team, timezone.now().astimezone(team.zoneinfo).date())
    assert reading is not None
    assert (reading.hits, reading.n) == (1, 2)
    assert f'procedure <a href="{HERE}">Restart a server</a>' in as_member.get(PAGE).content.decode()


def test_what_cannot_have_helped_is_refused(
    team: Team, other_team: Team, member: Person, reader: Person, guest: Person, stranger: Person
) -> None:
    kept(team, member)
    actions.near_miss(team, "Draft", by=member, door="test")
    kept(other_team, stranger, "Theirs")
    ref = _procedure(team).ref
    for person, where, key, code in (
        (member, team, "9", "not-found"), (member, team, "x", "not-found"), (member, team, "2", "not-shared"),
        (guest, team, "1", "not-found"), (reader, team, "1", "only-reads"), (stranger, other_team, "2", "not-found"),
    ):  # fmt: skip
        with pytest.raises(Refused) as refused:
            lessons.helped(_standing(person, where), ("review", key), ref, "web")
        assert refused.value.code == code, (person, key)
    assert not Use.objects.exists()


def test_a_link_alone_is_no_reuse(team: Team, member: Person) -> None:
    _link(kept(team, member), _procedure(team), member)
    reading = measures.reviews_reused(team, timezone.now().astimezone(team.zoneinfo).date())
    assert reading is not None
    assert reading.hits == 0


def test_the_address_of_a_procedure_says_where_a_review_helped(
    team: Team, other_team: Team, member: Person, as_member: Client
) -> None:
    kept(team, member)
    _procedure(team)
    _procedure(other_team, "theirs")
    for address in ("/t/rcd/procedures/theirs/", "/t/others/procedures/theirs/"):
        assert as_member.post(f"{PAGE}use/", {"address": address}).status_code == 200
    assert not Use.objects.exists()
    assert as_member.post(f"{PAGE}use/", {"address": HERE}).status_code == 302
    assert Use.objects.get().object_id == "restart"


def test_the_api_says_where_a_review_helped(team: Team, member: Person, as_member: Client) -> None:
    kept(team, member)
    _procedure(team)
    for _ in range(2):
        given = {"kind": "procedure", "id": "restart"}
        told = as_member.post(f"{API}/uses", given, content_type="application/json").json()
    assert [(one["object_kind"], one["object_name"]) for one in told["uses"]] == [("procedure", "Restart a server")]


def test_addresses_in_the_words_of_a_procedure_count_by_themselves(team: Team, member: Person) -> None:
    for title in ("First", "Second", "Third"):
        kept(team, member, title)
    actions.near_miss(team, "Draft", by=member, door="test")
    procedure, asks = _procedure(team), _standing(member, team)
    text = (
        "As in [the first](/t/rcd/reviews/1/) and <https://hortus.example/t/rcd/reviews/2/>, again /t/rcd/reviews/1/; "
        "not /t/others/reviews/3/, /t/rcd/reviews/4/, /t/rcd/reviews/99/ or /t/rcd/incidents/1/."
    )
    assert lessons.named(asks, text, procedure.ref, "web") == 2
    assert lessons.named(asks, text, procedure.ref, "web") == 0
    assert sorted(Use.objects.values_list("review__number", flat=True)) == [1, 2]


def test_who_changes_the_procedure_sees_the_review_and_says_that_it_helped(
    team: Team, member: Person, lead: Person, as_member: Client, as_lead: Client
) -> None:
    kept(team, member)
    text = "---\ntitle: Restart a server\n---\n\n## Read the journal {#journal}\n"
    made = as_member.post("/t/rcd/procedures/+write/", {"text": text}, follow=True)
    where = made.redirect_chain[-1][0]
    assert as_member.post(f"{PAGE}link/", {"address": where}).status_code == 302
    form = as_lead.get(f"{where}edit/").content.decode()
    for said in ("The disk nearly ran full", "linked", "Slow growth is invisible", 'value="review:1"'):
        assert said in form
    given = {"base": 1, "text": text.replace("the journal", "all of it"), "change_reason": "Half was not enough."}
    assert as_lead.post(f"{where}edit/", {**given, "helped": "review:1"})["Location"] == where
    assert where in as_lead.get(PAGE).content.decode()
    assert Use.objects.get().object_kind == "procedure"
    assert Event.objects.get(verb="used again").actor == lead
