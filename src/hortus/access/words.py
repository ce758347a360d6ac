"""How access speaks: what roles mean, which zones there are."""

from functools import cache
from zoneinfo import available_timezones

from hortus.access.policy import Role

ROLE_MEANINGS: dict[Role, str] = {
    Role.LEAD: "leads the team, decides on roles and targets",
    Role.ADMIN: "runs Hortus for the team, invites people, cannot make leads",
    Role.MEMBER: "works in the team",
    Role.READER: "reads, but sees no names of cluster users",
    Role.GUEST: "sees the garden and the services only",
}


@cache
def zone_names() -> tuple[str, ...]:
    """Return the time zones to choose from: UTC, then those named by a place."""
    return ("UTC", *sorted(name for name in available_timezones() if "/" in name and not name.startswith("Etc/")))
