"""The policy table: object x role x action. Queries, pages, promise sentences and tests all read this one table.

A missing letter means no. Nothing here knows Django.
"""

from dataclasses import dataclass
from enum import StrEnum


class Role(StrEnum):
    """What a person is in one team."""

    LEAD = "lead"
    ADMIN = "admin"
    MEMBER = "member"
    READER = "reader"
    GUEST = "guest"


class Action(StrEnum):
    """What can be done to an object; the values are the letters of the table."""

    CREATE = "C"
    READ = "R"
    UPDATE = "U"
    DELETE = "D"


class Kind(StrEnum):
    """The kinds of object that the policy knows; a model or page that is none of them fails a test."""

    TEAM = "team"
    MEMBERSHIP = "membership"
    CLOSED_DAY = "closed-day"
    INVITATION = "invitation"
    TOKEN = "token"  # noqa: S105 -- the name of a kind
    SECURITY_EVENT = "security-event"
    EVENT = "event"
    TASK = "task"
    SERVICE = "service"
    CLUSTER = "cluster"
    IMPORT = "import"
    JOB = "job"
    JOB_PERSON = "job-person"
    PROMISE = "promise"
    READING = "reading"
    TARGET = "target"
    OBJECTIVE = "objective"
    EXCLUSION = "exclusion"
    ALERT = "alert"
    COUNT = "count"
    PROBE = "probe"
    ENGINE = "engine"
    FUNCTION = "function"
    CONDITION = "condition"
    SUBSCRIBER = "subscriber"
    MESSAGE = "message"
    DESTINATION = "destination"
    NOTICE_CHOICE = "notice-choice"
    ALERT_SOURCE = "alert-source"
    ALERT_NOTICE = "alert-notice"
    INCIDENT = "incident"
    QUESTION = "question"
    COMMAND = "command"
    REVIEW = "review"
    FOLLOW_UP = "follow-up"
    FIRE = "fire"
    PROCEDURE = "procedure"
    RUN = "run"


AUTHOR = "author"

# Letters: C create, R read, U update, D delete, - nothing. The author column adds to what the role gives.
_TABLE = """
object          author  lead   admin  member  reader  guest
team            -       RU     RU     R       R       R
membership      -       CRUD   CRUD   R       R       -
closed-day      -       CRD    CRD    R       R       -
invitation      -       CRD    CRD    -       -       -
token           RD      CRD    CRD    C       -       -
security-event  R       R      R      -       -       -
event           -       R      R      R       R       -
task            -       RU     RU     -       -       -
service         -       CRUD   CRUD   CRU     R       R
cluster         -       CRU    CRU    R       R       -
import          -       CR     CR     CR      R       -
job             -       R      R      R       R       -
job-person      -       R      R      R       -       -
promise         -       CRUD   CRUD   R       R       -
reading         -       CR     CR     CR      R       R
target          -       RU     RU     R       R       R
objective       -       CRUD   CRUD   CRU     R       R
exclusion       -       CRUD   CRUD   CR      R       R
alert           -       R      R      R       R       R
count           -       CR     CR     CR      R       R
probe           -       CRUD   CRUD   R       R       -
engine          -       CRUD   CRUD   R       -       -
function        -       CRUD   CRUD   CRU     R       R
condition       -       CR     CR     CR      R       R
subscriber      -       RD     RD     -       -       -
message         -       RU     RU     R       -       -
destination     -       CRUD   CRUD   R       -       -
notice-choice   RU      RU     RU     RU      RU      RU
alert-source    -       CRUD   CRUD   R       -       -
alert-notice    -       RU     RU     RU      R       -
incident        -       CRU    CRU    CRU     R       -
question        -       CR     CR     CR      CR      -
command         -       CR     CR     CR      CR      -
review          -       CRU    CRU    CRU     R       -
follow-up       -       CRU    CRU    CRU     R       -
fire            -       CRU    CRU    CRU     R       -
procedure       -       CRU    CRU    CRU     R       -
run             -       CRU    CRU    CRU     R       -
"""

_WORDS: dict[Kind, str] = {
    Kind.TEAM: "the team's name, zone and garden",
    Kind.MEMBERSHIP: "who is in the team, and in which role",
    Kind.CLOSED_DAY: "days on which nobody of the team works, and why",
    Kind.INVITATION: "open invitations",
    Kind.TOKEN: "the names and ages of access tokens, never the tokens themselves",
    Kind.SECURITY_EVENT: "failed sign-ins, changes of second factors, roles and tokens; when somebody "
    "comes and goes only they themselves see",
    Kind.EVENT: "the activity of the team",
    Kind.TASK: "background work that failed",
    Kind.SERVICE: "the services that the team offers",
    Kind.CLUSTER: "clusters and what was imported from them",
    Kind.IMPORT: "findings of imports",
    Kind.JOB: "jobs, and the rows behind readings, without the names of those who ran them",
    Kind.JOB_PERSON: "who ran a job, and for which group and account",
    Kind.PROMISE: "the promised waiting times",
    Kind.READING: "readings of the garden",
    Kind.TARGET: "targets of indicators and why they were changed",
    Kind.OBJECTIVE: "service level objectives and what is left of their budgets",
    Kind.EXCLUSION: "planned maintenance and agreed corrections, with reason and author",
    Kind.ALERT: "alerts of objectives",
    Kind.COUNT: "good and total events by the minute",
    Kind.PROBE: "probes, what they ask and what they found",
    Kind.ENGINE: "metric engines and hubs that are asked, never their credentials",
    Kind.FUNCTION: "what researchers can do with a service",
    Kind.CONDITION: "what the team said about a function, published on the status page",
    Kind.SUBSCRIBER: "addresses of those who asked for news of the status page",
    Kind.MESSAGE: "messages that were sent or are due, and what became of them",
    Kind.DESTINATION: "chat rooms and programs that get the team's messages, never their secrets",
    Kind.NOTICE_CHOICE: "which messages somebody wants, and when they want quiet",
    Kind.ALERT_SOURCE: "programs that may send alerts, never their tokens",
    Kind.ALERT_NOTICE: "alerts of other programs, as they were sent",
    Kind.INCIDENT: "incidents, their updates and their timeline",
    Kind.QUESTION: "questions to those who work on an incident, and their answers",
    Kind.COMMAND: "who took the lead of an incident, on record",
    Kind.REVIEW: "reviews of incidents and near misses",
    Kind.FOLLOW_UP: "what somebody said they would do, and by when",
    Kind.FIRE: "interrupts of planned work, and what they have in common",
    Kind.PROCEDURE: "how things are done here, in all versions",
    Kind.RUN: "runs of procedures, and who said what of their steps",
}


def _parse(table: str) -> dict[tuple[Kind, str], frozenset[Action]]:
    head, *lines = [line.split() for line in table.strip().splitlines()]
    return {
        (Kind(cells[0]), who): frozenset(Action(letter) for letter in letters if letter != "-")
        for cells in lines
        for who, letters in zip(head[1:], cells[1:], strict=True)
    }


POLICY = _parse(_TABLE)


def allows(kind: Kind, role: Role | None, action: Action, *, is_author: bool = False) -> bool:
    """Say whether a person in this role may do this to an object of this kind; no role may do nothing.

    >>> allows(Kind.TARGET, Role.LEAD, Action.UPDATE), allows(Kind.TARGET, Role.MEMBER, Action.UPDATE)
    (True, False)
    """
    if role is None:
        return False
    cell = POLICY.get((kind, role.value), frozenset())
    return action in cell or (is_author and action in POLICY.get((kind, AUTHOR), frozenset()))


def roles_that(action: Action, kind: Kind) -> tuple[Role, ...]:
    """Return the roles that may do this to every object of this kind, in the order of the table."""
    return tuple(role for role in Role if allows(kind, role, action))


def content(kind: Kind) -> str:
    """Return in words what objects of this kind tell."""
    return _WORDS[kind]


RETENTION: dict[Kind, str] = {
    Kind.INVITATION: "the link works 1 to 30 days; that it was made stays in the security events",
    Kind.TOKEN: "until it is revoked or ends; that it was made stays in the security events",
    Kind.SECURITY_EVENT: "kept for good, never changed",
    Kind.EVENT: "kept for good, never changed",
    Kind.SUBSCRIBER: "as long as they are subscribed, two days where they never confirmed; nothing once they left",
    Kind.ALERT_NOTICE: "what was sent for 30 days; the episodes read from it for good",
}


@dataclass(frozen=True, slots=True)
class SheetRow:
    """One line of the sheet that says who can do what: for works councils and for everybody else."""

    kind: Kind
    tells: str
    cells: tuple[tuple[str, str], ...]
    kept: str


_LETTER_WORDS = {
    Action.CREATE: "make",
    Action.READ: "read",
    Action.UPDATE: "change",
    Action.DELETE: "remove",
}


def sheet() -> tuple[SheetRow, ...]:
    """Return the whole table in words: for each kind what each role, and the author, may do with it.

    >>> dict(sheet()[0].cells)["lead"]
    'read, change'
    """
    whos = [role.value for role in Role] + [AUTHOR]
    return tuple(
        SheetRow(kind, content(kind), tuple((who, _words_of(kind, who)) for who in whos),
                 RETENTION.get(kind, "as long as the team keeps it"))
        for kind in Kind
    )  # fmt: skip


def _words_of(kind: Kind, who: str) -> str:
    cell = POLICY.get((kind, who), frozenset())
    return ", ".join(word for action, word in _LETTER_WORDS.items() if action in cell) or "nothing"


def promise(kind: Kind) -> str:
    """Return the sentence beside a text box that says who can read what is written there.

    >>> promise(Kind.INVITATION)
    'Leads and admins of this team can read this.'
    """
    people = [f"{role.value}s" for role in roles_that(Action.READ, kind)]
    if (kind, AUTHOR) in POLICY and Action.READ in POLICY[kind, AUTHOR]:
        people.insert(0, "you")
    names = people[0] if len(people) == 1 else f"{', '.join(people[:-1])} and {people[-1]}"
    return f"{names[0].upper()}{names[1:]} of this team can read this."
