"""The outbox forgets a person: what was written to them, and what was written about them to others.

What is still to go out to a colleague goes out, without the name; what was meant for them is void.
"""

from collections.abc import AsyncIterator
from typing import Any

from bot import clock
from bot.actions.delivery import outbox
from bot.actions.privacy import telling_words
from bot.actions.privacy.telling_words import Words
from bot.actions.privacy.tracing import Traces
from bot.models import Audit, Label, Seen, db, keys
from bot.models.fields import to_ms

AT_ONCE = 1000
VOID = "erased"  # the reason that `songnuan doubtful` explains
WAITING = ("queued", "held", "unknown")

FORGET_CHAT = "UPDATE delivery SET body = NULL, chat_id = '', message_id = NULL, key = ? WHERE id = ?"
FORGET_TEXT = "UPDATE delivery SET body = NULL WHERE id = ?"
REWRITE = "UPDATE delivery SET body = ? WHERE id = ?"
# One that was claimed since it was read is on its way: what comes of it is written by its sender.
EXPIRE = (
    "UPDATE delivery SET status = 'expired', reason = ?, settled_at = ? WHERE id = ?"
    " AND status IN ('queued', 'held', 'unknown')"
)


async def forget(found: Traces, words: Words) -> int:
    """Returns how many messages lost their text. Inside the transaction of the erasure."""
    work = _Outbox(found, words)
    async for row in _messages():
        work.look(row)
    await work.write()
    await _seen(found, work.handled)
    await _audit(found, words)
    await _labels(words)
    return work.forgotten


async def _messages() -> AsyncIterator[dict[str, Any]]:
    """All that have a text of their own or went to one person."""
    last = 0
    while rows := await db.fetch(
        "SELECT id, key, channel, chat_kind, chat_id, status, request_id, body FROM delivery"
        " WHERE id > ? AND (body IS NOT NULL OR chat_kind = 'direct') ORDER BY id LIMIT ?",
        last,
        AT_ONCE,
    ):
        for row in rows:
            yield row
        last = rows[-1]["id"]


class _Outbox:
    """Gathers the changes, so that reading comes before writing."""

    def __init__(self, found: Traces, words: Words) -> None:
        wrote = {(one.channel, one.sender_id) for one in found.requests if one.sender_id}
        self._chats = {*found.accounts, *wrote}
        self._requests = set(found.request_ids)
        self._notices = tuple(f"n:{step.id}:" for step in found.steps)
        self._words = words
        self._gone: list[tuple[str, int]] = []
        self._emptied: list[tuple[int]] = []
        self._rewritten: list[tuple[bytes, int]] = []
        self._void: list[tuple[str, int, int]] = []
        self.handled: set[str] = set()

    @property
    def forgotten(self) -> int:
        return len(self._gone) + len(self._emptied) + len(self._rewritten)

    def look(self, row: dict[str, Any]) -> None:
        if row["chat_kind"] == "direct" and (row["channel"], row["chat_id"]) in self._chats:
            if row["key"].startswith(("r:", "p:")):
                self.handled.add(row["key"][2:])
            self._gone.append((f"{VOID}:{row['id']}", row["id"]))
            self._expire(row)
        elif row["body"] is not None:
            self._about(row)

    def _about(self, row: dict[str, Any]) -> None:
        """What was written to others. Many families use the same words: only a name is sure to be theirs."""
        if row["request_id"] in self._requests or row["key"].startswith(self._notices):
            self._emptied.append((row["id"],))
            self._expire(row)
            return
        body = keys.current().open(bytes(row["body"]), outbox.BODY_CONTEXT)
        over = row["request_id"] is None and row["status"] not in (*WAITING, "sending")
        if over and self._words.are_in(telling_words.strings(body)):
            self._emptied.append((row["id"],))
        elif (rest := self._words.struck(body)) != body:
            self._rewritten.append((keys.current().seal(rest, outbox.BODY_CONTEXT), row["id"]))

    def _expire(self, row: dict[str, Any]) -> None:
        if row["status"] in WAITING:
            self._void.append((VOID, to_ms(clock.now()), row["id"]))

    async def write(self) -> None:
        for statement, rows in (
            (FORGET_CHAT, self._gone),
            (FORGET_TEXT, self._emptied),
            (REWRITE, self._rewritten),
            (EXPIRE, self._void),
        ):
            if rows:
                await db.execute_many(statement, rows)


async def _seen(found: Traces, handled: set[str]) -> None:
    marks = [*handled, *(one.message_key for one in found.requests if one.message_key)]
    for start in range(0, len(marks), AT_ONCE):
        await Seen.filter(key__in=marks[start : start + AT_ONCE]).delete()


async def _audit(found: Traces, words: Words) -> None:
    """Who did what stays; the words in which they gave a reason go."""
    theirs = {("member", one.id) for one in found.members} | {("request", number) for number in found.request_ids}
    if found.member is None:
        theirs.add(("household", found.household.id))
    for row in await Audit.filter(reason__not_isnull=True):
        if (row.subject, row.subject_id) in theirs or words.name_them([row.reason or ""]):
            await Audit.filter(id=row.id).update(reason=None)


async def _labels(words: Words) -> None:
    """Examples lead to nobody, but may be their very words."""
    for label in await Label.all():
        if words.are_in([label.words or ""]):
            await label.delete()
