"""The secret address of the screen in an entrance hall: a television cannot sign in, and shows only what is public."""

import secrets
from hashlib import sha256
from hmac import compare_digest

from bot.actions.privacy import audit
from bot.actions.staff import people
from bot.actions.upkeep import settings
from bot.models import db

KEY = "screen"
TOKEN_BYTES = 12


async def open_(by: int) -> str:
    """Make a new address; the one before it ends. Returns its token, kept nowhere. For admins of a top unit."""
    token = secrets.token_urlsafe(TOKEN_BYTES)
    async with db.transaction():
        await people.act_as(by, (), None)
        await settings.put(KEY, _digest(token))
        await audit.note("screen.open", "setting", staff_id=by)
    return token


async def close(by: int) -> None:
    """The address ends; what hangs in the hall goes on with what it has."""
    async with db.transaction():
        await people.act_as(by, (), None)
        await settings.put(KEY, "")
        await audit.note("screen.close", "setting", staff_id=by)


async def is_open() -> bool:
    return bool(await settings.get(KEY))


async def opens(token: str) -> bool:
    """Is it the token of the address as it is now?"""
    kept = await settings.get(KEY)
    return bool(kept) and compare_digest(kept, _digest(token))


def _digest(token: str) -> str:
    return sha256(token.encode("utf-8", "surrogatepass")).hexdigest()
