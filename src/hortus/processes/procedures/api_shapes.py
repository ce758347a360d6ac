"""What the API of procedures and runs takes and gives."""

from datetime import UTC, datetime
from typing import Annotated
from uuid import UUID

from ninja import Schema
from pydantic import AfterValidator, AwareDatetime, Field

from hortus.processes.procedures.runs import Word

MOST_WORDS = 500
Sentence = Annotated[str, Field(max_length=2000)]
Number = Annotated[int, Field(ge=0, le=2_000_000_000)]


def _sane(at: datetime) -> datetime:
    """Let clocks be wrong by decades, but tell no year that not every zone has."""
    if not 1900 <= at.replace(tzinfo=UTC).year <= 2200:
        raise ValueError("A year from 1900 to 2200 is wanted; set the clock.")
    return at


class PersonOut(Schema):
    """A person."""

    id: UUID
    name: str


class StepOut(Schema):
    """A step. digest: of its wording; whoever says something of the step sends it along."""

    key: str
    text: str
    body: str
    kind: str
    expected: str
    is_critical: bool
    undo: str
    command: str
    digest: str


class VersionOut(Schema):
    """A version, without what it says."""

    number: int
    base: int
    status: str
    title: str
    change_reason: str
    declined_because: str
    author: PersonOut | None
    at: datetime
    current_since: datetime | None


class WholeVersionOut(VersionOut):
    """A version, and what it says. leaves_open: what it does not say, or says vaguely, a sentence each."""

    goal: str
    why: str
    good_result: str
    pause_point: str
    way_back: str
    kind: str
    steps: list[StepOut]
    leaves_open: list[str]


class ProcedureOut(Schema):
    """A procedure. version: number of the current one, 0 for none. reason: why it was retired."""

    slug: str
    title: str
    owner: PersonOut | None
    services: list[str]
    version: int
    retired_at: datetime | None
    reason: str


class ProcedureLineOut(ProcedureOut):
    """A procedure as a list shows it. silent: what it does not say."""

    followed_at: datetime | None
    proposals: int
    silent: list[str]


class ProcedureList(Schema):
    """One slice of the procedures, by their titles."""

    total: int
    procedures: list[ProcedureLineOut]


class WholeProcedureOut(ProcedureOut):
    """A procedure and what its current version says. proposals: numbers of versions that wait for a decision."""

    current: WholeVersionOut | None
    proposals: list[int]


class WrittenOut(Schema):
    """What came of a text. published: whether it is current now; else it waits as a proposal. is_new: whether it was
    not there before. services_left_out: that it names services which the procedure does not have yet."""

    version: VersionOut
    published: bool
    is_new: bool
    services_left_out: bool


class DifferenceOut(Schema):
    """What became of a step. how: same, changed, added or removed."""

    key: str
    how: str
    has_moved: bool
    before: StepOut | None
    after: StepOut | None


class EntryOut(Schema):
    """What somebody said of a step."""

    id: UUID
    number: int
    key: str
    said: str
    note: str
    version: int
    seen: int
    by: PersonOut | None
    said_at: datetime
    at: datetime
    door: str


class KeptOut(EntryOut):
    """A word that does not count, and why."""

    why: str


class HeardOut(EntryOut):
    """What became of a word. why: why it does not count, empty when it does. is_new: not heard before."""

    counts: bool
    why: str
    is_new: bool


class RunStepOut(StepOut):
    """A step of a run: how it stands, the words that count, and those that are kept though they do not."""

    state: str
    words: list[EntryOut]
    kept: list[KeptOut]


class GoneOut(Schema):
    """A step that the version does not have, of which something was said."""

    text: str
    kept: list[KeptOut]


class AboutOut(Schema):
    """What a run is done for."""

    kind: str
    id: str
    name: str


class RunOut(Schema):
    """A run. version: the one that is followed. newer: number of the current one where it is another, else 0."""

    number: int
    procedure: str
    title: str
    state: str
    state_since: datetime
    version: int
    newer: int
    runner: PersonOut | None
    reason: str
    about: AboutOut | None
    waiting: str
    waiting_for: str
    waiting_person: PersonOut | None
    waiting_until: datetime | None
    planned_at: datetime
    started_at: datetime | None
    ended_at: datetime | None
    outcome: str
    sentence: str
    finished: int
    steps_in_all: int


class RunList(Schema):
    """One slice of the runs, the newest first."""

    total: int
    runs: list[RunOut]


class WholeRunOut(RunOut):
    """A run and how each step stands. seen: number of its last entry; words about it carry it."""

    seen: int
    steps: list[RunStepOut]
    gone: list[GoneOut]


class HeardList(Schema):
    """What became of each word, in their order, and the run as it is now."""

    heard: list[HeardOut]
    run: WholeRunOut


class ProcedureIn(Schema):
    """A procedure as Markdown with front matter. services: slugs, besides those that the text names."""

    text: Annotated[str, Field(max_length=400_000)]
    services: Annotated[list[str], Field(max_length=100)] = []


class RevisionIn(Schema):
    """Another text for a procedure. base: number of the version that its author had before them."""

    text: Annotated[str, Field(max_length=400_000)]
    base: Number
    reason: Sentence = ""
    propose: bool = False


class AcceptIn(Schema):
    """Which version a proposal was compared with."""

    against: Number


class WhyIn(Schema):
    """Why."""

    reason: Sentence


class AboutIn(Schema):
    """Who looks after a procedure, and which services it is about."""

    owner: UUID | None = None
    services: Annotated[list[str], Field(max_length=100)] = []


class StartIn(Schema):
    """A run that is started, or only planned. about_kind, about_id: what it is done for, as incident and 12."""

    reason: Sentence = ""
    starts: bool = True
    about_kind: Annotated[str, Field(max_length=40)] = ""
    about_id: Annotated[str, Field(max_length=64)] = ""


class WordIn(Schema):
    """What somebody says of a step. key, digest, version: of the step as they saw it. seen: of the run, too."""

    id: UUID
    key: Annotated[str, Field(max_length=40, pattern="^[-a-z0-9]*$")]
    digest: Annotated[str, Field(max_length=16, pattern="^[0-9a-f]*$")]
    said: Annotated[str, Field(max_length=20)]
    note: Sentence = ""
    seen: Annotated[int, Field(ge=0, le=1_000_000)] = 0
    version: Annotated[int, Field(ge=0, le=1_000_000)] = 0
    said_at: Annotated[AwareDatetime, AfterValidator(_sane)] | None = None

    def as_word(self, journal: str) -> Word:
        """Return it as the verbs take it."""
        return Word(self.key, self.digest, self.said, self.note, self.seen, self.version, journal, self.id,
                    self.said_at)  # fmt: skip


class WordsIn(Schema):
    """Words in their order. journal: of the offline record that holds them, empty on line."""

    words: Annotated[list[WordIn], Field(min_length=1, max_length=MOST_WORDS)]
    journal: Annotated[str, Field(max_length=36, pattern="^[-0-9a-f]*$")] = ""


class RunMoveIn(Schema):
    """To which version a run moves. seen_from: the one whose difference was looked at."""

    to: Number
    seen_from: Number


class WaitIn(Schema):
    """What a run waits for: person, outside, time or approval."""

    kind: Annotated[str, Field(max_length=20)]
    what: Sentence = ""
    person: UUID | None = None
    until: AwareDatetime | None = None


class HandIn(Schema):
    """Who follows a run from now on."""

    runner: UUID


class EndIn(Schema):
    """Whether the good result came about: good, partly or no; and how it went."""

    outcome: Annotated[str, Field(max_length=20)]
    sentence: Sentence = ""
