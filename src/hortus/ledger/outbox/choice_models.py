"""Tables of what people chose to hear: one row for a person's hours in a team, one for each topic that they changed.

And one where they have a feed of their own.
"""

import uuid
from typing import Self

from django.db import models

from hortus.access.models import Membership, Person, Team, TeamScoped
from hortus.access.policy import Kind
from hortus.ledger.outbox.choices_rules import DIGEST_HOUR, Hours
from hortus.ledger.outbox.topics import Way


class OwnChoices(TeamScoped):
    """Questions about choices: what somebody wants to hear, and when they sleep, only they see."""

    kind = Kind.NOTICE_CHOICE

    def visible_to(self, person: Person) -> Self:
        """Return the rows of this person."""
        return super().visible_to(person).filter(person=person)


class Hearing(models.Model):
    """When a person hears of a team. zone: IANA name, "" for the team's. Quiet from and until: both or none."""

    team = models.ForeignKey(Team, on_delete=models.CASCADE, related_name="+")
    person = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="+")
    quiet_from = models.TimeField(null=True)
    quiet_until = models.TimeField(null=True)
    digest_hour = models.PositiveSmallIntegerField(default=DIGEST_HOUR)
    zone = models.CharField(max_length=60, blank=True)

    objects = OwnChoices.as_manager()

    class Meta:
        ordering = ["pk"]
        constraints = [models.UniqueConstraint(fields=["team", "person"], name="hearing_of_person_in_team")]

    def __str__(self) -> str:
        return f"{self.person} in {self.team}"

    def hours(self, team_zone: str) -> Hours:
        """Return the hours as plain values."""
        return Hours(self.zone or team_zone, self.quiet_from, self.quiet_until, self.digest_hour)


class TopicChoice(models.Model):
    """How a person wants the messages of one topic; there is no row for what they never changed."""

    team = models.ForeignKey(Team, on_delete=models.CASCADE, related_name="+")
    person = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="+")
    topic = models.CharField(max_length=40)
    way = models.CharField(max_length=10, choices=[(way.value, way.value) for way in Way])

    objects = OwnChoices.as_manager()

    class Meta:
        ordering = ["topic", "pk"]
        constraints = [models.UniqueConstraint(fields=["team", "person", "topic"], name="choice_of_topic")]

    def __str__(self) -> str:
        return f"{self.topic}: {self.way}"


class OwnFeed(models.Model):
    """The feed of a person's messages in a team. key: what its address is signed over; a new one makes a new address.

    It goes with the membership: who comes back to the team has no address until they make one.
    """

    team = models.ForeignKey(Team, on_delete=models.CASCADE, related_name="+")
    person = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="+")
    membership = models.OneToOneField(Membership, on_delete=models.CASCADE, related_name="+")
    key = models.UUIDField(unique=True, default=uuid.uuid4)
    made_at = models.DateTimeField()

    objects = OwnChoices.as_manager()

    def __str__(self) -> str:
        return f"the feed of {self.person} in {self.team}"
