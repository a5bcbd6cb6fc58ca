from tortoise import migrations
from tortoise.migrations import operations as ops
import functools
from bot.models.fields import EncryptedText, Instant
from json import dumps, loads
from tortoise.fields.base import OnDelete
from tortoise import fields
from tortoise.indexes import Index

class Migration(migrations.Migration):
    dependencies = [('models', '0001_initial')]

    initial = False

    operations = [
        ops.CreateModel(
            name='Erased',
            fields=[
                ('mark', fields.CharField(primary_key=True, unique=True, db_index=True, max_length=32)),
                ('at', Instant(db_index=True, generated=False, null=False, unique=False)),
            ],
            options={'table': 'erased', 'app': 'models', 'pk_attr': 'mark', 'table_description': 'That somebody asked to be forgotten: a mark by which an old sheet is known, and nothing of the person.'},
            bases=['Model'],
        ),
        ops.CreateModel(
            name='Label',
            fields=[
                ('id', fields.IntField(generated=True, primary_key=True, unique=True, db_index=True)),
                ('day', Instant(db_index=True, generated=False, null=False, unique=False)),
                ('words', EncryptedText(null=True, generated=False, unique=False)),
                ('ask', fields.BooleanField()),
                ('kinds', fields.JSONField(default=list, encoder=functools.partial(dumps, separators=(',', ':')), decoder=loads)),
                ('urgency', fields.CharField(default='normal', max_length=12)),
            ],
            options={'table': 'label', 'app': 'models', 'pk_attr': 'id', 'table_description': 'A text and what it really was. `day` is all that is kept of the time, so that it leads to nobody.'},
            bases=['Model'],
        ),
        ops.CreateModel(
            name='OwnSchedule',
            fields=[
                ('id', fields.IntField(generated=True, primary_key=True, unique=True, db_index=True)),
                ('key', fields.CharField(unique=True, max_length=60)),
                ('spec', fields.JSONField(default=dict, encoder=functools.partial(dumps, separators=(',', ':')), decoder=loads)),
                ('state', fields.CharField(default='active', max_length=12)),
                ('version', fields.IntField(default=1)),
                ('made_by', fields.ForeignKeyField('models.Staff', source_field='made_by_id', db_constraint=True, to_field='id', on_delete=OnDelete.RESTRICT)),
                ('made_at', Instant(generated=False, null=False, unique=False)),
            ],
            options={'table': 'own_schedule', 'app': 'models', 'pk_attr': 'id', 'table_description': 'A schedule made on the pages. One with the key of a file stands in front of it until it is taken back.'},
            bases=['Model'],
        ),
        ops.CreateModel(
            name='OwnText',
            fields=[
                ('id', fields.IntField(generated=True, primary_key=True, unique=True, db_index=True)),
                ('key', fields.CharField(db_index=True, max_length=100)),
                ('title', fields.CharField(max_length=100)),
                ('topic', fields.CharField(default='', max_length=40)),
                ('season', fields.CharField(default='all', max_length=60)),
                ('source', fields.CharField(default='', max_length=200)),
                ('body', fields.TextField(default='', unique=False)),
                ('state', fields.CharField(default='draft', max_length=12)),
                ('version', fields.IntField(default=1)),
                ('written_by', fields.ForeignKeyField('models.Staff', source_field='written_by_id', db_constraint=True, to_field='id', related_name='written', on_delete=OnDelete.RESTRICT)),
                ('hands', fields.JSONField(default=list, encoder=functools.partial(dumps, separators=(',', ':')), decoder=loads)),
                ('remark', fields.CharField(default='', max_length=200)),
                ('written_at', Instant(generated=False, null=False, unique=False)),
                ('approved_by', fields.ForeignKeyField('models.Staff', source_field='approved_by_id', null=True, db_constraint=True, to_field='id', related_name='approved', on_delete=OnDelete.RESTRICT)),
                ('approved_at', Instant(null=True, generated=False, unique=False)),
            ],
            options={'table': 'own_text', 'app': 'models', 'pk_attr': 'id', 'table_description': 'A message written on the pages, in the same form as a file of messages/: front matter and body.'},
            bases=['Model'],
        ),
        ops.CreateModel(
            name='Password',
            fields=[
                ('staff_id', fields.IntField(primary_key=True, unique=True, db_index=True)),
                ('hash', fields.CharField(max_length=200)),
                ('totp', EncryptedText(null=True, generated=False, unique=False)),
                ('totp_step', fields.BigIntField(default=0)),
                ('changed_at', Instant(generated=False, null=False, unique=False)),
            ],
            options={'table': 'password', 'app': 'models', 'pk_attr': 'staff_id', 'table_description': "An admin's second way in: argon2id, and a time-based code from their phone."},
            bases=['Model'],
        ),
        ops.CreateModel(
            name='Picture',
            fields=[
                ('id', fields.IntField(generated=True, primary_key=True, unique=True, db_index=True)),
                ('digest', fields.CharField(unique=True, max_length=64)),
                ('media_type', fields.CharField(max_length=20)),
                ('width', fields.IntField()),
                ('height', fields.IntField()),
                ('data', fields.BinaryField()),
                ('added_by', fields.ForeignKeyField('models.Staff', source_field='added_by_id', db_constraint=True, to_field='id', on_delete=OnDelete.RESTRICT)),
                ('added_at', Instant(generated=False, null=False, unique=False)),
            ],
            options={'table': 'picture', 'app': 'models', 'pk_attr': 'id', 'table_description': 'A picture that was uploaded, checked and encoded anew. Its name is the SHA-256 of its bytes.'},
            bases=['Model'],
        ),
        ops.CreateModel(
            name='Secret',
            fields=[
                ('name', fields.CharField(primary_key=True, unique=True, db_index=True, max_length=40)),
                ('value', EncryptedText(generated=False, null=False, unique=False)),
            ],
            options={'table': 'secret', 'app': 'models', 'pk_attr': 'name', 'table_description': 'A secret of the installation that is made once and kept encrypted: a new key file takes it along.'},
            bases=['Model'],
        ),
        ops.CreateModel(
            name='Session',
            fields=[
                ('id', fields.IntField(generated=True, primary_key=True, unique=True, db_index=True)),
                ('token_hash', fields.CharField(unique=True, max_length=64)),
                ('staff', fields.ForeignKeyField('models.Staff', source_field='staff_id', db_constraint=True, to_field='id', on_delete=OnDelete.RESTRICT)),
                ('started_at', Instant(generated=False, null=False, unique=False)),
                ('seen_at', Instant(generated=False, null=False, unique=False)),
                ('expires_at', Instant(generated=False, null=False, unique=False)),
                ('ended_at', Instant(null=True, generated=False, unique=False)),
                ('device', fields.CharField(default='', max_length=80)),
            ],
            options={'table': 'web_session', 'app': 'models', 'indexes': [Index(fields=['staff_id', 'ended_at'])], 'pk_attr': 'id', 'table_description': 'One browser that is signed in, until it is idle too long, too old, or ended by its owner.'},
            bases=['Model'],
        ),
        ops.CreateModel(
            name='SignInLink',
            fields=[
                ('id', fields.IntField(generated=True, primary_key=True, unique=True, db_index=True)),
                ('token_hash', fields.CharField(unique=True, max_length=64)),
                ('staff', fields.ForeignKeyField('models.Staff', source_field='staff_id', db_constraint=True, to_field='id', on_delete=OnDelete.RESTRICT)),
                ('made_at', Instant(generated=False, null=False, unique=False)),
                ('expires_at', Instant(generated=False, null=False, unique=False)),
                ('used_at', Instant(null=True, generated=False, unique=False)),
            ],
            options={'table': 'sign_in_link', 'app': 'models', 'indexes': [Index(fields=['staff_id', 'expires_at'])], 'pk_attr': 'id', 'table_description': 'A link that the bot wrote to one staff person, good once and for ten minutes.'},
            bases=['Model'],
        ),
        ops.CreateModel(
            name='Throttle',
            fields=[
                ('key', fields.CharField(primary_key=True, unique=True, db_index=True, max_length=80)),
                ('failures', fields.IntField(default=0)),
                ('since', Instant(db_index=True, generated=False, null=False, unique=False)),
            ],
            options={'table': 'throttle', 'app': 'models', 'pk_attr': 'key', 'table_description': 'How often something failed lately, for one address or one name.'},
            bases=['Model'],
        ),
        ops.AddIndex(
            model_name='Assignment',
            index=Index(fields=['round_id', 'state', 'held_household_id']),
        ),
        ops.AlterModelOptions(
            name='Audit',
            options={'table': 'audit', 'app': 'models', 'indexes': [Index(fields=['subject', 'subject_id']), Index(fields=['staff_id', 'at'])], 'pk_attr': 'id', 'table_description': 'One line a change or a look. `detail` carries codes and numbers, never words of a family.'},
        ),
        ops.AddField(
            model_name='Audit',
            name='reason',
            field=EncryptedText(null=True, generated=False, unique=False),
        ),
        ops.AddIndex(
            model_name='Audit',
            index=Index(fields=['staff_id', 'at']),
        ),
        ops.AddField(
            model_name='BindCode',
            name='key_id',
            field=fields.SmallIntField(null=True),
        ),
        ops.AddField(
            model_name='Broadcast',
            name='stopped_at',
            field=Instant(null=True, generated=False, unique=False),
        ),
        ops.AddField(
            model_name='Broadcast',
            name='stopped_by_id',
            field=fields.IntField(null=True),
        ),
        ops.AddIndex(
            model_name='Broadcast',
            index=Index(fields=['slot']),
        ),
        ops.AddIndex(
            model_name='Delivery',
            index=Index(fields=['broadcast_id', 'channel', 'status']),
        ),
        ops.AddField(
            model_name='FollowUp',
            name='visited',
            field=fields.BooleanField(default=False, db_default=False),
        ),
        ops.AddIndex(
            model_name='FollowUp',
            index=Index(fields=['at', 'outcome', 'household_id', 'undone_at']),
        ),
        ops.AddField(
            model_name='Group',
            name='rank',
            field=fields.SmallIntField(default=0, db_default=0),
        ),
        ops.AddField(
            model_name='Group',
            name='same_as',
            field=fields.ForeignKeyField('models.Group', source_field='same_as_id', null=True, db_constraint=True, to_field='id', on_delete=OnDelete.RESTRICT),
        ),
        ops.AddField(
            model_name='HelpRequest',
            name='why',
            field=EncryptedText(null=True, generated=False, unique=False),
        ),
        ops.AddIndex(
            model_name='HelpRequest',
            index=Index(fields=['state', 'id']),
        ),
        ops.AddIndex(
            model_name='HelpRequest',
            index=Index(fields=['unit_id', 'id']),
        ),
        ops.AddIndex(
            model_name='HelpRequest',
            index=Index(fields=['assigned_to_id', 'state']),
        ),
        ops.AddIndex(
            model_name='HelpRequest',
            index=Index(fields=['opened_at']),
        ),
        ops.AddIndex(
            model_name='HelpRequest',
            index=Index(fields=['closed_at']),
        ),
        ops.AddIndex(
            model_name='HelpRequest',
            index=Index(fields=['acknowledged_at']),
        ),
        ops.AddField(
            model_name='Household',
            name='erased_at',
            field=Instant(null=True, generated=False, unique=False),
        ),
        ops.AddField(
            model_name='Member',
            name='erased_at',
            field=Instant(null=True, generated=False, unique=False),
        ),
        ops.AddIndex(
            model_name='Relief',
            index=Index(fields=['state', 'at']),
        ),
        ops.AddIndex(
            model_name='Relief',
            index=Index(fields=['delivered_at']),
        ),
        ops.AddIndex(
            model_name='Relief',
            index=Index(fields=['confirmed_at']),
        ),
        ops.AddField(
            model_name='ScheduleState',
            name='skipped_slot',
            field=Instant(null=True, generated=False, unique=False),
        ),
    ]
