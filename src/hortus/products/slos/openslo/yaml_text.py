"""Plain values to YAML that all readers understand alike: block style, the given order, doubtful texts quoted.

We choose the style of each text ourselves, because readers of YAML 1.1 and 1.2 differ; what is left of a writer is
indenting, which a library does more than ten times slower.
"""

import json
import re
from collections.abc import Iterator, Mapping

# What stays itself unquoted in YAML 1.1 and 1.2 alike: begins with a letter, has nothing that YAML uses.
PLAIN = re.compile(r"[A-Za-z_/][-A-Za-z0-9_./(),+ ]*(?<! )")
DOUBTFUL = {"y", "yes", "n", "no", "true", "false", "on", "off", "null"}
SINGLE = re.compile(r"[\x20-\x7e\xa0-\u2027\u202a-\ud7ff\ue000-\ufefe\uff00-\ufffd]+")
BLOCK = re.compile(rf"(?!\s)({SINGLE.pattern}(?<! )(\n+|\Z))+(?<!\n\n)")
UNSEEN = re.compile("[\x7f-\x9f\u2028\u2029\ud800-\udfff\ufeff\ufffe\uffff]")
LONGEST_KEY = 1000  # a longer one needs a `?` before it


def yaml_text(value: object) -> str:
    """Return one YAML document without a marker.

    >>> value = {"name": "a", "on": "yes", "list": [{"b": 1e-05, "c": []}], "query": "sum(\\n  x\\n)\\n"}
    >>> print(yaml_text(value), end="")
    name: a
    "on": "yes"
    list:
      - b: 1.0e-05
        c: []
    query: |
      sum(
        x
      )
    """
    return "".join(f"{line}\n" if line.strip() else "\n" for line in lines(value, ""))


def lines(value: object, indent: str) -> Iterator[str]:
    """Yield the lines of a value that begins on a line of its own."""
    if isinstance(value, Mapping) and value:
        for key, each in value.items():
            text = scalar(str(key), is_key=True)
            if len(text) > LONGEST_KEY:
                yield f"{indent}? {text}"
                text = ""
            yield from below(f"{indent}{text}:", each, indent)
    elif isinstance(value, list | tuple) and value:
        for each in value:
            if isinstance(each, str):
                yield from below(f"{indent}-", each, indent)
            else:
                first, *others = lines(each, indent + "  ")
                yield f"{indent}- {first[len(indent) + 2 :]}"
                yield from others
    else:
        yield indent + scalar(value)


def below(head: str, value: object, indent: str) -> Iterator[str]:
    """Yield a value behind its head: on the same line if it is short, else further in on the next ones."""
    if isinstance(value, Mapping | list | tuple) and value:
        yield head
        yield from lines(value, indent + "  ")
    elif isinstance(value, str) and "\n" in value and BLOCK.fullmatch(value):
        yield f"{head} |" if value.endswith("\n") else f"{head} |-"
        yield from (f"{indent}  {line}" if line else "" for line in value.removesuffix("\n").split("\n"))
    else:
        yield f"{head} {scalar(value)}"


def scalar(value: object, *, is_key: bool = False) -> str:
    """Return what fits on one line."""
    if isinstance(value, str):
        return quoted(value, is_key=is_key)
    if isinstance(value, float):
        return re.sub(r"^(-?\d+)e", r"\1.0e", repr(value))  # YAML 1.1 knows no 1e-05
    if isinstance(value, Mapping):
        return "{}"
    if isinstance(value, list | tuple):
        return "[]"
    return json.dumps(value)


def quoted(text: str, *, is_key: bool) -> str:
    """Return a text as it is, or in the quotes that need the fewest marks."""
    if PLAIN.fullmatch(text) and text.lower() not in DOUBTFUL:
        return text
    if '"' in text and not is_key and SINGLE.fullmatch(text):
        return "'" + text.replace("'", "''") + "'"
    return UNSEEN.sub(lambda match: f"\\u{ord(match.group()):04x}", json.dumps(text, ensure_ascii=False))
