"""Verbs of access: start a team, invite, join, change roles, deactivate, make and revoke tokens. One transaction each.

Whether somebody may do it at all is asked at the door (doors.py, policy.py); here stand the rules between persons:
only leads make leads, a team keeps a lead, nobody shuts themselves out.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta

from allauth.mfa.models import Authenticator
from django.db import transaction
from django.utils import timezone

from hortus.access import setup_code, wording
from hortus.access.doors import SCOPES
from hortus.access.links import reset_path
from hortus.access.models import ChainHead, Invitation, Membership, Person, Team, Token
from hortus.access.policy import Role
from hortus.access.rules import digest, grantable, new_prefix, new_secret, token_text
from hortus.access.security import Verb, note
from hortus.access.sessions import end_sessions
from hortus.values.refused import Refused
from hortus.web.slugs import in_use, slug_for


def is_started() -> bool:
    """Say whether a team other than the sample exists."""
    return Team.objects.filter(is_sample=False).exists()


def start_team(
    name: str, zone: str, lead_name: str, email: str, password: str | None, code: str = "", *, trusted: bool = False
) -> Membership:
    """Start the first team and make its first lead; return the lead's membership.

    code: the set-up code that `hortus up` prints. trusted: the caller sits at the server, so no code is needed.
    password: None makes a lead who signs in by single sign-on only.
    Raises Refused: wrong-code, started, email-taken, weak-password, unknown-zone or a malformed text.
    """
    if not trusted and not setup_code.code_is_right(code):
        note(Verb.CODE_REFUSED)
        raise Refused(
            "wrong-code", "This is not the set-up code; copy the one that `hortus up` printed where it runs.", "code"
        )
    with transaction.atomic():
        _one_at_a_time()
        if is_started():
            raise Refused("started", "A team has been started here already; ask its lead for an invitation.")
        person = _new_person(lead_name, email, password)
        name = wording.line(name, "name", longest=120)
        slug = slug_for("", name, "team", in_use(Team.objects.all()))
        team = Team.objects.create(name=name, slug=slug, zone=wording.zone(zone))
        membership = Membership.objects.create(team=team, person=person, role=Role.LEAD.value)
        note(Verb.TEAM_STARTED, person=person, team=team)
    setup_code.use_up()
    return membership


def _one_at_a_time() -> None:
    """Hold the end of the security chain: what follows happens in no two transactions at once."""
    ChainHead.objects.get_or_create(pk=1)
    ChainHead.objects.select_for_update().get(pk=1)


def _new_person(name: str, email: str, password: str | None) -> Person:
    person = Person(name=wording.line(name, "name", longest=120), email=wording.address(email))
    if Person.objects.filter(email=person.email).exists():
        raise Refused("email-taken", "Somebody with this e-mail address is here already; sign in instead.", "email")
    if password is not None:
        wording.good_password(password, person)
    return Person.objects.create_user(person.email, person.name, password)


def rename_person(person: Person, name: str) -> None:
    """Give a person another name, as they want to be called."""
    with transaction.atomic():
        person.name = wording.line(name, "name", longest=120)
        person.save(update_fields=["name"])
        note(Verb.NAME_CHANGED, person=person)


def change_team(team: Team, *, by: Person, name: str, zone: str) -> None:
    """Give a team another name or zone; its short name in addresses stays, so that links keep working."""
    with transaction.atomic():
        team.name, team.zone = wording.line(name, "name", longest=120), wording.zone(zone)
        team.save(update_fields=["name", "zone"])
        note(Verb.TEAM_CHANGED, by=by, team=team, name=team.name, zone=team.zone)


def invite(team: Team, *, by: Person, role: str, email: str = "", days: int = 7) -> tuple[Invitation, str]:
    """Make an invitation; return it with the secret of its link, which is stored nowhere.

    email: only a person with this address may take it; "" lets in whoever holds the link. days: 1 to 30.
    Raises Refused: may-not-grant, days, or a malformed address.
    """
    given = _granted(team, by, role)
    if not 1 <= days <= 30:
        raise Refused("days", f"An invitation lasts 1 to 30 days, got {days}.", "days")
    secret = new_secret()
    with transaction.atomic():
        invitation = Invitation.objects.create(
            team=team, by=by, role=given.value, email=wording.address(email) if email.strip() else "",
            digest=digest(secret), expires_at=timezone.now() + timedelta(days=days),
        )  # fmt: skip
        note(Verb.INVITED, by=by, team=team, role=given.value, invitation=str(invitation.pk))
    return invitation, secret


def _granted(team: Team, by: Person, role: str) -> Role:
    wanted = wording.role(role)
    if wanted not in grantable(by.role_in(team)):
        raise Refused("may-not-grant", f"Only a lead can give the role of {wanted}.", "role")
    return wanted


def withdraw_invitation(invitation: Invitation, *, by: Person) -> None:
    """Make an invitation's link worthless. Raises Refused: taken, when somebody joined by it already."""
    with transaction.atomic():
        held = Invitation.objects.select_for_update().get(pk=invitation.pk)
        if held.taken_at:
            raise Refused("taken", "This invitation has been taken; remove the person from the team instead.")
        held.withdrawn_at = held.withdrawn_at or timezone.now()
        held.save(update_fields=["withdrawn_at"])
        note(Verb.INVITATION_WITHDRAWN, by=by, team=held.team, invitation=str(held.pk))


def open_invitation(secret: str) -> Invitation | None:
    """Return the invitation that a link's secret opens, None when it is unknown, taken, withdrawn or too old."""
    invitation = Invitation.objects.select_related("team", "by").filter(digest=digest(secret)).first()
    return invitation if invitation and invitation.is_open(timezone.now()) and invitation.by.is_active else None


def take_invitation(
    secret: str, *, person: Person | None = None, name: str = "", email: str = "", password: str | None = None
) -> Membership:
    """Join a team by an invitation, as a signed-in person or as a new one with name, e-mail and password.

    Raises Refused: invitation-closed, other-address, member-already, email-taken, weak-password or a malformed text.
    """
    with transaction.atomic():
        found = open_invitation(secret)
        invitation = Invitation.objects.select_for_update().get(pk=found.pk) if found else None
        if invitation is None or not invitation.is_open(timezone.now()):
            raise Refused(
                "invitation-closed",
                "This invitation has been used, withdrawn or is too old; ask who sent it for a new one.",
            )
        joining = person or _new_person(name, invitation.email or email, password)
        joined: Membership = _join(invitation, joining)
    return joined


def _join(invitation: Invitation, person: Person) -> Membership:
    team = invitation.team
    if invitation.email and invitation.email != person.email:
        raise Refused("other-address", f"This invitation is for {invitation.email}, and you are {person.email}.")
    if Membership.objects.filter(team=team, person=person).exists():
        raise Refused("member-already", f"You belong to {team.name} already; the invitation stays open.")
    invitation.taken_at, invitation.taken_by = timezone.now(), person
    invitation.save(update_fields=["taken_at", "taken_by"])
    note(Verb.INVITATION_TAKEN, person=person, by=invitation.by, team=team, role=invitation.role)
    return Membership.objects.create(team=team, person=person, role=invitation.role)


def add_member(team: Team, person: Person, role: Role, *, by: Person | None) -> Membership:
    """Put a person into a team without an invitation: for the command line and for groups of an identity provider."""
    with transaction.atomic():
        membership: Membership = Membership.objects.create(
            team=team, person=person, role=role.value, by_group=by is None
        )
        note(Verb.JOINED, person=person, by=by, team=team, role=role.value, by_group=by is None)
    return membership


def change_role(membership: Membership, role: str, *, by: Person) -> None:
    """Give a member another role. Raises Refused: may-not-grant, last-lead."""
    with transaction.atomic():
        held = _held(membership)
        wanted = _granted(held.team, by, role)
        _may_touch(held, by)
        if held.role == Role.LEAD and wanted is not Role.LEAD:
            _keep_a_lead(held.team, without=held.person)
        before, held.role, held.by_group = held.role, wanted.value, False
        held.save(update_fields=["role", "by_group"])
        unfit = [role.value for role in Role if role not in grantable(wanted)]
        Invitation.objects.open(timezone.now()).filter(team=held.team, by=held.person, role__in=unfit).update(
            withdrawn_at=timezone.now()
        )
        note(Verb.ROLE_CHANGED, person=held.person, by=by, team=held.team, before=before, after=held.role)


def remove_member(membership: Membership, *, by: Person) -> None:
    """Take a person out of a team; their tokens in it are revoked. Raises Refused: may-not-touch, last-lead."""
    with transaction.atomic():
        held = _held(membership)
        if held.person_id != by.pk:
            _may_touch(held, by)
        if held.role == Role.LEAD:
            _keep_a_lead(held.team, without=held.person)
        _leave(held, by=by)


def leave_by_group(membership: Membership) -> None:
    """Take a person out of a team because no group of the identity provider names them any more, the last lead too."""
    with transaction.atomic():
        _leave(_held(membership), by=None)


def _leave(held: Membership, *, by: Person | None) -> None:
    now = timezone.now()
    held.person.tokens.filter(team=held.team, revoked_at=None).update(revoked_at=now)
    Invitation.objects.open(now).filter(team=held.team, by=held.person).update(withdrawn_at=now)
    note(Verb.REMOVED, person=held.person, by=by, team=held.team, role=held.role)
    held.delete()


def _held(membership: Membership) -> Membership:
    """Return the membership with its team held, so that two removals cannot both leave the last lead."""
    Team.objects.select_for_update().get(pk=membership.team_id)
    held: Membership = Membership.objects.select_related("team", "person").get(pk=membership.pk)
    return held


def _may_touch(held: Membership, by: Person) -> None:
    if Role(held.role) not in grantable(by.role_in(held.team)):
        raise Refused("may-not-touch", f"Only a lead can change or remove {held.person.name}, who is a lead.")


def _keep_a_lead(team: Team, *, without: Person) -> None:
    leads = Membership.objects.filter(team=team, role=Role.LEAD.value, person__is_active=True)
    if not leads.exclude(person=without).exists():
        raise Refused("last-lead", f"{without.name} is the only lead of {team.name}; make somebody else lead first.")


def may_govern(person: Person, by: Person) -> bool:
    """Say whether somebody may act on a whole account: they govern every team that the person belongs to."""
    memberships = list(Membership.objects.filter(person=person).select_related("team"))
    return bool(memberships) and all(Role(m.role) in grantable(by.role_in(m.team)) for m in memberships)


def _govern(person: Person, by: Person) -> None:
    if person.pk == by.pk:
        raise Refused("yourself", "You cannot do this to your own account; ask another lead.")
    if not may_govern(person, by):
        raise Refused(
            "not-yours", f"{person.name} is a lead or belongs to a team that you do not lead or administer; ask there."
        )


def deactivate(person: Person, *, by: Person) -> None:
    """Let a person in no more: sessions, tokens and open invitations of theirs end now. Raises Refused."""
    with transaction.atomic():
        _govern(person, by)
        for held in Membership.objects.filter(person=person, role=Role.LEAD.value).select_related("team"):
            _keep_a_lead(held.team, without=person)
        person.is_active = False
        person.save(update_fields=["is_active"])
        person.tokens.filter(revoked_at=None).update(revoked_at=timezone.now())
        Invitation.objects.open(timezone.now()).filter(by=person).update(withdrawn_at=timezone.now())
        end_sessions(person)
        note(Verb.DEACTIVATED, person=person, by=by, team=_first_team(person))


def reactivate(person: Person, *, by: Person) -> None:
    """Let a deactivated person in again; tokens stay revoked. Raises Refused."""
    with transaction.atomic():
        _govern(person, by)
        person.is_active = True
        person.save(update_fields=["is_active"])
        note(Verb.REACTIVATED, person=person, by=by, team=_first_team(person))


def make_reset_link(person: Person, *, by: Person) -> str:
    """Return the path of a link by which a person sets a new password; works once, for a day. Raises Refused.

    It opens nothing by itself: the second factor is still asked for, and the person sees in their events who made it.
    """
    _govern(person, by)
    if not person.has_usable_password() or not person.is_active:
        raise Refused("no-password", f"{person.name} signs in by single sign-on or not at all; there is no password.")
    note(Verb.RESET_LINK_MADE, person=person, by=by, team=_first_team(person))
    return reset_path(Person.objects.get(pk=person.pk))  # read anew: the link holds the time of the last sign-in


def reset_at_server(person: Person, *, without_factors: bool = False) -> str:
    """Return the path of a reset link for somebody who lost their way in, asked for by who can run our command.

    without_factors: also take away every second factor and end all sessions, for who lost phone and recovery codes.
    Raises Refused when there is no password to set.
    """
    if not person.has_usable_password() or not person.is_active:
        raise Refused("no-password", f"{person.name} signs in by single sign-on or not at all; there is no password.")
    with transaction.atomic():
        if without_factors:
            removed, _ = Authenticator.objects.filter(user=person).delete()
            end_sessions(person)
            note(Verb.FACTOR_REMOVED, person=person, team=_first_team(person), removed=removed, where="at the server")
        note(Verb.RESET_LINK_MADE, person=person, team=_first_team(person), where="at the server")
    return reset_path(Person.objects.get(pk=person.pk))


def _first_team(person: Person) -> Team | None:
    membership = person.memberships.select_related("team").first()
    return membership.team if membership else None


def make_token(
    team: Team, person: Person, *, name: str, scopes: Iterable[str], expires_at: datetime | None = None
) -> tuple[Token, str]:
    """Make a token that acts as `person` in `team`; return it with its text, which nobody can read again.

    scopes: some of SCOPES. expires_at: aware, None for no end. Raises Refused: scopes, expired or a malformed name.
    """
    wanted = sorted(set(scopes))
    if not wanted or set(wanted) - set(SCOPES):
        raise Refused("scopes", f"Choose what the token may do: one or more of {', '.join(SCOPES)}.", "scopes")
    if expires_at is not None and expires_at <= timezone.now():
        raise Refused("expired", "A token must end in the future; leave the day empty for one without an end.", "days")
    prefix, secret = new_prefix(), new_secret()
    text = token_text(prefix, secret)
    with transaction.atomic():
        token = Token.objects.create(
            team=team, person=person, name=wording.line(name, "name", longest=80), prefix=prefix,
            digest=digest(text), scopes=wanted, expires_at=expires_at,
        )  # fmt: skip
        note(Verb.TOKEN_MADE, person=person, team=team, token=str(token.pk), name=token.name, scopes=" ".join(wanted))
    return token, text


def revoke_token(token: Token, *, by: Person) -> None:
    """Make a token worthless at once."""
    with transaction.atomic():
        if Token.objects.filter(pk=token.pk, revoked_at=None).update(revoked_at=timezone.now()):
            note(Verb.TOKEN_REVOKED, person=token.person, by=by, team=token.team, token=str(token.pk), name=token.name)
