"""Texts that feeds carry: what is let through is XML, what is not is named, and nothing else is lost."""

from xml.etree import ElementTree
from xml.sax.saxutils import escape

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hortus.values.carriable import carriable, refuse_uncarriable
from hortus.values.refused import Refused

UNCARRIABLE = "\x00\x01\x08\x0b\x0c\x1f\x7f\x85\x9f\ud800\udfff\ufffe\uffff\U0001fffe\U0010ffff"


@given(st.text())
def test_what_is_left_of_any_text_is_xml(text: str) -> None:
    left = carriable(text)
    refuse_uncarriable(left, "reason")
    assert carriable(left) == left
    read = ElementTree.fromstring(f"<a>{escape(left)}</a>").text or ""
    assert read == left.replace("\r\n", "\n").replace("\r", "\n")  # as XML reads the ends of lines


@pytest.mark.parametrize("letter", UNCARRIABLE)
def test_what_cannot_be_carried_is_named(letter: str) -> None:
    assert carriable(f"a{letter}b") == "ab"
    with pytest.raises(Refused, match=rf"U\+{ord(letter):04X} cannot be shown") as refused:
        refuse_uncarriable(f"a{letter}b", "reason")
    assert refused.value.field == "reason"


def test_lines_and_all_scripts_are_carried() -> None:
    text = "Größe\t日本\r\nعربي 😀\n\xa0\u2028\u202e\ufeff\ufffd"
    refuse_uncarriable(text, "reason")
    assert carriable(text) == text
