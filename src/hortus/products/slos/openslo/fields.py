"""Reading a mapping field by field: each question has its finding, what nobody asked for is kept. Knows no format."""

import difflib
import math
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

from hortus.products.slos.openslo.definitions import Json
from hortus.products.slos.openslo.findings import Findings, Place
from hortus.products.slos.openslo.tree import Node

MOST_GUESSES = 20  # looking for a likely name is slow, and a mapping with more unknown names is another format


@dataclass
class Keeping:
    """What a document says beyond what we read, by path; prefix tells documents that are referred to apart."""

    values: dict[str, Json] = field(default_factory=dict)
    prefix: str = ""

    def of(self, prefix: str) -> "Keeping":
        """Return the same store for another document."""
        return Keeping(self.values, prefix)

    def keep(self, path: str, value: Json) -> None:
        """Keep a value verbatim."""
        self.values[self.prefix + path] = value


def shown(node: Node) -> str:
    """Return what was given, short enough for a sentence."""
    if node.pairs is not None or node.items is not None:
        return node.kind
    text = node.text.splitlines()[0] if node.text.strip() else ""
    return f"{text[:60]!r}" + ("…" if len(text) > 60 or "\n" in node.text.strip() else "")


class Fields:
    """A mapping at a path. A wrong value is a breach, is kept, and reads as if it were absent.

    place: where the mapping hangs: findings about a missing field point there.
    """

    def __init__(self, node: Node, place: Place, path: str, findings: Findings, keeping: Keeping) -> None:
        self.node = node
        self.place = place
        self.path = path
        self.findings = findings
        self.keeping = keeping
        self.pairs = {key.text: (key, value) for key, value in node.pairs or ()}
        self.asked: set[str] = set()

    def at(self, name: str) -> str:
        """Return the path of a field."""
        return f"{self.path}.{name}" if self.path else name

    def where(self, name: str) -> Place:
        """Return where a field stands, or where it is missing."""
        return self.pairs[name][0].place if name in self.pairs else self.place

    def has(self, name: str) -> bool:
        """Tell whether a field is given and not null."""
        self.asked.add(name)
        return name in self.pairs and not is_null(self.pairs[name][1])

    def get(self, name: str, *, needed: bool = False) -> Node | None:
        """Return the node of a field, None without one; a needed one that is missing is a breach."""
        if self.has(name):
            return self.pairs[name][1]
        if needed:
            self.missing(name)
        return None

    def missing(self, name: str) -> None:
        """Report a needed field that is not there."""
        unasked = [each for each in self.pairs if each not in self.asked and len(each) < 50][:MOST_GUESSES]
        near = difflib.get_close_matches(name, unasked, 1)
        hint = f"; is '{near[0]}' meant for it?" if near else "; add it."
        self.findings.breach(self.where(name), self.at(name), f"'{name}' is missing and needed{hint}")

    def wrong(self, name: str, allowed: str) -> None:
        """Report a value that is not allowed, and keep it."""
        node = self.pairs[name][1]
        sentence = f"'{name}' is {shown(node)}, allowed is {allowed}."
        self.findings.breach(node.place, self.at(name), sentence)
        self.keeping.keep(self.at(name), node.plain())

    def text(self, name: str, *, needed: bool = False, most: int = 0, allowed: Collection[str] = ()) -> str:
        """Return a text, "" without one. A number or a truth value is taken as it is written.

        most: characters above which it is a breach; the text is returned whole. allowed: the values that may stand.
        """
        node = self.get(name, needed=needed)
        if node is None:
            return ""
        if node.pairs is not None or node.items is not None:
            self.wrong(name, "a text")
            return ""
        if allowed and node.text not in allowed:
            self.wrong(name, " or ".join(allowed))
            return ""
        if needed and not node.text.strip():
            self.wrong(name, "a text that says something")
            return ""
        if most and len(node.text) > most:
            sentence = f"'{name}' has {len(node.text)} characters, OpenSLO allows {most}; shorten it."
            self.findings.breach(node.place, self.at(name), sentence)
        return node.text

    def number(self, name: str, *, needed: bool = False) -> float | None:
        """Return a finite number, None without one."""
        node = self.get(name, needed=needed)
        if node is None:
            return None
        if isinstance(node.value, bool) or not isinstance(node.value, int | float) or not math.isfinite(node.value):
            self.wrong(name, "a number")
            return None
        return float(node.value)

    def flag(self, name: str, *, default: bool) -> bool:
        """Return true or false."""
        node = self.get(name)
        if node is None:
            return default
        if not isinstance(node.value, bool):
            self.wrong(name, "true or false")
            return default
        return node.value

    def fields(self, name: str, *, needed: bool = False) -> "Fields | None":
        """Return a mapping below this one, None without one."""
        node = self.get(name, needed=needed)
        if node is None:
            return None
        if node.pairs is None:
            self.wrong(name, "a mapping")
            return None
        return Fields(node, self.where(name), self.at(name), self.findings, self.keeping)

    def items(self, name: str, *, needed: bool = False) -> "list[Fields]":
        """Return the mappings of a list; what is no mapping is a breach and is kept."""
        node = self.get(name, needed=needed)
        if node is None:
            return []
        if node.items is None:
            self.wrong(name, "a list")
            return []
        found = []
        for at, item in enumerate(node.items):
            path = f"{self.at(name)}[{at}]"
            if item.pairs is None:
                sentence = f"Here stands {shown(item)}, allowed is a mapping."
                self.findings.breach(item.place, path, sentence)
                self.keeping.keep(path, item.plain())
            else:
                found.append(Fields(item, item.place, path, self.findings, self.keeping))
        return found

    def texts(self, name: str) -> dict[str, str]:
        """Return a mapping of texts; a value that is none is taken as it is written, a nested one is kept."""
        below = self.fields(name)
        if below is None:
            return {}
        for key in below.pairs:
            value = below.pairs[key][1]
            if not is_null(value) and value.value is not None and not isinstance(value.value, str):
                sentence = f"{shown(value)} is {value.kind}, allowed is a text; put it in quotes."
                self.findings.breach(value.place, below.at(key), sentence)
        return {key: below.text(key) for key in below.pairs}

    def raw(self, name: str) -> dict[str, Json]:
        """Return a free mapping as it is, empty without one."""
        below = self.fields(name)
        plain = below.node.plain() if below else {}
        return plain if isinstance(plain, dict) else {}

    def keep(self, *names: str) -> None:
        """Keep fields that the format knows and we have no use for."""
        for name in names:
            if self.has(name):
                self.keeping.keep(self.at(name), self.pairs[name][1].plain())

    def done(self) -> None:
        """Report and keep every field that nobody asked for."""
        asked = sorted(self.asked)
        known = ", ".join(asked)
        unknown = [each for each in self.pairs.items() if each[0] not in self.asked]
        for at, (name, (key, value)) in enumerate(unknown):
            near = difflib.get_close_matches(name, asked, 1, 0.75) if at < MOST_GUESSES and len(name) < 50 else []
            meant = f"; is '{near[0]}' meant?" if near else "."
            sentence = f"'{name[:80]}' is not a field here, known are {known}; it is kept as it is{meant}"
            self.findings.breach(key.place, self.at(name), sentence)
            self.keeping.keep(self.at(name), value.plain())


def is_null(node: Node) -> bool:
    """Tell whether a node is null."""
    return node.pairs is None and node.items is None and node.value is None


def merged(*mappings: Mapping[str, str]) -> dict[str, str]:
    """Return mappings laid over one another, the last wins, in the order of their keys."""
    return dict(sorted({key: value for mapping in mappings for key, value in mapping.items()}.items()))
