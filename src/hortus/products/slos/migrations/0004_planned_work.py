"""Lets objectives leave out announced work: new ones do, those that stand keep their figures until somebody says so."""

from django.db import migrations, models

_HELP = "Work on what it speaks for that was announced before it began does not count."


class Migration(migrations.Migration):
    dependencies = [("slos", "0003_alerts_looked_at"), ("catalogue", "0003_foretold")]

    operations = [
        migrations.AddField(
            model_name="objective",
            name="leaves_out_planned_work",
            field=models.BooleanField(default=False, help_text=_HELP),
        ),
        migrations.AlterField(
            model_name="objective",
            name="leaves_out_planned_work",
            field=models.BooleanField(default=True, help_text=_HELP),
        ),
    ]
