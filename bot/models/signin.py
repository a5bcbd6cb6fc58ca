"""How staff come into the console: one-time links, sessions, and a password for the day when no chat works.

Tokens are random and never kept: a row holds their SHA-256, which is enough to know one again.
"""

from tortoise import fields
from tortoise.models import Model

from bot.models.fields import EncryptedText, Instant
from bot.models.people import Staff


class SignInLink(Model):
    """A link that the bot wrote to one staff person, good once and for ten minutes."""

    id = fields.IntField(primary_key=True)
    token_hash = fields.CharField(64, unique=True)
    staff: fields.ForeignKeyRelation[Staff] = fields.ForeignKeyField("models.Staff", on_delete=fields.RESTRICT)
    staff_id: int
    made_at = Instant()
    expires_at = Instant()
    used_at = Instant(null=True)

    class Meta:
        table = "sign_in_link"
        indexes = (("staff_id", "expires_at"),)


class Session(Model):
    """One browser that is signed in, until it is idle too long, too old, or ended by its owner."""

    id = fields.IntField(primary_key=True)
    token_hash = fields.CharField(64, unique=True)
    staff: fields.ForeignKeyRelation[Staff] = fields.ForeignKeyField("models.Staff", on_delete=fields.RESTRICT)
    staff_id: int
    started_at = Instant()
    seen_at = Instant()
    expires_at = Instant()
    ended_at = Instant(null=True)
    device = fields.CharField(80, default="")  # "Chrome, Android", for its owner to know it by

    class Meta:
        table = "web_session"
        indexes = (("staff_id", "ended_at"),)


class Password(Model):
    """An admin's second way in: argon2id, and a time-based code from their phone."""

    staff_id = fields.IntField(primary_key=True, generated=False)
    hash = fields.CharField(200)
    totp = EncryptedText(null=True)
    totp_step = fields.BigIntField(default=0)  # the last time step that was used, no code is good twice
    changed_at = Instant()


class Throttle(Model):
    """How often something failed lately, for one address or one name."""

    key = fields.CharField(80, primary_key=True)
    failures = fields.IntField(default=0)
    since = Instant(db_index=True)
