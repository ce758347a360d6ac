"""Files that mean harm or are damaged: each is answered in bounds, with one clear sentence at its line."""

import pytest

from hortus.products.slos.openslo.reading import read
from hortus.products.slos.openslo.tree import LARGEST_BYTES, MOST_DOCUMENTS

BOMB = "a: &a [1, 2, 3, 4, 5, 6, 7, 8, 9]\n" + "".join(
    f"{chr(98 + at)}: &{chr(98 + at)} [{', '.join(['*' + chr(97 + at)] * 9)}]\n" for at in range(12)
)

NASTY: dict[str, tuple[str | bytes, int, str]] = {
    "empty": ("", 1, "empty"),
    "blank": (" \n\n\t\n", 1, "empty"),
    "only-comments": ("# nothing\n---\n# here\n...\n", 1, "empty"),
    "latin-1": ("service: Prüfung\n".encode("latin-1"), 1, "Byte 11 is not UTF-8"),
    "latin-1-later": (b"a: 1\nb: 2\nc: \xff\n", 3, "is not UTF-8"),
    "utf-16": ("a: 1".encode("utf-16"), 1, "is not UTF-8"),
    "binary": (b"\x7fELF\x02\x01\x01\x00\x00", 1, "binary"),
    "nul": ("a: 1\nb: \x00\n", 2, "U+0000"),
    "too-large": ("#" * (LARGEST_BYTES + 1), 1, "1,000,001 bytes"),
    "bomb": (BOMB, 6, "aliases included"),
    "long-text-by-alias": ("a: &x " + "y" * 400_000 + "\n" + "b: [" + "*x, " * 2000 + "]\n", 2, "aliases included"),
    "alias-of-itself": ("a: &x\n  b: *x\n", 2, "no anchor before it"),
    "alias-of-nothing": ("a: 1\nb: *gone\n", 2, "no anchor before it"),
    "deep-lists": ("[" * 100_000, 1, "deeper than 40"),
    "deep-mappings": ("{a: " * 50_000, 1, "deeper than 40"),
    "deep-dashes": ("- " * 100_000, 1, "deeper than 40"),
    "deep-by-alias": ("a0: &a0 []\n" + "".join(f"a{n}: &a{n} [*a{n - 1}]\n" for n in range(1, 60)), 41, "deeper"),
    "tag-python": ("a: !!python/object/apply:os.system ['touch /tmp/pwned']\n", 1, "tag"),
    "tag-own": ("a: 1\nb: !secret x\n", 2, "tag"),
    "repeated-key": ("kind: SLO\napiVersion: openslo/v1\nkind: SLI\n", 3, "stands twice"),
    "complex-key": ("a: 1\n? [x, y]\n: z\n", 2, "A key is a list"),
    "unclosed": ("a: [1, 2\nb: 3\n", 2, "not YAML"),
    "tab": ("a:\n\t- b\n", 2, "not YAML"),
    "quote": ("a: 'x\n", 1, "not YAML"),
    "number": ("42", 1, "a mapping"),
    "text": ("hello", 1, "a mapping"),
    "list-of-numbers": ("- 1\n- 2\n", 2, "a mapping"),
    "null": ("null", 1, "a mapping"),
    "no-version": ("kind: SLO\n", 1, "no apiVersion"),
    "v2alpha": ("apiVersion: openslo.com/v2alpha\nkind: SLO\n", 1, "not read"),
    "another-format": ("apiVersion: v1\nkind: Pod\n", 1, "'v1'"),
    "many-documents": ("---\na: 1\n" * (MOST_DOCUMENTS + 1), 2 * MOST_DOCUMENTS + 1, "More than 2,000 documents"),
    "endless-number": ("apiVersion: openslo/v1\nkind: SLO\nmetadata:\n  name: " + "9" * 5000, 4, "1 to 63"),
}


@pytest.mark.parametrize("name", NASTY)
@pytest.mark.parametrize("strict", [False, True], ids=["lenient", "strict"])
def test_a_nasty_file_is_answered_at_its_line(name: str, strict: bool) -> None:
    text, line, words = NASTY[name]
    imported = read(text, strict=strict)
    told = [finding for finding in imported.findings if words in finding.sentence]
    assert told, [str(finding) for finding in imported.findings]
    if name != "many-documents":  # there every document has a finding, and the thousandth is the last
        assert line in {finding.line for finding in told}
    assert imported.definitions == ()
    assert imported.has_errors


def test_a_broken_document_leaves_its_neighbours_standing() -> None:
    good = "version: prometheus/v1\nservice: web\nslos:\n- {name: ok, objective: 99, sli: {raw: {error_ratio_query: "
    good += "'x[{{.window}}]'}}, alerting: {name: A}}\n"
    imported = read(f"---\n{good}---\na: [\n---\n{good.replace('ok', 'fine')}")
    assert [definition.name for definition in imported.definitions] == ["ok", "fine"]
    broken = [finding for finding in imported.findings if finding.severity == "error"]
    assert [finding.line for finding in broken] == [7]


def test_a_thousand_findings_are_enough_and_an_error_among_the_rest_is_not_lost() -> None:
    fields = "".join(f"  f{at}: 1\n" for at in range(1500))
    imported = read(f"apiVersion: openslo/v1\nkind: Service\nmetadata: {{name: a}}\nspec:\n{fields}---\nfoo: 1\n")
    assert len(imported.findings) == 1001
    assert imported.has_errors
    assert any("here are more" in finding.sentence for finding in imported.findings)


def test_merge_keys_and_anchors_are_followed() -> None:
    text = """\
version: prometheus/v1
service: web
slos:
  - &first
    name: one
    objective: 99
    sli: &sli {raw: {error_ratio_query: 'x[{{.window}}]'}}
    alerting: {name: A}
  - <<: *first
    name: two
  - {name: three, objective: 98.5, sli: *sli, alerting: {name: B}}
"""
    imported = read(text, strict=True)
    assert {d.name: d.objectives[0].target for d in imported.definitions} == {"one": 0.99, "two": 0.99, "three": 0.985}


def test_lines_are_those_of_the_file_whatever_ends_them() -> None:
    for end in ("\n", "\r\n"):
        text = end.join(["# first", "---", "", "apiVersion: openslo/v1", "kind: Servant", ""])
        assert [(f.line, f.column) for f in read("\ufeff" + text).findings] == [(5, 1)]
