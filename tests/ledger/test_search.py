"""The search: what is found, by whom, in what order, and how it is shown. The same on every database."""

import pytest
from django.db import connection, transaction
from django.urls import reverse

from hortus.access.doors import Standing
from hortus.access.models import Membership, Person, Team
from hortus.access.policy import Kind, Role
from hortus.ledger import search as searching
from hortus.ledger.models import SearchEntry
from hortus.ledger.refs import Ref
from hortus.ledger.search import Document, Hit, index, rebuild, search, unindex

pytestmark = pytest.mark.django_db


def put(
    team: Team, name: str, title: str, body: str = "", kind: Kind = Kind.SERVICE, object_kind: str = "note"
) -> None:
    with transaction.atomic():
        index(team, Ref(object_kind, name, title), kind=kind, title=title, body=body)


def standing(person: Person, team: Team, scopes: frozenset[str] | None = None) -> Standing:
    membership = Membership.objects.get(person=person, team=team)
    return Standing(person, team, Role(membership.role), scopes)


@pytest.fixture
def me(member: Person, team: Team) -> Standing:
    return standing(member, team)


def ids(hits: list[Hit]) -> list[str]:
    """Return what was found of what the test put in, without the indicators that are always there."""
    return [hit.id for hit in hits if hit.kind == "note"]


def test_finds_what_holds_all_words(me: Standing, team: Team) -> None:
    put(team, "1", "Alder cluster", "Batch jobs for chemists")
    put(team, "2", "Birch storage", "Files of the chemists")
    assert ids(search(me, "chemists batch")) == ["1"]
    assert ids(search(me, "CHEMISTS")) == ["1", "2"]
    assert search(me, "chemists oak") == []


def test_a_word_in_the_title_counts_more(me: Standing, team: Team) -> None:
    for n in range(20):
        put(team, f"other-{n}", f"Something {n}", "and nothing of it at all")
    put(team, "body", "Aspen", "maple")
    put(team, "title", "Maple", "aspen and a good many other words that make this a long text")
    assert ids(search(me, "maple")) == ["title", "body"]
    assert ids(search(me, "aspen")) == ["body", "title"]


@pytest.mark.parametrize(
    ("text", "query"),
    [
        ("Café Élan", "cafe elan"),
        ("cafe", "CAFÉ"),
        ("cafe\u0301 decomposed", "café"),
        ("Straße", "strasse"),
        ("STRASSE", "straße"),
        ("Ångström", "angstrom"),
        ("Søren Łódź", "søren łodz"),
        ("eﬃcient", "efficient"),
        ("ΟΔΥΣΣΕΥΣ", "οδυσσευς"),
        ("москва́", "МОСКВА"),
        ("שָׁלוֹם עולם", "שלום"),
        ("مرحبا بالعالم", "بالعالم"),
        ("हिन्दी में", "हिन्दी"),
        ("東京大学の計算機", "計算"),
        ("한국어 검색", "검색"),
        ("login-node_07.example.org:8080", "node example"),
        ("login-node_07.example.org:8080", "07 8080"),
        ("https://example.org/a/b?c=d", "example.org/a"),
        ("1e5abc 12.5 -3", "1e5abc"),
        ("version 2.19.1", "2.19"),
        ("don't", "don't"),
        ("１２３ full width", "123"),
        ("emoji 🌱 garden", "🌱 garden"),
        ("x" * 5000, "x" * 5000),
    ],
)
def test_a_text_is_found_by_its_words_however_they_are_spelled(me: Standing, team: Team, text: str, query: str) -> None:
    put(team, "1", "Something else", text)
    put(team, "2", text)
    assert sorted(ids(search(me, query))) == ["1", "2"]
    assert all("<mark>" in hit.title + hit.excerpt for hit in search(me, query))


def test_three_letters_are_a_beginning_and_fewer_a_word(me: Standing, team: Team) -> None:
    put(team, "1", "Partitions")
    put(team, "2", "A part of it")
    assert ids(search(me, "partit")) == ["1"]
    assert sorted(ids(search(me, "part"))) == ["1", "2"]
    assert ids(search(me, "of")) == ["2"]
    assert search(me, "pa") == []
    assert search(me, "titions") == []


NASTY = [
    "", " ", '"', "'", '"nodes', "nodes'", "\\", "*", "nodes*", "* *", "-nodes", "NOT nodes", "NEAR(a b)", "a NEAR/2 b",
    "title: x", "AND", "OR OR", "nodes AND", "(", ")", "((nodes", "^nodes", "{nodes}", "nodes:*", "!nodes", "a & | b",
    "<->", "a <2> b", "%", "_", "%s", "%(x)s", "{0}", "; DROP TABLE ledger_searchentry; --", "\x00", "nodes\x00",
    "\ud800", "nodes\udfff", "\u202enodes", "\u200b", "\ufeff", "\U0010ffff", "<script>alert(1)</script>", "&lt;",
    "\u202e\u05d0\u05d1\u05d2", "a\u0301" * 500, "1e999", "0x", "-", "--", "/*", "$$", "\n\r\t", "nodes\\' OR 1",
    "ﷺ", "İ", "ŉ", "½ ²", "💥", "_" * 300,
    "x" * 1_000_000, "x " * 500_000, '"' * 1_000_000, "\x00" * 1_000_000, "東" * 1_000_000,
]  # fmt: skip


@pytest.mark.parametrize("text", NASTY, ids=range(len(NASTY)))
def test_any_text_can_be_asked_for_and_put_in(me: Standing, team: Team, text: str) -> None:
    """As a query, as a title and as a body; what was there is still found afterwards."""
    put(team, "1", "Login nodes")
    search(me, text)
    put(team, "2", text, text)
    put(team, "2", text[::-1], text + " login")
    search(me, text)
    assert "1" in ids(search(me, "login"))
    assert ids(search(me, "\0logi\0n nod\0es\0")) == ["1"] or "nodes" in text


def test_only_quotes_and_operators_find_nothing(me: Standing, team: Team) -> None:
    put(team, "1", '" AND OR * ( )')
    assert search(me, '"') == search(me, "( ) *") == []
    assert ids(search(me, '"and" OR')) == ["1"]


def test_what_is_shown_is_escaped_and_marked(me: Standing, team: Team) -> None:
    put(team, "1", "<b>Nodes</b> & co", '<script>alert(1)</script> nodes\' "quotes"')
    hit = next(hit for hit in search(me, "node") if hit.kind == "note")
    assert hit.title == "&lt;b&gt;<mark>Nodes</mark>&lt;/b&gt; &amp; co"
    assert "<script" not in hit.excerpt
    assert "<mark>nodes</mark>&#x27; &quot;quotes&quot;" in hit.excerpt
    assert hit.name == "<b>Nodes</b> & co"


def test_an_excerpt_shows_where_it_was_found(me: Standing, team: Team) -> None:
    put(team, "1", "Long", f"{'before ' * 3000}the needle itself {'after ' * 3000}")
    (hit,) = search(me, "needle")
    assert "the <mark>needle</mark> itself" in hit.excerpt
    assert hit.excerpt.startswith("… before")
    assert hit.excerpt.endswith("after …")
    assert len(hit.excerpt) < 260


def test_of_a_very_long_text_the_beginning_is_found(me: Standing, team: Team) -> None:
    put(team, "1", "Long", f"quince {'x ' * 100_000} medlar")
    assert ids(search(me, "quince")) == ["1"]
    assert search(me, "medlar") == []


def test_indexing_again_replaces_and_unindexing_forgets(me: Standing, team: Team) -> None:
    put(team, "1", "First title", "first body")
    put(team, "1", "Second", "other")
    assert ids(search(me, "first")) == []
    assert ids(search(me, "second other")) == ["1"]
    with transaction.atomic():
        unindex(team, Ref("note", "1", ""))
        unindex(team, Ref("note", "never there", ""))
    assert search(me, "second") == []
    assert not SearchEntry.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_an_entry_goes_with_its_transaction(me: Standing, team: Team) -> None:
    with pytest.raises(RuntimeError, match="inside the transaction"):
        index(team, Ref("note", "1", "x"), kind=Kind.SERVICE, title="Alone")
    with pytest.raises(RuntimeError, match="inside the transaction"):
        unindex(team, Ref("note", "1", "x"))
    with transaction.atomic():
        index(team, Ref("note", "1", "x"), kind=Kind.SERVICE, title="Undone")
        transaction.set_rollback(True)
    assert search(me, "undone") == search(me, "alone") == []


@pytest.mark.parametrize("kind", Kind)
def test_a_role_finds_what_the_policy_lets_it_read(
    kind: Kind, team: Team, lead: Person, admin: Person, member: Person, reader: Person, guest: Person
) -> None:
    put(team, "1", "Hemlock", kind=kind)
    for person in (lead, admin, member, reader):
        it = standing(person, team)
        found = {kind.value in searching.readable(it)}
        assert found == {bool(search(it, "hemlock"))} == {SearchEntry.objects.visible_to(person).exists()}
    assert search(standing(guest, team), "hemlock") == []
    assert not SearchEntry.objects.visible_to(guest).exists()


def test_a_member_does_not_find_what_only_leads_read(me: Standing, team: Team, lead: Person) -> None:
    put(team, "1", "Hemlock", kind=Kind.INVITATION)
    assert search(me, "hemlock") == []
    assert ids(search(standing(lead, team), "hemlock")) == ["1"]


def test_what_may_not_be_read_takes_no_place_on_a_page(me: Standing, team: Team) -> None:
    """The filter is inside the query: a page is full although better hits are hidden."""
    for n in range(30):
        put(team, f"secret-{n}", "Hemlock hemlock", kind=Kind.INVITATION)
    for n in range(5):
        put(team, f"open-{n}", f"Open {n}", "hemlock")
    assert ids(search(me, "hemlock", limit=5)) == [f"open-{n}" for n in range(5)]


def test_teams_do_not_find_one_another(me: Standing, team: Team, other_team: Team, stranger: Person) -> None:
    put(team, "1", "Hemlock ours")
    put(other_team, "1", "Hemlock theirs")
    assert [hit.name for hit in search(me, "hemlock")] == ["Hemlock ours"]
    assert [hit.name for hit in search(standing(stranger, other_team), "hemlock")] == ["Hemlock theirs"]
    assert [entry.title for entry in SearchEntry.objects.visible_to(stranger)] == ["Hemlock theirs"]


def test_a_token_finds_what_its_scopes_let_it_read(member: Person, team: Team) -> None:
    put(team, "1", "Hemlock")
    assert ids(search(standing(member, team, frozenset({"read"})), "hemlock")) == ["1"]
    assert search(standing(member, team, frozenset({"import"})), "hemlock") == []


def test_a_person_who_left_finds_nothing(member: Person, team: Team) -> None:
    put(team, "1", "Hemlock")
    member.is_active = False
    member.save()
    assert not SearchEntry.objects.visible_to(member).exists()


def test_pages_follow_one_another(me: Standing, team: Team) -> None:
    """Indicators come first, then what is stored; every hit once, whatever the size of the slices."""
    for n in range(25):
        put(team, f"{n:02}", f"Note {n:02}", "jobs")
    whole = [(h.kind, h.id) for h in search(me, "jobs", limit=100)]
    assert len(set(whole)) == len(whole)
    assert whole[0][0] == "indicator"
    assert {found for kind, found in whole if kind == "note"} == {f"{n:02}" for n in range(25)}
    for size in (1, 3, 7, 20):
        slices = [search(me, "jobs", size, offset) for offset in range(0, len(whole) + size, size)]
        assert [(h.kind, h.id) for part in slices for h in part] == whole
    assert search(me, "jobs", 20, 10**9) == []


def test_indicators_are_found_with_their_page(me: Standing, team: Team) -> None:
    hits = search(me, "lost jobs")
    assert hits[0].id == "jobs-lost"
    assert hits[0].url == reverse("garden:indicator", args=[team.slug, "jobs-lost"])
    assert hits[0].title == "<mark>Jobs</mark> <mark>lost</mark> to us"
    assert not SearchEntry.objects.exists()


def test_a_table_is_guarded_by_its_kind_too(
    me: Standing, team: Team, lead: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(searching, "_TABLES", {})
    searching.register_table("note", Kind.INVITATION, lambda: [Document("1", "Hemlock")])
    assert search(me, "hemlock") == []
    assert ids(search(standing(lead, team), "hemlock")) == ["1"]


def test_rebuild_writes_what_the_practices_declare(
    me: Standing, team: Team, other_team: Team, monkeypatch: pytest.MonkeyPatch
) -> None:
    declared = dict(searching._ROWS)
    monkeypatch.setattr(searching, "_ROWS", declared)
    searching.register(
        "note", Kind.SERVICE, lambda t: [Document("1", f"Hemlock of {t.slug}", "body\0"), Document("2", "")]
    )
    put(team, "stale", "Hemlock that is gone")
    assert rebuild() == rebuild() == 4
    assert [hit.name for hit in search(me, "hemlock")] == ["Hemlock of rcd"]
    del declared["note"]
    assert rebuild(team) == 0
    assert [entry.team_id for entry in SearchEntry.objects.all()] == [other_team.pk] * 2


def test_a_search_is_one_query_however_much_is_found(me: Standing, team: Team, django_assert_num_queries) -> None:  # type: ignore[no-untyped-def]
    for n in range(30):
        put(team, str(n), f"Maple {n}")
        if n in (0, 29):
            with django_assert_num_queries(1):
                search(me, "maple", limit=30)


@pytest.mark.skipif(connection.vendor != "sqlite", reason="asks SQLite how it would answer")
def test_the_index_is_asked_first(me: Standing, team: Team, django_assert_num_queries) -> None:  # type: ignore[no-untyped-def]
    """Whatever the planner thinks of the table: asking the index once for each row of a team takes seconds."""
    put(team, "1", "Maple")
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
    with django_assert_num_queries(1) as captured:
        search(me, "maple")
    with connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN QUERY PLAN {captured[-1]['sql']}")
        plan = [row[3] for row in cursor.fetchall()]
    assert next(step for step in plan if step.startswith(("SCAN", "SEARCH"))).startswith("SCAN ledger_searchentry_fts")


@pytest.mark.skipif(connection.vendor != "sqlite", reason="the index of SQLite keeps its own tables")
def test_the_index_agrees_with_the_table(me: Standing, team: Team) -> None:
    for n in range(5):
        put(team, str(n), f"Maple {n}")
    put(team, "1", "Oak")
    SearchEntry.objects.filter(object_id="2").delete()
    SearchEntry.objects.filter(object_id="3").update(title_words="elm")
    with connection.cursor() as cursor:
        cursor.execute("INSERT INTO ledger_searchentry_fts(ledger_searchentry_fts, rank) VALUES ('integrity-check', 1)")
