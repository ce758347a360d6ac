"""The doors to a team: every page and API operation of a team passes here and is checked against the policy."""

import functools
from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated, Any, Concatenate, ParamSpec, cast

from django.contrib.auth.views import redirect_to_login
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone
from ninja import Path

from hortus.access.models import Person, Team
from hortus.access.policy import Action, Kind, Role, allows

P = ParamSpec("P")

# The type of an API operation's argument `team`. The routers are mounted below /teams/{team}, which ninja does not see
# when it reads an operation's signature: a plain str would be looked for in the query.
TeamSlug = Annotated[str, Path(description="The team's short name, as in its addresses.")]


@dataclass(frozen=True, slots=True)
class Standing:
    """Who asks, in which team, in which role; scopes is None for a person's own session."""

    person: Person
    team: Team
    role: Role
    scopes: frozenset[str] | None = None

    def may(self, action: Action, kind: Kind, *, is_author: bool = False) -> bool:
        """Say whether the policy, and the token's scopes where one is used, allow this."""
        if self.scopes is not None and not scope_allows(self.scopes, action, kind):
            return False
        return allows(kind, self.role, action, is_author=is_author)


class TeamRequest(HttpRequest):
    """A request that passed a door."""

    standing: Standing
    team: Team
    person: Person
    role: Role


SCOPES = {
    "read": "Read what you can read",
    "import": "Import accounting records and push counts of events",
    "write": "Change what you can change, except who belongs to the team",
}


# Who belongs to a team, and by which keys: a person decides that, signed in, never a program with a token.
_FOR_PERSONS = frozenset({Kind.TEAM, Kind.MEMBERSHIP, Kind.INVITATION, Kind.TOKEN})


def scope_allows(scopes: frozenset[str], action: Action, kind: Kind) -> bool:
    """Say whether a token with these scopes may do this at all.

    >>> scope_allows(frozenset({"import"}), Action.CREATE, Kind.IMPORT)
    True
    >>> scope_allows(frozenset({"read"}), Action.UPDATE, Kind.TARGET)
    False
    >>> scope_allows(frozenset({"write"}), Action.CREATE, Kind.INVITATION)
    False
    """
    if kind in _FOR_PERSONS and action is not Action.READ:
        return False  # whoever finds a token must not be able to make themselves at home with it
    if "write" in scopes:
        return True
    if action is Action.READ:
        return "read" in scopes
    return kind in {Kind.IMPORT, Kind.COUNT} and action is Action.CREATE and "import" in scopes


def standing_in(person: Person, slug: str) -> Standing | None:
    """Return a person's standing in the team with this slug, None for a stranger or an unknown team."""
    membership = person.memberships.select_related("team").filter(team__slug=slug).first() if person.is_active else None
    return Standing(person, membership.team, Role(membership.role)) if membership else None


def standing_of(request: HttpRequest, slug: str) -> Standing | None:
    """Return the standing of who sent this request: of its token where it carries one, else of its session."""
    token = getattr(request, "token", None)
    person = token.person if token else request.user
    if not person.is_authenticated:
        return None
    standing = standing_in(cast(Person, person), slug)
    if token is None or standing is None:
        return standing
    if token.team_id != standing.team.pk:
        return None
    return Standing(standing.person, standing.team, standing.role, frozenset(token.scopes))


def require(request: HttpRequest, slug: str, action: Action, kind: Kind) -> Standing:
    """Return the standing of who asks, or raise Http404: absent and forbidden look the same."""
    request.door = (kind, action)  # type: ignore[attr-defined]  # read by the test that walks every URL
    standing = standing_of(request, slug)
    if standing is None or not standing.may(action, kind):
        raise Http404
    return standing


def team_page(
    kind: Kind, action: Action = Action.READ
) -> Callable[[Callable[Concatenate[TeamRequest, P], HttpResponse]], Callable[..., HttpResponse]]:
    """Make a view a page of a team: its first URL argument is the team's slug, which becomes request.team.

    Anonymous visitors get the sign-in page, who has no right gets 404.
    """

    def decorate(view: Callable[Concatenate[TeamRequest, P], HttpResponse]) -> Callable[..., HttpResponse]:
        @functools.wraps(view)
        def page(request: HttpRequest, team: str, *args: Any, **kwargs: Any) -> HttpResponse:
            if not request.user.is_authenticated:
                return redirect_to_login(request.get_full_path() if request.method == "GET" else reverse("home"))
            standing = require(request, team, action, kind)
            passed = cast(TeamRequest, request)
            passed.standing, passed.team = standing, standing.team
            passed.person, passed.role = standing.person, standing.role
            with timezone.override(standing.team.zoneinfo):
                return view(passed, *args, **kwargs)

        page.door = (kind, action)  # type: ignore[attr-defined]  # read by the test that walks every URL
        return page

    return decorate
