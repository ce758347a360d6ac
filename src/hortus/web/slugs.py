"""Slugs: the names of things in addresses, made from what they are called or asked for by somebody."""

from collections.abc import Callable
from typing import Any

from django.db.models import QuerySet
from django.utils.text import slugify

from hortus.values.refused import Refused

LONGEST = 60
_LONGEST_STEM = 50  # leaves room for a number


def slug_for(asked: str, name: str, what: str, is_taken: Callable[[str], bool]) -> str:
    """Return the slug that was asked for, or a free one made from a name when none was.

    what: the sort of thing ("service"); names it in refusals, and stands for a name without letters or digits.
    is_taken: tells whether a slug is in use. Raises Refused when the one asked for is, or cannot stand in an address.
    """
    if not asked:
        return _free(slugify(name)[:_LONGEST_STEM].strip("-") or what.lower(), is_taken)
    fit = slugify(asked)[:LONGEST].strip("-")
    if asked != fit:
        said = f"write it as in {fit!r}" if fit else f"use a-z, 0-9 and -, at most {LONGEST}"
        raise Refused("bad-slug", f"{asked[:80]!r} cannot stand in an address; {said}.", "slug")
    if is_taken(asked):
        raise taken(asked, what)
    return asked


def _free(stem: str, is_taken: Callable[[str], bool]) -> str:
    number, slug = 1, stem
    while is_taken(slug):
        number += 1
        slug = f"{stem}-{number}"
    return slug


def taken(slug: str, what: str) -> Refused:
    """Return the refusal of a slug that is in use."""
    return Refused("taken", f"{slug!r} is the name of another {what} already; choose another.", "slug")


def in_use(rows: QuerySet[Any]) -> Callable[[str], bool]:
    """Return the question whether one of some rows has a slug."""
    return lambda slug: rows.filter(slug=slug).exists()
