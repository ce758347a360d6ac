"""Tables of the news: threads of bulletins, and who asked to hear of them. Imported by `models`, as Django wants it."""

import uuid
from typing import Self

from django.db import models
from django.db.models import OuterRef, Subquery

from hortus.access.models import Person, Team, TeamScoped
from hortus.access.policy import Kind

PLANNED = "planned-work"  # the kind of the ledger's references to planned work
REPEATING = "repeating-work"
FORETOLD = (PLANNED, REPEATING)  # what is told weeks before it begins, and is no trouble


class NewsThreadQuerySet(TeamScoped):
    """Questions about threads."""

    kind = Kind.CONDITION

    def open(self) -> Self:
        """Return those whose last bulletin did not say that it is the last."""
        return self.filter(closed_at=None)

    def with_last_bulletin(self) -> Self:
        """Add the id of the newest bulletin, as `last_id`."""
        newest = Bulletin.objects.filter(thread=OuterRef("pk")).order_by("-place")
        return self.annotate(last_id=Subquery(newest.values("id")[:1]))


class NewsThread(models.Model):
    """What the public is told about one thing: an incident, planned work. Its id stands in the public address.

    about_kind, about_id: the ledger's reference. joined_into: the thread that tells on, since the two were found to be
    one.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    team = models.ForeignKey(Team, on_delete=models.PROTECT, related_name="+")
    about_kind = models.CharField(max_length=40)
    about_id = models.CharField(max_length=64)
    began_at = models.DateTimeField()
    closed_at = models.DateTimeField(null=True)
    joined_into = models.ForeignKey("self", on_delete=models.PROTECT, null=True, related_name="joined")

    objects = NewsThreadQuerySet.as_manager()

    class Meta:
        ordering = ["-began_at", "-pk"]
        indexes = [models.Index(fields=["team", "closed_at"], name="news_thread_of_team")]
        constraints = [models.UniqueConstraint(fields=["team", "about_kind", "about_id"], name="news_thread_once")]

    def __str__(self) -> str:
        return f"{self.about_kind} {self.about_id}"

    @property
    def is_planned(self) -> bool:
        """Say whether it is about planned work."""
        return self.about_kind == PLANNED

    @property
    def is_standing(self) -> bool:
        """Say whether it is about work that comes back: each of its texts stands alone, and none says that it ended."""
        return self.about_kind == REPEATING


class BulletinQuerySet(TeamScoped):
    """Questions about bulletins."""

    kind = Kind.CONDITION

    def whole(self) -> Self:
        """Return them with what a page shows of each: its thread, its functions, what it said of them."""
        return self.select_related("thread", "team").prefetch_related(
            "functions__service", "statements__function__service"
        )


class Bulletin(models.Model):
    """A text that a person wrote for the public; the database refuses to change or remove it.

    place: 1 for the first of its thread. functions: all that it is about; those whose condition it changed have a
    statement of it, too. is_last: nothing more is to come.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    team = models.ForeignKey(Team, on_delete=models.PROTECT, related_name="+")
    thread = models.ForeignKey(NewsThread, on_delete=models.PROTECT, related_name="bulletins")
    place = models.PositiveIntegerField()
    title = models.CharField(max_length=300)
    can = models.CharField(max_length=300, blank=True)
    cannot = models.CharField(max_length=300, blank=True)
    instead = models.CharField(max_length=300, blank=True)
    trying = models.CharField(max_length=300, blank=True)
    next_update_at = models.DateTimeField(null=True)
    is_last = models.BooleanField(default=False)
    said_at = models.DateTimeField()
    by = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+")
    functions = models.ManyToManyField("catalogue.Function", related_name="bulletins")

    objects = BulletinQuerySet.as_manager()

    class Meta:
        ordering = ["-said_at", "-place", "-pk"]
        indexes = [models.Index(fields=["team", "-said_at"], name="bulletin_of_team")]
        constraints = [models.UniqueConstraint(fields=["thread", "place"], name="bulletin_place")]

    def __str__(self) -> str:
        return self.title


class SubscriberQuerySet(TeamScoped):
    """Questions about subscribers."""

    kind = Kind.SUBSCRIBER

    def confirmed(self) -> Self:
        """Return those who proved that the address is theirs."""
        return self.exclude(confirmed_at=None)


class Subscriber(models.Model):
    """An address that asked for the news of a team's status page. It is gone when it asks no more.

    wants_all: of every service, those to come included; else of `services`. mails: how often a confirmation was asked
    of it, the last time at `mailed_at`, so that nobody floods a stranger's mailbox.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    team = models.ForeignKey(Team, on_delete=models.CASCADE, related_name="+")
    email = models.EmailField(max_length=254)
    wants_all = models.BooleanField(default=True)
    services = models.ManyToManyField("catalogue.Service", related_name="subscribers")
    asked_at = models.DateTimeField()
    confirmed_at = models.DateTimeField(null=True)
    mailed_at = models.DateTimeField(null=True)
    mails = models.PositiveSmallIntegerField(default=0)

    objects = SubscriberQuerySet.as_manager()

    class Meta:
        ordering = ["email", "pk"]
        constraints = [models.UniqueConstraint(fields=["team", "email"], name="subscriber_once")]

    def __str__(self) -> str:
        return self.email
