"""How staff come in: by a link that the bot wrote to them alone, good once and for ten minutes.

Looking at a link does not use it up: chat programs fetch every address they see, to show a preview.
"""

import secrets
from dataclasses import dataclass
from datetime import timedelta
from typing import NamedTuple

from bot import clock
from bot.actions.privacy import audit
from bot.actions.roster import sample
from bot.actions.staff import sessions
from bot.actions.upkeep import settings
from bot.errors import BadInput, NotAllowed
from bot.models import Identity, SignInLink, Staff, db

LIFETIME = timedelta(minutes=10)
INVENTED_ONLY = "只有演练场里编出来的人可以这样进入。"
GONE = "这个链接用过了，或者已经过期。请再给送暖发一次“登录”，用新的链接。"


@dataclass
class Address:
    """Where people reach the pages: the beginning of links. The port is known once the server listens."""

    public_url: str = ""  # https; "" for this machine alone
    port: int = 0

    def __str__(self) -> str:
        return self.public_url.rstrip("/") or f"http://127.0.0.1:{self.port}"


class Persona(NamedTuple):
    """Somebody of the invented union, as whom a visitor may come in."""

    staff_id: int
    name: str
    role: str
    deputy: bool
    unit: str


async def issue_link(staff_id: int, *, by: int | None = None) -> str:
    """A new token for the person's link; older unused ones are void. Only its SHA-256 is kept.

    `by` is who asked for it: they themselves in chat, or None, the command line.
    """
    token, now = secrets.token_urlsafe(sessions.TOKEN_BYTES), clock.now()
    async with db.transaction():
        if not await Staff.exists(id=staff_id, active=True):
            raise NotAllowed("只有工作人员能进入管理页面。")
        await SignInLink.filter(staff_id=staff_id, used_at=None, expires_at__gt=now).update(expires_at=now)
        await SignInLink.create(
            token_hash=sessions.digest(token), staff_id=staff_id, made_at=now, expires_at=now + LIFETIME
        )
        await audit.note("signin.link", "staff", staff_id, staff_id=by)
    return token


async def look(token: str) -> str:
    """The name of the person whom the link is for; it stays good. Raises BadInput when it is not."""
    return (await _good(token)).staff.name


async def enter(token: str, device: str, span: sessions.Span) -> str:
    """Use the link up and begin a session; returns its token. Of two who come at once, one is let in."""
    async with db.transaction():
        link = await _good(token)
        if not await SignInLink.filter(id=link.id, used_at=None).update(used_at=clock.now()):
            raise BadInput(GONE)
        return await sessions.start(link.staff_id, device, span, "link")


async def _good(token: str) -> SignInLink:
    link = await SignInLink.get_or_none(
        token_hash=sessions.digest(token), used_at=None, expires_at__gt=clock.now()
    ).select_related("staff")
    if link is None or not link.staff.active:
        raise BadInput(GONE)
    return link


async def cast() -> list[Persona]:
    """The invented staff of the sandbox; nobody when the people in the database are real."""
    channel = await settings.get(sample.SAMPLE)
    if not channel:
        return []
    known = (
        await Identity.filter(channel=channel, staff__active=True).order_by("staff_id").select_related("staff__unit")
    )
    people = [one.staff for one in known if one.staff is not None]
    return [Persona(one.id, one.name, one.role, one.deputy, one.unit.name) for one in people]


async def play(staff_id: int, device: str, span: sessions.Span) -> str:
    """Come in as one of the invented staff. The caller has made sure that this is the sandbox, on this machine."""
    async with db.transaction():
        if staff_id not in {one.staff_id for one in await cast()}:
            raise NotAllowed(INVENTED_ONLY)
        return await sessions.start(staff_id, device, span, "sandbox")
