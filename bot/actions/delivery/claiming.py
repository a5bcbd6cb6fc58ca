"""Takes deliveries for one sender: checks once more that each may go, and commits `sending`.

Everything that may have changed since a row was written is asked again here, in the transaction that
claims it: is the group still switched on, is it quiet now, is the request still open, is it too late.
"""

import logging
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple
from zlib import crc32

from msgspec import MsgspecError

from bot import clock, quiet
from bot.actions.delivery import accounts, canaries
from bot.actions.delivery.outbox import Outcome, Ready, parts_of, record
from bot.actions.delivery.resending import GONE, LEFT
from bot.events import Chat, Part
from bot.models import db
from bot.models.fields import from_ms, to_ms
from bot.models.keys import CannotDecrypt

log = logging.getLogger(__name__)

CANDIDATES = """
SELECT d.id, d.purpose, d.chat_kind, d.chat_id, d.attempts, d.body, d.quiet_hours, d.expires_at, d.request_id,
       b.id AS broadcast_id, b.body AS shared, b.stopped_at, g.enabled AS group_enabled, r.state AS request_state,
       coalesce(g.same_as_id, g.id) AS root,
       CASE WHEN {gone} THEN 1 ELSE 0 END AS gone
FROM delivery d
LEFT JOIN broadcast b ON b.id = d.broadcast_id
LEFT JOIN chat_group g ON g.id = d.group_id
LEFT JOIN help_request r ON r.id = d.request_id
WHERE d.channel = ? AND d.status = 'queued' AND d.priority BETWEEN ? AND ? AND d.not_before <= ?
  {canary}
  AND NOT EXISTS (
    SELECT 1 FROM delivery e
    WHERE e.channel = d.channel AND e.chat_id = d.chat_id AND e.chat_kind = d.chat_kind
      AND e.status IN ('sending', 'queued')
      AND (e.status = 'sending'
           OR (e.status = 'queued' AND e.priority <= d.priority AND e.id < d.id
               AND (e.not_before <= ? OR (e.attempts > 0 AND e.reason <> 'quiet_hours')))))
ORDER BY d.priority, d.id LIMIT ?
"""
MARK = """
UPDATE delivery SET status = 'sending', reason = '', attempts = attempts + 1, owner = ?, leased_until = ?
WHERE channel = ? AND id IN ({ids}) AND status = 'queued'
"""


class Lane(NamedTuple):
    """Which rows a sender takes, and under which name it holds them."""

    channel: str
    first: int  # priorities, both included
    last: int
    owner: str
    lease: timedelta
    per_group_day: int = 0  # 0: no cap
    canary: bool = False  # one group of a broadcast first, the rest when it went through


async def record_and_claim(lane: Lane, outcomes: Sequence[Outcome], limit: int) -> list[Ready]:
    """What sends came to, and the next ones, in one commit: on a slow disk that is half the time."""
    if not outcomes:
        return await claim(lane, limit) if limit > 0 else []
    if limit <= 0:
        await record(outcomes)
        return []
    async with db.transaction():
        await record(outcomes)
        return await claim(lane, limit)


async def claim(lane: Lane, limit: int) -> list[Ready]:
    """Up to `limit` deliveries, one a target, each committed as `sending` under a lease.

    A row that may not go is settled on the way: expired, held, or put off until quiet hours end.
    Returns [] only when nothing is due.
    """
    now = clock.now()
    ready: list[dict[str, Any]] = []
    gone: list[dict[str, Any]] = []
    async with db.transaction():
        if not db.on_sqlite():  # two processes must not take two rows of one target at once
            await db.fetch("SELECT pg_advisory_xact_lock(?::bigint)", crc32(lane.channel.encode()))
        if lane.canary:
            await canaries.hold_the_rest(lane.channel, now)
        while not ready:
            rows = await _candidates(lane, to_ms(now), limit)
            if not rows:
                break
            able = await _settle_the_rest(lane, _first_of_each_target(rows), now, gone)
            ready = await _mark_sending(lane, able, now)
        for row in gone:  # at the end: whoever holds a request must not wait for a delivery
            await _call_the_next(row, now)
    lease = to_ms(now + lane.lease)
    return [
        Ready(
            row["id"],
            row["purpose"],
            Chat(row["chat_kind"], row["chat_id"]),
            row["parts"],
            row["attempts"] + 1,
            lease,
            row["request_id"],
        )
        for row in ready
    ]


async def _candidates(lane: Lane, stamp: int, limit: int) -> list[dict[str, Any]]:
    statement = CANDIDATES.format(canary=canaries.MAY_GO if lane.canary else "", gone=GONE.format(row="d"))
    stamps = [stamp] * (3 if lane.canary else 2)
    return await db.fetch(statement, lane.channel, lane.first, lane.last, *stamps, limit)


def _first_of_each_target(rows: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    seen: dict[tuple[str, str], dict[str, Any]] = {}
    for row in rows:
        seen.setdefault((row["chat_kind"], row["chat_id"]), row)
    return list(seen.values())


async def _settle_the_rest(
    lane: Lane, rows: list[dict[str, Any]], now: datetime, gone: list[dict[str, Any]]
) -> list[dict[str, Any]]:
    """Returns those that may go; alerts for somebody who works here no more come to `gone`."""
    capped = await _full_groups(lane, rows, now)
    shared: dict[int, tuple[Part, ...]] = {}
    ready = []
    for row in rows:
        verdict = _objection(row, now, row["id"] in capped) or _unreadable(row, shared, now)
        if verdict is None:
            ready.append(row)
            continue
        status, reason, not_before = verdict
        await db.fetch(
            "UPDATE delivery SET status = ?, reason = ?, not_before = ?, settled_at = ?"
            " WHERE id = ? AND status = 'queued' RETURNING id",
            status,
            reason,
            to_ms(not_before),
            to_ms(now),
            row["id"],
        )
        if reason == "quiet_hours" and row["broadcast_id"] is not None:
            await _put_off_with_it(lane, row, now, not_before)
        if reason == LEFT and row["purpose"] == "alert":
            gone.append(row)
    return ready


async def _full_groups(lane: Lane, rows: list[dict[str, Any]], now: datetime) -> set[int]:
    """Tips for groups that have had their number of them for today, by whichever account."""
    roots = {row["id"]: row["root"] for row in rows if row["purpose"] == "tip" and row["root"] is not None}
    full = await accounts.full_groups(roots.values(), lane.per_group_day, now) if lane.per_group_day else set()
    return {number for number, root in roots.items() if root in full}


async def _put_off_with_it(lane: Lane, row: dict[str, Any], now: datetime, until: datetime) -> None:
    """The rest of the broadcast as well: one by one, thousands of rows would hold the database for seconds."""
    await db.fetch(
        "UPDATE delivery SET reason = 'quiet_hours', not_before = ?, settled_at = ? WHERE broadcast_id = ?"
        " AND channel = ? AND status = 'queued' AND quiet_hours = ? AND not_before <= ? RETURNING id",
        to_ms(until),
        to_ms(now),
        row["broadcast_id"],
        lane.channel,
        row["quiet_hours"],
        to_ms(now),
    )


async def _call_the_next(row: dict[str, Any], now: datetime) -> None:
    """Whoever stands next on the ladder is due at once, unless somebody was alerted since.

    The ladder is a rung shorter without the one who left, so the step is made again: whoever had it is spared by its
    key. A request that somebody is at right now is left to them: to wait for it here could end in a deadlock.
    """
    lock = "" if db.on_sqlite() else " FOR UPDATE SKIP LOCKED"
    await db.fetch(
        "UPDATE help_request SET next_alert_at = ?, alert_step = alert_step - 1 WHERE id = (SELECT id FROM help_request"
        f" WHERE id = ? AND state IN ('open', 'review') AND alert_step > 0 AND next_alert_at > ?{lock})"
        " AND NOT EXISTS (SELECT 1 FROM delivery d WHERE d.request_id = ? AND d.purpose = 'alert' AND d.id > ?)"
        " RETURNING id",
        to_ms(now),
        row["request_id"],
        to_ms(now),
        row["request_id"],
        row["id"],
    )


def _objection(row: dict[str, Any], now: datetime, capped: bool) -> tuple[str, str, datetime] | None:
    """Why this row may not go now: (status, reason, not before); None when it may."""
    if row["expires_at"] is not None and from_ms(row["expires_at"]) < now:
        return "expired", "late", now
    if row["stopped_at"] is not None:
        return "expired", "stopped", now
    if row["gone"]:
        return "expired", LEFT, now
    if row["purpose"] == "alert" and row["request_state"] not in (None, "open", "review"):
        return "expired", "acknowledged", now
    if row["group_enabled"] is not None and not row["group_enabled"]:
        return "held", "group_off", now
    if capped:
        return "held", "group_cap", now
    hours = quiet.parse(row["quiet_hours"])
    local = clock.local(now)
    if hours.covers(local):
        return "queued", "quiet_hours", hours.end_after(local)
    return None


async def _mark_sending(lane: Lane, rows: list[dict[str, Any]], now: datetime) -> list[dict[str, Any]]:
    """Those that are ours now: on PostgreSQL somebody may have held, expired or moved one since it was read.

    On SQLite nobody can, and each row that is given back takes a turn for the interpreter's lock.
    """
    if not rows:
        return []
    statement = MARK.format(ids=db.marks(rows))
    values = (lane.owner, to_ms(now + lane.lease), lane.channel, *(row["id"] for row in rows))
    if db.on_sqlite():
        await db.fetch(statement, *values)
        return rows
    marked = await db.fetch(f"{statement} RETURNING id", *values)
    ours = {row["id"] for row in marked}
    return [row for row in rows if row["id"] in ours]


def _unreadable(
    row: dict[str, Any], shared: dict[int, tuple[Part, ...]], now: datetime
) -> tuple[str, str, datetime] | None:
    """Puts what is to be said into the row. A row that cannot be read fails alone, and stops nobody else's."""
    broadcast = row["broadcast_id"]
    try:
        if row["body"] is not None or broadcast is None:
            row["parts"] = parts_of(row["body"], row["shared"])
        else:
            if broadcast not in shared:
                shared[broadcast] = parts_of(None, row["shared"])
            row["parts"] = shared[broadcast]
    except (CannotDecrypt, MsgspecError):
        log.error("delivery %d cannot be read, is it the right key?", row["id"])
        return "failed", "unreadable", now
    return None if row["parts"] else ("expired", "no_words", now)  # erased, or kept long enough, while it was away


async def next_due(lane: Lane) -> datetime | None:
    """When the lane's next queued row may go; None when nothing waits."""
    rows = await db.fetch(
        "SELECT min(not_before) AS due FROM delivery WHERE channel = ? AND status = 'queued'"
        " AND priority BETWEEN ? AND ?",
        lane.channel,
        lane.first,
        lane.last,
    )
    due = rows[0]["due"]
    return None if due is None else from_ms(due)
