"""A person decides that something goes out again: what may, and in words why the rest may not."""

from collections.abc import Sequence
from typing import Any, NamedTuple

from bot import clock
from bot.actions.delivery import outbox
from bot.actions.delivery.reasons import explain
from bot.actions.privacy import audit
from bot.models import db
from bot.models.fields import to_ms

LEFT = "left"  # the reason of what was to go out to somebody who works here no more
# Alerts, news and troubles are for staff alone: true for such a row when its account is nobody's of ours today.
GONE = """{row}.chat_kind = 'direct' AND substr({row}.key, 1, 2) IN ('a:', 'n:', 'w:') AND NOT EXISTS (
    SELECT 1 FROM identity i JOIN staff s ON s.id = i.staff_id
    WHERE i.channel = {row}.channel AND i.user_id = {row}.chat_id AND s.active)"""
OVER = "('unknown', 'held', 'failed', 'expired')"
STANDING = f"""
SELECT d.id, d.status, d.reason, d.chat_kind, d.chat_id, g.name, b.stopped_at,
       CASE WHEN d.body IS NOT NULL OR b.body <> '' THEN 1 ELSE 0 END AS worded,
       CASE WHEN {GONE.format(row="d")} THEN 1 ELSE 0 END AS gone
FROM delivery d
LEFT JOIN broadcast b ON b.id = d.broadcast_id
LEFT JOIN chat_group g ON g.channel = d.channel AND g.chat_id = d.chat_id AND d.chat_kind = 'group'
WHERE d.id IN ({{marks}})
"""
NOT_OVER = {"sent": "已经发出了", "queued": "还在等待，会自己发", "sending": "正在发"}


class Refusal(NamedTuple):
    """`target`: the group's name; a person's account is theirs, so a direct talk is only called that."""

    id: int
    target: str
    why: str


async def resend(delivery_ids: Sequence[int]) -> int:
    """Queue again what is unknown, held, failed or expired. Returns how many were.

    Not what was kept long enough, or erased: its words are gone. Nor what somebody stopped, or is for one who left.
    """
    if not delivery_ids:
        return 0
    now = to_ms(clock.now())
    rows = await db.fetch(
        "UPDATE delivery SET status = 'queued', reason = 'resend', attempts = 0, not_before = ?, expires_at = NULL"
        f" WHERE id IN ({db.marks(delivery_ids)}) AND status IN {OVER}"
        " AND (body IS NOT NULL"
        " OR EXISTS (SELECT 1 FROM broadcast b WHERE b.id = delivery.broadcast_id AND b.body <> ''))"
        " AND NOT EXISTS (SELECT 1 FROM broadcast b WHERE b.id = delivery.broadcast_id AND b.stopped_at IS NOT NULL)"
        f" AND NOT ({GONE.format(row='delivery')}) RETURNING id",
        now,
        *delivery_ids,
    )
    db.after_commit(outbox.wake)
    return len(rows)


async def again(delivery_ids: Sequence[int]) -> tuple[int, list[Refusal]]:
    """The same, and of those that stay as they are each by its number, in the order they were asked for."""
    async with db.transaction():
        found = {row["id"]: row for row in await db.fetch(STANDING.format(marks=db.marks(delivery_ids)), *delivery_ids)}
        refused = [Refusal(one, _target(found.get(one)), why) for one in delivery_ids if (why := _why(found.get(one)))]
        stay = {one.id for one in refused}
        done = await resend([one for one in delivery_ids if one not in stay])
        await audit.note("outbox.resend", "channel", rows=done)
    return done, refused


def _target(row: dict[str, Any] | None) -> str:
    if row is None:
        return ""
    return str(row["name"] or row["chat_id"]) if row["chat_kind"] == "group" else "私聊"


def _why(row: dict[str, Any] | None) -> str:
    """In words why it stays; "" when it may go."""
    if row is None:
        return "没有这个编号"
    if row["status"] in NOT_OVER:
        return NOT_OVER[row["status"]]
    if row["stopped_at"] is not None:
        return "这次播发已经叫停了"
    if not row["worded"]:
        return explain("erased" if row["reason"] == "erased" else "no_words")
    return explain(LEFT) if row["gone"] else ""
