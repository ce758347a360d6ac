"""Properties of the search: any text is found by each of its words on the database at hand, and excerpts are safe."""

import html
import re

import pytest
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hortus.access.doors import Standing
from hortus.access.models import Person, Team
from hortus.access.policy import Kind, Role
from hortus.ledger.refs import Ref
from hortus.ledger.search import index, search
from hortus.ledger.search_excerpts import WIDTH, excerpt, marked, spans
from hortus.ledger.search_words import MOST_TERMS, Term, folded, storable, terms, words

alphabet = st.characters() | st.sampled_from("aeiou ßéﬁ½\u0301\u0345İŉ東가<>&\"'\0_-.")
texts = st.text(alphabet, max_size=80)
pure = settings(deadline=None)
in_database = settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


@pytest.mark.django_db
@in_database
@given(text=texts)
def test_a_text_is_found_by_each_of_its_words(text: str, team: Team, member: Person) -> None:
    """The words that Python saw are the words that the database indexed."""
    me = Standing(member, team, Role.MEMBER)
    with transaction.atomic():
        index(team, Ref("note", "1", ""), kind=Kind.SERVICE, title="", body=text)
    for word in dict.fromkeys(words(storable(text))):
        assert [hit.id for hit in search(me, word) if hit.kind == "note"] == ["1"], ascii((word, text))


@pytest.mark.django_db
@in_database
@given(query=st.text(max_size=300))
def test_any_query_is_answered(query: str, team: Team, member: Person) -> None:
    search(Standing(member, team, Role.MEMBER), query)


@pure
@given(texts, texts)
def test_folding_is_stable_and_joins(one: str, two: str) -> None:
    assert folded(one) + folded(two) == folded(one + two)
    assert words(" ".join(words(one))) == words(one)


@pure
@given(st.text(max_size=2000))
def test_a_query_has_few_terms_of_letters_and_digits(query: str) -> None:
    found = terms(query)
    assert len(found) <= MOST_TERMS
    assert all(term.word.isalnum() for term in found)


@pure
@given(texts, st.lists(texts.flatmap(lambda t: st.sampled_from(words(t) or ["x"])), max_size=4))
def test_marking_changes_nothing_but_marks(text: str, looked_for: list[str]) -> None:
    found = [Term(word, len(word) > 2) for word in looked_for]
    shown = marked(text, found)
    assert html.unescape(re.sub("</?mark>", "", shown)) == text
    assert shown.count("<mark>") == shown.count("</mark>") == len(spans(text, found))
    assert "<" not in re.sub("</?mark>", "", shown)


@pure
@given(texts)
def test_every_word_of_a_text_is_marked(text: str) -> None:
    for word in words(text):
        assert spans(text, [Term(word, False)]) or len(word) == 60


@pure
@given(st.lists(texts, max_size=20).map(" ".join), texts)
def test_an_excerpt_is_a_short_part_of_its_text(text: str, query: str) -> None:
    shown = excerpt(text, terms(query))
    plain = html.unescape(re.sub("</?mark>", "", shown))
    inner = plain.removeprefix("… ").removesuffix(" …")
    assert inner in text or plain in text
    assert len(inner) <= WIDTH + 2
    assert "<" not in re.sub("</?mark>", "", shown)
