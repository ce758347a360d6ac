"""The objects of OpenSLO files by kind and name, their metadata, and what refers to what. Knows no SLO."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from hortus.products.slos.openslo.annotations import (
    ANNOTATION_KEY,
    LABEL_KEY,
    LONGEST_DESCRIPTION,
    LONGEST_DISPLAY_NAME,
)
from hortus.products.slos.openslo.definitions import NAME, Json
from hortus.products.slos.openslo.fields import Fields, Keeping, is_null, shown
from hortus.products.slos.openslo.findings import Findings
from hortus.products.slos.openslo.tree import Node

NAME_RULE = "1 to 63 of a-z, 0-9 and '-', neither first nor last a '-'"


@dataclass(frozen=True)
class Document:
    """A document that became no definition, as it stood. It may hold passwords (a DataSource does)."""

    kind: str
    name: str
    file: str
    line: int
    body: Json


@dataclass(frozen=True)
class Found:
    """An object and the findings of the file it stands in."""

    node: Node
    findings: Findings

    def fields(self, keeping: Keeping) -> Fields:
        """Return its fields."""
        return Fields(self.node, self.node.place, "", self.findings, keeping)


@dataclass
class Objects:
    """All objects of the given texts; used: those that an SLO refers to."""

    found: dict[tuple[str, str], Found] = field(default_factory=dict)
    used: set[tuple[str, str]] = field(default_factory=set)

    def refer(self, fields: Fields, name_field: str, kind: str) -> tuple[str, Found | None]:
        """Return the name in a reference and the object it means; a reference to nothing is the caller's to judge."""
        name = fields.text(name_field)
        found = self.found.get((kind, name))
        if found:
            self.used.add((kind, name))
        return name, found

    def document(self, fields: Fields, name_field: str, kind: str) -> Fields | None:
        """Return the fields of the object that a reference means, kept apart by kind and name; None with a finding."""
        name, found = self.refer(fields, name_field, kind)
        if found:
            return found.fields(fields.keeping.of(f"{kind}/{name}: "))
        sentence = f"There is no {kind} {name[:80]!r} in what was given; give its file too, or write it in place."
        fields.findings.breach(fields.where(name_field), fields.at(name_field), sentence)
        return None


@dataclass(frozen=True)
class Metadata:
    """Metadata of an object. name: a slug; given_name: what stood there when that was none."""

    name: str
    given_name: str = ""
    display_name: str = ""
    labels: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    annotations: Mapping[str, str] = field(default_factory=dict)


def slug(text: str) -> str:
    """Return a name that OpenSLO allows, "" when nothing is left.

    >>> slug("My_SLO (99.9 %)"), slug("!")
    ('my-slo-99-9', '')
    """
    return re.sub(r"[^a-z0-9]+", "-", text.lower()).strip("-")[:63].strip("-")


def named(fields: Fields) -> str:
    """Return the name an object gives itself, without a finding; "" without one."""
    metadata = fields.pairs.get("metadata")
    below = {key.text: value for key, value in metadata[1].pairs or ()} if metadata else {}
    return below["name"].text if "name" in below else ""


def metadata(fields: Fields) -> Metadata | None:
    """Return the metadata of an object, None without a name that can be made one."""
    below = fields.fields("metadata", needed=True)
    if below is None:
        return None
    given = below.text("name", needed=True)
    name = given if NAME.fullmatch(given) else slug(given)
    if given and given != name:
        rule = f"allowed are {NAME_RULE}; " + (f"'{name}' is taken for it." if name else "name it.")
        below.findings.breach(below.where("name"), below.at("name"), f"The name is {given[:80]!r}, {rule}")
    read = Metadata(
        name=name,
        given_name=given if given != name else "",
        display_name=below.text("displayName", most=LONGEST_DISPLAY_NAME),
        labels=labels(below),
        annotations=annotations(below),
    )
    below.done()
    return read if name else None


def labels(fields: Fields) -> dict[str, tuple[str, ...]]:
    """Return labels, each a text or a list of texts."""
    below = fields.fields("labels")
    read: dict[str, tuple[str, ...]] = {}
    if below is None:
        return read
    for key in below.pairs:
        if not LABEL_KEY.fullmatch(key):
            rule = "allowed are 1 to 63 of a-z, A-Z, 0-9, '-', '_' and '.', first and last a letter or digit"
            below.findings.breach(below.where(key), below.at(key), f"The label's name is {key[:80]!r}, {rule}.")
        value = below.pairs[key][1]
        if value.items is None:
            read[key] = (one_label(below, value, key),)
        elif all(item.pairs is None and item.items is None for item in value.items):
            read[key] = tuple(one_label(below, item, key) for item in value.items)
        else:
            below.wrong(key, "a text or a list of texts")
    return read


def one_label(below: Fields, value: Node, key: str) -> str:
    """Return one value of a label; what is no text is a breach and is taken as it is written."""
    if value.pairs is not None:
        below.wrong(key, "a text or a list of texts")
        return ""
    if not is_null(value) and not isinstance(value.value, str):
        sentence = f"{shown(value)} is {value.kind}, allowed is a text; put it in quotes."
        below.findings.breach(value.place, below.at(key), sentence)
    return "" if is_null(value) else value.text


def annotations(fields: Fields) -> dict[str, str]:
    """Return annotations."""
    read = fields.texts("annotations")
    below = fields.fields("annotations")
    for key in read:
        if below and not ANNOTATION_KEY.fullmatch(key):
            rule = "allowed is a name as a label has it, with a DNS name and '/' before it or without"
            below.findings.breach(below.where(key), below.at(key), f"The annotation's name is {key[:80]!r}, {rule}.")
    return read


def description(fields: Fields) -> str:
    """Return the description in a spec."""
    return fields.text("description", most=LONGEST_DESCRIPTION)


def check_name_of(fields: Fields, name_field: str) -> None:
    """Report a reference that is no name."""
    if fields.has(name_field) and not NAME.fullmatch(name := fields.text(name_field)):
        sentence = f"The name is {name[:80]!r}, allowed are {NAME_RULE}."
        fields.findings.breach(fields.where(name_field), fields.at(name_field), sentence)
