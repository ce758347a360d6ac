"""Tables that stack their rows on a phone: which names stand with which cells."""

import re

import pytest
from django.template import engines

from hortus.web.stacking import names_of, stacked

ROLE = r' role="\w+"'
HEAD = "<thead><tr>{}</tr></thead>"
WIDE = HEAD.format("".join(f'<th scope="col">{name}</th>' for name in ("Name", "Bad &amp; good", "Left", "Of")))


def test_each_cell_learns_its_column_and_what_heads_a_row_does_not() -> None:
    body = '<tbody><tr><th scope="row">a</th><td class="n">1</td><td>2</td><td>3</td></tr></tbody>'
    told, is_wide = stacked(WIDE + body)
    assert is_wide
    head, body = told.split("</thead>")
    assert re.sub(ROLE, "", head + "</thead>") == WIDE
    assert re.sub(ROLE, "", body) == (
        '<tbody><tr><th scope="row">a</th><td class="n" data-label="Bad &amp; good">1</td>'
        '<td data-label="Left">2</td><td data-label="Of">3</td></tr></tbody>'
    )


def test_each_part_says_what_it_is_for_browsers_that_forget_it_when_rows_are_stacked() -> None:
    told, _ = stacked(WIDE + '<tbody><tr><th scope="row">a</th><td class="n">1</td><td role="note">2</td></tr></tbody>')
    parts = re.findall(r'<(\w+)(?: role="(\w+)")?', told)
    heads = [("th", "columnheader")] * 4
    assert parts == [
        ("thead", "rowgroup"), ("tr", "row"), *heads,
        ("tbody", "rowgroup"), ("tr", "row"), ("th", "rowheader"), ("td", "cell"), ("td", "note"),
    ]  # fmt: skip
    assert told.count("role=") == len(parts)


def test_a_cell_over_several_columns_has_no_name_and_those_behind_it_theirs() -> None:
    told, _ = stacked(WIDE + '<tbody><tr><td colspan="3">x</td><td>y</td></tr><tr><td>z</td></tr></tbody>')
    bare = re.sub(ROLE, "", told)
    assert '<td colspan="3">x</td><td data-label="Of">y</td></tr><tr><td data-label="Name">z</td>' in bare


def test_more_cells_than_heads_do_not_break_it() -> None:
    told, _ = stacked(WIDE + f"<tbody><tr>{'<td>x</td>' * 6}</tr></tbody>")
    assert told.count("data-label") == 4


@pytest.mark.parametrize("table", ["", "<tbody><tr><td>x</td></tr></tbody>", HEAD.format("<th>a</th>" * 3)])
def test_what_is_narrow_or_has_no_head_stays_as_it_is(table: str) -> None:
    assert stacked(table) == (table, False)


def test_columns_of_acts_need_no_name() -> None:
    assert names_of('<th scope="col" class="screen">Change</th><td></td><th><small>By</small> day</th>') == [
        "", "", "By day",
    ]  # fmt: skip


def shown(source: str, **context: object) -> str:
    return engines["django"].from_string("{% load hortus %}" + source).render(context)


def test_the_part_is_a_region_with_a_name_that_is_escaped() -> None:
    page = shown("{% table name %}<thead></thead>{{ cell }}{% endtable %}", name='"x"', cell="<b>")
    assert page == (
        '<div class="scroll" role="region" aria-label="&quot;x&quot;" tabindex="0">'
        "<table><thead></thead>&lt;b&gt;</table></div>"
    )
    assert '<table class="stack even" role="table">' in shown("{% table 'x' even=True %}" + WIDE + "{% endtable %}")
