"""YAML text to a tree that knows its lines, within limits. Never executes a tag, never expands an alias bomb."""

import math
import re
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any, cast

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.events import (
    AliasEvent,
    CollectionEndEvent,
    Event,
    MappingStartEvent,
    NodeEvent,
    ScalarEvent,
    SequenceStartEvent,
)
from ruamel.yaml.scanner import Scanner, ScannerError

from hortus.products.slos.openslo.definitions import Json
from hortus.products.slos.openslo.findings import Findings, Place

LARGEST_BYTES = 1_000_000
MOST_NODES = 80_000  # after aliases are followed; the largest file that we write and can read has about 75,000
DEEPEST = 40
MOST_DOCUMENTS = 2000
TOO_MANY = f"More than {MOST_DOCUMENTS:,} documents; those from here on were not read, split the file."
MOST_CHARACTERS_OF_A_NODE = 50  # a longer text counts as several nodes, so that aliases of long texts are bounded too

NOT_TEXT = re.compile("[^\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
DOCUMENT = re.compile(r"^---(?=\s|$)", re.MULTILINE)
ENDED = re.compile(r"^\.\.\.(?=\s|$)", re.MULTILINE)
NOTHING = re.compile(r"\A(\s*(#.*|%.*|\.\.\.)?(\n|\Z))*\Z")
WHOLE = re.compile(r"[-+]?[0-9]{1,100}")
NUMBER = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?")
PLAIN_TAGS = {"tag:yaml.org,2002:" + name for name in ("str", "int", "float", "bool", "null", "map", "seq")} | {"!"}


@dataclass(frozen=True, slots=True)
class Node:
    """One node. A mapping has pairs, a list has items, a scalar has a value and the text as written."""

    place: Place
    value: bool | int | float | str | None = None
    text: str = ""
    is_quoted: bool = False
    items: "tuple[Node, ...] | None" = None
    pairs: "tuple[tuple[Node, Node], ...] | None" = None
    size: int = 1
    depth: int = 1

    @property
    def kind(self) -> str:
        """Return what this is in words, for sentences."""
        if self.pairs is not None:
            return "a mapping"
        if self.items is not None:
            return "a list"
        if self.value is None:
            return "nothing"
        return {bool: "true or false", str: "a text"}.get(type(self.value), "a number")

    def plain(self) -> Json:
        """Return what this holds as JSON would."""
        if self.pairs is not None:
            return {key.text: value.plain() for key, value in self.pairs}
        if self.items is not None:
            return [item.plain() for item in self.items]
        return self.value


class TooMuch(Exception):  # noqa: N818 -- a limit, told in a sentence
    """The text passes a limit; carries the place and the sentence."""

    def __init__(self, place: Place, sentence: str) -> None:
        super().__init__(sentence)
        self.place = place
        self.sentence = sentence


def decoded(text: str | bytes, findings: Findings) -> str | None:
    """Return a text that YAML can hold, or None with the finding that says why not."""
    start = Place(1, 1)
    size = len(text) if isinstance(text, bytes) else len(text.encode("utf-8", "replace"))
    if size > LARGEST_BYTES:
        findings.error(start, "", f"The file has {size:,} bytes, allowed are {LARGEST_BYTES:,}; split it.")
        return None
    if isinstance(text, bytes):
        raw = text
        try:
            text = raw.decode("utf-8")
        except UnicodeDecodeError as error:
            place = Place(raw.count(b"\n", 0, error.start) + 1, 1)
            findings.error(place, "", f"Byte {error.start} is not UTF-8; save the file as UTF-8 text.")
            return None
    text = text.removeprefix("\ufeff")
    if bad := NOT_TEXT.search(text):
        line = text.count("\n", 0, bad.start()) + 1
        sentence = f"Character U+{ord(bad.group()):04X} is not text; this is a binary file or a damaged one."
        findings.error(Place(line, bad.start() - text.rfind("\n", 0, bad.start())), "", sentence)
        return None
    if NOTHING.match(DOCUMENT.sub("", text)):
        findings.error(start, "", "The file is empty; a file of objectives has at least one YAML document.")
        return None
    return text


@dataclass
class Room:
    """How much may still be read, for all texts of one call together."""

    nodes: int = MOST_NODES
    documents: int = MOST_DOCUMENTS


def documents(text: str, findings: Findings, room: Room) -> list[Node]:
    """Return the documents of a text; a document that is not YAML is a finding and leaves the others standing.

    A line that starts with `---` divides documents wherever it stands, so each is parsed by itself.
    """
    nodes: list[Node] = []
    bounds = [0, *(match.start() for match in DOCUMENT.finditer(text)), len(text)]
    newlines = [match.start() for match in re.finditer("\n", text)]
    for begin, end in pairwise(bounds):
        if NOTHING.match(text[begin:end].removeprefix("---")):
            continue
        room.documents -= 1
        if room.documents < 0:
            findings.error(Place(bisect_right(newlines, begin) + 1, 1), "", TOO_MANY)
            break
        builder = Builder(text[begin:end], begin, newlines, findings, room.nodes)
        try:
            node = builder.build()
        except TooMuch as limit:
            findings.error(limit.place, "", limit.sentence)
            continue
        except MarkedYAMLError as error:
            mark = error.problem_mark or error.context_mark
            last = len(builder.text.rstrip()) - 1  # what is missing at the end is told at the last line that has text
            place = builder.place(min(mark.index, last) if mark else 0)
            findings.error(place, "", f"This is not YAML: {error.problem or error.context}. Correct the line.")
            continue
        except (YAMLError, RecursionError, ValueError) as error:
            findings.error(builder.place(0), "", f"This document cannot be read as YAML: {error}.")
            continue
        if node is not None:
            nodes.append(node)
            room.nodes -= node.size
    return nodes


@dataclass
class Open:
    """A mapping or list that is being read."""

    place: Place
    anchor: str | None
    is_mapping: bool
    nodes: list[Node] = field(default_factory=list)


class BoundedScanner(Scanner):
    """Refuses brackets in brackets beyond DEEPEST: for each token the scanner looks through all that are open."""

    def fetch_flow_collection_start(self, TokenClass: Any, to_push: str) -> None:  # noqa: N803 -- theirs
        if len(self.flow_context) >= DEEPEST:
            raise ScannerError(None, None, f"nested deeper than {DEEPEST} levels", self.reader.get_mark())
        super().fetch_flow_collection_start(TokenClass, to_push)


class Builder:
    """Builds the tree of one document from the parser's events, with our own limits and none of its constructors."""

    def __init__(self, text: str, offset: int, newlines: list[int], findings: Findings, most: int) -> None:
        self.text = text
        self.offset = offset
        self.newlines = newlines
        self.findings = findings
        self.most = most
        self.count = 0
        self.anchors: dict[str, Node] = {}

    def place(self, index: int) -> Place:
        """Return line and column of an index into this document."""
        absolute = self.offset + index
        line = bisect_right(self.newlines, absolute - 1)
        return Place(line + 1, absolute - (self.newlines[line - 1] if line else -1))

    def build(self) -> Node | None:
        """Return the root, None for a document without content."""
        root: Node | None = None
        stack: list[Open] = []
        for event in self.events():
            place = self.place(event.start_mark.index)
            if isinstance(event, MappingStartEvent | SequenceStartEvent):
                self.check_tag(event, place)
                if len(stack) >= DEEPEST:
                    raise TooMuch(place, f"Nested deeper than {DEEPEST} levels; a file of objectives needs about 10.")
                stack.append(Open(place, event.anchor, isinstance(event, MappingStartEvent)))
                continue
            if isinstance(event, CollectionEndEvent):
                node = self.closed(stack.pop())
            elif isinstance(event, ScalarEvent):
                self.check_tag(event, place)
                node = self.bounded(self.scalar(event, place), event.anchor)
            elif isinstance(event, AliasEvent):
                node = self.alias(event, place)
            else:
                continue
            if stack:
                stack[-1].nodes.append(node)
            else:
                root = node
        return root

    def events(self) -> Iterator[Event]:
        """Yield the parser's events."""
        yaml = YAML(typ="safe", pure=True)
        yaml.Scanner = BoundedScanner
        return cast(Iterator[Event], yaml.parse(self.text))

    def check_tag(self, event: NodeEvent, place: Place) -> None:
        """Report a tag that is not of plain YAML; its node is read as if it had none."""
        tag = getattr(event, "tag", None)
        if tag and str(tag) not in PLAIN_TAGS:
            sentence = f"The tag {str(tag)[:80]!r} is not read; a file of objectives needs no tags. Take it out."
            self.findings.breach(place, "", sentence)

    def bounded(self, node: Node, anchor: str | None) -> Node:
        """Return the node if it fits the limits, and remember its anchor."""
        self.count += 1
        if node.size > self.most or self.count > self.most:
            raise TooMuch(node.place, f"More than {MOST_NODES:,} values, aliases included; split the file.")
        if node.depth > DEEPEST:
            raise TooMuch(node.place, f"Nested deeper than {DEEPEST} levels; a file of objectives needs about 10.")
        if anchor:
            self.anchors[anchor] = node
        return node

    def scalar(self, event: ScalarEvent, place: Place) -> Node:
        """Return a scalar; a quoted one, or one tagged as text, is a text."""
        text = str(event.value)
        is_text = event.style in ("'", '"', "|", ">") or str(event.tag or "") == "tag:yaml.org,2002:str"
        size = 1 + len(text) // MOST_CHARACTERS_OF_A_NODE
        return Node(place, text if is_text else resolved(text), text, is_text, size=size)

    def alias(self, event: AliasEvent, place: Place) -> Node:
        """Return the node an alias stands for."""
        if event.anchor not in self.anchors:
            sentence = f"The alias *{str(event.anchor)[:60]} has no anchor before it; write the value itself."
            self.findings.error(place, "", sentence)
            return Node(place)
        return self.anchors[event.anchor]

    def closed(self, opened: Open) -> Node:
        """Return the finished mapping or list."""
        size = 1 + sum(node.size for node in opened.nodes)
        depth = 1 + max((node.depth for node in opened.nodes), default=0)
        if not opened.is_mapping:
            node = Node(opened.place, items=tuple(opened.nodes), size=size, depth=depth)
            return self.bounded(node, opened.anchor)
        pairs = tuple(self.pairs(opened.nodes))
        size = max(size, 1 + sum(key.size + value.size for key, value in pairs))
        return self.bounded(Node(opened.place, pairs=pairs, size=size, depth=depth), opened.anchor)

    def pairs(self, nodes: list[Node]) -> Iterator[tuple[Node, Node]]:
        """Yield the pairs of a mapping: `<<` merged, a repeated key reported and left out."""
        seen: set[str] = set()
        merged: list[tuple[Node, Node]] = []
        for key, value in zip(nodes[::2], nodes[1::2], strict=True):
            if key.pairs is not None or key.items is not None:
                self.findings.error(key.place, "", f"A key is {key.kind}, allowed is a text; name the field.")
            elif key.text == "<<" and not key.is_quoted:
                merged += [pair for part in value.items or (value,) for pair in part.pairs or ()]
            elif key.text in seen:
                sentence = f"The key {key.text[:80]!r} stands twice in one mapping, the first one counts; remove one."
                self.findings.breach(key.place, "", sentence)
            else:
                seen.add(key.text)
                yield key, value
        for key, value in merged:
            if key.text not in seen:
                seen.add(key.text)
                yield key, value


def resolved(text: str) -> bool | int | float | str | None:
    """Return what a plain scalar means by the core schema of YAML 1.2; what is no finite number stays text.

    >>> [resolved(each) for each in ("~", "true", "012", "1e-3", "yes", ".nan", "2026-01-01")]
    [None, True, 12, 0.001, 'yes', '.nan', '2026-01-01']
    """
    if text in ("", "~", "null", "Null", "NULL"):
        return None
    if text in ("true", "True", "TRUE", "false", "False", "FALSE"):
        return text.lower() == "true"
    if WHOLE.fullmatch(text):
        return int(text)
    if NUMBER.fullmatch(text):
        number = float(text)
        return number if math.isfinite(number) else text
    return text
