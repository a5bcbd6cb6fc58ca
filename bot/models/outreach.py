"""What passes between the union and a family: call-backs, and help requests until they are answered."""

from typing import Any

from tortoise import fields
from tortoise.models import Model

from bot.models.fields import EncryptedText, Instant
from bot.models.people import Household, Staff, Unit


class HelpRequest(Model):
    """A need, from flag to confirmation. Its id is the number people type: 收到 12."""

    id = fields.IntField(primary_key=True)
    household: fields.ForeignKeyNullableRelation[Household] = fields.ForeignKeyField(
        "models.Household", null=True, on_delete=fields.RESTRICT
    )
    household_id: int | None
    unit: fields.ForeignKeyNullableRelation[Unit] = fields.ForeignKeyField(
        "models.Unit", null=True, on_delete=fields.RESTRICT
    )
    unit_id: int | None
    source = fields.CharField(12)  # message, callback
    message_key = fields.CharField(160, null=True, unique=True)
    channel = fields.CharField(20, default="")
    sender_id = fields.CharField(80, default="")
    nickname = EncryptedText(null=True)
    words = EncryptedText(null=True)
    kinds: Any = fields.JSONField(default=list)
    urgency = fields.CharField(12)  # normal, urgent, emergency
    state = fields.CharField(12, default="open", db_index=True)
    closed_as = fields.CharField(12, null=True)
    opened_at = Instant()
    acknowledged_at = Instant(null=True)
    acknowledged_by: fields.ForeignKeyNullableRelation[Staff] = fields.ForeignKeyField(
        "models.Staff", null=True, on_delete=fields.RESTRICT
    )
    acknowledged_by_id: int | None
    alert_step = fields.IntField(default=0)
    next_alert_at = Instant(null=True, db_index=True)

    class Meta:
        table = "help_request"


class FollowUp(Model):
    """One attempt to reach one household, with its outcome."""

    id = fields.IntField(primary_key=True)
    household: fields.ForeignKeyRelation[Household] = fields.ForeignKeyField(
        "models.Household", on_delete=fields.RESTRICT
    )
    household_id: int
    staff: fields.ForeignKeyRelation[Staff] = fields.ForeignKeyField("models.Staff", on_delete=fields.RESTRICT)
    staff_id: int
    outcome = fields.CharField(16)
    note = EncryptedText(null=True)
    at = Instant()
    next_call_before = Instant(null=True)  # what the household's next_call_at was, for undo
    undone_at = Instant(null=True)
    request: fields.ForeignKeyNullableRelation[HelpRequest] = fields.ForeignKeyField(
        "models.HelpRequest", null=True, on_delete=fields.RESTRICT
    )
    request_id: int | None

    class Meta:
        table = "follow_up"
        indexes = (("household_id", "at"), ("staff_id", "at"))
