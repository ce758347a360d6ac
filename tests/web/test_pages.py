"""The base template and the pages of errors, without any other room."""

import re
from pathlib import Path

import pytest
from django.contrib.auth.models import AnonymousUser
from django.core.paginator import Paginator
from django.template import engines
from django.template.loader import get_template
from django.test import RequestFactory
from django.urls import set_script_prefix
from django.views.defaults import server_error

ROOM = Path(__file__).resolve().parents[2] / "src" / "hortus" / "web"
CODES = ["400", "403", "403_csrf", "404", "413", "429", "500", "503"]


def base(**context: object) -> str:
    return str(get_template("web/base.html").render(context))


@pytest.mark.parametrize("code", CODES)
def test_an_error_page_needs_no_context(code: str) -> None:
    html = get_template(f"{code}.html").render({})
    heading = re.search(r"<h1>([^<]+)</h1>", html)
    assert heading is not None
    assert f"<title>{heading[1]} · Hortus</title>" in html
    assert 'href="/" role="button"' in html


def test_the_page_of_our_own_mistake_tells_nothing_of_it() -> None:
    answer = server_error(RequestFactory().get("/"))
    assert answer.status_code == 500
    assert b"Hortus made a mistake" in answer.content


def test_links_home_respect_the_base_path() -> None:
    set_script_prefix("/garden/")
    try:
        assert 'class="brand" href="/garden/"' in base()
    finally:
        set_script_prefix("/")


def test_navigation_marks_where_one_is() -> None:
    html = base(nav=[("Garden", "/t/rcd/", True), ("Team", "/t/rcd/team/", False)])
    assert '<a href="/t/rcd/" aria-current="page">Garden</a>' in html
    assert '<a href="/t/rcd/team/">Team</a>' in html


def test_the_name_of_a_team_is_only_words() -> None:
    html = base(team={"name": "</title><script>x"})
    assert "<script>x" not in html


def test_messages_carry_their_level_as_an_icon_and_not_by_colour_alone() -> None:
    class Message:
        level_tag = "warning"

        def __str__(self) -> str:
            return "<b>Two lines</b> could not be read."

    html = base(messages=[Message()])
    assert 'role="status"' in html
    assert '<div class="notice" data-level="warning"><svg' in html
    assert "&lt;b&gt;Two lines" in html


def test_every_page_can_be_skipped_through_and_read_by_machines() -> None:
    html = base()
    assert html.startswith("<!doctype html>")
    assert '<html lang="en">' in html
    assert html.index('class="skip" href="#main"') < html.index('class="site"')
    assert '<main id="main"' in html


@pytest.mark.parametrize("path", sorted(ROOM.rglob("*.html")), ids=lambda path: path.name)
def test_no_template_holds_a_script_a_style_or_an_outside_address(path: Path) -> None:
    source = path.read_text(encoding="utf-8")
    assert not re.search(r"<style|\sstyle=|\son\w+=|<script(?![^>]*src=)|javascript:", source)
    assert not re.search(r"(?:https?:)?//\w", source.replace("{%", ""))


@pytest.mark.parametrize("name", ["hortus.css", "print.css", "theme.js", "mark.svg"])
def test_no_static_file_of_ours_names_an_outside_address(name: str) -> None:
    source = (ROOM / "static" / name).read_text(encoding="utf-8")
    assert set(re.findall(r"https?://[\w./]+", source)) <= {"http://www.w3.org/2000/svg"}


def test_htmx_adds_no_style_and_evaluates_nothing() -> None:
    config = re.search(r"name=\"htmx-config\" content='([^']+)'", base())
    assert config is not None
    assert '"includeIndicatorStyles": false' in config[1]
    assert '"allowEval": false' in config[1]


def test_no_page_is_left_when_only_one_exists() -> None:
    source = engines["django"].from_string('{% include "web/parts/pagination.html" with what="jobs" %}')
    assert source.render({"page": Paginator([1], 20).get_page(1)}).strip() == ""


def test_leafing_keeps_the_filters() -> None:
    request = RequestFactory().get("/jobs/?state=late&page=2")
    request.user = AnonymousUser()
    source = engines["django"].from_string('{% include "web/parts/pagination.html" with what="jobs" %}')
    html = source.render({"page": Paginator(range(100), 20).get_page(2)}, request)
    assert 'href="?state=late&amp;page=1"' in html
    assert 'href="?state=late&amp;page=3"' in html
    assert "21 to 40 of 100 jobs" in html
