"""What the activity tells of a team, its membership and closed days, taken from the security record as written."""

from hortus.access.models import SecurityEvent
from hortus.access.verbs import Verb
from hortus.ledger.actions import record
from hortus.ledger.refs import Ref

# Who comes, goes and in which role is the team's business; sign-ins, factors and tokens are not told here.
_OF_A_PERSON = {Verb.JOINED: "joined", Verb.ROLE_CHANGED: "role changed", Verb.REMOVED: "left"}
_OF_THE_TEAM = {Verb.TEAM_STARTED: "started", Verb.TEAM_CHANGED: "changed"}
_OF_CLOSED_DAYS = {Verb.CLOSED_ADDED: "added", Verb.CLOSED_REMOVED: "removed"}
_TOLD = _OF_A_PERSON | _OF_THE_TEAM | _OF_CLOSED_DAYS


def tell(event: SecurityEvent) -> None:
    """Record a change of the team, its members or closed days as an event of the ledger, in the same transaction."""
    verb = Verb(event.verb)
    if event.team is None or verb not in _TOLD:
        return
    if verb in _OF_THE_TEAM:
        ref = Ref("team", str(event.team.pk), event.team.name)
    elif verb in _OF_CLOSED_DAYS:
        ref = Ref("closed-days", str(event.team.pk), str(event.detail.get("days", "")))
    else:
        ref = Ref("member", str(event.person_id), event.person.name if event.person else "")
    payload = {name: event.detail[name] for name in ("role", "before", "after") if name in event.detail}
    record(
        event.team, _TOLD[verb], ref, by=event.by or event.person, source="access",
        at=event.at, payload=payload,
    )  # fmt: skip
