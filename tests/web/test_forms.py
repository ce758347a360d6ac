"""How a plain `{{ form }}` looks: labels, help, promise and errors, all tied to their field."""

import re

import pytest
from django import forms
from django.template import engines

from hortus.web.forms import promise


class Note(forms.Form):
    title = forms.CharField(help_text="A few words.", max_length=5)
    body = forms.CharField(widget=forms.Textarea, required=False)
    seen = forms.BooleanField(required=False)
    way = forms.ChoiceField(choices=[("a", "First"), ("b", "Second")], widget=forms.RadioSelect)
    token = forms.CharField(widget=forms.HiddenInput)


def shown(form: forms.Form) -> str:
    return str(engines["django"].from_string("{{ form }}").render({"form": form}))


def described(html: str, name: str) -> list[str]:
    found = re.search(rf'<(?:input|textarea|select)[^>]*name="{name}"[^>]*>', html)
    assert found is not None
    ids = re.search(r'aria-describedby="([^"]*)"', found[0])
    return ids[1].split() if ids else []


def test_every_control_has_a_label_and_every_description_exists() -> None:
    form = Note({"title": "far too long"})
    promise(form, "body", "Who can read this: you.")
    html = shown(form)
    ids = set(re.findall(r'\bid="([^"]+)"', html))
    assert set(re.findall(r'<label for="([^"]+)"', html)) <= ids
    for names in re.findall(r'aria-describedby="([^"]*)"', html):
        assert set(names.split()) <= ids
    assert described(html, "title") == ["id_title_helptext", "id_title_error"]
    assert described(html, "body") == ["id_body_promise"]
    assert "Who can read this: you." in html


def test_an_optional_field_says_so_and_a_required_one_carries_no_star() -> None:
    html = shown(Note())
    assert re.search(r"Body <small>optional</small>", html)
    assert not re.search(r"Title <small>", html)
    assert "*" not in html


def test_errors_are_counted_listed_and_linked_to_their_fields() -> None:
    form = Note({"title": "far too long", "token": ""})
    form.add_error(None, "Nobody is on call that day.")
    html = shown(form)
    assert "4 things need to be put right." in html
    assert '<a href="#id_title">Title</a>: Ensure this value has at most 5 characters' in html
    assert "<li>Nobody is on call that day.</li>" in html
    assert "<li>Token: This field is required.</li>" in html


def test_a_single_error_is_told_in_the_singular() -> None:
    assert "One thing needs to be put right." in shown(Note({"title": "x", "way": "a"}))


def test_a_sound_form_shows_no_notice() -> None:
    assert "notice" not in shown(Note())


def test_choices_stand_in_a_named_group() -> None:
    html = shown(Note({}))
    assert re.search(r'<fieldset aria-describedby="id_way_error">\s*<legend>Way</legend>', html)


def test_a_check_box_stands_before_its_label() -> None:
    html = shown(Note())
    assert html.index('name="seen"') < html.index('<label for="id_seen">')


def test_hidden_fields_are_kept() -> None:
    assert 'type="hidden" name="token"' in shown(Note())


@pytest.mark.parametrize("words", ["<script>alert(1)</script>", '" onfocus="alert(1)'])
def test_nothing_from_outside_becomes_markup(words: str) -> None:
    form = Note({"title": words, "body": words})
    promise(form, "body", words)
    form.add_error(None, words)
    html = shown(form)
    assert "<script" not in html
    assert 'onfocus="' not in html


def test_a_promise_for_no_field_is_an_error_of_ours() -> None:
    with pytest.raises(KeyError):
        promise(Note(), "missing", "x")


def test_a_form_renderer_of_the_settings_is_ours(settings) -> None:  # type: ignore[no-untyped-def]
    assert settings.FORM_RENDERER == "hortus.web.forms.HortusRenderer"
