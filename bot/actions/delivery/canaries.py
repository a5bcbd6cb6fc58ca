"""Of a broadcast one group goes first, and when the first ones go wrong the others are held for a person.

A text that a network forbids, tried with one group after the other, is what accounts are frozen for.
"""

from datetime import datetime

from bot.models import db
from bot.models.fields import to_ms

# The rest follow when the first one was sent. What a person sends again may go: it has no end of life, and keeps that
# when quiet hours or a lost line put it off.
MAY_GO = """AND (d.broadcast_id IS NULL OR d.expires_at IS NULL
    OR EXISTS (SELECT 1 FROM delivery c
               WHERE c.broadcast_id = d.broadcast_id AND c.channel = d.channel AND c.status = 'sent')
    OR NOT EXISTS (SELECT 1 FROM delivery c
                   WHERE c.broadcast_id = d.broadcast_id AND c.channel = d.channel
                     AND (c.status = 'sending' OR (c.status = 'queued' AND c.id < d.id AND c.not_before <= ?))))"""
# None sent, and so many of the first ones …
IN_DOUBT = 3  # … are in doubt
REFUSED = 2  # … were refused for a reason that is not the group's own: the text's, or the account's
ANY_REFUSED = 10  # … were refused for whatever reason: an account that everybody has thrown out looks like that
DOUBT, REFUSAL = "canary", "canary_refused"  # the reasons of what is held
# Says nothing about the next group. An unreadable row has not even been sent.
ITS_OWN = ("not_in_group", "muted", "not_a_friend", "no_such_chat", "bad_target", "bad_robot", "unreadable")
OWN = ", ".join(f"'{code}'" for code in ITS_OWN)
# Asked in each claim, so only of broadcasts that something is left of: what failed in all the years does not count.
STOPPED = f"""
SELECT broadcast_id, sum(CASE WHEN status = 'unknown' THEN 1 ELSE 0 END) AS doubts
FROM delivery u WHERE u.channel = ? AND u.status IN ('unknown', 'failed') AND u.broadcast_id IN (
    SELECT q.broadcast_id FROM delivery q
    WHERE q.channel = ? AND q.status = 'queued' AND q.expires_at IS NOT NULL AND q.broadcast_id IS NOT NULL)
GROUP BY u.broadcast_id
HAVING sum(CASE WHEN u.status = 'unknown' THEN 1 ELSE 0 END) >= {IN_DOUBT}
    OR sum(CASE WHEN u.status = 'failed' AND u.reason NOT IN ({OWN}) THEN 1 ELSE 0 END) >= {REFUSED}
    OR sum(CASE WHEN u.status = 'failed' AND u.reason <> 'unreadable' THEN 1 ELSE 0 END) >= {ANY_REFUSED}
"""


async def hold_the_rest(channel: str, now: datetime) -> None:
    """The other groups of such a broadcast wait for a person, as long as none has it."""
    await db.fetch(
        f"WITH stopped AS ({STOPPED})"
        " UPDATE delivery SET status = 'held', settled_at = ?, reason = (SELECT CASE WHEN s.doubts >= ?"
        f" THEN '{DOUBT}' ELSE '{REFUSAL}' END FROM stopped s WHERE s.broadcast_id = delivery.broadcast_id)"
        " WHERE channel = ? AND status = 'queued' AND expires_at IS NOT NULL"
        " AND broadcast_id IN (SELECT broadcast_id FROM stopped)"
        " AND NOT EXISTS (SELECT 1 FROM delivery c WHERE c.broadcast_id = delivery.broadcast_id"
        "  AND c.channel = delivery.channel AND c.status = 'sent') RETURNING id",
        channel,
        channel,
        to_ms(now),
        IN_DOUBT,
        channel,
    )
