"""What passes between the union and a family: call-backs, and help requests until they are answered."""

from typing import Any

from tortoise import fields
from tortoise.models import Model

from bot.models.fields import EncryptedText, Instant
from bot.models.people import Household, Staff, Unit


class Round(Model):
    """A campaign of call-backs over a segment of the roster."""

    id = fields.IntField(primary_key=True)
    name = fields.CharField(60)
    unit: fields.ForeignKeyRelation[Unit] = fields.ForeignKeyField("models.Unit", on_delete=fields.RESTRICT)
    unit_id: int
    script_key = fields.CharField(100, default="")
    segment: Any = fields.JSONField(default=dict)
    starts_at = Instant()
    ends_at = Instant(null=True)
    cap_per_day = fields.IntField(default=0)  # calls a volunteer a day, 0 for no cap
    closed_at = Instant(null=True)


class Assignment(Model):
    """One household of a round, and the volunteer it is with.

    `held_household_id` is the household while a volunteer has it and NULL otherwise. It is unique, so one
    household is with one volunteer at a time, in whatever round.
    """

    id = fields.IntField(primary_key=True)
    round: fields.ForeignKeyRelation[Round] = fields.ForeignKeyField("models.Round", on_delete=fields.RESTRICT)
    round_id: int
    household: fields.ForeignKeyRelation[Household] = fields.ForeignKeyField(
        "models.Household", on_delete=fields.RESTRICT, db_index=True
    )
    household_id: int
    staff: fields.ForeignKeyNullableRelation[Staff] = fields.ForeignKeyField(
        "models.Staff", null=True, on_delete=fields.RESTRICT
    )
    staff_id: int | None
    held_household_id = fields.IntField(null=True, unique=True)
    state = fields.CharField(12, default="waiting")  # waiting, done, visit, roster_fix
    attempts = fields.SmallIntField(default=0)
    assigned_at = Instant(null=True)
    touched_at = Instant(null=True)

    class Meta:
        unique_together = (("round_id", "household_id"),)
        # The second one holds all that a round's figures count, so that they need not read the rows.
        indexes = (("staff_id", "state"), ("round_id", "state", "held_household_id"))


class HelpRequest(Model):
    """A need, from flag to confirmation. Its id is the number people type: 收到 12."""

    id = fields.IntField(primary_key=True)
    household: fields.ForeignKeyNullableRelation[Household] = fields.ForeignKeyField(
        "models.Household", null=True, on_delete=fields.RESTRICT, db_index=True
    )
    household_id: int | None
    unit: fields.ForeignKeyNullableRelation[Unit] = fields.ForeignKeyField(
        "models.Unit", null=True, on_delete=fields.RESTRICT
    )
    unit_id: int | None
    source = fields.CharField(12)  # message, callback, behalf
    reported_by: fields.ForeignKeyNullableRelation[Staff] = fields.ForeignKeyField(
        "models.Staff", null=True, on_delete=fields.RESTRICT, related_name="reported"
    )
    reported_by_id: int | None
    message_key = fields.CharField(160, null=True, unique=True)
    channel = fields.CharField(20, default="")
    sender_id = fields.CharField(80, default="")
    nickname = EncryptedText(null=True)
    words = EncryptedText(null=True)
    why = EncryptedText(null=True)  # the words that decided, one a line, so that a chair can see why
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
    assigned_to: fields.ForeignKeyNullableRelation[Staff] = fields.ForeignKeyField(
        "models.Staff", null=True, on_delete=fields.RESTRICT, related_name="assigned"
    )
    assigned_to_id: int | None
    assigned_at = Instant(null=True)
    delivered_at = Instant(null=True)
    confirm_asked_at = Instant(null=True)
    closed_at = Instant(null=True)
    alert_step = fields.IntField(default=0)
    next_alert_at = Instant(null=True, db_index=True)

    class Meta:
        table = "help_request"
        indexes = (
            ("state", "id"),
            ("unit_id", "id"),
            ("assigned_to_id", "state"),
            ("opened_at",),
            ("closed_at",),
            ("acknowledged_at",),
        )


class RequestStep(Model):
    """One line of a request's history: who did what, when. The words are as said, so they are encrypted."""

    id = fields.BigIntField(primary_key=True)
    request: fields.ForeignKeyRelation[HelpRequest] = fields.ForeignKeyField(
        "models.HelpRequest", on_delete=fields.RESTRICT, related_name="steps", db_index=True
    )
    request_id: int
    at = Instant()
    staff: fields.ForeignKeyNullableRelation[Staff] = fields.ForeignKeyField(
        "models.Staff", null=True, on_delete=fields.RESTRICT
    )
    staff_id: int | None
    step = fields.CharField(20)
    words = EncryptedText(null=True)

    class Meta:
        table = "request_step"


class Relief(Model):
    """Something given to a household, in a ledger: a correction is a new row that `corrects` the old one.

    `quantity` counts thousandths of `measure`. `value_fen` is money in fen, never a float.
    """

    id = fields.BigIntField(primary_key=True)
    request: fields.ForeignKeyRelation[HelpRequest] = fields.ForeignKeyField(
        "models.HelpRequest", on_delete=fields.RESTRICT, related_name="reliefs", db_index=True
    )
    request_id: int
    household: fields.ForeignKeyNullableRelation[Household] = fields.ForeignKeyField(
        "models.Household", null=True, on_delete=fields.RESTRICT
    )
    household_id: int | None
    unit: fields.ForeignKeyNullableRelation[Unit] = fields.ForeignKeyField(
        "models.Unit", null=True, on_delete=fields.RESTRICT
    )
    unit_id: int | None
    staff: fields.ForeignKeyRelation[Staff] = fields.ForeignKeyField("models.Staff", on_delete=fields.RESTRICT)
    staff_id: int
    kind = fields.CharField(8)  # goods, cash, service
    item = fields.CharField(40, default="")
    quantity = fields.BigIntField(default=0)
    measure = fields.CharField(8, default="")
    value_fen = fields.BigIntField(default=0)
    state = fields.CharField(12)  # promised, delivered, confirmed, not_received, issues
    at = Instant()
    delivered_at = Instant(null=True)
    confirmed_at = Instant(null=True)
    corrects_id = fields.BigIntField(null=True, unique=True)
    note = EncryptedText(null=True)

    class Meta:
        indexes = (("state", "at"), ("delivered_at",), ("confirmed_at",))


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
    visited = fields.BooleanField(default=False, db_default=False)  # somebody went there; else it was a phone call
    note = EncryptedText(null=True)
    at = Instant()
    next_call_before = Instant(null=True)  # what the household's next_call_at was, for undo
    undone_at = Instant(null=True)
    request: fields.ForeignKeyNullableRelation[HelpRequest] = fields.ForeignKeyField(
        "models.HelpRequest", null=True, on_delete=fields.RESTRICT
    )
    request_id: int | None
    assignment: fields.ForeignKeyNullableRelation[Assignment] = fields.ForeignKeyField(
        "models.Assignment", null=True, on_delete=fields.RESTRICT
    )
    assignment_id: int | None

    class Meta:
        table = "follow_up"
        # The last one holds all that the charts of a span count, so that they need not read the rows.
        indexes = (("household_id", "at"), ("staff_id", "at"), ("at", "outcome", "household_id", "undone_at"))
