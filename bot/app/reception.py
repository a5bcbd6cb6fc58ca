"""What channels report, brought to the right place: messages to a conversation, news to an action."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence

from bot.actions.broadcasting import groups
from bot.actions.delivery import outbox
from bot.actions.staff import conversation, directory
from bot.errors import SendError
from bot.events import GroupInfo, Incoming, OwnMessage, Receipt
from bot.metrics import Metrics
from bot.router import Router, Turn
from bot.triage import fold

log = logging.getLogger(__name__)

TRIES = 5
FIRST_PAUSE = 0.2


class Reception:
    """Implements `bot.events.Inbox`: none of its methods raises, a family's words are not lost to a busy database."""

    def __init__(self, router: Router, metrics: Metrics) -> None:
        self._router = router
        self._metrics = metrics

    def concerns(self, message: Incoming) -> bool:
        """Ordinary chat ends here: read, judged and forgotten, with no query, no row, no line in the log."""
        self._metrics.received += 1
        return self._router.concerns(_turn(message))

    async def received(self, message: Incoming) -> None:
        call = self._router.match(_turn(message))
        if call is None:
            return
        self._metrics.handled += 1
        await self._insist("message", lambda: conversation.answer(message, call))

    async def settled(self, ref: str, outcome: Receipt | SendError) -> None:
        await self._insist("late answer", lambda: outbox.settle(ref, outcome))

    async def echoed(self, channel: str, message: OwnMessage) -> None:
        await self._insist("echo", lambda: outbox.settle_echo(channel, message))

    async def learnt(self, channel: str, found: Sequence[GroupInfo]) -> None:
        await self._insist("groups", lambda: groups.learnt(channel, found))

    async def _insist(self, what: str, work: Callable[[], Awaitable[object]]) -> None:
        """Each piece of work is one transaction, so it can be tried again as a whole."""
        pause = FIRST_PAUSE
        for left in reversed(range(TRIES)):
            try:
                await work()
                return
            except Exception:
                log.exception("%s could not be handled, %d tries left", what, left)
                self._metrics.errors += 1
            if left:
                await asyncio.sleep(pause)
                pause *= 3


def _turn(message: Incoming) -> Turn:
    return Turn(
        message,
        fold(message.text).strip(),
        directory.speaker(message.channel, message.sender.id),
        directory.place(message.channel, message.chat.id) if message.chat.kind == "group" else None,
    )
