"""Says of planned work that was announced before where it stands, whose it is and what clocks showed.

A migration of its own: PostgreSQL changes no table whose rows were changed in the same transaction.
"""

from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.db import migrations


def wall(at: datetime, zone: ZoneInfo) -> str:
    """Return what the clocks of a zone show."""
    shown = at.astimezone(zone)
    text = shown.replace(tzinfo=None, fold=0).isoformat()
    return text + (" second" if shown.fold else "")


def fill(apps: Any, schema_editor: Any) -> None:
    """Say of work that was announced where it stands: nobody was asked yet, so what is past is taken to be over."""
    now = datetime.now(UTC)
    for work in apps.get_model("catalogue", "PlannedWork").objects.select_related("team"):
        zone = ZoneInfo(work.team.zone)
        work.zone, work.owner_id = work.team.zone, work.by_id
        work.begins_wall, work.ends_wall = wall(work.begins_at, zone), wall(work.ends_at, zone)
        work.planned_at = work.told_at = work.announced_at
        if work.cancelled_at is not None:
            work.state = "cancelled"
        elif work.ends_at <= now:
            work.state = "done"
        work.save()


class Migration(migrations.Migration):
    dependencies = [("catalogue", "0006_windows")]

    operations = [migrations.RunPython(fill, migrations.RunPython.noop)]
