"""What editors write and plan on the pages, beside the files of messages/ and schedules/."""

from typing import Any

from tortoise import fields
from tortoise.models import Model

from bot.models.fields import Instant
from bot.models.people import Staff


class OwnText(Model):
    """A message written on the pages, in the same form as a file of messages/: front matter and body.

    One with the key of a file stands in front of that file until it is taken back.
    """

    id = fields.IntField(primary_key=True)
    key = fields.CharField(100, db_index=True)
    title = fields.CharField(100)
    topic = fields.CharField(40, default="")
    season = fields.CharField(60, default="all")  # one or more, with commas between
    source = fields.CharField(200, default="")
    body = fields.TextField(default="")
    state = fields.CharField(12, default="draft")  # draft, waiting, approved, sent_back, withdrawn
    version = fields.IntField(default=1)  # goes up with every change, so that two editors cannot overwrite each other
    written_by: fields.ForeignKeyRelation[Staff] = fields.ForeignKeyField(
        "models.Staff", on_delete=fields.RESTRICT, related_name="written"
    )
    written_by_id: int
    hands: Any = fields.JSONField(default=list)  # ids of all who changed it: none of them may approve it
    remark = fields.CharField(200, default="")  # why it was sent back
    written_at = Instant()
    approved_by: fields.ForeignKeyNullableRelation[Staff] = fields.ForeignKeyField(
        "models.Staff", null=True, on_delete=fields.RESTRICT, related_name="approved"
    )
    approved_by_id: int | None
    approved_at = Instant(null=True)

    class Meta:
        table = "own_text"


class OwnSchedule(Model):
    """A schedule made on the pages. One with the key of a file stands in front of it until it is taken back."""

    id = fields.IntField(primary_key=True)
    key = fields.CharField(60, unique=True)
    spec: Any = fields.JSONField(default=dict)  # the content of a schedule file
    state = fields.CharField(12, default="active")  # active, cancelled, withdrawn
    version = fields.IntField(default=1)
    made_by: fields.ForeignKeyRelation[Staff] = fields.ForeignKeyField("models.Staff", on_delete=fields.RESTRICT)
    made_by_id: int
    made_at = Instant()

    class Meta:
        table = "own_schedule"


class Picture(Model):
    """A picture that was uploaded, checked and encoded anew. Its name is the SHA-256 of its bytes."""

    id = fields.IntField(primary_key=True)
    digest = fields.CharField(64, unique=True)
    media_type = fields.CharField(20)
    width = fields.IntField()
    height = fields.IntField()
    data = fields.BinaryField()
    added_by: fields.ForeignKeyRelation[Staff] = fields.ForeignKeyField("models.Staff", on_delete=fields.RESTRICT)
    added_by_id: int
    added_at = Instant()
