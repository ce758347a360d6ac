"""Procedures as Markdown with front matter, both ways: what is written is read back as the same, word for word.

A step is a heading of the second level; its key, and what it is, stand in braces behind it, as Pandoc writes the
attributes of a heading. Below it, after any text: the command in a block of `sh`, and paragraphs that begin with
"Expected:" and "Undo:".
"""

import io
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from django.utils.text import slugify
from markdown_it import MarkdownIt
from markdown_it.token import Token
from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from hortus.processes.procedures.rules.content import KEY, LONGEST_KEY, Content
from hortus.processes.procedures.rules.steps import Step, StepKind, Way
from hortus.values.carriable import refuse_uncarriable
from hortus.values.refused import Refused

LARGEST = 200_000  # characters
TEXTS = ("title", "goal", "why", "good_result", "pause_point", "way_back")
_KNOWN = ("slug", "version", *TEXTS, "kind", "services")
_CRITICAL = "critical"
_ATTRIBUTES = re.compile(r"(?:^|\s)\{\s*((?:[#.][^\s{}]+\s*)+)\}\s*$")
_SAYS = {"Expected": "expected", "Undo": "undo"}
_FENCES = re.compile(r"^ {0,3}(`{3,}|~{3,})", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Document:
    """A procedure as a file holds it. slug: "" where the file names none. services: their slugs, None where it is
    silent about them. version: number of the one that was written out, 0 where the file names none."""

    content: Content
    slug: str = ""
    services: tuple[str, ...] | None = None
    version: int = 0


@dataclass(slots=True)
class _Section:
    """A step as it is read: the text of its heading, and the lines below it."""

    heading: str
    lines: list[str] = field(default_factory=list)


@cache
def _parser() -> MarkdownIt:
    return MarkdownIt("commonmark", {"html": False})


def read(text: str) -> Document:
    """Return the procedure that a text tells. Raises Refused with what cannot be read and how it is written."""
    if len(text) > LARGEST:
        raise Refused("too-long", f"The text has {len(text):,} characters; at most {LARGEST:,} are allowed.", "text")
    refuse_uncarriable(text, "text")
    told, body = _front(text.lstrip("\ufeff").replace("\r\n", "\n").replace("\r", "\n"))
    title, before, sections = _sections(body)
    texts = {name: _line(told.get(name, ""), name) for name in TEXTS}
    texts["title"] = texts["title"] or title
    if before and texts["goal"]:
        raise Refused(
            "text-before", "There is text before the first step; put it below a step, or into the goal at the top.",
            "text",
        )  # fmt: skip
    texts["goal"] = texts["goal"] or before
    services = told.get("services")
    content = Content(**texts, way=_way(told.get("kind", Way.READ_DO)), steps=tuple(_steps(sections)))
    slug, version = _line(told.get("slug", ""), "slug"), _number(told.get("version"))
    return Document(content, slug, None if services is None else _slugs(services), version)


def written(content: Content, *, slug: str, services: Sequence[str], version: int = 0) -> str:
    """Return a procedure as Markdown; `read` makes the same of it again. services: slugs. version: told when not 0."""
    told: dict[str, Any] = {"slug": slug, "version": version} | {name: getattr(content, name) for name in TEXTS}
    front = {name: value for name, value in told.items() if value or name == "title"}
    front |= {"kind": content.way.value, "services": list(services)}
    stream = io.StringIO()
    yaml = YAML(typ="safe", pure=True)
    yaml.default_flow_style, yaml.width, yaml.allow_unicode = False, 10**6, True
    yaml.sort_base_mapping_type_on_output = False  # type: ignore[assignment]
    yaml.dump(front, stream)
    return "\n".join([f"---\n{stream.getvalue()}---\n", *(_as_section(step) for step in content.steps)])


def _as_section(step: Step) -> str:
    classes = [f".{step.kind.value}"] if step.kind is not StepKind.DO else []
    classes += [f".{_CRITICAL}"] if step.is_critical else []
    parts = [f"## {step.text} {{{' '.join([f'#{step.key}', *classes])}}}"]
    parts += [step.body] if step.body else []
    if step.command:
        longest = max((len(found) for found in _FENCES.findall(step.command)), default=2)
        fence = "`" * max(3, longest + 1)
        parts.append(f"{fence}sh\n{step.command}\n{fence}")
    parts += [f"{word}: {getattr(step, name)}" for word, name in _SAYS.items() if getattr(step, name)]
    return "\n\n".join(parts) + "\n"


def _front(text: str) -> tuple[Mapping[str, Any], str]:
    """Return the front matter and what follows it."""
    lines = text.split("\n")
    if lines[0].rstrip() != "---":
        return {}, text
    end = next((i for i, line in enumerate(lines[1:], 1) if line.rstrip() == "---"), None)
    if end is None:
        raise Refused("no-end", "The block at the top begins with --- but no line --- ends it.", "text")
    try:
        told = YAML(typ="safe", pure=True).load("\n".join(lines[1:end])) or {}
    except (YAMLError, ValueError, RecursionError) as error:
        mark = getattr(error, "problem_mark", None)
        where = f" in line {mark.line + 2}" if mark is not None else ""
        raise Refused("bad-front", f"The block at the top is not YAML{where}: {_problem(error)}.", "text") from None
    if not isinstance(told, dict):
        raise Refused("bad-front", "The block at the top holds no names with values, as in title: Drain a node", "text")
    for name in told:
        if name not in _KNOWN:
            raise Refused("unknown-name", f"{str(name)[:60]!r} is not one of {', '.join(_KNOWN)}.", "text")
    return told, "\n".join(lines[end + 1 :])


def _problem(error: Exception) -> str:
    return str(getattr(error, "problem", None) or "it cannot be read")


def _line(value: object, name: str) -> str:
    """Return a value of the front matter as one line."""
    if value is None:
        return ""
    if isinstance(value, dict | list | set):
        raise Refused("bad-front", f"The value of {name} at the top is not a text.", "text")
    return " ".join(str(value).split())


def _number(value: object) -> int:
    if value is None:
        return 0
    if not isinstance(value, int) or isinstance(value, bool) or not 0 < value < 10**6:
        raise Refused("bad-front", f"The version {str(value)[:40]!r} at the top is no number of a version.", "text")
    return value


def _way(value: object) -> Way:
    if value not in set(Way):
        raise Refused("unknown-kind", f"The kind {str(value)[:40]!r} is not one of {', '.join(Way)}.", "text")
    return Way(str(value))


def _slugs(value: object) -> tuple[str, ...]:
    if not isinstance(value, list) or not all(isinstance(one, str) for one in value):
        raise Refused("bad-front", "The services at the top are no list of names, as in [scheduler, scratch].", "text")
    return tuple(dict.fromkeys(value))


def _blocks(text: str) -> list[tuple[Token, int, int]]:
    """Return the tokens that open a block of the first level, or are one, with their first line and that after them."""
    found = _parser().parse(text)
    return [(one, one.map[0], one.map[1]) for one in found if one.level == 0 and one.map and one.nesting >= 0]


def _sections(text: str) -> tuple[str, str, list[_Section]]:
    """Return the title, the text before the first step as one line, and the steps as they are written."""
    lines, title, heads = text.split("\n"), "", _heads(text)
    before = list(lines[: heads[0][0]] if heads else lines)
    sections: list[_Section] = []
    ends = [*(first for first, *_ in heads[1:]), len(lines)]
    for (_, start, tag, content), end in zip(heads, ends, strict=False):
        if tag == "h1":
            if title or sections:
                raise Refused("two-titles", f"“{content[:80]}” is a heading of the first level; a step has ##.", "text")
            title = " ".join(content.split())
            before += lines[start:end]
        else:
            sections.append(_Section(content, lines[start:end]))
    return title, " ".join(" ".join(before).split()), sections


def _heads(text: str) -> list[tuple[int, int, str, str]]:
    """Return the headings of both first levels: their first line, that after them, their tag and what they say."""
    tokens = _parser().parse(text)
    return [
        (token.map[0], token.map[1], token.tag, tokens[i + 1].content)
        for i, token in enumerate(tokens)
        if token.type == "heading_open" and token.level == 0 and token.map and token.tag in {"h1", "h2"}
    ]


def _steps(sections: Sequence[_Section]) -> Iterator[Step]:
    headings = [_heading(section.heading) for section in sections]
    taken = {key for _, key, _, _ in headings if key}
    for section, (text, key, kind, is_critical) in zip(sections, headings, strict=True):
        key = key or _free(text, taken)
        taken.add(key)
        yield _step(section.lines, text=text, key=key, kind=kind, is_critical=is_critical)


def _heading(heading: str) -> tuple[str, str, StepKind, bool]:
    """Return of a heading its text, key, kind and whether the step is critical."""
    line = " ".join(heading.split())
    found = _ATTRIBUTES.search(line)
    if found is None:
        return line, "", StepKind.DO, False
    key, kind, is_critical = "", StepKind.DO, False
    for word in found[1].split():
        name = word[1:]
        if word[0] == "#":
            key = name
        elif name == _CRITICAL:
            is_critical = True
        elif name in set(StepKind):
            kind = StepKind(name)
        else:
            known = ", ".join(f".{one}" for one in (*StepKind, _CRITICAL))
            raise Refused("unknown-attribute", f"{word!r} behind “{line[: found.start()]}” is not one of {known}.",
                          "text")  # fmt: skip
    if key and not KEY.match(key):
        raise Refused("bad-key", f"{key[:60]!r} cannot be a key; write a-z, 0-9 and hyphens, as in #drain-node.",
                      "text")  # fmt: skip
    return line[: found.start()].rstrip(), key, kind, is_critical


def _free(text: str, taken: set[str]) -> str:
    stem = slugify(text.replace("_", "-"))[: LONGEST_KEY - 4].strip("-") or "step"
    stem, number = re.sub("-+", "-", stem), 1
    key = stem
    while key in taken:
        number += 1
        key = f"{stem}-{number}"
    return key


def _step(lines: list[str], **told: Any) -> Step:
    """Return a step whose command, expected and undo are the last blocks of its text, each taken once."""
    found: dict[str, Any] = {}
    for token, start, end in reversed(_blocks("\n".join(lines))):
        name, value = _special(token, lines[start:end])
        if not value or name in found:
            break
        found[name] = value
        lines = lines[:start]
    return Step(body=_trimmed(lines), **told, **found)


def _special(token: Token, lines: Sequence[str]) -> tuple[str, str]:
    """Return of a block which part of a step it is, and what it says; "" for a block that is only text."""
    if token.type == "fence" and token.info.strip() == "sh":
        return "command", token.content.strip("\n")
    if token.type == "paragraph_open":
        word, mark, rest = " ".join(" ".join(lines).split()).partition(":")
        if mark and word in _SAYS:
            return _SAYS[word], rest.strip()
    return "", ""


def _trimmed(lines: Sequence[str]) -> str:
    """Return lines as a text without empty ones at its beginning and end, and without blanks at the end of it."""
    kept = list(lines)
    while kept and not kept[0].strip():
        kept.pop(0)
    while kept and not kept[-1].strip():
        kept.pop()
    return "\n".join(kept).rstrip()
