"""One group that two accounts can reach: when the first cannot deliver, the same row goes by the next, once.

It is one row of the outbox all the while, so the group can never have the message by both roads. Only what
certainly has not gone out may move: `failed`, or `queued` on an account that is down. Never `unknown` or `sending`.
"""

from collections.abc import Collection, Mapping
from datetime import timedelta
from typing import Any

from bot import clock
from bot.actions.delivery import canaries, outbox
from bot.models import db
from bot.models.fields import to_ms

AT_ONCE = 200
PATIENCE = timedelta(minutes=30)
# What the first groups of a broadcast refused, and not for a reason of their own, stays until it is clear what becomes
# of the others: two of these hold them, and a forbidden text must not go through all groups of all accounts. Where
# nothing becomes of the others, because the account is down or has had its number for today, it does not stay for long.
SETTLED = f"""d.reason IN ({canaries.OWN})
    OR EXISTS (SELECT 1 FROM delivery c
               WHERE c.broadcast_id = d.broadcast_id AND c.channel = d.channel AND c.status = 'sent')
    OR NOT EXISTS (SELECT 1 FROM delivery c WHERE c.broadcast_id = d.broadcast_id AND c.channel = d.channel
                   AND c.status IN ('queued', 'sending'))
    OR d.channel IN ({{down}}) OR d.settled_at < ?"""
# Groups of one circle have the same root: the group itself, or the one that it stands in for.
# Who became one circle after the broadcast was fired has a row each: there is nothing left to take over.
STRANDED = """
SELECT d.id, d.status, d.channel, g.rank, coalesce(g.same_as_id, g.id) AS root
FROM delivery d JOIN chat_group g ON g.id = d.group_id
WHERE d.purpose = 'tip' AND d.expires_at > ? AND g.channel = d.channel
  AND (d.status = 'failed' AND ({settled}) OR (d.status = 'queued' AND d.channel IN ({down})))
  AND EXISTS (SELECT 1 FROM chat_group n WHERE coalesce(n.same_as_id, n.id) = coalesce(g.same_as_id, g.id)
              AND n.rank > g.rank AND n.enabled = ? AND n.channel IN ({up}))
  AND NOT EXISTS (SELECT 1 FROM delivery o JOIN chat_group h ON h.id = o.group_id
                  WHERE o.broadcast_id = d.broadcast_id AND o.id <> d.id
                    AND coalesce(h.same_as_id, h.id) = coalesce(g.same_as_id, g.id))
ORDER BY d.id LIMIT ?
"""
NEXT = """
SELECT id, channel, chat_id FROM chat_group
WHERE (id = ? OR same_as_id = ?) AND rank > ? AND enabled = ? AND channel IN ({up}) ORDER BY rank, id LIMIT 1
"""


async def move(
    up: Collection[str], down: Collection[str], quiet_hours: Mapping[str, str | None], usual: str = ""
) -> int:
    """Send by another road what is stranded; `down` are accounts that have been out of order for a while.

    `quiet_hours` are those that a channel has of its own; None leaves the row its own, unless those are of the channel
    that it leaves: then the `usual` ones count. Returns how many rows moved.
    """
    if not up:
        return 0
    roads, broken = sorted(up), sorted(down) or [""]
    now = clock.now()
    settled = SETTLED.format(down=db.marks(broken))
    statement = STRANDED.format(settled=settled, down=db.marks(broken), up=db.marks(roads))
    async with db.transaction():
        stamp = to_ms(now)
        waited = to_ms(now - PATIENCE)
        rows = await db.fetch(statement, stamp, *broken, waited, *broken, True, *roads, AT_ONCE)
        moved = [await _by_the_next(row, roads, _hours(row["channel"], quiet_hours, usual), stamp) for row in rows]
    if any(moved):
        outbox.wake()
    return sum(moved)


def _hours(left: str, quiet_hours: Mapping[str, str | None], usual: str) -> Mapping[str, str | None]:
    """By channel, for a row that leaves this one."""
    if quiet_hours.get(left) is None:
        return quiet_hours
    return {name: usual if own is None else own for name, own in quiet_hours.items()}


async def _by_the_next(
    row: Mapping[str, Any], roads: list[str], quiet_hours: Mapping[str, str | None], stamp: int
) -> bool:
    found = await db.fetch(NEXT.format(up=db.marks(roads)), row["root"], row["root"], row["rank"], True, *roads)
    if not found:
        return False
    group, own = found[0], quiet_hours.get(found[0]["channel"])
    changed = await db.fetch(
        "UPDATE delivery SET channel = ?, chat_id = ?, group_id = ?, quiet_hours = coalesce(?, quiet_hours),"
        " status = 'queued', reason = 'other_road', attempts = 0, not_before = ?, settled_at = NULL, message_id = NULL"
        " WHERE id = ? AND status = ? RETURNING id",
        group["channel"],
        group["chat_id"],
        group["id"],
        own,
        stamp,
        row["id"],
        row["status"],
    )
    return bool(changed)
