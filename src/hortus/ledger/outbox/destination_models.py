"""The table of destinations: chat rooms and programs that get a team's messages. Their addresses are sealed."""

import uuid
from datetime import datetime, timedelta

from django.db import models

from hortus.access.models import Person, Team, TeamScoped
from hortus.access.policy import Kind
from hortus.ledger.outbox.destination_secrets import Secrets, unseal

FORMER_SIGNS = timedelta(hours=24)


class DestinationQuerySet(TeamScoped):
    """Questions about destinations."""

    kind = Kind.DESTINATION


class Destination(models.Model):
    """A chat room or a program. topics: slugs that it takes, all where there is none. host: the part that is shown.

    renewed_at: when the signing secret was last replaced; for a day both sign.
    """

    class Sort(models.TextChoices):
        CHAT = "chat", "a chat room, by its incoming webhook"
        WEBHOOK = "webhook", "a program, by signed requests"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    team = models.ForeignKey(Team, on_delete=models.CASCADE, related_name="destinations")
    slug = models.SlugField(max_length=60)
    name = models.CharField(max_length=80)
    sort = models.CharField(max_length=10, choices=Sort.choices)
    host = models.CharField(max_length=260)
    sealed = models.TextField()
    topics = models.JSONField(default=list)
    is_on = models.BooleanField(default=True)
    by = models.ForeignKey(Person, on_delete=models.PROTECT, null=True, related_name="+")
    made_at = models.DateTimeField()
    renewed_at = models.DateTimeField(null=True)

    objects = DestinationQuerySet.as_manager()

    class Meta:
        ordering = ["name", "slug", "pk"]
        constraints = [models.UniqueConstraint(fields=["team", "slug"], name="destination_slug_in_team")]

    def __str__(self) -> str:
        return self.name

    @property
    def secrets(self) -> Secrets:
        """Return what is sealed; raises UnreadableSecretError under another secret key."""
        return unseal(self.sealed)

    @property
    def former_signs_until(self) -> datetime | None:
        """Return until when the former secret signs too, None where none was replaced."""
        return self.renewed_at + FORMER_SIGNS if self.renewed_at else None

    def takes(self, topic: str) -> bool:
        """Say whether messages of a topic go there."""
        return self.is_on and (not self.topics or topic in self.topics)

    def signing_secrets(self, now: datetime) -> list[str]:
        """Return the secrets that sign at a time (aware), the present one first."""
        held, until = self.secrets, self.former_signs_until
        return [held.signing, *([held.former] if held.former and until and now < until else [])]
