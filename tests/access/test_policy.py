"""The policy, walked: every page and API operation x every role, anonymous, stranger, deactivated, token by scope.

Nothing here lists the pages: they are found. A page without a door, an argument that nobody can make, a model that no
kind names: each fails here.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from django.apps import apps
from django.db import transaction
from django.test import Client

from hortus.access import actions
from hortus.access.doors import SCOPES, scope_allows
from hortus.access.models import Membership, Person, Team
from hortus.access.policy import AUTHOR, POLICY, Action, Kind, Role, allows, content, promise, roles_that, sheet
from tests.access.url_arguments import ABSENT, Scene  # type: ignore[import-not-found]
from tests.access.walk import Operation, Page, operations, pages  # type: ignore[import-not-found]
from tests.conftest import signed_in  # type: ignore[import-not-found]

# Views that anybody may ask, and why.
PUBLIC = {
    "home": "only redirects, or says that one has no team",
    "start": "the first-run page, guarded by the set-up code",
    "unsubscribe": "guarded by the signed address itself; a GET changes nothing",
    "message-feed": "somebody's own messages, behind a secret address, 404 without one or without the right to read",
    "healthz": "says that the server lives",
    "invitation": "shows the invitation that the session holds",
    "invitation-link": "moves a secret from the address into the session",
    "account_login": "sign-in",
    "account_logout": "redirects who is not signed in",
    "account_inactive": "a sentence",
    "account_signup": "does not exist, 404",
    "account_email": "does not exist, 404",
    "account_set_password": "does not exist, 404",
    "socialaccount_signup": "does not exist, 404",
    "account_reset_password": "asks for a reset link",
    "account_reset_password_done": "a sentence",
    "account_reset_password_from_key": "guarded by the key in it",
    "account_reset_password_from_key_done": "a sentence",
    "alerts-in:intake": "takes alerts from who shows the token of their source, 401 otherwise",
    "alerts-in:intake-slash": "the same",
    "alerts-in:intake-by-address": "the same, with the token in the address",
    "status:page": "the status page of teams that opened it, 404 otherwise",
    "status:json": "the same as JSON",
    "status:news": "what was told of one thing, of the same",
    "status:service": "one service of the same",
    "status:subscribe": "asks an address whether it wants the news of the same",
    "status:subscription": "a subscriber's own page, behind a secret link, 404 without one",
    "status:rss": "the same as RSS",
    "status:json-feed": "the same as JSON Feed",
    "status:motd": "the same as plain text",
    "status:atom": "the same as Atom",
    "status:service-calendar": "planned work of one service of the same as iCalendar",
    "status:calendar": "planned work of the same as iCalendar",
    "mfa_authenticate": "the second step of a sign-in that has begun",
    "mfa_login_webauthn": "sign-in by passkey",
    "openid_connect_login": "goes to the identity provider",
    "openid_connect_callback": "takes the provider's answer",
    "socialaccount_login_error": "a sentence",
    "socialaccount_login_cancelled": "a sentence",
}
PAGES = {page.name: page for page in pages()}
TEAM_PAGES = sorted(name for name, page in PAGES.items() if page.route.startswith("t/"))
OTHER_PAGES = sorted(set(PAGES) - set(TEAM_PAGES) - set(PUBLIC))
OPERATIONS = {operation.name: operation for operation in operations()}


@pytest.fixture
def people(
    team: Team, lead: Person, admin: Person, member: Person, reader: Person, guest: Person
) -> dict[Role, Person]:
    return {Role.LEAD: lead, Role.ADMIN: admin, Role.MEMBER: member, Role.READER: reader, Role.GUEST: guest}


@contextmanager
def undone() -> Iterator[None]:
    """Roll back what happens inside."""
    with transaction.atomic():
        yield
        transaction.set_rollback(True)


def ask(client: Client, path: str) -> Any:
    """Read a page, or send an empty form where it only takes forms."""
    answer = client.get(path)
    return client.post(path) if answer.status_code == 405 else answer


def call(client: Client, operation: Operation, path: str, **extra: str) -> Any:
    body = operation.body()
    data = {} if body is None else {"data": body, "content_type": "application/json"}
    return client.generic(operation.method, path, **extra) if body is None else getattr(
        client, operation.method.lower()
    )(path, **data, **extra)  # fmt: skip


def test_every_page_of_a_team_has_a_door() -> None:
    without = [name for name in TEAM_PAGES if PAGES[name].door is None]
    assert not without, f"decorate these views with @team_page(Kind..., Action...): {without}"


def test_every_public_page_exists() -> None:
    assert set(PUBLIC) <= set(PAGES), "remove these from PUBLIC"


@pytest.mark.parametrize("name", OTHER_PAGES)
def test_every_other_page_sends_a_stranger_to_sign_in(name: str, client: Client, db: None) -> None:
    path = PAGES[name].route
    for argument in PAGES[name].arguments:
        for kind, value in (
            ("uuid", "11111111-1111-4111-8111-111111111111"),
            ("int", "1"),
            ("str", "x"),
            ("slug", "x"),
        ):
            path = path.replace(f"<{kind}:{argument}>", value)
    for answer in (client.get(f"/{path}"), client.post(f"/{path}")):
        if answer.status_code != 405:
            assert answer.status_code == 302, name
            assert answer["Location"].startswith("/account/login/"), name


@pytest.mark.parametrize("name", TEAM_PAGES)
def test_a_page_opens_to_those_whom_the_policy_names(
    name: str, people: dict[Role, Person], team: Team, stranger: Person
) -> None:
    page: Page = PAGES[name]
    kind, action = page.door
    for role, person in people.items():
        with undone():
            path = page.path(Scene(team, people[Role.LEAD], person))
            status = ask(signed_in(person), path).status_code
            if not allows(kind, role, action):
                assert status == 404, f"{role} opens {path}"
            elif name not in ABSENT:
                assert status < 500, path
                assert status not in (403, 404), f"{role} may, but does not open {path}"
    with undone():
        path = page.path(Scene(team, people[Role.LEAD], people[Role.LEAD]))
        for method in ("get", "post"):
            assert getattr(signed_in(stranger), method)(path).status_code in (404, 405), path
            answer = getattr(Client(), method)(path)
            if answer.status_code != 405:
                assert (answer.status_code, answer["Location"].split("?")[0]) == (302, "/account/login/"), path
        lead = people[Role.LEAD]
        client = signed_in(lead)
        Person.objects.filter(pk=lead.pk).update(is_active=False)
        assert ask(client, path).status_code == 302, f"a deactivated person opens {path}"


@pytest.mark.parametrize("name", sorted(OPERATIONS))
def test_an_operation_answers_those_whom_the_policy_names(
    name: str, people: dict[Role, Person], team: Team, stranger: Person
) -> None:
    operation: Operation = OPERATIONS[name]
    lead = people[Role.LEAD]
    with undone():
        path = operation.path(Scene(team, lead, lead))
        answer = call(signed_in(stranger), operation, path)
        assert answer.status_code == 404, f"a stranger calls {name}: {answer.content[:200]!r}"
        door = getattr(answer.wsgi_request, "door", None)
        assert door, f"{name} passes no door: call hortus.access.doors.require in it"
        assert call(Client(), operation, path).status_code == 401
        client = signed_in(lead)
        Person.objects.filter(pk=lead.pk).update(is_active=False)
        assert call(client, operation, path).status_code == 401
    kind, action = door
    for role, person in people.items():
        with undone():
            status = call(signed_in(person), operation, operation.path(Scene(team, lead, person))).status_code
            assert_fits(status, allows(kind, role, action), f"{role} calls {name}", name in ABSENT)
    for scope in SCOPES:
        with undone():
            _, text = actions.make_token(team, lead, name="x", scopes=[scope])
            status = call(
                Client(), operation, operation.path(Scene(team, lead, lead)), HTTP_AUTHORIZATION=f"Bearer {text}"
            ).status_code
            may = allows(kind, Role.LEAD, action) and scope_allows(frozenset({scope}), action, kind)
            assert_fits(status, may, f"a token for {scope} calls {name}", name in ABSENT)


def assert_fits(status: int, may: bool, who: str, is_absent: bool) -> None:
    """Check an answer against what the policy says."""
    if may:
        assert status < 500, who
        assert status not in ({401, 403} if is_absent else {401, 403, 404}), f"{who}: may, but is answered {status}"
    else:
        assert status == 404, f"{who}: may not, but is answered {status}"


# Models that hold no rows of one team's kind by themselves, and the kind that guards them.
GUARDED_BY = {
    "access.Person": Kind.MEMBERSHIP,
    "access.Team": Kind.TEAM,
    "access.ChainHead": Kind.SECURITY_EVENT,
    "telemetry.JobSegment": Kind.JOB,
    "slos.Part": Kind.OBJECTIVE,
    "ledger.QueuedTask": Kind.TASK,
    "ledger.QueueWorker": Kind.TASK,
    "ledger.QueuePeriod": Kind.TASK,
    "ledger.SearchEntry": Kind.EVENT,
}


def test_every_model_is_named_by_a_kind() -> None:
    for config in apps.get_app_configs():
        for model in config.get_models() if config.name.startswith("hortus") else ():
            rows = model._default_manager.get_queryset()
            kind = getattr(rows, "kind", None) or GUARDED_BY.get(model._meta.label)
            assert isinstance(kind, Kind), f"{model._meta.label}: give its queryset (TeamScoped) a kind"


@pytest.mark.parametrize("kind", list(Kind))
def test_every_kind_is_in_the_table_and_said_in_words(kind: Kind) -> None:
    assert {(kind, role.value) for role in Role} | {(kind, AUTHOR)} <= set(POLICY)
    assert content(kind)
    said = promise(kind)
    for role in Role:
        assert (f"{role}s" in said.lower()) == (role in roles_that(Action.READ, kind)), said
    assert ("you" in said.lower()) == (Action.READ in POLICY[kind, AUTHOR])


def test_the_sheet_says_what_the_table_says(as_lead: Client, team: Team) -> None:
    words = {Action.CREATE: "make", Action.READ: "read", Action.UPDATE: "change", Action.DELETE: "remove"}
    for row in sheet():
        for who, may in row.cells:
            assert {words[action] for action in POLICY[row.kind, who]} == set(may.split(", ")) - {"nothing"}
    page = as_lead.get("/t/rcd/team/policy/").content.decode()
    for kind in Kind:
        assert kind.value in page


def test_a_missing_cell_means_no() -> None:
    for kind in Kind:
        for action in Action:
            assert not allows(kind, None, action)
            assert not allows(kind, None, action, is_author=True)


def test_no_superuser_can_be(lead: Person) -> None:
    assert not getattr(lead, "is_superuser", False)
    assert not getattr(lead, "is_staff", False)
    assert not apps.is_installed("django.contrib.admin")


def test_memberships_are_seen_as_the_policy_says(people: dict[Role, Person], team: Team, stranger: Person) -> None:
    for role, person in people.items():
        seen = Membership.objects.visible_to(person).filter(team=team)
        assert seen.exists() == allows(Kind.MEMBERSHIP, role, Action.READ), role
    assert not Membership.objects.visible_to(stranger).filter(team=team).exists()
