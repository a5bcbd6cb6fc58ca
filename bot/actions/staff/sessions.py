"""Browsers that are signed in: begun, known again at each request, ended by their owner or by time.

A token is 256 random bits and lives in the browser alone; the table holds its SHA-256.
Who the person is and what they may do is read anew each time, so that leaving takes effect at once.
"""

import secrets
from collections.abc import Sequence
from datetime import datetime, timedelta
from hashlib import sha256
from typing import NamedTuple

from bot import clock
from bot.actions.privacy import audit
from bot.errors import NotFound
from bot.models import Session, Staff, db

TOKEN_BYTES = 32
SEEN_EVERY = timedelta(minutes=1)  # how exactly we remember the last visit


class Span(NamedTuple):
    """How long a session may live untouched, and at most."""

    idle: timedelta = timedelta(hours=12)
    longest: timedelta = timedelta(days=7)


class Me(NamedTuple):
    """The person behind a request, as the database has them at this moment."""

    id: int
    name: str
    role: str
    deputy: bool
    unit_id: int
    unit_name: str
    unit_path: str
    session_id: int


class Open(NamedTuple):
    """One of somebody's own sessions, to be shown."""

    id: int
    device: str
    started_at: datetime
    seen_at: datetime


def digest(token: str) -> str:
    return sha256(token.encode("utf-8", "surrogatepass")).hexdigest()


async def start(staff_id: int, device: str, span: Span, how: str) -> str:
    """Begin a session inside the caller's transaction; returns its token. `how` is for the audit."""
    token, now = secrets.token_urlsafe(TOKEN_BYTES), clock.now()
    row = await Session.create(
        token_hash=digest(token),
        staff_id=staff_id,
        started_at=now,
        seen_at=now,
        expires_at=now + span.longest,
        device=device[:80],
    )
    await audit.note("session.start", "session", row.id, staff_id=staff_id, how=how)
    return token


async def known(token: str, span: Span) -> Me | None:
    """Whose session it is, if it is still good and its owner still works here; notes the visit once a minute."""
    now = clock.now()
    row = await Session.get_or_none(token_hash=digest(token), ended_at=None).select_related("staff__unit")
    if row is None or not row.staff.active or now >= min(row.expires_at, row.seen_at + span.idle):
        return None
    if now - row.seen_at >= SEEN_EVERY:
        await Session.filter(id=row.id).update(seen_at=now)
    return _me(row.staff, row.id)


def _me(staff: Staff, session_id: int) -> Me:
    unit = staff.unit
    return Me(staff.id, staff.name, staff.role, staff.deputy, unit.id, unit.name, unit.path, session_id)


async def mine(staff_id: int, span: Span) -> Sequence[Open]:
    """The person's sessions that are still good, the latest visit first."""
    now = clock.now()
    rows = Session.filter(staff_id=staff_id, ended_at=None, expires_at__gt=now, seen_at__gt=now - span.idle)
    return [Open(row.id, row.device, row.started_at, row.seen_at) for row in await rows.order_by("-seen_at", "-id")]


async def end(session_id: int, *, by: int) -> None:
    """End one of one's own sessions. NotFound for another's, exactly as for one that is not there."""
    async with db.transaction():
        if not await Session.filter(id=session_id, staff_id=by, ended_at=None).update(ended_at=clock.now()):
            raise NotFound("这个登录已经退出了。")
        await audit.note("session.end", "session", session_id, staff_id=by)


async def end_others(keep: int, *, by: int) -> int:
    """End all of one's own sessions but the one with the id `keep`; returns how many."""
    async with db.transaction():
        ended = await Session.filter(staff_id=by, ended_at=None).exclude(id=keep).update(ended_at=clock.now())
        await audit.note("session.end_others", "staff", by, staff_id=by, ended=ended)
    return ended
