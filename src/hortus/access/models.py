"""Tables of access: persons, teams, memberships, invitations, tokens, security events. Verbs are in actions.py."""

import uuid
from datetime import date, datetime
from typing import Any, ClassVar, Self
from zoneinfo import ZoneInfo, available_timezones

from django.contrib.auth.models import AbstractBaseUser, BaseUserManager
from django.core.exceptions import ValidationError
from django.db import models

from hortus.access.policy import Action, Kind, Role, roles_that
from hortus.access.verbs import ATTENDANCE
from hortus.web.words import span

SAMPLE_DOMAIN = "@sample.invalid"


class PersonManager(BaseUserManager["Person"]):
    """Makes persons; addresses are kept in lower case so that one mailbox is one person."""

    def create_user(self, email: str, name: str, password: str | None = None) -> "Person":
        """Return a new person; without a password nobody can sign in by one."""
        person = self.model(email=self.normalize_email(email).lower(), name=name)
        person.set_password(password)
        person.save(using=self._db)
        return person

    def get_by_natural_key(self, username: str | None) -> "Person":
        """Return the person with this address, whatever its case."""
        return self.get(email=(username or "").lower())


class Person(AbstractBaseUser):
    """Somebody who can sign in. Never deleted while the ledger names them: deactivated instead."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    email = models.EmailField(unique=True)
    name = models.CharField(max_length=120)
    is_active = models.BooleanField(default=True)
    joined_at = models.DateTimeField(auto_now_add=True)

    objects = PersonManager()
    USERNAME_FIELD = "email"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = ["name"]

    def __str__(self) -> str:
        return self.name or self.email

    def get_full_name(self) -> str:
        """Return the person's name, as Django and allauth ask for it."""
        return self.name

    @property
    def is_sample(self) -> bool:
        """Say whether this is an invented person of the sample garden."""
        return self.email.endswith(SAMPLE_DOMAIN)

    def role_in(self, team: "Team") -> Role | None:
        """Return this person's role in a team, None for a stranger or when deactivated."""
        if not self.is_active:
            return None
        membership = Membership.objects.filter(team=team, person=self).only("role").first()
        return Role(membership.role) if membership else None


def known_zone(value: str) -> None:
    """Refuse a zone that this machine does not know."""
    if value not in available_timezones():
        raise ValidationError(f"{value} is not a time zone; write one as in Europe/Paris.")


class TeamQuerySet(models.QuerySet["Team"]):
    """Questions about many teams."""

    def visible_to(self, person: Person) -> Self:
        """Return the teams that a person belongs to."""
        return self.filter(memberships__person=person)


class Team(models.Model):
    """A research computing and data team: what everything else belongs to."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    slug = models.SlugField(max_length=60, unique=True)
    name = models.CharField(max_length=120)
    zone = models.CharField(max_length=60, default="UTC", validators=[known_zone])
    is_sample = models.BooleanField(default=False)
    started_at = models.DateTimeField(auto_now_add=True)

    objects = TeamQuerySet.as_manager()

    def __str__(self) -> str:
        return self.name

    @property
    def zoneinfo(self) -> ZoneInfo:
        """Return the zone that the team's days are counted in."""
        return ZoneInfo(self.zone)


class TeamScoped(models.QuerySet[Any]):
    """Questions about rows of one policy kind that belong to a team: the only door to them."""

    kind: ClassVar[Kind]

    def visible_to(self, person: Person) -> Self:
        """Return the rows that the policy lets this person read."""
        readers = [role.value for role in roles_that(Action.READ, self.kind)]
        teams = Membership.objects.filter(person=person, role__in=readers, person__is_active=True).values("team")
        return self.filter(team__in=teams)


class MembershipQuerySet(TeamScoped):
    """Questions about memberships."""

    kind = Kind.MEMBERSHIP


class Membership(models.Model):
    """A person's role in a team."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    team = models.ForeignKey(Team, on_delete=models.CASCADE, related_name="memberships")
    person = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="memberships")
    role = models.CharField(max_length=10, choices=[(r.value, r.value) for r in Role])
    since = models.DateTimeField(auto_now_add=True)
    by_group = models.BooleanField(default=False, help_text="Given by a group of the identity provider.")

    objects = MembershipQuerySet.as_manager()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["team", "person"], name="one_role_in_a_team")]

    def __str__(self) -> str:
        return f"{self.person}, {self.role} of {self.team}"


class ClosedDayQuerySet(TeamScoped):
    """Questions about closed days."""

    kind = Kind.CLOSED_DAY

    def touching(self, first: date, last: date) -> Self:
        """Return those of which at least one day lies in a span."""
        return self.filter(first_on__lte=last, last_on__gte=first)


class ClosedDay(models.Model):
    """A day, or several in a row, on which nobody of a team works: a holiday, a winter shutdown. Spans may overlap."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    team = models.ForeignKey(Team, on_delete=models.CASCADE, related_name="closed_days")
    first_on = models.DateField()
    last_on = models.DateField()
    name = models.CharField(max_length=120)

    objects = ClosedDayQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=models.Q(last_on__gte=models.F("first_on")), name="closed_in_order"),
            models.UniqueConstraint(fields=["team", "first_on", "last_on"], name="closed_once"),
        ]

    def __str__(self) -> str:
        return f"{self.name}, {span(self.first_on, self.last_on)}"


class InvitationQuerySet(TeamScoped):
    """Questions about invitations."""

    kind = Kind.INVITATION

    def open(self, at: datetime) -> Self:
        """Return those that can still be taken."""
        return self.filter(taken_at=None, withdrawn_at=None, expires_at__gt=at)


class Invitation(models.Model):
    """A link that lets one person join a team; only a digest of its secret is stored."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    team = models.ForeignKey(Team, on_delete=models.CASCADE, related_name="invitations")
    role = models.CharField(max_length=10, choices=[(r.value, r.value) for r in Role])
    email = models.EmailField(blank=True)
    digest = models.CharField(max_length=64, unique=True)
    by = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+")
    made_at = models.DateTimeField(auto_now_add=True)
    expires_at = models.DateTimeField()
    taken_at = models.DateTimeField(null=True)
    taken_by = models.ForeignKey(Person, on_delete=models.PROTECT, null=True, related_name="+")
    withdrawn_at = models.DateTimeField(null=True)

    objects = InvitationQuerySet.as_manager()

    def is_open(self, at: datetime) -> bool:
        """Say whether it can still be taken at this time."""
        return self.taken_at is None and self.withdrawn_at is None and self.expires_at > at

    def __str__(self) -> str:
        return f"invitation to {self.team} as {self.role}"


class TokenQuerySet(TeamScoped):
    """Questions about tokens."""

    kind = Kind.TOKEN

    def visible_to(self, person: Person) -> Self:
        """Return a person's own tokens, and those of teams whose tokens the policy lets them read."""
        mine: Self = self.filter(person=person)
        return mine | super().visible_to(person)

    def valid(self, at: datetime) -> Self:
        """Return those that open something: neither revoked nor expired, of a person who may still sign in."""
        unexpired = models.Q(expires_at=None) | models.Q(expires_at__gt=at)
        return self.filter(unexpired, revoked_at=None, person__is_active=True)


class Token(models.Model):
    """An access token for programs: acts as one person in one team, within its scopes."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    team = models.ForeignKey(Team, on_delete=models.CASCADE, related_name="tokens")
    person = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="tokens")
    name = models.CharField(max_length=80)
    prefix = models.CharField(max_length=12)
    digest = models.CharField(max_length=64, unique=True)
    scopes = models.JSONField(default=list)
    made_at = models.DateTimeField(auto_now_add=True)
    expires_at = models.DateTimeField(null=True)
    used_at = models.DateTimeField(null=True)
    revoked_at = models.DateTimeField(null=True)

    objects = TokenQuerySet.as_manager()

    def __str__(self) -> str:
        return f"{self.name} ({self.prefix}…)"


class SecurityEventQuerySet(TeamScoped):
    """Questions about security events."""

    kind = Kind.SECURITY_EVENT

    def visible_to(self, person: Person) -> Self:
        """Return what concerns the person, their teams' rows, and of their teams' members what is not attendance."""
        governed = self.governed_by(person)
        of_members = models.Q(person__in=Membership.objects.filter(team__in=governed).values("person"))
        return self.filter(
            models.Q(person=person)
            | models.Q(team__in=governed)
            | (models.Q(team=None) & of_members & ~models.Q(verb__in=ATTENDANCE))
        )

    def governed_by(self, person: Person) -> models.QuerySet[Membership, dict[str, Any]]:
        """Return the teams whose security events the policy lets this person read."""
        readers = [role.value for role in roles_that(Action.READ, self.kind)]
        return Membership.objects.filter(person=person, role__in=readers, person__is_active=True).values("team")

    def of_team(self, team: Team) -> Self:
        """Return those of one team and of its members, whoever reads them."""
        members = Membership.objects.filter(team=team).values("person")
        return self.filter(models.Q(team=team) | models.Q(team=None, person__in=members))


class SecurityEvent(models.Model):
    """Something that matters for security; append-only, each row holds the digest of the one before."""

    id = models.BigAutoField(primary_key=True)
    at = models.DateTimeField()
    verb = models.CharField(max_length=60)
    person = models.ForeignKey(Person, on_delete=models.PROTECT, null=True, related_name="+")
    by = models.ForeignKey(Person, on_delete=models.PROTECT, null=True, related_name="+")
    team = models.ForeignKey(Team, on_delete=models.PROTECT, null=True, related_name="+")
    address = models.CharField(max_length=45, blank=True)
    detail = models.JSONField(default=dict)
    chain = models.CharField(max_length=64, unique=True)

    objects = SecurityEventQuerySet.as_manager()

    class Meta:
        ordering = ["-id"]
        indexes = [models.Index(fields=["team", "-id"]), models.Index(fields=["person", "-id"])]

    def __str__(self) -> str:
        return f"{self.at:%Y-%m-%d %H:%M} {self.verb}"


class ChainHead(models.Model):
    """One row: the digest of the newest security event. Locking it lines writers up; a cut-off end shows against it."""

    id = models.PositiveSmallIntegerField(primary_key=True)
    digest = models.CharField(max_length=64, blank=True)

    def __str__(self) -> str:
        return self.digest
