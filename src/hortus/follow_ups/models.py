"""The table of follow-ups. Which practice one came from is told by a reference and by the kind that guards it."""

import uuid
from datetime import date, datetime
from typing import Self

from django.db import models
from django.db.models import Case, IntegerField, Q, Value, When

from hortus.access.models import Membership, Person, Team, TeamScoped
from hortus.access.policy import Action, Kind, allows, roles_that
from hortus.follow_ups.rules import LONG_OPEN, State


class FollowUpQuerySet(TeamScoped):
    """Questions about follow-ups. Each is guarded twice: as a follow-up, and as what its practice says it is."""

    kind = Kind.FOLLOW_UP

    def visible_to(self, person: Person) -> Self:
        """Return those that the policy lets this person read, in all teams together."""
        readable = Q(pk__in=[])
        for role in roles_that(Action.READ, self.kind):
            teams = Membership.objects.filter(person=person, role=role.value, person__is_active=True).values("team")
            guards = [kind.value for kind in Kind if allows(kind, role, Action.READ)]
            readable |= Q(team__in=teams, guard__in=guards)
        return self.filter(readable)

    def open(self) -> Self:
        """Return those that are neither done nor dropped."""
        return self.filter(state=State.OPEN)

    def about(self, kind: str, id: str) -> Self:  # noqa: A002 -- the ledger's reference is (kind, id)
        """Return those that grew from one object."""
        return self.filter(about_kind=kind, about_id=id)

    def mine_first(self, person: Person) -> Self:
        """Return them as one looks at them: this person's, then nobody's, then others', the earliest day first."""
        rank = Case(
            When(owner=person, then=Value(0)), When(owner=None, then=Value(1)), default=Value(2),
            output_field=IntegerField(),
        )  # fmt: skip
        return self.annotate(rank=rank).order_by("rank", "due_on", "made_at", "pk")

    def long_open(self, at: datetime) -> Self:
        """Return those that were open at a time and had been so for more than 30 days."""
        return self.filter(Q(ended_at=None) | Q(ended_at__gt=at), made_at__lt=at - LONG_OPEN)


class FollowUp(models.Model):
    """What somebody said they would do by a day.

    guard: the policy kind that says who may read and change it; anything but "follow-up" keeps its words out of the
    ledger, the search and all messages. about: the object that it grew from. learning: what was learned that it
    follows from, in the words of then. moves: how often its day was moved.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    team = models.ForeignKey(Team, on_delete=models.CASCADE, related_name="+")
    guard = models.CharField(max_length=20, default=Kind.FOLLOW_UP.value)
    text = models.CharField(max_length=300)
    owner = models.ForeignKey(Person, on_delete=models.SET_NULL, null=True, related_name="+")
    due_on = models.DateField()
    about_kind = models.CharField(max_length=40)
    about_id = models.CharField(max_length=64)
    about_name = models.CharField(max_length=200)
    learning = models.CharField(max_length=300, blank=True)
    state = models.CharField(max_length=10, choices=[(s.value, s.word) for s in State], default=State.OPEN.value)
    reason = models.CharField(max_length=300, blank=True, help_text="Why it was dropped, or its day moved last.")
    moves = models.PositiveIntegerField(default=0)
    by = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+")
    made_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)

    objects = FollowUpQuerySet.as_manager()

    class Meta:
        ordering = ["due_on", "made_at", "pk"]
        indexes = [
            models.Index(fields=["team", "state", "due_on"], name="follow_up_of_team"),
            models.Index(fields=["about_kind", "about_id"], name="follow_up_about"),
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(state="open", ended_at=None) | (~Q(state="open") & ~Q(ended_at=None)),
                name="follow_up_ends_when_not_open",
            )
        ]

    def __str__(self) -> str:
        return self.text

    @property
    def is_open(self) -> bool:
        """Say whether it is neither done nor dropped."""
        return self.state == State.OPEN

    @property
    def is_shared(self) -> bool:
        """Say whether whoever may read the team's activity may read its words too."""
        return self.guard == Kind.FOLLOW_UP

    @property
    def word(self) -> str:
        """Return how it stands in words."""
        return State(self.state).word

    def is_late(self, today: date) -> bool:
        """Say whether its day has gone by."""
        return self.is_open and self.due_on < today
