"""Keeps which time of planned work was announced before it began; of earlier rows, where they tell it for sure."""

from typing import Any

from django.db import migrations, models


def tell(apps: Any, schema_editor: Any) -> None:
    """Fill it for work that was announced, and never changed again, before it began."""
    for work in apps.get_model("catalogue", "PlannedWork").objects.filter(cancelled_at=None):
        if max(work.announced_at, work.changed_at) < work.begins_at:
            span = [work.begins_at.isoformat(), work.ends_at.isoformat()]
            work.foretold = {str(pk): span for pk in work.functions.values_list("pk", flat=True)}
            work.save(update_fields=["foretold"])


class Migration(migrations.Migration):
    dependencies = [("catalogue", "0002_functions")]

    operations = [
        migrations.AddField(
            model_name="plannedwork",
            name="foretold",
            field=models.JSONField(
                default=dict,
                help_text="By id of a function: since and until when, in ISO 8601, as said before it began.",
            ),
        ),
        migrations.RunPython(tell, migrations.RunPython.noop),
    ]
