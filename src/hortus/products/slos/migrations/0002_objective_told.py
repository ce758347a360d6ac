from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [("slos", "0001_initial")]

    operations = [
        migrations.AddField(
            model_name="objective",
            name="told",
            field=models.JSONField(
                blank=True, default=dict, help_text="What a file said beyond this; for its export."
            ),
        ),
    ]
