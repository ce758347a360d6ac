"""Tags and filters as a template uses them."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from django.template import engines
from django.utils import timezone

from hortus.values.reading import State
from hortus.web.icons import FOLDER, UnknownIconError


def rendered(source: str, **context: object) -> str:
    return str(engines["django"].from_string("{% load hortus %}" + source).render(context))


@pytest.mark.parametrize("name", sorted(path.stem for path in FOLDER.glob("*.svg")))
def test_every_laid_icon_can_be_drawn(name: str) -> None:
    drawn = rendered(f'{{% icon "{name}" %}}')
    assert drawn.count("<svg") == drawn.count("</svg>") == 1
    assert 'aria-hidden="true"' in drawn
    assert "style" not in drawn


@pytest.mark.parametrize("name", ["unicorn", "../../hortus", "", "sprout.svg"])
def test_an_unknown_icon_is_loud(name: str) -> None:
    with pytest.raises(UnknownIconError, match=r"sprout.*Add the name to ICONS in scripts/frontend"):
        rendered(f'{{% icon "{name}" %}}')


def test_the_label_of_an_icon_is_escaped() -> None:
    assert 'aria-label="a &quot;b&quot; &lt;c&gt;"' in rendered("{% icon 'eye' label %}", label='a "b" <c>')


@pytest.mark.parametrize("state", list(State))
def test_a_state_is_icon_and_word(state: State) -> None:
    for given in (state, state.value):
        chip = rendered("{% state_chip state %}", state=given)
        assert state.word in chip
        assert f'data-state="{state.value}"' in chip
        assert "<svg" in chip


def test_a_state_that_does_not_exist_is_loud() -> None:
    with pytest.raises(ValueError, match="healthy"):
        rendered("{% state_chip 'healthy' %}")


def test_the_legend_tells_all_four_states() -> None:
    legend = rendered('{% include "web/parts/legend.html" %}')
    assert [legend.count(state.word) for state in State] == [1, 1, 1, 1]


def test_an_age_carries_the_exact_instant_in_the_readers_zone() -> None:
    at = timezone.now() - timedelta(minutes=5)
    with timezone.override("America/New_York"):
        told = rendered("{% age at %}", at=at)
        local = timezone.localtime(at)
    assert f'datetime="{local.isoformat()}"' in told
    assert "5\u00a0min ago</time>" in told


def test_no_age_is_never() -> None:
    assert rendered("{% age at %}", at=None) == "never"


def test_a_moment_is_told_in_the_readers_zone() -> None:
    with timezone.override("America/New_York"):
        told = rendered("{% moment at %}", at=datetime(2025, 3, 10, 2, 0, tzinfo=UTC))
    assert ">9 Mar 2025, 22:00</time>" in told
    assert ">9 Mar 2025</time>" in rendered("{% moment at %}", at=date(2025, 3, 9))


def test_counts_and_shares() -> None:
    assert rendered('{% share 1 3 %}, {% counted 2 "person" "people" %}, {{ 0.5|percent }}, {{ 90|duration }}') == (
        "1 of 3, 2 people, 50\u00a0%, 1\u00a0min 30\u00a0s"
    )


def test_only_a_drawing_is_let_onto_the_page_unescaped() -> None:
    with pytest.raises(ValueError, match="a drawing made by"):
        rendered("{{ words|svg }}", words="<script>alert(1)</script>")


@pytest.mark.parametrize(
    ("part", "context"),
    [
        ("notice", {"sentence": "{x}"}),
        ("empty", {"title": "{x}", "sentence": "{x}", "label": "{x}", "url": "{x}"}),
        ("breadcrumb", {"crumbs": [("{x}", "{x}"), ("{x}", "")]}),
        ("tabs", {"tabs": [("{x}", "{x}", True)], "label": "{x}"}),
        ("definitions", {"definitions": [("{x}", "{x}")]}),
        ("table", {"caption": "{x}", "columns": ["{x}"], "rows": [["{x}"]]}),
        ("progress", {"label": "{x}", "done": 1, "whole": 2}),
        ("lede", {"heading": "{x}", "over": "{x}", "sub": "{x}"}),
        ("tend", {"tend": [{"act": "{x}", "url": "{x}", "reason": "{x}"}]}),
        ("banner", {"banner": {"sentence": "{x}", "url": "{x}", "label": "{x}"}}),
        ("form", {"form": "{x}", "label": "{x}", "cancel": "{x}", "action": "{x}"}),
        (
            "plot",
            {"plot": {"name": "{x}", "url": "{x}", "state": "bare", "column": "{x}", "reading": "{x}", "unit": "{x}",
                      "sparkline": "<svg></svg>", "span": "{x}", "age": "{x}", "act": "{x}", "act_url": "{x}",
                      "unmeasured": ["{x}"]}},
        ),
        ("chart", {"chart": {"title": "{x}", "subtitle": "{x}", "svg": "<svg></svg>", "columns": ["{x}"],
                             "rows": [["{x}"]], "csv_url": "{x}", "note": "{x}"}}),
    ],
)  # fmt: skip
def test_no_part_lets_words_become_markup(part: str, context: dict[str, object]) -> None:
    hostile = '"><script>alert(1)</script>'
    shown = rendered(f'{{% include "web/parts/{part}.html" %}}', **_with(context, hostile))
    assert "<script" not in shown
    assert "&quot;&gt;&lt;script&gt;" in shown


def _with(value: Any, hostile: str) -> Any:
    if isinstance(value, str):
        return value.replace("{x}", hostile)
    if isinstance(value, dict):
        return {key: _with(inner, hostile) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_with(inner, hostile) for inner in value]
    return value
