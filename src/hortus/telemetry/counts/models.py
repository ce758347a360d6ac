"""Tables of the counts of good and total events: series, their hours, the batches that were taken."""

from typing import Any, Self

from django.db import models

from hortus.access.models import Person, Team, TeamScoped
from hortus.access.policy import Kind

SHELF_BITS = 24
MOST_SERIES = 1 << SHELF_BITS
PUSH = "push"  # the source of a series that programs send events to


class SeriesQuerySet(TeamScoped):
    """Questions about series."""

    kind = Kind.COUNT


class Series(models.Model):
    """One stream of good and total events; an SLI owns one. Its counts lie in lane id % 64 of shelf id // 64."""

    id = models.AutoField(primary_key=True)
    team = models.ForeignKey(Team, on_delete=models.CASCADE, related_name="series")
    name = models.SlugField(max_length=80)
    source = models.CharField(max_length=40, help_text="Which kind of source feeds it, as in push or probe.")
    created_at = models.DateTimeField(auto_now_add=True)

    objects = SeriesQuerySet.as_manager()

    class Meta:
        ordering = ["name"]
        verbose_name_plural = "series"
        constraints = [
            models.UniqueConstraint(fields=["team", "name"], name="series_name_in_team"),
            models.CheckConstraint(condition=models.Q(id__lt=MOST_SERIES), name="series_fits_its_key"),
        ]

    def __str__(self) -> str:
        return self.name


class ShelfQuerySet(TeamScoped):
    """Questions about shelves, which may hold series of several teams: only for programs of Hortus itself."""

    kind = Kind.COUNT

    def visible_to(self, person: Person) -> Self:
        """Return nothing: a shelf is no team's; read series through reading.py."""
        return self.none()


class Shelf(models.Model):
    """What is known of 64 series together: the hours that have rows, the tiers, the running totals at the end.

    Rows lie without a gap from first_hour to last_hour; both are empty as long as nothing was counted. Hours count from
    1970 in UTC. totals: see cells.py.
    """

    id = models.IntegerField(primary_key=True)
    first_hour = models.IntegerField(null=True)
    last_hour = models.IntegerField(null=True)
    coarse_until = models.IntegerField(default=0, help_text="Hours before it have no minutes.")
    daily_until = models.IntegerField(default=0, help_text="Before it one row stands for a day.")
    totals = models.BinaryField(default=b"")

    objects = ShelfQuerySet.as_manager()

    def __str__(self) -> str:
        return f"shelf {self.id}"


class KeyField(models.BigIntegerField[int, int]):
    """A 64-bit key that SQLite takes for its row number, so that rows lie in the order of their keys."""

    def db_type(self, connection: Any) -> str | None:
        """Return the column's type."""
        return "integer" if connection.vendor == "sqlite" else super().db_type(connection)


class HourCounts(models.Model):
    """What was counted in 64 series before an hour, and in its minutes.

    id: hour << 24 | shelf. totals: running totals before the hour, and a bit for each measured minute. counts: of its
    minutes; of the whole hour, or of a day before Shelf.daily_until, where the row has no minutes. See cells.py.
    """

    id = KeyField(primary_key=True)
    totals = models.BinaryField()
    counts = models.BinaryField()

    objects = ShelfQuerySet.as_manager()

    def __str__(self) -> str:
        return f"hour {self.id >> SHELF_BITS} of shelf {self.id % (1 << SHELF_BITS)}"


class BatchQuerySet(TeamScoped):
    """Questions about batches."""

    kind = Kind.COUNT


class Batch(models.Model):
    """A batch of events that was taken under an idempotency key: the same key again adds nothing."""

    team = models.ForeignKey(Team, on_delete=models.CASCADE, related_name="+")
    source = models.CharField(max_length=40)
    key = models.CharField(max_length=200)
    at = models.DateTimeField(auto_now_add=True, db_index=True)

    objects = BatchQuerySet.as_manager()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["team", "source", "key"], name="batch_counts_once")]

    def __str__(self) -> str:
        return f"{self.source}: {self.key}"
