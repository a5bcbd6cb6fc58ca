"""The outbox: what is to be sent, claimed by one sender at a time, and what became of it.

    queued ──claim──> sending ──record──> sent | failed | unknown | queued again (certainly not sent)
      │ └─ expired (too late, or no longer needed)      unknown ──late answer, own echo──> sent | failed
      └─ held (switched off, opted out, restored)       unknown, held, failed ──a person──> queued

`claim` commits `sending` before the first byte leaves, so after a crash every row that may have gone
out says so. Rows of one target go one at a time and in order. Nothing here waits for a network.
"""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from itertools import chain
from typing import Literal, NamedTuple

import msgspec

from bot import clock
from bot.errors import Retryable, SendError, Unknown
from bot.events import Chat, OwnMessage, Part, Receipt, Text
from bot.models import db, keys
from bot.models.fields import to_ms

Purpose = Literal["alert", "reply", "tip"]
PRIORITY: dict[str, int] = {"alert": 0, "reply": 1, "tip": 5}
URGENT = 1  # priorities up to this one go by the fast lane
RETRIES = 5
ALERT_RETRIES = 3
NO_FAULT = frozenset({"offline", "logged_out", "too_often"})  # no fault of the message: does not use up its tries
TRIAL_LIFE = timedelta(minutes=10)
BODY_CONTEXT = b"delivery.body"

_encoder = msgspec.json.Encoder()
_decoder = msgspec.json.Decoder(tuple[Part, ...])
_listeners: set[Callable[[], None]] = set()


class Draft(NamedTuple):
    """A delivery to be written. `key` is unique for ever: the same key twice is one delivery."""

    key: str
    purpose: Purpose
    channel: str
    chat: Chat
    parts: tuple[Part, ...] | None  # None: the broadcast's body
    broadcast_id: int | None = None
    group_id: int | None = None
    request_id: int | None = None
    quiet_hours: str = ""
    expires_at: datetime | None = None


class Ready(NamedTuple):
    """A claimed delivery, committed as `sending`: it must be sent now, once."""

    id: int
    purpose: Purpose
    chat: Chat
    parts: tuple[Part, ...]
    attempts: int
    lease: int | None = None  # when the claim ends (ms): tells it from every other claim of this row
    request: int | None = None


class Outcome(NamedTuple):
    """What a send came to. With `lease`, it is written only while the row still belongs to that claim."""

    id: int
    purpose: Purpose
    attempts: int
    result: Receipt | SendError
    lease: int | None = None


def encode(parts: Sequence[Part]) -> str:
    return _encoder.encode(tuple(parts)).decode()


def decode(body: str) -> tuple[Part, ...]:
    return _decoder.decode(body)


def listen(wake: Callable[[], None]) -> Callable[[], None]:
    """Call `wake` whenever there may be something to send; returns a function that ends it."""
    _listeners.add(wake)
    return lambda: _listeners.discard(wake)


def wake() -> None:
    for listener in tuple(_listeners):
        listener()


INSERT = """
INSERT INTO delivery (key, purpose, priority, channel, chat_kind, chat_id, body, broadcast_id, group_id, request_id,
                      quiet_hours, status, reason, attempts, not_before, expires_at, created_at)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 'queued', '', 0, ?, ?, ?) ON CONFLICT (key) DO NOTHING
"""


def _values(draft: Draft, now: int) -> tuple[object, ...]:
    return (
        draft.key,
        draft.purpose,
        PRIORITY[draft.purpose],
        draft.channel,
        draft.chat.kind,
        draft.chat.id,
        None if draft.parts is None else keys.current().seal(encode(draft.parts), BODY_CONTEXT),
        draft.broadcast_id,
        draft.group_id,
        draft.request_id,
        draft.quiet_hours,
        now,
        None if draft.expires_at is None else to_ms(draft.expires_at),
        now,
    )


async def enqueue(drafts: Sequence[Draft]) -> None:
    """Write deliveries; one whose key is already there is left as it is."""
    if not drafts:
        return
    now = to_ms(clock.now())
    async with db.transaction():
        await db.execute_many(INSERT, [_values(draft, now) for draft in drafts])
    db.after_commit(wake)


FAN_OUT = """
INSERT INTO delivery (key, purpose, priority, channel, chat_kind, chat_id, broadcast_id, group_id, quiet_hours,
                      status, reason, attempts, not_before, expires_at, created_at)
SELECT CAST(? AS TEXT) || CAST(coalesce(g.same_as_id, g.id) AS TEXT), CAST(? AS TEXT), CAST(? AS INT), g.channel,
       'group', g.chat_id, CAST(? AS INT), g.id, CAST(? AS TEXT), 'queued', '', 0, CAST(? AS BIGINT), CAST(? AS BIGINT),
       CAST(? AS BIGINT)
FROM chat_group g WHERE g.channel = ? AND g.enabled = ? AND g.id IN ({marks})
ORDER BY g.id ON CONFLICT (key) DO NOTHING
"""
AT_ONCE = 1000  # rows a statement


async def fan_out(
    key: str, broadcast_id: int, channel: str, groups: Sequence[int], quiet_hours: str, expires_at: datetime
) -> None:
    """A tip for each of the groups that is still switched on, with the broadcast's own body; keys are `key` + id.

    Groups that are the same people share the id of the first, so even two firings make one delivery of it.

    The database copies the groups itself: ten thousand rows made here would hold up everything else.
    """
    now = to_ms(clock.now())
    async with db.transaction():
        for at in range(0, len(groups), AT_ONCE):
            some = groups[at : at + AT_ONCE]
            values = (key, "tip", PRIORITY["tip"], broadcast_id, quiet_hours, now, to_ms(expires_at), now)
            await db.fetch(FAN_OUT.format(marks=db.marks(some)), *values, channel, True, *some)
    db.after_commit(wake)


# One statement for all: each of its own would be a turn for the interpreter's lock, which the sender wants as well.
SETTLE = """
UPDATE delivery SET status = v.column1, reason = v.column2, message_id = v.column3, not_before = v.column4,
       owner = NULL, leased_until = NULL, settled_at = ?
FROM (VALUES {rows}) AS v
WHERE delivery.id = v.column5 AND delivery.status = 'sending'
  AND delivery.leased_until = coalesce(v.column6, delivery.leased_until)
"""
SETTLED = (
    "(CAST(? AS VARCHAR(8)), CAST(? AS VARCHAR(60)), CAST(? AS VARCHAR(80)),"
    " CAST(? AS BIGINT), CAST(? AS BIGINT), CAST(? AS BIGINT))"
)


async def record(outcomes: Sequence[Outcome]) -> None:
    """Write what sends came to, all in one transaction. Never overrides a row that is already settled.

    A sender that hung past its lease may come back when its row is on its way again: that is not its business.
    """
    now = to_ms(clock.now())
    rows = [(*_verdict(outcome, now), outcome.id, outcome.lease) for outcome in outcomes]
    async with db.transaction():
        for at in range(0, len(rows), AT_ONCE):
            some = rows[at : at + AT_ONCE]
            await db.fetch(SETTLE.format(rows=", ".join([SETTLED] * len(some))), now, *chain.from_iterable(some))
    if any(row[0] == "queued" for row in rows):
        db.after_commit(wake)


def _verdict(outcome: Outcome, now: int) -> tuple[str, str, str | None, int]:
    """(status, reason, message id, not before) of a send, by the policy that its failure carries."""
    result = outcome.result
    if isinstance(result, Receipt):
        return "sent", "", result.message_id, now
    again = now + int(1000 * (result.retry_after or 2.0 * 2 ** min(outcome.attempts, 6)))
    if isinstance(result, Retryable) and (outcome.attempts < RETRIES or result.code in NO_FAULT):
        return "queued", result.code, None, again
    if isinstance(result, Unknown):
        # For an alert a duplicate beats silence; for all else a person decides.
        if outcome.purpose == "alert" and outcome.attempts < ALERT_RETRIES:
            return "queued", result.code, None, again
        return "unknown", result.code, None, now
    return "failed", result.code, None, now


async def settle(ref: str, result: Receipt | SendError) -> bool:
    """A late answer for a delivery that was given up as `unknown` (or is still `sending`)."""
    if not ref.isdecimal():
        return False
    status = "sent" if isinstance(result, Receipt) else "failed"
    if isinstance(result, Unknown):
        return False
    reason, message_id = ("", result.message_id) if isinstance(result, Receipt) else (result.code, None)
    rows = await db.fetch(
        "UPDATE delivery SET status = ?, reason = ?, message_id = ?, settled_at = ?"
        " WHERE id = ? AND status = 'unknown' RETURNING id",
        status,
        reason,
        message_id,
        to_ms(clock.now()),
        int(ref),
    )
    return bool(rows)


def plain(parts: Sequence[Part]) -> str:
    """The text parts without white space: what an echo is compared by."""
    return "".join("".join(part.text.split()) for part in parts if isinstance(part, Text))


async def settle_echo(channel: str, message: OwnMessage) -> bool:
    """The network shows our own message: the oldest `unknown` row of that chat with that text was sent."""
    since = to_ms(clock.now() - timedelta(days=1))
    rows = await db.fetch(
        "SELECT d.id, d.body, b.body AS shared FROM delivery d LEFT JOIN broadcast b ON b.id = d.broadcast_id"
        " WHERE d.channel = ? AND d.chat_id = ? AND d.chat_kind = ? AND d.status = 'unknown'"
        " AND d.settled_at >= ? ORDER BY d.id",
        channel,
        message.chat.id,
        message.chat.kind,
        since,
    )
    seen = "".join(message.text.split())
    for row in rows:
        if plain(parts_of(row["body"], row["shared"])) == seen:
            return await settle(str(row["id"]), Receipt(message.message_id, message.at))
    return False


def parts_of(body: bytes | None, shared: str | None) -> tuple[Part, ...]:
    if body is None:
        return decode(shared or "[]")
    return decode(keys.current().open(bytes(body), BODY_CONTEXT))


async def sweep(*, all_sending: bool = False) -> int:
    """Settle what a dead sender left: `sending` rows past their lease become unknown (alerts: queued again).

    `all_sending` is for a start that knows it is alone (SQLite's instance lock). Also expires what is
    too late to send. Returns the number of rows that were left in `sending`.
    """
    now = to_ms(clock.now())
    stale = "status = 'sending'" + ("" if all_sending else " AND leased_until < ?")
    values = [] if all_sending else [now]
    async with db.transaction():
        alerts = await db.fetch(
            "UPDATE delivery SET status = 'queued', reason = 'stalled', owner = NULL, leased_until = NULL,"
            f" not_before = ? WHERE {stale} AND purpose = 'alert' RETURNING id",
            now,
            *values,
        )
        others = await db.fetch(
            "UPDATE delivery SET status = 'unknown', reason = 'stalled', owner = NULL, leased_until = NULL,"
            f" settled_at = ? WHERE {stale} RETURNING id",
            now,
            *values,
        )
        await db.fetch(
            "UPDATE delivery SET status = 'expired', reason = 'late', settled_at = ?"
            " WHERE status = 'queued' AND expires_at < ? RETURNING id",
            now,
            now,
        )
    if alerts:
        wake()
    return len(alerts) + len(others)
