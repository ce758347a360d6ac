"""The Service table: what the team offers to researchers, by name and owner."""

import uuid

from django.db import models

from hortus.access.models import Person, Team, TeamScoped
from hortus.access.policy import Kind


class ServiceQuerySet(TeamScoped):
    """Questions about services."""

    kind = Kind.SERVICE


class Service(models.Model):
    """Something that researchers use, with one owner and perhaps a deputy."""

    class Sort(models.TextChoices):
        """What kind of service it is."""

        CLUSTER = "cluster", "Cluster"
        STORAGE = "storage", "Storage"
        INTERACTIVE = "interactive", "Notebooks and desktops"
        DATA = "data", "Data service"
        SOFTWARE = "software", "Research software"
        SUPPORT = "support", "Support and training"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    team = models.ForeignKey(Team, on_delete=models.CASCADE, related_name="services")
    slug = models.SlugField(max_length=60)
    name = models.CharField(max_length=120)
    sort = models.CharField(max_length=20, choices=Sort.choices)
    sentence = models.CharField(max_length=300, help_text="What a researcher can do with it, in one sentence.")
    owner = models.ForeignKey(Person, on_delete=models.SET_NULL, null=True, blank=True, related_name="+")
    deputy = models.ForeignKey(Person, on_delete=models.SET_NULL, null=True, blank=True, related_name="+")
    retired_on = models.DateField(null=True, blank=True)

    objects = ServiceQuerySet.as_manager()

    class Meta:
        ordering = ["name"]
        constraints = [models.UniqueConstraint(fields=["team", "slug"], name="service_slug_in_team")]

    def __str__(self) -> str:
        return self.name
