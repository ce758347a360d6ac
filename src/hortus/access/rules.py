"""Plain rules of access: secrets and digests, who may give which role, groups to roles. No Django, no clock."""

import hmac
import json
import re
import secrets
import string
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

from hortus.access.policy import Role
from hortus.values.refused import Refused

TOKEN_SHAPE = re.compile(r"hortus_([a-z0-9]{8})_([A-Za-z0-9_-]{43})\Z")
_LETTERS = string.ascii_lowercase + string.digits


def digest(secret: str) -> str:
    """Return the SHA-256 of a secret in hex: what is stored in its place.

    A plain digest is enough because our secrets are 256 random bits, not something that a person chose.

    >>> len(digest("a"))
    64
    """
    return sha256(secret.encode("utf-8", "surrogatepass")).hexdigest()


def same_secret(given: str, kept: str) -> bool:
    """Say whether two secrets are equal, in a time that does not tell how much of them is.

    >>> same_secret("a", "a"), same_secret("a", "b"), same_secret("", "")
    (True, False, False)
    """
    return bool(given and kept) and hmac.compare_digest(digest(given), digest(kept))


def new_secret() -> str:
    """Return 43 random letters: 256 bits."""
    return secrets.token_urlsafe(32)


def new_prefix() -> str:
    """Return the eight letters by which a person tells tokens apart; they open nothing."""
    return "".join(secrets.choice(_LETTERS) for _ in range(8))


def token_text(prefix: str, secret: str) -> str:
    """Return a token as its owner gets it, once."""
    return f"hortus_{prefix}_{secret}"


def chained(previous: str, row: Mapping[str, Any]) -> str:
    """Return the digest that a security event carries: of the event and of the digest before it.

    previous: hex digest of the row before, "" for the first. row: JSON values only.

    >>> chained("", {"verb": "a"}) == chained("", {"verb": "a"}) != chained("x", {"verb": "a"})
    True
    """
    return digest(previous + json.dumps(row, sort_keys=True, separators=(",", ":"), ensure_ascii=True))


def grantable(by: Role | None) -> tuple[Role, ...]:
    """Return the roles that somebody in this role may give or take away: only a lead makes or unmakes a lead.

    Whether they may do so at all is the policy's question; this keeps an admin from making themselves lead.

    >>> Role.LEAD in grantable(Role.ADMIN), Role.LEAD in grantable(Role.LEAD), grantable(Role.MEMBER)
    (False, True, ())
    """
    if by is Role.LEAD:
        return tuple(Role)
    return tuple(role for role in Role if role is not Role.LEAD) if by is Role.ADMIN else ()


@dataclass(frozen=True, slots=True)
class Grant:
    """A group of the identity provider gives a role in the team with this slug."""

    group: str
    team: str
    role: Role


def grants(text: str) -> tuple[Grant, ...]:
    """Read which group gives which role: `group=team:role`, with commas (with semicolons where a group has commas).

    Raises Refused with the part that is wrong.

    >>> grants("rcd-staff=rcd:member, rcd-heads=rcd:lead")[1].role
    <Role.LEAD: 'lead'>
    >>> grants("cn=heads,ou=rcd=rcd:lead;")[0].group
    'cn=heads,ou=rcd'
    """
    separator = ";" if ";" in text else ","
    return tuple(_grant(part.strip()) for part in text.split(separator) if part.strip())


def _grant(part: str) -> Grant:
    group, _, right = part.rpartition("=")
    team, _, role = right.partition(":")
    if not group or not re.fullmatch(r"[-\w]+", team) or role not in list(Role):
        raise Refused(
            "wrong-group",
            f"{part!r} does not say which group gives which role; write group=team:role, "
            f"where team is the team's short name and role is one of {', '.join(Role)}.",
        )
    return Grant(group, team, Role(role))


def roles_from(groups: Iterable[str], given: Iterable[Grant]) -> dict[str, Role]:
    """Return the strongest role that these groups give in each team, by slug; Role's order is from strong to weak.

    >>> roles_from({"a", "b"}, grants("a=rcd:member,b=rcd:lead,c=data:lead"))
    {'rcd': <Role.LEAD: 'lead'>}
    """
    has, rank = set(groups), list(Role)
    found: dict[str, Role] = {}
    for grant in given:
        if grant.group in has:
            found[grant.team] = min(grant.role, found.get(grant.team, grant.role), key=rank.index)
    return found
