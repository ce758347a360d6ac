"""Tables of the outbox: what is said, and to whom it is due. Written by `actions.tell`, ended by delivering."""

import uuid
from datetime import datetime
from typing import Self

from django.db import models

from hortus.access.models import Person, Team, TeamScoped
from hortus.access.policy import Kind
from hortus.ledger.outbox import topics
from hortus.ledger.outbox.recipients import Channel
from hortus.ledger.outbox.rules import is_again
from hortus.ledger.refs import Ref


class Urgency(models.TextChoices):
    """How a message waits: pressing ones go first; safety ones also ignore quiet hours and digests."""

    NORMAL = "normal"
    PRESSING = "pressing"
    SAFETY = "safety"


class MessageQuerySet(TeamScoped):
    """Questions about messages."""

    kind = Kind.MESSAGE


class Message(models.Model):
    """Something that is said, once, to whoever is due. Its id is the same in every try and on every channel.

    thread: what belongs together, as in "incident:<id>": kept in order for each recipient, folded, one thread of
    e-mail. path: page of Hortus, or of the public status page, that tells more. useful_until: after it nobody needs it.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    team = models.ForeignKey(Team, on_delete=models.PROTECT, related_name="+")
    topic = models.CharField(max_length=40)
    thread = models.CharField(max_length=100, blank=True)
    subject = models.CharField(max_length=200)
    body = models.TextField()
    path = models.CharField(max_length=300, blank=True)
    urgency = models.CharField(max_length=10, choices=Urgency.choices, default=Urgency.NORMAL)
    object_kind = models.CharField(max_length=40)
    object_id = models.CharField(max_length=64)
    by = models.ForeignKey(Person, on_delete=models.PROTECT, null=True, related_name="+")
    made_at = models.DateTimeField()
    useful_until = models.DateTimeField(null=True)
    dedupe_key = models.CharField(max_length=200, null=True)

    objects = MessageQuerySet.as_manager()

    class Meta:
        ordering = ["-made_at", "-pk"]
        indexes = [models.Index(fields=["team", "-made_at"], name="message_of_team")]
        constraints = [models.UniqueConstraint(fields=["team", "dedupe_key"], name="message_said_once")]

    def __str__(self) -> str:
        return self.subject

    @property
    def sort(self) -> str:
        """Return what such a message is called."""
        return topics.name(self.topic)

    @property
    def gist(self) -> str:
        """Return its first line that says more than its subject."""
        lines = (line.strip() for line in self.body.splitlines())
        return next((line for line in lines if line and not is_again(self.subject, line)), "")

    @property
    def ref(self) -> Ref:
        """Return it as events speak of it: by its topic, since who reads events may not read messages."""
        return Ref("message", str(self.pk), self.topic)


class DeliveryQuerySet(TeamScoped):
    """Questions about deliveries."""

    kind = Kind.MESSAGE

    def due(self) -> Self:
        """Return those that are still to be sent."""
        return self.filter(state=Delivery.State.DUE)

    def dead(self) -> Self:
        """Return those that were given up: they wait for a person."""
        return self.filter(state=Delivery.State.DEAD)

    def held(self) -> Self:
        """Return those of a restored backup: they may have been sent already, and wait for a person."""
        return self.filter(state=Delivery.State.HELD)

    def worst_first(self) -> Self:
        """Return them with those first that wait for a person, then what is due, what was not sent, what was taken."""
        ranks = [models.When(state=state, then=rank) for rank, state in enumerate(("dead", "held", "due", "dropped"))]
        return self.order_by(models.Case(*ranks, default=len(ranks), output_field=models.IntegerField()), "pk")

    def waiting_since(self, moment: datetime) -> Self:
        """Return those that should have left by then and have not; what quiet hours or a digest hold is left out."""
        return self.due().filter(models.Q(not_before=None) | models.Q(not_before__lt=moment), due_from__lt=moment)


class Delivery(models.Model):
    """One message to one recipient by one channel: the row of the outbox, and what became of it.

    may_repeat: a try was cut off after it had begun, so the recipient may have the message twice, under the same id.
    lane: what one recipient gets in order, one after the other. folded_into: the delivery whose letter tells this
    message, too; it is due as long as that one is.
    """

    class State(models.TextChoices):
        """Where it stands. Due and held are open; a dead one waits for a person."""

        DUE = "due"
        HELD = "held"
        ACCEPTED = "accepted"
        DEAD = "dead"
        DROPPED = "dropped"

    id = models.BigAutoField(primary_key=True)
    team = models.ForeignKey(Team, on_delete=models.PROTECT, related_name="+")
    message = models.ForeignKey(Message, on_delete=models.PROTECT, related_name="deliveries")
    channel = models.CharField(max_length=10, choices=[(c.value, c.value) for c in Channel])
    recipient_kind = models.CharField(max_length=20)
    recipient_id = models.CharField(max_length=64)
    state = models.CharField(max_length=10, choices=State.choices, default=State.DUE)
    lane = models.CharField(max_length=200, blank=True)
    made_at = models.DateTimeField()
    due_from = models.DateTimeField(null=True, help_text="From when on it is given three days, anew with each retry.")
    not_before = models.DateTimeField(null=True, help_text="Quiet hours or a digest let it wait until then.")
    attempts = models.PositiveIntegerField(default=0)
    failures = models.PositiveSmallIntegerField(default=0, help_text="In a row; the next wait follows from them.")
    begun_at = models.DateTimeField(null=True, help_text="A try began and its end is not known yet.")
    ended_at = models.DateTimeField(null=True)
    reason = models.CharField(
        max_length=300, blank=True, help_text="What the other side said last, or why it was held, dropped or given up."
    )
    may_repeat = models.BooleanField(default=False)
    folded_into = models.ForeignKey("self", on_delete=models.SET_NULL, null=True, related_name="folds")

    objects = DeliveryQuerySet.as_manager()

    class Meta:
        ordering = ["-id"]
        indexes = [
            models.Index(fields=["state", "made_at"], name="delivery_state"),
            models.Index(fields=["recipient_kind", "recipient_id", "channel", "id"], name="delivery_recipient"),
            models.Index(fields=["lane", "id"], condition=models.Q(state="due"), name="delivery_lane"),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["message", "channel", "recipient_kind", "recipient_id"], name="delivery_due_once"
            )
        ]

    def __str__(self) -> str:
        return f"{self.message} to {self.recipient_kind} by {self.channel}, {self.state}"


# Further tables, in files of their own; Django looks for them here.
from hortus.ledger.outbox.choice_models import Hearing, TopicChoice  # noqa: E402, F401
from hortus.ledger.outbox.destination_models import Destination  # noqa: E402, F401
