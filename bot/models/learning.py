"""What people said of the bot's judgement, for the next training. No sender, no household, no request."""

from typing import Any

from tortoise import fields
from tortoise.models import Model

from bot.models.fields import EncryptedText, Instant


class Label(Model):
    """A text and what it really was. `day` is all that is kept of the time, so that it leads to nobody."""

    id = fields.IntField(primary_key=True)
    day = Instant(db_index=True)
    words = EncryptedText(null=True)
    ask = fields.BooleanField()
    kinds: Any = fields.JSONField(default=list)
    urgency = fields.CharField(12, default="normal")
