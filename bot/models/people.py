"""Who there is: the union's units and staff, the roster of households, and the groups they talk in."""

from datetime import datetime
from typing import Any

from tortoise import fields
from tortoise.models import Model

from bot.models.fields import EncryptedText, Instant


class Unit(Model):
    """A node of the union tree. `path` is "/1/4/", so that "this and all below" is a prefix."""

    id = fields.IntField(primary_key=True)
    code = fields.CharField(20, unique=True)
    name = fields.CharField(60)
    parent: fields.ForeignKeyNullableRelation["Unit"] = fields.ForeignKeyField(
        "models.Unit", null=True, on_delete=fields.RESTRICT
    )
    path = fields.CharField(200, default="", db_index=True)


class Staff(Model):
    """A person who works with the bot, within a unit and all below it."""

    id = fields.IntField(primary_key=True)
    name = fields.CharField(40)
    role = fields.CharField(12)  # admin, chair, editor, volunteer
    unit: fields.ForeignKeyRelation[Unit] = fields.ForeignKeyField("models.Unit", on_delete=fields.RESTRICT)
    unit_id: int
    deputy = fields.BooleanField(default=False)
    active = fields.BooleanField(default=True)


class Household(Model):
    """A family on the roster."""

    id = fields.IntField(primary_key=True)
    code = fields.CharField(20, unique=True)
    unit: fields.ForeignKeyRelation[Unit] = fields.ForeignKeyField("models.Unit", on_delete=fields.RESTRICT)
    unit_id: int
    category = fields.CharField(20)
    grade = fields.CharField(8, default="")  # of 困难职工: 深度, 相对, 意外致困
    address = EncryptedText(null=True)
    note = EncryptedText(null=True)
    best_time = fields.CharField(40, default="")  # as the family said it: 晚上七点以后
    may_tell = EncryptedText(null=True)  # who else may hear why we call
    members: fields.ReverseRelation["Member"]
    messages_off = fields.BooleanField(default=False)
    do_not_call = fields.BooleanField(default=False)
    next_call_at: datetime | None = Instant(null=True)
    erased_at: datetime | None = Instant(null=True)  # its people asked to be forgotten, only the counts stay


class Member(Model):
    """A person of a household. The first one is who we ask for on the phone."""

    id = fields.IntField(primary_key=True)
    household: fields.ForeignKeyRelation[Household] = fields.ForeignKeyField(
        "models.Household", on_delete=fields.RESTRICT, related_name="members", db_index=True
    )
    household_id: int
    name = fields.CharField(40)
    relation = fields.CharField(20, default="")
    phone = EncryptedText(null=True)
    phone_index = fields.CharField(32, null=True, db_index=True)
    phone_ending = fields.CharField(32, null=True, db_index=True)  # blind index of the last four digits
    under_14 = fields.BooleanField(default=False)
    guardian: fields.ForeignKeyNullableRelation["Member"] = fields.ForeignKeyField(
        "models.Member", null=True, on_delete=fields.RESTRICT
    )
    guardian_id: int | None
    erased_at: datetime | None = Instant(null=True)


class HouseholdDate(Model):
    """A day of the year that means something to a family: to keep away from, or to remember."""

    id = fields.IntField(primary_key=True)
    household: fields.ForeignKeyRelation[Household] = fields.ForeignKeyField(
        "models.Household", on_delete=fields.RESTRICT, related_name="dates", db_index=True
    )
    household_id: int
    kind = fields.CharField(8)  # avoid, remember
    month = fields.SmallIntField()
    day = fields.SmallIntField()
    title = EncryptedText(null=True)

    class Meta:
        table = "household_date"


class Consent(Model):
    """Who of a family agreed to what, when, and in which words."""

    id = fields.IntField(primary_key=True)
    household: fields.ForeignKeyRelation[Household] = fields.ForeignKeyField(
        "models.Household", on_delete=fields.RESTRICT, related_name="consents"
    )
    household_id: int
    member: fields.ForeignKeyNullableRelation[Member] = fields.ForeignKeyField(
        "models.Member", null=True, on_delete=fields.RESTRICT
    )
    member_id: int | None
    purpose = fields.CharField(40)
    words = EncryptedText(null=True)
    staff: fields.ForeignKeyNullableRelation[Staff] = fields.ForeignKeyField(
        "models.Staff", null=True, on_delete=fields.RESTRICT
    )
    staff_id: int | None
    given_at = Instant()
    withdrawn_at = Instant(null=True)


class Identity(Model):
    """An account on a network that is known to be one staff person or one member. All authority is here."""

    id = fields.IntField(primary_key=True)
    channel = fields.CharField(20)
    user_id = fields.CharField(80)
    staff: fields.ForeignKeyNullableRelation[Staff] = fields.ForeignKeyField(
        "models.Staff", null=True, on_delete=fields.RESTRICT
    )
    staff_id: int | None
    member: fields.ForeignKeyNullableRelation[Member] = fields.ForeignKeyField(
        "models.Member", null=True, on_delete=fields.RESTRICT
    )
    member_id: int | None
    bound_at = Instant()

    class Meta:
        unique_together = (("channel", "user_id"),)


class BindCode(Model):
    """A one-time code that ties a chat account to a staff person or a member. Only its blind index is kept."""

    id = fields.IntField(primary_key=True)
    code_index = fields.CharField(32, unique=True)
    key_id = fields.SmallIntField(null=True)  # under which key; the code is not kept, so its mark cannot be made anew
    staff: fields.ForeignKeyNullableRelation[Staff] = fields.ForeignKeyField(
        "models.Staff", null=True, on_delete=fields.RESTRICT
    )
    staff_id: int | None
    member: fields.ForeignKeyNullableRelation[Member] = fields.ForeignKeyField(
        "models.Member", null=True, on_delete=fields.RESTRICT
    )
    member_id: int | None
    expires_at = Instant()
    used_at = Instant(null=True)

    class Meta:
        table = "bind_code"


class Group(Model):
    """A chat group, as the network told of it, silent until a person gives it a unit and switches it on."""

    id = fields.IntField(primary_key=True)
    channel = fields.CharField(20)
    chat_id = fields.CharField(80)
    name = fields.CharField(200, default="")
    unit: fields.ForeignKeyNullableRelation[Unit] = fields.ForeignKeyField(
        "models.Unit", null=True, on_delete=fields.RESTRICT
    )
    unit_id: int | None
    tags: Any = fields.JSONField(default=list)
    enabled = fields.BooleanField(default=False)
    learnt_at = Instant()
    # The same people behind another account: what cannot go out there goes out here, in the order of `rank`.
    same_as: fields.ForeignKeyNullableRelation["Group"] = fields.ForeignKeyField(
        "models.Group", null=True, on_delete=fields.RESTRICT
    )
    same_as_id: int | None
    rank = fields.SmallIntField(default=0, db_default=0)

    class Meta:
        table = "chat_group"  # "group" is a word of SQL
        unique_together = (("channel", "chat_id"),)


class Erased(Model):
    """That somebody asked to be forgotten: a mark by which an old sheet is known, and nothing of the person.

    The mark is an HMAC under the secret "erased", so that it can outlive the key file it was made with.
    """

    mark = fields.CharField(32, primary_key=True)
    at = Instant(db_index=True)


class Secret(Model):
    """A secret of the installation that is made once and kept encrypted: a new key file takes it along."""

    name = fields.CharField(40, primary_key=True)
    value = EncryptedText()
