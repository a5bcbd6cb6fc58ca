"""A message that somebody wrote, and our answer: ONE transaction, and a replay of the event is harmless."""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import NamedTuple

from bot import clock
from bot.actions.delivery import outbox
from bot.actions.staff import directory
from bot.events import Chat, Incoming, Part
from bot.models import Seen, db
from bot.models.fields import to_ms

REPLY_LIFE = timedelta(minutes=30)
REMEMBER = timedelta(days=7)
TOGETHER = 64  # messages that share a transaction


class Answer(NamedTuple):
    """What to say: where the person wrote, and to them alone. Both may be empty."""

    here: tuple[Part, ...] = ()
    private: tuple[Part, ...] = ()


Work = Callable[[], Awaitable[Answer]]


class _Waiting(NamedTuple):
    message: Incoming
    work: Work
    handled: asyncio.Future[bool]


_waiting: deque[_Waiting] = deque()
_worker: list[asyncio.Task[None]] = []


async def answer(message: Incoming, work: Work) -> bool:
    """Run `work` (which may call actions) and store what it wants said, all or nothing.

    Returns False when the same message was handled before: then nothing is done at all. Messages that
    wait at the same moment share one transaction, for the disk's sake; when one of them fails, all are
    rolled back and each is tried alone, so `work` must touch nothing but the database.
    """
    handled: asyncio.Future[bool] = asyncio.get_running_loop().create_future()
    _waiting.append(_Waiting(message, work, handled))
    if not _worker:
        _worker.append(asyncio.create_task(_serve()))
    return await handled


async def settled() -> None:
    """Wait until nothing is being answered any more; for a stop, when channels bring nothing new."""
    await asyncio.gather(*_worker)


async def _serve() -> None:
    try:
        while _waiting:
            await _together([_waiting.popleft() for _ in range(min(TOGETHER, len(_waiting)))])
    finally:
        _worker.clear()


async def _together(batch: list[_Waiting]) -> None:
    try:
        first_time = await _transaction(batch)
    except Exception as error:
        if len(batch) > 1:
            for one in batch:
                await _together([one])
        elif not batch[0].handled.done():
            batch[0].handled.set_exception(error)
        return
    for one, new in zip(batch, first_time, strict=True):
        if not one.handled.done():  # whoever waited may have been cancelled
            one.handled.set_result(new)


async def _transaction(batch: list[_Waiting]) -> list[bool]:
    drafts: list[outbox.Draft] = []
    async with db.transaction():
        first_time = await _first_time([one.message for one in batch])
        for one, new in zip(batch, first_time, strict=True):
            if new:
                drafts += _drafts(one.message, await one.work())
        await outbox.enqueue(drafts)
    await directory.refresh_if_forgotten()
    return first_time


async def _first_time(messages: list[Incoming]) -> list[bool]:
    """Which of the messages were never handled; the same one twice in the list counts once."""
    keys = [f"{message.channel}:{message.message_id}"[:160] for message in messages]
    now = to_ms(clock.now())
    rows = await db.fetch(
        f"INSERT INTO seen (key, at) VALUES {', '.join(['(?, ?)'] * len(keys))}"
        " ON CONFLICT (key) DO NOTHING RETURNING key",
        *(value for key in keys for value in (key, now)),
    )
    new = {row["key"] for row in rows}
    return [key in new and key not in keys[:position] for position, key in enumerate(keys)]


def _drafts(message: Incoming, said: Answer) -> list[outbox.Draft]:
    alone = Chat("direct", message.sender.id)
    wanted = [("r", message.chat, said.here), ("p", alone, said.private)]
    expires = clock.now() + REPLY_LIFE
    return [
        outbox.Draft(
            f"{mark}:{message.channel}:{message.message_id}", "reply", message.channel, chat, parts, expires_at=expires
        )
        for mark, chat, parts in wanted
        if parts
    ]


async def forget_old() -> int:
    """Messages handled long ago need no mark any more; returns how many marks went."""
    return await Seen.filter(at__lt=clock.now() - REMEMBER).delete()
