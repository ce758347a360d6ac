"""What both databases can hold of a foreign file: whole texts, finite numbers, nothing without end. Knows no tables."""

import math
from collections.abc import Mapping
from dataclasses import fields, is_dataclass

DEEPEST, LARGEST = 100, 10**300


def why_not(value: object) -> str:
    """Return why no table can hold a value, with all that it is made of; "" when one can.

    >>> why_not({"a": ["b", 1.5, None]}), why_not(["half a pair: \\ud800"])
    ('', 'it holds a character that is none (half of a surrogate pair); take it out')
    """
    waiting: list[tuple[object, int]] = [(value, 0)]
    while waiting:
        one, depth = waiting.pop()
        if depth > DEEPEST:
            return f"it is nested more than {DEEPEST} deep"
        if why := _why_not_plain(one):
            return why
        waiting += [(part, depth + 1) for part in _parts(one)]
    return ""


def _parts(one: object) -> list[object]:
    if is_dataclass(one):
        return [getattr(one, field.name) for field in fields(one)]
    if isinstance(one, Mapping):
        return [*one.keys(), *one.values()]
    return list(one) if isinstance(one, list | tuple) else []


def _why_not_plain(one: object) -> str:
    if isinstance(one, str):
        if "\x00" in one:
            return "it holds a NUL character; take it out"
        if any("\ud800" <= character <= "\udfff" for character in one):
            return "it holds a character that is none (half of a surrogate pair); take it out"
    if isinstance(one, float) and not math.isfinite(one):
        return f"it holds the number {one}; give a finite one"
    if isinstance(one, int) and abs(one) > LARGEST:
        return "it holds a number of more than 300 digits"
    return ""
