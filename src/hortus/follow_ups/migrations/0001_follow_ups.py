import django.db.models.deletion
import uuid
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
        ('access', '0002_keep_the_chain'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='FollowUp',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('guard', models.CharField(default='follow-up', max_length=20)),
                ('text', models.CharField(max_length=300)),
                ('due_on', models.DateField()),
                ('about_kind', models.CharField(max_length=40)),
                ('about_id', models.CharField(max_length=64)),
                ('about_name', models.CharField(max_length=200)),
                ('learning', models.CharField(blank=True, max_length=300)),
                ('state', models.CharField(choices=[('open', 'open'), ('done', 'done'), ('dropped', 'not doing')], default='open', max_length=10)),
                ('reason', models.CharField(blank=True, help_text='Why it was dropped, or its day moved last.', max_length=300)),
                ('moves', models.PositiveIntegerField(default=0)),
                ('made_at', models.DateTimeField()),
                ('ended_at', models.DateTimeField(null=True)),
                ('by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('owner', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('team', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='access.team')),
            ],
            options={
                'ordering': ['due_on', 'made_at', 'pk'],
                'indexes': [models.Index(fields=['team', 'state', 'due_on'], name='follow_up_of_team'), models.Index(fields=['about_kind', 'about_id'], name='follow_up_about')],
                'constraints': [models.CheckConstraint(condition=models.Q(models.Q(('ended_at', None), ('state', 'open')), models.Q(models.Q(('state', 'open'), _negated=True), models.Q(('ended_at', None), _negated=True)), _connector='OR'), name='follow_up_ends_when_not_open')],
            },
        ),
    ]
