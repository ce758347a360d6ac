"""Rules of access on any input: reading groups, giving roles, digests, chains."""

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hortus.access.policy import Role
from hortus.access.rules import (
    TOKEN_SHAPE,
    chained,
    digest,
    grantable,
    grants,
    new_prefix,
    new_secret,
    roles_from,
    same_secret,
    token_text,
)
from hortus.values.refused import Refused

GROUP = st.text(st.characters(blacklist_characters=";,", blacklist_categories=("Cs",)), min_size=1, max_size=20).filter(
    lambda text: text == text.strip()
)
SLUG = st.from_regex(r"[a-z0-9][-a-z0-9]{0,20}", fullmatch=True)
GRANT = st.tuples(GROUP, SLUG, st.sampled_from(Role))


@given(st.lists(GRANT, max_size=8))
def test_what_is_written_is_read(given_grants: list[tuple[str, str, Role]]) -> None:
    text = ",".join(f"{group}={team}:{role}" for group, team, role in given_grants)
    assert [(g.group, g.team, g.role) for g in grants(text)] == given_grants


@given(st.text(max_size=60))
def test_any_other_text_is_refused_in_words(text: str) -> None:
    with contextlib.suppress(Refused):
        assert all(grant.group and grant.team for grant in grants(text))


@pytest.mark.parametrize("text", ["x", "a=b", "a=b:king", "=b:lead", "a=b c:lead", "a=b:lead,,x"])
def test_a_refusal_says_how_to_write_it(text: str) -> None:
    with pytest.raises(Refused, match="group=team:role"):
        grants(text)


@given(st.lists(GRANT, max_size=8), st.sets(GROUP, max_size=4), GROUP)
def test_more_groups_never_give_less(given_grants: list[tuple[str, str, Role]], groups: set[str], one: str) -> None:
    table = grants(",".join(f"{g}={t}:{r}" for g, t, r in given_grants))
    few, more = roles_from(groups, table), roles_from(groups | {one}, table)
    rank = list(Role)
    assert all(rank.index(more[team]) <= rank.index(role) for team, role in few.items())
    slow = {t: min((r for g, x, r in given_grants if x == t and g in groups), key=rank.index) for t in few}
    assert few == slow


@given(st.text(max_size=80), st.text(max_size=80))
def test_only_the_same_secret_is_the_same(one: str, other: str) -> None:
    assert same_secret(one, other) == (one == other != "")
    assert (digest(one) == digest(other)) == (one == other)


def test_tokens_have_their_shape_and_are_all_different() -> None:
    made = {token_text(new_prefix(), new_secret()) for _ in range(500)}
    assert len(made) == 500
    assert all(TOKEN_SHAPE.match(text) for text in made)


ROWS = st.lists(
    st.dictionaries(st.text(max_size=5), st.integers() | st.text(max_size=9), max_size=3), min_size=1, max_size=6
)


@given(ROWS, st.integers(0, 5))
def test_a_changed_row_changes_every_digest_after_it(rows: list[dict[str, int | str]], place: int) -> None:
    def chain(of: list[dict[str, int | str]]) -> list[str]:
        found = [""]
        for row in of:
            found.append(chained(found[-1], row))
        return found[1:]

    place %= len(rows)
    other = [*rows]
    other[place] = {**rows[place], "changed": "yes"}
    if other[place] != rows[place]:
        before, after = chain(rows), chain(other)
        assert before[:place] == after[:place]
        assert not set(before[place:]) & set(after[place:])


def test_nobody_gives_more_than_their_own_role_allows() -> None:
    rank = list(Role)
    for role in Role:
        assert all(rank.index(given_role) >= rank.index(role) for given_role in grantable(role))
    assert grantable(None) == ()
