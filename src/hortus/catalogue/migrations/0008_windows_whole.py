"""Asks for what 0007 filled."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("catalogue", "0007_windows_filled")]

    operations = [
        migrations.AlterField(
            "plannedwork", "owner",
            models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL),
        ),
        migrations.AlterField("plannedwork", "planned_at", models.DateTimeField()),
        migrations.AddIndex("plannedwork", models.Index(fields=["state", "begins_at"], name="planned_work_state")),
        migrations.AddConstraint(
            "plannedwork",
            models.UniqueConstraint(
                condition=models.Q(("repeating__isnull", False)), fields=("repeating", "occurrence"),
                name="work_made_once",
            ),
        ),
    ]
