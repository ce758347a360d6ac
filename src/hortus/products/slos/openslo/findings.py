"""What was found while reading or writing a file of objectives: where, how grave, and what to do."""

from dataclasses import dataclass, replace
from enum import StrEnum

MOST = 1000
CUT = f"{MOST:,} findings are told, here are more; correct those first."


class Severity(StrEnum):
    ERROR = "error"  # something was not taken
    WARNING = "warning"  # taken, but not quite as it stood
    NOTE = "note"  # worth knowing


@dataclass(frozen=True, order=True)
class Finding:
    """One thing to know about a file.

    file: name of the file as the caller gave it, "" for a single text.
    line, column: from 1, of the field or of the mapping in which a field is missing.
    path: the field, "spec.objectives[0].target"; "" for the document.
    sentence: what was given, what is allowed, what to do.
    """

    file: str
    line: int
    column: int
    severity: Severity
    path: str
    sentence: str

    def __str__(self) -> str:
        where = ":".join(part for part in (self.file, str(self.line), str(self.column)) if part)
        field = f"{self.path}: " if self.path else ""
        return f"{where}: {self.severity}: {field}{self.sentence}"


@dataclass(frozen=True)
class Place:
    """Where something stands: line and column from 1."""

    line: int
    column: int


class Findings:
    """The findings of one file while it is read. In strict mode a breach is an error. errors: how often one was told.

    >>> found = Findings("a.yaml", is_strict=False)
    >>> found.breach(Place(3, 1), "spec.foo", "'foo' is not a field of spec; it is kept.")
    >>> print(found.all()[0])
    a.yaml:3:1: warning: spec.foo: 'foo' is not a field of spec; it is kept.
    """

    def __init__(self, file: str, *, is_strict: bool) -> None:
        self.file = file
        self.is_strict = is_strict
        self.errors = 0
        self._cut: Finding | None = None  # stands for the first that was not told, graver if a later one is
        self._found: set[Finding] = set()  # a document that two others refer to is read twice and told once

    def error(self, place: Place, path: str, sentence: str) -> None:
        """Note that something could not be taken."""
        self._add(Severity.ERROR, place, path, sentence)

    def breach(self, place: Place, path: str, sentence: str) -> None:
        """Note a breach of the format that the lenient mode gets over."""
        self._add(Severity.ERROR if self.is_strict else Severity.WARNING, place, path, sentence)

    def warning(self, place: Place, path: str, sentence: str) -> None:
        """Note that the format allows it and that we take it otherwise than it may be meant."""
        self._add(Severity.WARNING, place, path, sentence)

    def note(self, place: Place, path: str, sentence: str) -> None:
        """Note something worth knowing."""
        self._add(Severity.NOTE, place, path, sentence)

    def all(self) -> tuple[Finding, ...]:
        """Return all findings by line."""
        return tuple(sorted(self._found | {self._cut} if self._cut else self._found))

    def __len__(self) -> int:
        return len(self._found)

    def _add(self, severity: Severity, place: Place, path: str, sentence: str) -> None:
        self.errors += severity is Severity.ERROR
        finding = Finding(self.file, place.line, place.column, severity, path, sentence)
        if len(self._found) < MOST or finding in self._found:
            self._found.add(finding)
        elif self._cut is None or (severity is Severity.ERROR and self._cut.severity is not Severity.ERROR):
            self._cut = replace(finding, path="", sentence=CUT)
