"""The verb that enters older texts: incidents that are over, and what was written about them. It tells nobody.

The same text again enters nothing; one that was changed since is named and left as it is.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.db import transaction

from hortus.access.models import Person, Team
from hortus.ledger import clock
from hortus.processes.incidents import actions as incidents
from hortus.processes.incidents import once
from hortus.processes.incidents.models import Incident
from hortus.processes.incidents.reviews import actions
from hortus.processes.incidents.reviews.models import Review, Revision, Taken, newest_number
from hortus.processes.incidents.reviews.older import log, text
from hortus.processes.incidents.reviews.older.found import Read, Span, Story
from hortus.processes.incidents.reviews.rules import QUESTIONS, Depth, State
from hortus.processes.incidents.reviews.writing import LONGEST
from hortus.values.carriable import carriable
from hortus.values.refused import Refused
from hortus.web.words import counted

LARGEST = 2_000_000  # bytes of one file
MOST_FILES = 100  # at once


@dataclass(frozen=True, slots=True)
class Line:
    """What became of one thing in a file. outcome: "entered", "known", "changed", "skipped" or "refused"."""

    file: str
    line: int
    what: str
    outcome: str
    sentence: str = ""
    incident: int | None = None
    review: int | None = None


@dataclass(frozen=True, slots=True)
class Entered:
    """All that became of some files. is_tried: nothing was kept, it only says what would be."""

    lines: Sequence[Line]
    is_tried: bool

    def count(self, outcome: str) -> int:
        """Return how many lines came out so."""
        return sum(line.outcome == outcome for line in self.lines)

    @property
    def heading(self) -> str:
        """Return it as one sentence."""
        many = counted(self.count("entered"), "incident")
        told = [f"{many} would be entered" if self.is_tried else f"{many} entered"]
        told += [f"{self.count('known')} known before"] if self.count("known") else []
        told += [f"{self.count('changed')} changed since and left"] if self.count("changed") else []
        told += [f"{self.count('skipped')} skipped"] if self.count("skipped") else []
        told += [f"{self.count('refused')} refused"] if self.count("refused") else []
        return ", ".join(told)

    @property
    def as_dict(self) -> dict[str, Any]:
        """Return it as the API and the command answer it."""
        return {"is_tried": self.is_tried, "heading": self.heading, "lines": [asdict(line) for line in self.lines]}


@transaction.atomic
def enter_once(
    team: Team, files: Sequence[tuple[str, bytes]], *, by: Person, door: str, client_key: str, zone: str = "",
    is_tried: bool = False,
) -> dict[str, Any]:  # fmt: skip
    """Enter some files as `enter`; the same key once more enters nothing and answers what came of it before."""
    once.line_up(team)
    before = once.known(team, by, client_key, "enter older")
    if before is not None:
        return before
    entered = enter(team, files, by=by, door=door, zone=zone, is_tried=is_tried)
    if not is_tried:
        once.keep(team, by, client_key, "enter older", clock.now(), entered.as_dict)
    return entered.as_dict


def enter(
    team: Team, files: Sequence[tuple[str, bytes]], *, by: Person, door: str, zone: str = "", is_tried: bool = False
) -> Entered:
    """Enter the incidents of some files, each with its text as a kept review; return what became of every line.

    files: name and bytes of each, a post-incident text in Markdown or a centre's log. zone: of times that name none;
    a text's own word, then the team's zone, when left out. is_tried: look only. Each file is taken whole or, where
    something of it is refused, for the rest. Raises Refused for a zone that nobody knows.
    """
    known = _zone(zone)
    lines: list[Line] = []
    with transaction.atomic():
        for name, data in files:
            lines += _file(team, name, data, known, by, door)
        if is_tried:
            transaction.set_rollback(True)
    return Entered(lines, is_tried)


def _zone(name: str) -> ZoneInfo | None:
    if not name:
        return None
    try:
        return ZoneInfo(name)
    except (KeyError, OSError, ValueError):  # not there, a folder, or not a name
        raise Refused("no-zone", f"{name[:60]!r} is not a time zone; write one as in Europe/Paris.", "zone") from None


def _file(team: Team, name: str, data: bytes, zone: ZoneInfo | None, by: Person, door: str) -> list[Line]:
    short = " ".join(carriable(name).replace("\\", "/").rpartition("/")[2].split())[:200]
    why = _unreadable(data)
    if why:
        return [Line(short, 1, short, "refused", why)]
    found = _read(short, carriable(data.decode("utf-8-sig")), zone, team)
    lines = [
        Line(short, one.line, one.what, "refused" if one.is_fault else "skipped", one.why) for one in found.left
    ]  # fmt: skip
    for story in found.stories:
        lines += _story(team, short, story, by, door)
    return sorted(lines, key=lambda line: line.line)


def _unreadable(data: bytes) -> str:
    if data.startswith(b"%PDF"):
        return "It is a PDF, which is not read; save its text as Markdown, with `pdftotext` say, and enter that."
    if len(data) > LARGEST:
        return f"It has {len(data):,} bytes; at most {LARGEST:,} are read."
    try:
        data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        return f"It is not a text in UTF-8: byte {error.start} cannot be read."
    return "" if data.strip() else "It is empty."


def _read(name: str, words: str, zone: ZoneInfo | None, team: Team) -> Read:
    if log.is_log(words):
        return log.read(words, zone or team.zoneinfo, clock.now())
    return text.read(name, words, zone, team.zoneinfo)


def _story(team: Team, file: str, story: Story, by: Person, door: str) -> list[Line]:
    """Enter one text with its incidents, or say why not; what is refused takes only itself away."""
    try:
        with transaction.atomic():
            return _entered(team, file, story, by, door)
    except Refused as refused:
        return [Line(file, story.line, story.title, "refused", refused.sentence)]


def _entered(team: Team, file: str, story: Story, by: Person, door: str) -> list[Line]:
    Team.objects.select_for_update(no_key=True).get(pk=team.pk)  # two at once enter one after the other
    digest = _digest(story.title, *story.answers.values())
    keys = [_digest(story.title, span.began_at.isoformat(), span.ended_at.isoformat()) for span in story.spans]
    known = {one.key: one for one in Taken.objects.filter(team=team, key__in=keys).select_related("incident", "review")}
    too_long = [name for name, said in story.answers.items() if len(said) > LONGEST]
    if too_long:
        raise Refused("too-long", f"It is too long to keep: at most {LONGEST:,} characters for one answer.")
    lines: list[Line] = []
    new: list[Incident] = []
    for key, span in zip(keys, story.spans, strict=True):
        if key in known:
            lines.append(_known(file, span, story, known[key], digest))
            continue
        incident, _ = incidents.enter_later(
            team, story.title, began_at=span.began_at, resolved_at=span.ended_at, tags=span.tags, origin=span.origin,
            severity=span.severity, closed=True, by=by, door=door, client_key=f"older:{key}",
        )  # fmt: skip
        new.append(incident)
        Taken.objects.create(
            team=team, key=key, digest=digest, source_name=file, incident=incident, by=by, at=clock.now()
        )
        lines.append(_taken(file, span, story, incident))
    if not new:
        return lines
    held = next((one.review for one in known.values() if one.review is not None), None)
    review = held or _review(team, story, by, door)
    review.incidents.add(*new)
    Taken.objects.filter(team=team, key__in=keys).update(review=review)
    return [line if line.incident is None else _of_review(line, review) for line in lines]


def _of_review(line: Line, review: Review) -> Line:
    return Line(line.file, line.line, line.what, line.outcome, line.sentence, line.incident, review.number)


def _known(file: str, span: Span, story: Story, taken: Taken, digest: str) -> Line:
    is_same = taken.digest == digest
    said = "Entered before." if is_same else "Entered before with other words; what is there was left as it is."
    review = taken.review.number if taken.review else None
    outcome = "known" if is_same else "changed"
    return Line(file, span.line, story.title, outcome, said, taken.incident.number, review)


def _taken(file: str, span: Span, story: Story, incident: Incident) -> Line:
    said = " ".join([*story.notes, *span.notes])
    return Line(file, span.line, story.title, "entered", said, incident.number)


def _review(team: Team, story: Story, by: Person, door: str) -> Review:
    """Keep a text as a review that is over: nobody is asked to write it again."""
    now: datetime = clock.now()
    ended_at = max(span.ended_at for span in story.spans)
    review: Review = Review.objects.create(
        team=team, number=newest_number(team) + 1, title=story.title, depth=Depth.NOTE.value, state=State.KEPT.value,
        entered_later=True, wanted_at=now, due_on=now.astimezone(team.zoneinfo).date(), shared_at=ended_at,
        ended_at=ended_at, version=1, tags=sorted({tag for span in story.spans for tag in span.tags}),
        **{name: story.answers.get(name, "") for name in QUESTIONS},
    )  # fmt: skip
    Revision.objects.create(team=team, review=review, version=1, texts=review.texts, by=by, at=now)
    actions.tell(review, "entered later", by, door, now, {})
    return review


def _digest(*words: str) -> str:
    return hashlib.sha256("\0".join(words).encode()).hexdigest()
