"""Tables of fires: what displaced planned work, and the cards that three of a kind make."""

import uuid
from datetime import datetime
from typing import Self

from django.db import models

from hortus.access.models import Person, Team, TeamScoped
from hortus.access.policy import Kind
from hortus.processes.fires.rules.kindling import Answer
from hortus.values.origin import Origin


class FireQuerySet(TeamScoped):
    """Questions about fires."""

    kind = Kind.FIRE

    def counted(self) -> Self:
        """Return those that count: an incident that was dismissed or merged into another is none of its own."""
        return self.filter(is_counted=True)

    def between(self, after: datetime, until: datetime) -> Self:
        """Return what happened after one instant, up to and with another."""
        return self.filter(at__gt=after, at__lte=until)


class Fire(models.Model):
    """Something that displaced planned work: an incident, or an interrupt that somebody noted.

    object_kind, object_id: the ledger's reference of an incident, empty for an interrupt. service: slug or empty.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    team = models.ForeignKey(Team, on_delete=models.CASCADE, related_name="fires")
    at = models.DateTimeField()
    noted_at = models.DateTimeField()
    by = models.ForeignKey(Person, on_delete=models.PROTECT, null=True, related_name="+")
    sentence = models.CharField(max_length=300, blank=True)
    service = models.SlugField(max_length=60, blank=True)
    tags = models.JSONField(default=list)
    origin = models.CharField(
        max_length=12, choices=[(o.value, o.word) for o in Origin], default=Origin.UNKNOWN, blank=True
    )
    object_kind = models.CharField(max_length=40, blank=True)
    object_id = models.CharField(max_length=64, blank=True)
    is_counted = models.BooleanField(default=True)

    objects = FireQuerySet.as_manager()

    class Meta:
        ordering = ["-at", "-pk"]
        indexes = [models.Index(fields=["team", "-at"], name="fire_of_team")]
        constraints = [
            models.UniqueConstraint(
                fields=["team", "object_kind", "object_id"],
                condition=~models.Q(object_id=""),
                name="incident_burns_once",
            )
        ]

    def __str__(self) -> str:
        return self.sentence or f"Interrupt by {self.service or 'something else'}"

    @property
    def subjects(self) -> list[str]:
        """Return what it can have in common with others: its service and its tags, as `Kindling.subject` holds them."""
        return [*([f"service:{self.service}"] if self.service else []), *(f"tag:{tag}" for tag in self.tags)]


class KindlingQuerySet(TeamScoped):
    """Questions about kindling cards."""

    kind = Kind.FIRE

    def open(self) -> Self:
        """Return the cards that nobody answered."""
        return self.filter(answered_at=None)


class Kindling(models.Model):
    """Three fires of a kind: a card that asks for one answer. A card that is looked at again is a card of its own."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    team = models.ForeignKey(Team, on_delete=models.CASCADE, related_name="kindling")
    subject = models.CharField(max_length=80)
    fires = models.ManyToManyField(Fire, related_name="kindling")
    opened_at = models.DateTimeField()
    before = models.OneToOneField("self", on_delete=models.SET_NULL, null=True, related_name="after")
    answer = models.CharField(max_length=10, blank=True, choices=[(a.value, a.word) for a in Answer])
    sentence = models.CharField(max_length=300, blank=True)
    look_again_on = models.DateField(null=True)
    answered_at = models.DateTimeField(null=True)
    by = models.ForeignKey(Person, on_delete=models.PROTECT, null=True, related_name="+")

    objects = KindlingQuerySet.as_manager()

    class Meta:
        ordering = ["-opened_at", "-pk"]
        indexes = [models.Index(fields=["team", "-opened_at"], name="kindling_of_team")]
        constraints = [
            models.UniqueConstraint(
                fields=["team", "subject"], condition=models.Q(answered_at=None), name="one_open_card_of_a_kind"
            )
        ]

    def __str__(self) -> str:
        return self.subject.partition(":")[2]

    @property
    def is_of_service(self) -> bool:
        """Say whether its fires share a service, and not a tag."""
        return self.subject.startswith("service:")
