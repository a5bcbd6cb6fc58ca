"""A message that somebody wrote, and our answer: ONE transaction, and a replay of the event is harmless."""

from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import NamedTuple

from bot import clock
from bot.actions import directory, outbox
from bot.events import Chat, Incoming, Part
from bot.models import Seen, db
from bot.models.fields import to_ms

REPLY_LIFE = timedelta(minutes=30)
REMEMBER = timedelta(days=7)


class Answer(NamedTuple):
    """What to say: where the person wrote, and to them alone. Both may be empty."""

    here: tuple[Part, ...] = ()
    private: tuple[Part, ...] = ()


Work = Callable[[], Awaitable[Answer]]


async def answer(message: Incoming, work: Work) -> bool:
    """Run `work` (which may call actions) and store what it wants said, all or nothing.

    Returns False when the same message was handled before: then nothing is done at all.
    """
    async with db.transaction():
        if not await _first_time(message):
            return False
        said = await work()
        drafts = list(_drafts(message, said))
        if drafts:
            await outbox.enqueue(drafts)
    await directory.refresh_if_forgotten()
    return True


async def _first_time(message: Incoming) -> bool:
    rows = await db.fetch(
        "INSERT INTO seen (key, at) VALUES (?, ?) ON CONFLICT (key) DO NOTHING RETURNING key",
        f"{message.channel}:{message.message_id}"[:160],
        to_ms(clock.now()),
    )
    return bool(rows)


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
