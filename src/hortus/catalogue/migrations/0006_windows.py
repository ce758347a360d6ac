"""Planned work gets states, kinds, owners and what clocks showed. 0007 fills it for what was announced before."""

import uuid

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

NOTICE_SECONDS = 604800
SORTS = [("outage", "it is down meanwhile"), ("at-risk", "it stays up, at risk")]
STATES = [(one, one) for one in ("planned", "announced", "started", "checking", "done", "cancelled")]


class Migration(migrations.Migration):
    dependencies = [
        ("access", "0002_keep_the_chain"),
        ("catalogue", "0005_bulletins"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AddField(
            "service", "notice_seconds",
            models.PositiveIntegerField(
                default=NOTICE_SECONDS, help_text="How long before it begins planned work is announced."
            ),
        ),
        migrations.CreateModel(
            name="RepeatingWork",
            fields=[
                ("id", models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ("title", models.CharField(max_length=120)),
                ("sort", models.CharField(choices=SORTS, default="outage", max_length=10)),
                ("zone", models.CharField(max_length=60)),
                ("starts", models.CharField(max_length=30)),
                ("minutes", models.PositiveIntegerField()),
                ("rule", models.CharField(max_length=200)),
                ("can", models.CharField(blank=True, max_length=300)),
                ("cannot", models.CharField(blank=True, max_length=300)),
                ("instead", models.CharField(blank=True, max_length=300)),
                ("is_recalled", models.BooleanField(default=False)),
                ("made_at", models.DateTimeField()),
                ("made_until", models.DateTimeField(null=True)),
                ("stopped_at", models.DateTimeField(null=True)),
                ("by", models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL)),
                ("owner", models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL)),
                ("functions", models.ManyToManyField(related_name="+", to="catalogue.function")),
                ("team", models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name="+", to="access.team")),
            ],
            options={"ordering": ["title", "pk"]},
        ),
        migrations.AddField("plannedwork", "sort", models.CharField(choices=SORTS, default="outage", max_length=10)),
        migrations.AddField("plannedwork", "state", models.CharField(choices=STATES, default="announced", max_length=10)),
        migrations.AddField("plannedwork", "zone", models.CharField(default="", max_length=60), preserve_default=False),
        migrations.AddField("plannedwork", "begins_wall", models.CharField(default="", max_length=30), preserve_default=False),
        migrations.AddField("plannedwork", "ends_wall", models.CharField(default="", max_length=30), preserve_default=False),
        migrations.AddField("plannedwork", "planned_at", models.DateTimeField(null=True)),
        migrations.AlterField("plannedwork", "announced_at", models.DateTimeField(null=True)),
        migrations.AddField("plannedwork", "told_at", models.DateTimeField(null=True)),
        migrations.AddField("plannedwork", "notice_seconds", models.PositiveIntegerField(default=NOTICE_SECONDS)),
        migrations.AddField("plannedwork", "notice_reason", models.CharField(blank=True, default="", max_length=300), preserve_default=False),
        migrations.AddField(
            "plannedwork", "owner",
            models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField("plannedwork", "started_at", models.DateTimeField(null=True)),
        migrations.AddField("plannedwork", "checking_at", models.DateTimeField(null=True)),
        migrations.AddField("plannedwork", "done_at", models.DateTimeField(null=True)),
        migrations.AddField("plannedwork", "next_word_at", models.DateTimeField(null=True)),
        migrations.AddField("plannedwork", "moved_from", models.DateTimeField(null=True)),
        migrations.AddField("plannedwork", "is_recalled", models.BooleanField(default=False)),
        migrations.AddField("plannedwork", "recalled_at", models.DateTimeField(null=True)),
        migrations.AddField(
            "plannedwork", "repeating",
            models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name="windows", to="catalogue.repeatingwork"),
        ),
        migrations.AddField("plannedwork", "occurrence", models.CharField(blank=True, default="", max_length=30), preserve_default=False),
    ]
