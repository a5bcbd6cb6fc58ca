"""Who changed or saw what, and a few facts about the installation itself."""

from typing import Any

from tortoise import fields
from tortoise.models import Model

from bot.models.fields import EncryptedText, Instant


class Audit(Model):
    """One line a change or a look. `detail` carries codes and numbers, never words of a family.

    The database itself refuses to change or delete a row (migration 0003), but for what retention and erasure need.
    """

    id = fields.BigIntField(primary_key=True)
    at = Instant()
    staff_id = fields.IntField(null=True)  # None: the bot itself, or the command line
    action = fields.CharField(40)
    subject = fields.CharField(20)
    subject_id = fields.BigIntField(null=True)
    detail: Any = fields.JSONField(default=dict)
    reason = EncryptedText(null=True)  # why somebody looked at what is masked, in their words

    class Meta:
        indexes = (("subject", "subject_id"), ("staff_id", "at"))


class Setting(Model):
    """A fact that must survive a restart: on hold after a restore, the sample union, the roster's version."""

    key = fields.CharField(40, primary_key=True)
    value = fields.CharField(200)


class Seen(Model):
    """An incoming message that was acted on. A replay of its event finds the row and does nothing."""

    key = fields.CharField(160, primary_key=True)
    at = Instant(db_index=True)
