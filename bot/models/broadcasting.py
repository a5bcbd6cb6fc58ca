"""What is to be said, to whom, and what became of it: schedules' memory, broadcasts and the outbox."""

from tortoise import fields
from tortoise.models import Model

from bot.models.fields import EncryptedText, Instant
from bot.models.outreach import HelpRequest
from bot.models.people import Group


class ScheduleState(Model):
    """What a schedule file cannot know: its next slot and how far through its messages it is."""

    key = fields.CharField(60, primary_key=True)
    next_slot = Instant(null=True, db_index=True)
    cursor = fields.IntField(default=0)
    paused = fields.BooleanField(default=False)
    skipped_slot = Instant(null=True)  # a person asked that this one be left out
    fingerprint = fields.CharField(64, default="")  # of the file's [when]: a change plans anew

    class Meta:
        table = "schedule_state"


class Broadcast(Model):
    """One occurrence of a schedule: fired, or skipped and why."""

    id = fields.IntField(primary_key=True)
    schedule_key = fields.CharField(60)
    slot = Instant()
    message_key = fields.CharField(100, null=True)
    title = fields.CharField(100, default="")
    body = fields.TextField(default="")  # the parts as msgspec JSON; tips are public, so in clear
    outcome = fields.CharField(12)  # fired, skipped
    reason = fields.CharField(40, default="")
    fired_at = Instant()
    stopped_at = Instant(null=True)  # a person said stop: what has not left by then stays here
    stopped_by_id = fields.IntField(null=True)

    class Meta:
        unique_together = (("schedule_key", "slot"),)
        indexes = (("slot",),)


class Delivery(Model):
    """One row of the outbox: one payload for one target. States and promises: docs/outbox.md."""

    id = fields.BigIntField(primary_key=True)
    key = fields.CharField(200, unique=True)
    purpose = fields.CharField(8)  # alert, reply, tip
    priority = fields.SmallIntField()
    channel = fields.CharField(20)
    chat_kind = fields.CharField(6)
    chat_id = fields.CharField(80)
    broadcast: fields.ForeignKeyNullableRelation[Broadcast] = fields.ForeignKeyField(
        "models.Broadcast", null=True, on_delete=fields.RESTRICT
    )
    broadcast_id: int | None
    group: fields.ForeignKeyNullableRelation[Group] = fields.ForeignKeyField(
        "models.Group", null=True, on_delete=fields.RESTRICT
    )
    group_id: int | None
    request: fields.ForeignKeyNullableRelation[HelpRequest] = fields.ForeignKeyField(
        "models.HelpRequest", null=True, on_delete=fields.RESTRICT
    )
    request_id: int | None
    body = EncryptedText(null=True)  # None: the broadcast's body
    quiet_hours = fields.CharField(20, default="")
    status = fields.CharField(8)  # queued, sending, sent, failed, unknown, expired, held
    reason = fields.CharField(60, default="")
    attempts = fields.SmallIntField(default=0)
    owner = fields.CharField(40, null=True)
    leased_until = Instant(null=True)
    not_before = Instant()
    expires_at = Instant(null=True)
    created_at = Instant()
    settled_at = Instant(null=True)
    message_id = fields.CharField(80, null=True)

    class Meta:
        indexes = (
            ("channel", "status", "priority", "id"),
            ("channel", "chat_id", "status"),
            ("channel", "settled_at"),
            ("broadcast_id", "channel", "status"),
        )
