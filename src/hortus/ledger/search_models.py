"""The table of what can be found. Written by `ledger.search` only; the full-text index beside it follows by itself."""

from typing import Self

from django.db import models
from django.db.models import Q

from hortus.access.models import Membership, Person, Team, TeamScoped
from hortus.access.policy import Action, Kind, allows, roles_that


class SearchEntryQuerySet(TeamScoped):
    """Questions about entries. Who may not read the team's activity, a guest for one, finds nothing at all."""

    kind = Kind.EVENT

    def visible_to(self, person: Person) -> Self:
        """Return the entries whose objects the policy lets this person read, in all teams together."""
        readable = Q(pk__in=[])
        for role in roles_that(Action.READ, self.kind):
            teams = Membership.objects.filter(person=person, role=role.value, person__is_active=True).values("team")
            kinds = [kind.value for kind in Kind if allows(kind, role, Action.READ)]
            readable |= Q(team__in=teams, kind__in=kinds)
        return self.filter(readable)


class SearchEntry(models.Model):
    """An object that can be found by its words. kind: what guards it in the policy; the words are folded.

    SQLite rebuilds a table that a migration changes and loses its triggers: such a migration must lift and lay the
    index again (`search_tables`).
    """

    id = models.BigAutoField(primary_key=True)
    team = models.ForeignKey(Team, on_delete=models.CASCADE, related_name="+")
    kind = models.CharField(max_length=40)
    object_kind = models.CharField(max_length=40)
    object_id = models.CharField(max_length=64)
    title = models.CharField(max_length=200)
    body = models.TextField(blank=True)
    title_words = models.TextField()
    body_words = models.TextField(blank=True)

    objects = SearchEntryQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["team", "object_kind", "object_id"], name="search_entry_once"),
        ]

    def __str__(self) -> str:
        return f"{self.object_kind} {self.title}"
