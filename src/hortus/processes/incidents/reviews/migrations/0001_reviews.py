import django.db.models.deletion
import uuid
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
        ('access', '0002_keep_the_chain'),
        ('catalogue', '0004_whole_order'),
        ('incidents', '0001_initial'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='Review',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('number', models.PositiveIntegerField()),
                ('title', models.CharField(max_length=200)),
                ('tags', models.JSONField(default=list)),
                ('is_near_miss', models.BooleanField(default=False)),
                ('entered_later', models.BooleanField(default=False)),
                ('ticked', models.JSONField(default=list)),
                ('depth', models.CharField(choices=[('note', 'note'), ('talk', 'talk'), ('study', 'study')], max_length=5)),
                ('state', models.CharField(choices=[('wanted', 'wanted'), ('writing', 'writing'), ('shared', 'shared'), ('discussed', 'discussed'), ('kept', 'kept'), ('waived', 'waived')], default='wanted', max_length=9)),
                ('wanted_at', models.DateTimeField()),
                ('due_on', models.DateField()),
                ('shared_at', models.DateTimeField(null=True)),
                ('ended_at', models.DateTimeField(help_text='When it was kept or waived.', null=True)),
                ('reason', models.CharField(blank=True, help_text='Why it was waived.', max_length=300)),
                ('how', models.TextField(blank=True)),
                ('surprising', models.TextField(blank=True)),
                ('hard', models.TextField(blank=True)),
                ('helped', models.TextField(blank=True)),
                ('believe', models.TextField(blank=True)),
                ('unknown', models.TextField(blank=True)),
                ('version', models.PositiveIntegerField(default=0)),
                ('readers', models.PositiveIntegerField(default=0)),
                ('shown_on', models.DateField(help_text='When a digest brought it up last.', null=True)),
                ('incidents', models.ManyToManyField(related_name='reviews', to='incidents.incident')),
                ('services', models.ManyToManyField(related_name='+', to='catalogue.service')),
                ('team', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='access.team')),
                ('writer', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'ordering': ['-wanted_at', '-number'],
            },
        ),
        migrations.CreateModel(
            name='Learning',
            fields=[
                ('id', models.BigAutoField(primary_key=True, serialize=False)),
                ('text', models.CharField(max_length=300)),
                ('at', models.DateTimeField()),
                ('by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('team', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='access.team')),
                ('review', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='learnings', to='reviews.review')),
            ],
            options={
                'ordering': ['at', 'id'],
            },
        ),
        migrations.CreateModel(
            name='Factor',
            fields=[
                ('id', models.BigAutoField(primary_key=True, serialize=False)),
                ('text', models.CharField(max_length=300)),
                ('plot', models.CharField(blank=True, choices=[('people-growth', 'People, nurture growth'), ('products-growth', 'Products, nurture growth'), ('processes-growth', 'Processes, nurture growth'), ('people-care', 'People, maintenance care'), ('products-care', 'Products, maintenance care'), ('processes-care', 'Processes, maintenance care'), ('people-urgent', 'People, urgent weed control'), ('products-urgent', 'Products, urgent weed control'), ('processes-urgent', 'Processes, urgent weed control')], max_length=20)),
                ('at', models.DateTimeField()),
                ('by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('team', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='access.team')),
                ('review', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='factors', to='reviews.review')),
            ],
            options={
                'ordering': ['at', 'id'],
            },
        ),
        migrations.CreateModel(
            name='Revision',
            fields=[
                ('id', models.BigAutoField(primary_key=True, serialize=False)),
                ('version', models.PositiveIntegerField()),
                ('texts', models.JSONField()),
                ('at', models.DateTimeField()),
                ('by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('review', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='revisions', to='reviews.review')),
                ('team', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='access.team')),
            ],
            options={
                'ordering': ['-version', '-id'],
            },
        ),
        migrations.CreateModel(
            name='Taken',
            fields=[
                ('id', models.BigAutoField(primary_key=True, serialize=False)),
                ('key', models.CharField(max_length=64)),
                ('digest', models.CharField(max_length=64)),
                ('source_name', models.CharField(max_length=200)),
                ('at', models.DateTimeField()),
                ('by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('incident', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='incidents.incident')),
                ('review', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='reviews.review')),
                ('team', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='access.team')),
            ],
            options={
                'ordering': ['id'],
            },
        ),
        migrations.CreateModel(
            name='Use',
            fields=[
                ('id', models.BigAutoField(primary_key=True, serialize=False)),
                ('object_kind', models.CharField(max_length=40)),
                ('object_id', models.CharField(max_length=64)),
                ('object_name', models.CharField(max_length=200)),
                ('at', models.DateTimeField()),
                ('review', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='uses', to='reviews.review')),
                ('team', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='access.team')),
            ],
            options={
                'ordering': ['at', 'id'],
            },
        ),
        migrations.AddIndex(
            model_name='review',
            index=models.Index(fields=['team', 'state', '-wanted_at'], name='review_of_team'),
        ),
        migrations.AddConstraint(
            model_name='review',
            constraint=models.UniqueConstraint(fields=('team', 'number'), name='review_number_in_team'),
        ),
        migrations.AddConstraint(
            model_name='review',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('state', 'waived'), _negated=True), models.Q(('reason', ''), _negated=True), _connector='OR'), name='review_waived_with_a_reason'),
        ),
        migrations.AddConstraint(
            model_name='learning',
            constraint=models.UniqueConstraint(fields=('review', 'text'), name='learned_once'),
        ),
        migrations.AddConstraint(
            model_name='factor',
            constraint=models.UniqueConstraint(fields=('review', 'text'), name='contributed_once'),
        ),
        migrations.AddConstraint(
            model_name='revision',
            constraint=models.UniqueConstraint(fields=('review', 'version'), name='review_version_once'),
        ),
        migrations.AddConstraint(
            model_name='taken',
            constraint=models.UniqueConstraint(fields=('team', 'key'), name='text_taken_once'),
        ),
        migrations.AddConstraint(
            model_name='use',
            constraint=models.UniqueConstraint(fields=('review', 'object_kind', 'object_id'), name='review_used_once_by_each'),
        ),
    ]
