"""Reading files of objectives: OpenSLO v1 and v1alpha and Sloth's own, several documents and several files at once.

read(text)                                   lenient: what can be taken is taken, the rest is a finding and is kept
read(text, strict=True)                      any error refuses everything
read([("slo.yaml", text), ("sli.yaml", b"…")])    references are followed across the files
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from hortus.products.slos.openslo import sloth, v1alpha
from hortus.products.slos.openslo.definitions import Definition
from hortus.products.slos.openslo.fields import Fields, Keeping, shown
from hortus.products.slos.openslo.findings import Finding, Findings
from hortus.products.slos.openslo.objects import Document, Found, Objects, named, slug
from hortus.products.slos.openslo.tree import Node, Room, decoded, documents
from hortus.products.slos.openslo.v1_objectives import KINDS, check, slo

V1 = ("openslo/v1", "openslo.com/v1")
ALPHA = "openslo/v1alpha"
SLOTH_FILE, SLOTH_OBJECT = "prometheus/v1", "sloth.slok.dev/v1"
KNOWN = f"{V1[0]}, {V1[1]}, {ALPHA}, {SLOTH_OBJECT}, or version: {SLOTH_FILE}"

ALPHA_KINDS = ("SLO", "Service")
TAKEN_UP = ("SLI", "AlertPolicy", "AlertCondition", "AlertNotificationTarget")  # whose content goes into definitions
LEFT = {
    "Service": "A Service is not made by reading a file; enter it in the catalogue under the same name.",
    "DataSource": "Connection details are not taken over, they may hold passwords; set the engine up in Hortus.",
}

Text = str | bytes


@dataclass(frozen=True)
class Imported:
    """What was read.

    others: documents that became no definition, as they stood; they may hold passwords. is_refused: in strict mode
    there was an error, so that there are no definitions.
    """

    definitions: tuple[Definition, ...]
    findings: tuple[Finding, ...]
    others: tuple[Document, ...] = ()
    is_refused: bool = False

    @property
    def has_errors(self) -> bool:
        """Tell whether something was not taken."""
        return any(finding.severity == "error" for finding in self.findings)


@dataclass(frozen=True)
class Given:
    """One document, its format ("v1", "v1alpha", "sloth" or "" for none of them) and its kind."""

    file: str
    found: Found
    format: str
    kind: str

    def fields(self) -> Fields:
        """Return its fields with a store of its own."""
        return self.found.fields(Keeping())

    def as_document(self) -> Document:
        """Return it as it stood."""
        node = self.found.node
        return Document(self.kind, named(self.fields()), self.file, node.place.line, node.plain())


def read(text: Text | Sequence[tuple[str, Text]], *, strict: bool = False) -> Imported:
    """Read one text, or several with their names. Never raises for what a text holds: that becomes findings.

    >>> read("kind: Nonsense").findings[0].line
    1
    """
    texts = [("", text)] if isinstance(text, str | bytes) else list(text)
    found = {name: Findings(name, is_strict=strict) for name, _ in texts}
    room = Room()
    given = [document for name, one in texts for document in opened(name, one, found[name], room)]
    objects, taken = Objects(), Taken()
    v1 = []
    for document in given:
        if document.format == "v1" and is_indexed(document, objects):
            v1.append(document)
        elif document.format == "v1":
            taken.others.append(document.as_document())
    read_v1(v1, objects, taken)
    for document in given:
        if document.format != "v1":
            read_other(document, taken)
    findings = tuple(sorted(finding for each in found.values() for finding in each.all()))
    order = {name: at for at, (name, _) in enumerate(texts)}
    others = tuple(sorted(taken.others, key=lambda other: (order[other.file], other.line)))
    is_refused = strict and any(finding.severity == "error" for finding in findings)
    return Imported(() if is_refused else tuple(taken.definitions.values()), findings, others, is_refused)


@dataclass
class Taken:
    """What has been taken so far: definitions by name, and documents that became none."""

    definitions: dict[str, Definition] = field(default_factory=dict)
    others: list[Document] = field(default_factory=list)

    def add(self, definition: Definition, place: Fields) -> None:
        """Take a definition. One whose name is taken by another service gets the service before its name."""
        if definition.name in self.definitions:
            name = slug(f"{definition.service}-{definition.name}")
            sentence = f"The name {definition.name!r} is taken by another SLO here; this one is named {name!r}."
            if name in self.definitions:
                sentence = f"There is another SLO of the name {definition.name!r}; rename this one. It is not taken."
                place.findings.error(place.place, "", sentence)
                return
            place.findings.note(place.place, "", sentence)
            definition = replace(definition, name=name, given_name=definition.given_name or definition.name)
        self.definitions[definition.name] = definition


def opened(file: str, text: Text, findings: Findings, room: Room) -> list[Given]:
    """Return the documents of one text; a document that is a list is as many."""
    clean = decoded(text, findings)
    given: list[Given] = []
    for root in documents(clean, findings, room) if clean is not None else ():
        for node in root.items if root.items is not None else (root,):
            if node.pairs is None:
                sentence = f"Here stands {shown(node)}, allowed is a mapping with apiVersion and kind."
                findings.error(node.place, "", sentence)
            else:
                given.append(recognised(file, node, findings))
    return given


def recognised(file: str, node: Node, findings: Findings) -> Given:
    """Return a document with its format and kind; of no format that we know with an error."""
    fields = Fields(node, node.place, "", findings, Keeping())
    version, api, kind = (fields.text(name) for name in ("version", "apiVersion", "kind"))
    found = Found(node, findings)
    if version == SLOTH_FILE or (api == SLOTH_OBJECT and kind == "PrometheusServiceLevel"):
        return Given(file, found, "sloth", kind or "Sloth")
    name = "v1" if api in V1 else "v1alpha" if api == ALPHA else ""
    kinds = KINDS if name == "v1" else ALPHA_KINDS
    if name and kind in kinds:
        return Given(file, found, name, kind)
    if name:
        sentence = f"The kind is {kind[:80]!r}, known are {', '.join(kinds)}; the document is left out."
        findings.error(fields.where("kind"), "kind", sentence)
    elif api == "openslo.com/v2alpha":
        sentence = "openslo.com/v2alpha still changes and is not read; write it as openslo/v1. It is left out."
        findings.error(fields.where("apiVersion"), "apiVersion", sentence)
    else:
        written = f"apiVersion {api[:80]!r}" if api else f"version {version[:80]!r}" if version else "no apiVersion"
        sentence = f"The document has {written}, known are {KNOWN}; it is left out."
        findings.error(fields.where("apiVersion"), "apiVersion", sentence)
    return Given(file, found, "", kind)


def is_indexed(document: Given, objects: Objects) -> bool:
    """Note an object under kind and name; the second of a name is an error and is not used."""
    key = (document.kind, named(document.fields()))
    if key in objects.found:
        line = objects.found[key].node.place.line
        sentence = f"There is another {key[0]} of the name {key[1]!r} (line {line}); rename one. It is not taken."
        document.found.findings.error(document.found.node.place, "metadata.name", sentence)
        return False
    if key[1]:
        objects.found[key] = document.found
    return True


def read_v1(given: Sequence[Given], objects: Objects, taken: Taken) -> None:
    """Read all objects of OpenSLO v1; what no SLO took up is kept as it stands."""
    used: set[tuple[str, str]] = set()
    for document in given:
        if document.kind != "SLO":
            continue
        objects.used = set()
        fields = document.fields()
        definition = slo(fields, objects)
        if definition:
            used |= objects.used
            taken.add(definition, fields)
        else:
            taken.others.append(document.as_document())
    for document in given:
        if document.kind == "SLO":
            continue
        fields = document.fields()
        check(document.kind, fields, objects)
        if (document.kind, named(fields)) in used and document.kind in TAKEN_UP:
            continue
        taken.others.append(document.as_document())
        fields.findings.note(fields.place, "", LEFT.get(document.kind, "No SLO that is taken refers to it."))


def read_other(document: Given, taken: Taken) -> None:
    """Read a document of v1alpha or Sloth; what gave no definition is kept as it stands."""
    fields = document.fields()
    definitions: list[Definition] = []
    before = fields.findings.errors
    if document.format == "sloth":
        definitions = sloth.slos(fields)
    elif document.kind == "SLO":
        definitions = v1alpha.slos(fields)
    elif document.format == "v1alpha":
        fields.findings.note(fields.place, "", LEFT["Service"])
    for definition in definitions:
        taken.add(definition, fields)
    if not definitions or fields.findings.errors > before:
        taken.others.append(document.as_document())
