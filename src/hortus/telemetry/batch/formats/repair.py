"""Records that lost their columns: sacct escapes neither its delimiter nor newlines in names and comments.

A record is only put together again where every column of known type fits; nothing is ever shifted by guess.
"""

import re
from collections.abc import Iterator, Sequence, Set
from dataclasses import dataclass
from itertools import pairwise

_FREE = (
    "jobname comment admincomment systemcomment submitline workdir constraints extra failednode "
    "stdin stdout stderr stdinexpanded stdoutexpanded stderrexpanded licenses container"
)
FREE_TEXT = frozenset(_FREE.split())
_TIME = re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d\S*|\d{1,11}|Unknown|None|")
_WORD = re.compile(r"\S*")
_NUMBER = re.compile(r"\d*")
_JOB_ID = re.compile(r"\d+([_+]\S*)?(\.\S+)?")
_DURATION = re.compile(r"[\d:.-]*")
_EXIT = re.compile(r"(-?\d+:-?\d+)?")
_TRES = re.compile(r"(\S+=\S*)?")
_COUNTS = (
    "uid gid nnodes allocnodes ncpus alloccpus reqcpus reqnodes timelimitraw elapsedraw cputimeraw "
    "dbindex associd qosraw priority reservationid resvcpuraw"
)
TYPED = {
    **dict.fromkeys(("jobid", "jobidraw"), _JOB_ID),
    **dict.fromkeys(("submit", "eligible", "start", "end"), _TIME),
    **dict.fromkeys(("cluster", "partition", "qos", "account", "group", "user", "nodelist"), _WORD),
    **dict.fromkeys(_COUNTS.split(), _NUMBER),
    **dict.fromkeys(("exitcode", "derivedexitcode"), _EXIT),
    **dict.fromkeys(("reqtres", "alloctres", "tresusageinave", "tresusageinmax"), _TRES),
    **dict.fromkeys(("elapsed", "cputime", "suspended", "systemcpu", "usercpu", "totalcpu", "reserved"), _DURATION),
    "state": re.compile(r"[A-Z_]+( by \d+)?\+?"),
    "reqmem": re.compile(r"[\d.]*[KMGTP]?[cn]?"),
    "timelimit": re.compile(r"[\d:-]*|Partition_Limit|UNLIMITED|INVALID"),
}
_NOT_EMPTY = frozenset({"jobid", "jobidraw", "submit", "state"})
_MAX_STEPS = 20_000
_MAX_PARTS = 64


def fits(column: str, text: str) -> bool:
    """Tell whether text can stand in a column; columns of no known type take anything."""
    if not text and column in _NOT_EMPTY:
        return False
    pattern = TYPED.get(column)
    return pattern is None or pattern.fullmatch(text) is not None


def plausible(columns: Sequence[str], fields: Sequence[str]) -> bool:
    """Tell whether every field can stand in its column."""
    return len(fields) == len(columns) and all(map(fits, columns, fields))


@dataclass
class _Search:
    columns: Sequence[str]
    pieces: Sequence[str]
    delimiter: str
    steps: int = 0

    def readings(self, at: int, piece: int, surplus: int) -> Iterator[list[str]]:
        """Yield every way to give the pieces from `piece` on to the columns from `at` on."""
        self.steps += 1
        if self.steps > _MAX_STEPS:
            return
        if at == len(self.columns):
            if surplus == 0:
                yield []
            return
        column = self.columns[at]
        most = surplus if column in FREE_TEXT else 0
        for extra in range(most, -1, -1):
            text = self.delimiter.join(self.pieces[piece : piece + extra + 1])
            if fits(column, text):
                for rest in self.readings(at + 1, piece + extra + 1, surplus - extra):
                    yield [text, *rest]


def reassign(
    columns: Sequence[str], pieces: Sequence[str], delimiter: str, matter: Set[str] | None = None
) -> list[str] | None:
    """Give surplus pieces back to the free-text columns they came from; None where no or more than one reading fits.

    Readings that differ only within free text, or in columns that do not `matter` (None: all do), count as one.

    >>> reassign(["jobid", "jobname", "state"], ["7", "a", "b", "FAILED"], "|")
    ['7', 'a|b', 'FAILED']
    >>> reassign(["jobid", "account", "state"], ["7", "a", "b", "FAILED"], "|") is None
    True
    """
    surplus = len(pieces) - len(columns)
    if surplus < 0 or surplus > _MAX_PARTS:
        return None
    search, first = _Search(columns, pieces, delimiter), None
    for reading in search.readings(0, 0, surplus):
        cells = zip(columns, reading, strict=True)
        typed = [text for column, text in cells if column not in FREE_TEXT and (matter is None or column in matter)]
        if first is None:
            first, first_typed = reading, typed
        elif typed != first_typed:
            return None
    return first if search.steps <= _MAX_STEPS else None


@dataclass(frozen=True)
class Repaired:
    """A record put together again, and the number of the line it began on."""

    line: int
    fields: list[str]


@dataclass(frozen=True)
class Refused:
    """A line that belongs to no record."""

    line: int


@dataclass(frozen=True)
class Continued:
    """A line that is the rest of a name or comment of the record before it."""

    line: int


Outcome = Repaired | Refused | Continued


@dataclass(frozen=True)
class Mender:
    """Mends runs of adjacent odd lines for one layout."""

    columns: tuple[str, ...]
    delimiter: str
    trailing: bool
    matter: frozenset[str] | None = None

    def _fields(self, text: str) -> list[str]:
        pieces = text.split(self.delimiter)
        return pieces[:-1] if self.trailing and len(pieces) > 1 and not pieces[-1].strip() else pieces

    def _whole(self, text: str) -> list[str] | None:
        pieces = self._fields(text)
        if len(pieces) < len(self.columns):
            return None
        return reassign(self.columns, pieces, self.delimiter, self.matter)

    @property
    def _id_comes_first(self) -> bool:
        return self.columns[0] in {"jobid", "jobidraw"}

    def _begins(self, text: str) -> bool:
        return _JOB_ID.fullmatch(text.split(self.delimiter, 1)[0]) is not None

    def _is_continuation(self, text: str) -> bool:
        return self.columns[-1] in FREE_TEXT and 2 * len(text.split(self.delimiter)) < len(self.columns)

    def _one(self, part: Sequence[tuple[int, str]]) -> Iterator[Outcome]:
        """Mend lines that are one record, or none: the first one begins with a job id."""
        whole = self._whole("\n".join(text for _, text in part))
        if whole:
            yield Repaired(part[0][0], [field.replace("\n", " ") for field in whole])
            return
        yield Refused(part[0][0])
        yield from (Continued(line) for line, _ in part[1:])

    def _joined(self, run: Sequence[tuple[int, str]], at: int) -> tuple[int, list[str]] | None:
        text = ""
        for end in range(at, min(at + _MAX_PARTS, len(run))):
            text = f"{text}\n{run[end][1]}" if end > at else run[end][1]
            whole = self._whole(text)
            if whole:
                return end + 1, [field.replace("\n", " ") for field in whole]
            if text.count(self.delimiter) > len(self.columns) + _MAX_PARTS:
                return None
        return None

    def _mend_by_id(self, run: Sequence[tuple[int, str]]) -> Iterator[Outcome]:
        starts = [at for at, (_, text) in enumerate(run) if self._begins(text)]
        for line, text in run[: starts[0] if starts else len(run)]:
            yield Continued(line) if self._is_continuation(text) else Refused(line)
        for begin, end in pairwise([*starts, len(run)]):
            yield from self._one(run[begin:end])

    def mend(self, run: Sequence[tuple[int, str]]) -> Iterator[Outcome]:
        """Yield what becomes of adjacent odd lines, given as (line number, text).

        Where the id is the first column a record reaches to the next line that begins with one; elsewhere lines are
        joined until they make a record.
        """
        if self._id_comes_first:
            yield from self._mend_by_id(run)
            return
        at = 0
        while at < len(run):
            joined = self._joined(run, at)
            if joined:
                yield Repaired(run[at][0], joined[1])
                at = joined[0]
            else:
                yield Refused(run[at][0])
                at += 1


def runs(lines: Sequence[tuple[int, str]]) -> Iterator[list[tuple[int, str]]]:
    """Group (number, text) pairs into runs of adjacent line numbers."""
    run: list[tuple[int, str]] = []
    for line in lines:
        if run and line[0] != run[-1][0] + 1:
            yield run
            run = []
        run.append(line)
    if run:
        yield run
