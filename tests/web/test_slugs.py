"""Names in addresses: made from words, or asked for."""

import pytest

from hortus.values.refused import Refused
from hortus.web.slugs import slug_for


@pytest.mark.parametrize(
    ("name", "held", "slug"),
    [
        ("Job Portal (new)", (), "job-portal-new"),
        ("Job portal", ("job-portal",), "job-portal-2"),
        ("Job portal", ("job-portal", "job-portal-2", "job-portal-4"), "job-portal-3"),
        ("园", (), "service"),
        ("a" * 49 + " b", (), "a" * 49),
    ],
)
def test_made_from_a_name(name: str, held: tuple[str, ...], slug: str) -> None:
    assert slug_for("", name, "service", held.__contains__) == slug


@pytest.mark.parametrize("asked", ["Scratch", "a b", "ä", "a/b", "-a", "a" * 61, " "])
def test_cannot_stand_in_an_address(asked: str) -> None:
    with pytest.raises(Refused, match="cannot stand in an address") as refused:
        slug_for(asked, "Scratch", "service", lambda slug: False)
    assert refused.value.field == "slug"


def test_asked_for_but_taken() -> None:
    assert slug_for("scratch", "Work", "service", lambda slug: False) == "scratch"
    with pytest.raises(Refused, match="'scratch' is the name of another service already"):
        slug_for("scratch", "Work", "service", lambda slug: True)
