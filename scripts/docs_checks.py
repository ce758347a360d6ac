"""What must be true of every document: links lead somewhere, what is named exists and the other way round, no leaks."""

import re
import shlex
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import click
import docs_pages
from docs_pages import ROOT

TOP = ("README.md", "CONTRIBUTING.md", "CHANGELOG.md", "SECURITY.md")
INDEXES = ("docs/README.md", "docs/decisions/README.md")

# Hosts that a document may name: examples, this machine, and the names that formats are known by.
HOSTS = re.compile(r"(localhost|127\.0\.0\.1|\[::1\]|([\w-]+\.)*example\.(org|net|com|edu)|www\.w3\.org)(:\d+)?")
ADDRESS = re.compile(r"\b(?:https?|smtps?|postgres(?:ql)?)://([^/\s`\"'<>)]+)")
OF_A_MACHINE = re.compile(r"(?<![\w.~])/(?:home|root|work|tmp|Users|mnt)/[\w./-]+")
REGISTRIES = re.compile(r"pypi\.org|pythonhosted|npmjs|proxy\.golang|crates\.io", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Block:
    """A fenced block of code: its language, its text, and the line on which it begins."""

    language: str
    text: str
    line: int


def documents() -> list[Path]:
    """Return every Markdown document of ours."""
    return [ROOT / name for name in TOP if (ROOT / name).exists()] + sorted((ROOT / "docs").rglob("*.md"))


def _name(path: Path) -> str:
    return path.relative_to(ROOT).as_posix() if path.is_relative_to(ROOT) else path.name


def blocks(text: str) -> Iterator[Block]:
    """Yield the fenced blocks of a document.

    >>> [(b.language, b.text) for b in blocks("a\\n```console\\n$ ls\\n```\\n")]
    [('console', '$ ls\\n')]
    """
    for found in re.finditer(r"^```([\w-]*)[^\n]*\n(.*?)^```", text, re.MULTILINE | re.DOTALL):
        yield Block(found[1], found[2], text.count("\n", 0, found.start()) + 1)


def prose(text: str) -> str:
    """Return a document without its fenced blocks, lines kept in place."""
    return re.sub(r"^```.*?^```", lambda found: "\n" * found[0].count("\n"), text, flags=re.MULTILINE | re.DOTALL)


def anchors(text: str) -> set[str]:
    """Return the anchors that a forge gives to the headings of a document.

    >>> sorted(anchors("# `data_dir`\\n## What, why?\\n"))
    ['data_dir', 'what-why']
    """
    heads = re.findall(r"^#{1,6} +(.+?) *$", prose(text), re.MULTILINE)
    return {re.sub(r"[^\w -]", "", head.lower()).replace(" ", "-") for head in heads}


def links(path: Path) -> list[str]:
    """Say which relative links and anchors of a document lead nowhere."""
    found = []
    for target in re.findall(
        r"\]\(([^)\s]+)\)|(?:src|href|srcset)=\"([^\"]+)\"", prose(path.read_text(encoding="utf-8"))
    ):
        link = target[0] or target[1]
        if "://" in link or link.startswith("mailto:"):
            continue
        file, _, anchor = link.partition("#")
        goal = (path.parent / file).resolve() if file else path
        if not goal.exists():
            found.append(f"{_name(path)}: the link {link} leads nowhere.")
        elif anchor and goal.suffix == ".md" and anchor not in anchors(goal.read_text(encoding="utf-8")):
            found.append(f"{_name(path)}: {file or 'this page'} has no heading for #{anchor}.")
    return found


def stale() -> list[str]:
    """Say which generated pages are not what they would be now."""
    return [
        f"{name} is stale; run `make docs` (or scripts/docs.py) and commit it."
        for name, make in docs_pages.PAGES.items()
        if not (ROOT / name).exists() or (ROOT / name).read_text(encoding="utf-8") != make()
    ]


def leaks(path: Path) -> list[str]:
    """Say where a document names a path of one machine, a registry, or a host that is not an example."""
    text = path.read_text(encoding="utf-8")
    found = [f"{_name(path)}: {leak} is a path of one machine." for leak in OF_A_MACHINE.findall(text)]
    found += [f"{_name(path)}: {host} is a registry's host." for host in REGISTRIES.findall(text)]
    hosts = {host.rpartition("@")[2].rstrip(".,;:") for host in ADDRESS.findall(text)}
    return found + [
        f"{_name(path)}: {host} is a real host; write one below example.org."
        for host in sorted(hosts)
        if not HOSTS.fullmatch(host) and host.partition(":")[0] not in {"host", "…"}
    ]


# Commands


def spoken(text: str) -> Iterator[str]:
    """Yield the command lines of a document: those after `$` in console blocks, and code that begins with hortus."""
    for block in blocks(text):
        if block.language == "console":
            joined = block.text.replace("\\\n", " ")
            yield from (line[2:] for line in joined.splitlines() if line.startswith("$ "))
    yield from re.findall(r"`((?:\.venv/bin/)?hortus(?: [^`]*)?)`", prose(text))


def calls(line: str) -> Iterator[tuple[dict[str, str], list[str]]]:
    """Yield the calls of hortus in a command line: variables set for it, and its words.

    >>> list(calls("sacct -a | HORTUS_PORT=1 hortus import slurm - > out"))
    [({'HORTUS_PORT': '1'}, ['import', 'slurm', '-'])]
    """
    lexer = shlex.shlex(line, posix=True, punctuation_chars="|;&<>")
    lexer.whitespace_split = True
    words: list[str] = []
    for token in [*lexer, ";"]:
        if not set(token) <= set("|;&"):
            words.append(token)
            continue
        yield from _call(words)
        words = []


def _call(words: list[str]) -> Iterator[tuple[dict[str, str], list[str]]]:
    variables: dict[str, str] = {}
    while words and re.match(r"\w+=", words[0]):
        name, _, value = words.pop(0).partition("=")
        variables[name] = value
    if words and words[0].rpartition("/")[2] == "hortus":
        ends = [at for at, word in enumerate(words) if set(word) <= set("<>")]
        yield variables, words[1 : ends[0] if ends else None]


def parses(words: list[str]) -> str:
    """Return why the words after `hortus` do not parse, "" when they do. A bare … stands for anything."""
    from hortus.cli import main

    command: click.Command = main
    context = click.Context(main, info_name="hortus")
    while isinstance(command, click.Group) and words and not words[0].startswith("-"):
        below = command.get_command(context, words[0])
        if below is None:
            return f"there is no command {words[0]}"
        command, words = below, words[1:]
        context = click.Context(command, info_name=command.name, parent=context)
    if not words or "…" in words or isinstance(command, click.Group):
        return (
            ""
            if not isinstance(command, click.Group) or set(words) <= {"--help", "--version", "--json", "-h", "…"}
            else str(words)
        )
    return _parsed(command, context, words)


def _parsed(command: click.Command, context: click.Context, words: list[str]) -> str:
    try:
        given, left, _ = command.make_parser(context).parse_args(list(words))
    except click.UsageError as error:
        return error.format_message()
    if left and not context.ignore_unknown_options:
        return f"{left[0]} is one argument too many"
    there = {
        name for name, value in given.items() if isinstance(value, str | tuple | list | bool | int) and value != ()
    }
    missing = [p.human_readable_name for p in command.params if p.required and p.name not in there]
    return f"{missing[0]} is missing" if missing and not given.get("help") else ""


def commands(path: Path) -> list[str]:
    """Say which calls of hortus in a document the program does not understand."""
    found = []
    for line in spoken(path.read_text(encoding="utf-8")):
        for variables, words in calls(line):
            why = parses(words)
            if why:
                found.append(f"{_name(path)}: `hortus {' '.join(words)}`: {why}.")
            found += [f"{_name(path)}: {name} is not a setting." for name in variables if not _is_variable(name)]
    return found


# Names


def _is_variable(name: str) -> bool:
    from hortus.config import declared

    others = {"HORTUS_CONFIG", "HORTUS_TEST_DATA", "_HORTUS_COMPLETE"}
    return not name.startswith("HORTUS_") or name in others | {
        declared.variable(f) for f in declared.Declared.model_fields
    }


def variables(path: Path) -> list[str]:
    """Say which HORTUS_ variables of a document are not settings."""
    names = set(re.findall(r"\bHORTUS_[A-Z_]*[A-Z]\b", path.read_text(encoding="utf-8")))
    return [f"{_name(path)}: {name} is not a setting." for name in sorted(names) if not _is_variable(name)]


def targets(path: Path) -> list[str]:
    """Say which `make` targets that a document names the Makefile has not."""
    makefile = ROOT / "Makefile"
    known = (
        set(re.findall(r"^([\w-]+):", makefile.read_text(encoding="utf-8"), re.MULTILINE))
        if makefile.exists()
        else set()
    )
    text = path.read_text(encoding="utf-8")
    named = set(re.findall(r"`make ([\w-]+)`", text)) | set(re.findall(r"^\$ make ([\w-]+)", text, re.MULTILINE))
    return [f"{_name(path)}: the Makefile has no target {name}." for name in sorted(named - known)]


def files(path: Path) -> list[str]:
    """Say which files of the project that a document names in code do not exist, but for those that an example adds."""
    text = path.read_text(encoding="utf-8")
    named = set(re.findall(r"`((?:src|tests|scripts|docs|benchmarks)/[\w./-]+)`", prose(text)))
    added = set(re.findall(r"^`([\w./-]+)` \(new\)", text, re.MULTILINE))
    return [f"{_name(path)}: there is no {name}." for name in sorted(named - added) if not (ROOT / name).exists()]


def modules(path: Path) -> list[str]:
    """Say which dotted names below hortus do not exist."""
    named = set(re.findall(r"`(hortus(?:\.(?!toml)\w+)+)`", prose(path.read_text(encoding="utf-8"))))
    return [f"{_name(path)}: there is no {name}." for name in sorted(named) if not _is_there(name.split("."))]


def _is_there(parts: list[str]) -> bool:
    """Say whether a dotted name is a package, a module, or a name at the top of a module."""
    place = ROOT / "src"
    for at, part in enumerate(parts):
        file = place / f"{part}.py"
        if file.exists():
            rest = parts[at + 1 :]
            return not rest or re.search(rf"^(class |def |){rest[0]}\b", file.read_text(), re.MULTILINE) is not None
        place /= part
        if not place.is_dir():
            return False
    return True


def unnamed() -> list[str]:
    """Say which pages no one finds: those that no index of docs names."""
    named = {ROOT / index for index in INDEXES}
    for index in sorted(named):
        text = index.read_text(encoding="utf-8") if index.exists() else ""
        named |= {(index.parent / link.partition("#")[0]).resolve() for link in re.findall(r"\]\(([^)]+)\)", text)}
    pages = sorted((ROOT / "docs").rglob("*.md"))
    return [f"{_name(path)} is not named in {' or '.join(INDEXES)}." for path in pages if path.resolve() not in named]


def promised_by_source() -> list[str]:
    """Say which documents that our sources point to do not exist."""
    source = ROOT / "src" / "hortus"
    named = {
        (name, path)
        for path in [*source.rglob("*.py"), *source.rglob("*.html")]
        for name in re.findall(r"\bdocs/[\w/-]+\.md\b", path.read_text(encoding="utf-8"))
    }
    return [
        f"{_name(path)} points to {n}, which does not exist." for n, path in sorted(named) if not (ROOT / n).exists()
    ]


def undocumented() -> list[str]:
    """Say which commands have no module, and which states the page of states does not name."""
    from hortus.values.reading import State

    page = ROOT / "docs/reference/states.md"
    text = page.read_text(encoding="utf-8") if page.exists() else ""
    found = [f"hortus {name} has no module." for name in docs_pages.absent_commands()]
    return found + [f"docs/reference/states.md does not name {s.word}." for s in State if s.word not in text]


PER_DOCUMENT: tuple[Callable[[Path], list[str]], ...] = (links, leaks, commands, variables, targets, files, modules)
OVERALL: tuple[Callable[[], list[str]], ...] = (stale, unnamed, promised_by_source, undocumented)


def everything() -> list[str]:
    """Return every finding as one sentence."""
    found = [finding for check in OVERALL for finding in check()]
    return found + [finding for path in documents() for check in PER_DOCUMENT for finding in check(path)]
