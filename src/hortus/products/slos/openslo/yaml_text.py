"""Plain values to YAML that all readers understand alike: block style, the given order, doubtful texts quoted."""

import re
import sys
from collections.abc import Mapping
from io import StringIO

from ruamel.yaml import YAML
from ruamel.yaml.scalarstring import DoubleQuotedScalarString, LiteralScalarString, SingleQuotedScalarString

# What stays itself unquoted in YAML 1.1 and 1.2 alike: begins with a letter, has nothing that YAML uses.
PLAIN = re.compile(r"[A-Za-z_/][-A-Za-z0-9_./(),+ ]*(?<! )")
DOUBTFUL = {"y", "yes", "n", "no", "true", "false", "on", "off", "null"}
SINGLE = re.compile(r"[\x20-\x7e\xa0-\ud7ff\ue000-\ufefe\uff00-\ufffd]+")
BLOCK = re.compile(r"(?!\s)[\x20-\x7e\xa0-\ud7ff\ue000-\ufefe\uff00-\ufffd]+(\n[\x20-\x7e\xa0-\ud7ff\ue000-\ufefe]*)+")


def yaml_text(value: object) -> str:
    """Return one YAML document without a marker.

    >>> print(yaml_text({"name": "a", "on": "yes", "query": "sum(\\n  x\\n)\\n"}), end="")
    name: a
    "on": "yes"
    query: |
      sum(
        x
      )
    """
    writer = YAML(typ="rt", pure=True)
    writer.width = sys.maxsize
    writer.indent(mapping=2, sequence=4, offset=2)
    out = StringIO()
    writer.dump(styled(value), out)
    return out.getvalue()


def styled(value: object) -> object:
    """Return a value whose texts carry the style they are written in."""
    if isinstance(value, Mapping):
        return {styled(key): styled(each) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [styled(each) for each in value]
    if not isinstance(value, str):
        return value
    if PLAIN.fullmatch(value) and value.lower() not in DOUBTFUL:
        return str(value)
    if '"' in value and SINGLE.fullmatch(value):
        return SingleQuotedScalarString(value)
    is_block = BLOCK.fullmatch(value) and not re.search(r" (\n|\Z)|\n\s*\n\Z|\u2028|\u2029", value)
    return LiteralScalarString(value) if is_block else DoubleQuotedScalarString(value)
