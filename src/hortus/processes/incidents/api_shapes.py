"""What the API's operations of incidents take and return."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from ninja import Schema
from pydantic import AwareDatetime, Field


class RoleHolder(Schema):
    """A person, by id and name."""

    id: UUID
    name: str


class WordPromiseOut(Schema):
    """A promised word. state: standing, kept, missed or waived; waived: why."""

    made_at: datetime
    due_at: datetime
    is_first: bool
    state: str
    ended_at: datetime | None
    missed_at: datetime | None
    waived: str


class IncidentOut(Schema):
    """An incident. number: its name in addresses. promise: when the next word is due. services, functions: slugs."""

    number: int
    title: str
    state: str
    state_since: datetime
    severity: str
    origin: str
    tags: list[str]
    services: list[str]
    functions: list[str]
    began_at: datetime
    detected_at: datetime
    declared_at: datetime
    resolved_at: datetime | None
    closed_at: datetime | None
    entered_later: bool
    is_long: bool
    is_public: bool
    reason: str
    merged_into: int | None
    came_back_of: int | None
    lead: RoleHolder | None
    promise: WordPromiseOut | None


class IncidentList(Schema):
    """One slice of incidents, the newest first, and how many there are."""

    total: int
    incidents: list[IncidentOut]


class RoleOut(Schema):
    """Who had a role, from when until when. how: declared, took, handed, command or assigned."""

    role: str
    person: RoleHolder
    since: datetime
    until: datetime | None
    how: str
    reason: str


class ConditionOut(Schema):
    """How a function stands (by slug), with sentences of its own where it has any."""

    function: str
    condition: str
    can: str
    cannot: str
    instead: str


class UpdateOut(Schema):
    """What was said. is_note: it came when the incident was not open, and was kept without being published."""

    id: int
    at: datetime
    by: RoleHolder
    headline: str
    can: str
    cannot: str
    instead: str
    trying: str
    conditions: list[ConditionOut]
    data_safe: str
    running_jobs: str
    next_due: datetime | None
    is_public: bool
    is_last: bool
    is_note: bool


class SurpriseOut(Schema):
    """Something that surprised somebody."""

    at: datetime
    sentence: str


class LinkOut(Schema):
    """What belongs to an incident: an address, or an object of the ledger."""

    words: str
    url: str
    object_kind: str
    object_id: str


class WholeOut(IncidentOut):
    """An incident with what belongs to it, the newest updates first. links: the newest 100 of link_count."""

    roles: list[RoleOut]
    promises: list[WordPromiseOut]
    updates: list[UpdateOut]
    surprises: list[SurpriseOut]
    links: list[LinkOut]
    link_count: int


class QuestionOut(Schema):
    """A question and its answer. answer_by: when its asker may expect one. answered_by: id of an update."""

    id: int
    text: str
    urgency: str
    by: RoleHolder
    asked_at: datetime
    answer_by: datetime | None
    answer: str
    answered_at: datetime | None
    answerer: RoleHolder | None
    answered_by: int | None


class LineOut(Schema):
    """One line of the timeline."""

    at: datetime
    verb: str
    by: str
    door: str
    told: list[str]


class BesideOut(Schema):
    """Something that may help with an incident: what it is called, the path of its page, and why it is shown."""

    text: str
    path: str
    reason: str


class DeclareIn(Schema):
    """One sentence: what can users not do? services: slugs. reported: it is only reported; nobody leads it yet.

    alert_kind, alert_id: the alert that showed it, as `standing-alerts` lists it. Then the sentence is the alert's own
    words where it is left out, and the services are the one that the alert is about.
    """

    sentence: str = ""
    services: list[str] | None = None
    severity: str = ""
    came_back_of: int | None = None
    reported: bool = False
    alert_kind: str = ""
    alert_id: str = ""


class ConditionIn(Schema):
    """How a function stands. Without sentences of its own it has the update's."""

    function: str
    condition: str
    can: str = ""
    cannot: str = ""
    instead: str = ""


class UpdateAnswerIn(Schema):
    """The answer to a question; an empty text says that the update answers it."""

    question: int
    text: str = ""


class UpdateIn(Schema):
    """An update. then: "", contain, regress or resolve. next_due: with offset, by the mode's custom when left out."""

    can: str = ""
    cannot: str = ""
    instead: str = ""
    trying: str = ""
    headline: str = ""
    conditions: list[ConditionIn] = []
    data_safe: Annotated[str, Field(description="yes, no, unknown or empty")] = ""
    running_jobs: Annotated[str, Field(description="safe, at-risk, lost or empty")] = ""
    next_due: AwareDatetime | None = None
    is_public: bool = False
    answers: list[UpdateAnswerIn] = []
    then: str = ""


class OutcomeOut(Schema):
    """What came of an update. moved: the move that went with it, "" for none; why_not: why the asked one did not."""

    update: UpdateOut
    moved: str
    why_not: str


class MoveIn(Schema):
    """A move without words: contain, regress, resolve, reopen, close, dismiss or undismiss."""

    move: str
    reason: str = ""


class FactsIn(Schema):
    """What is known of an incident; what is left out stays. services, functions: slugs."""

    title: str | None = None
    severity: str | None = None
    origin: str | None = None
    tags: list[str] | None = None
    services: list[str] | None = None
    functions: list[str] | None = None
    began_at: AwareDatetime | None = None
    detected_at: AwareDatetime | None = None
    entered_later: bool | None = None
    is_long: bool | None = None


class MergeIn(Schema):
    """The open incident in which another goes on."""

    into: int
    reason: str = ""


class MergeOut(Schema):
    """merged: it was merged; else it is offered, and waits for the lead of the other."""

    merged: bool


class LeadIn(Schema):
    """What to do about the lead: take, command, offer, accept or decline. to: id of a person, for offer."""

    act: str
    to: UUID | None = None
    reason: str = ""


class IncidentRoleIn(Schema):
    """A role other than lead, and the id of a person. ended: they have it no longer."""

    role: str
    person: UUID
    ended: bool = False


class IncidentWatchIn(Schema):
    """Whether you want to be told what is said of an incident."""

    watches: bool


class AskIn(Schema):
    """A question. urgency: waits, data (at risk) or safety (of people); the last two interrupt."""

    text: str
    urgency: str = "waits"


class TextIn(Schema):
    """A text of one line."""

    text: str


class SurpriseIn(Schema):
    """What surprises, in a sentence if one likes."""

    sentence: str = ""


class LinkIn(Schema):
    """An address, and what it is called."""

    url: str
    words: str = ""
