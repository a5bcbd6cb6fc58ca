"""A gateway announces messages by their number only; here their words are fetched, in order, over broken lines too.

What was announced and not yet fetched when the line breaks is asked for on the next one: a family's words are not
lost to a gateway that was frozen. (One that was restarted may have forgotten them; that is counted and logged.)
"""

import asyncio
import logging
from collections import Counter
from collections.abc import Awaitable, Callable

from bot.channels.wechaty.incoming import BadMessage, Payload, ident
from bot.channels.wechaty.line import Line
from bot.channels.wechaty.outcomes import BROKEN
from bot.channels.wechaty.timing import Timing

_log = logging.getLogger(__name__)
DEPTH = 64  # announced and not yet read; more are left in the gateway's stream
REFUSALS = 3  # answers without the message after which it is given up


class Intake:
    """`take` keeps the order of the announcements; `read` gets each message, and raises BadMessage to drop it."""

    def __init__(
        self,
        name: str,
        timing: Timing,
        timeout: float,
        line: Callable[[], Line | None],
        read: Callable[[Payload], Awaitable[None] | None],
    ) -> None:
        self.dropped: Counter[str] = Counter()
        self._name = name
        self._timing = timing
        self._timeout = timeout
        self._line = line
        self._read = read
        self.waiting = 0  # announced and not read yet
        self._queue: asyncio.Queue[asyncio.Task[Payload]] = asyncio.Queue(DEPTH)
        self._worker: asyncio.Task[None] | None = None

    def start(self) -> None:
        self._worker = asyncio.create_task(self._work())

    async def drain(self, grace: float) -> None:
        """Finish what was announced, at most for `grace` seconds."""
        try:
            async with asyncio.timeout(grace):
                await self._queue.join()
        except TimeoutError:
            _log.warning("%s: some messages could not be fetched any more", self._name)

    async def stop(self) -> None:
        if self._worker is not None:
            self._worker.cancel()
            await asyncio.gather(self._worker, return_exceptions=True)
        while not self._queue.empty():
            self._queue.get_nowait().cancel()

    def take(self, message_id: object) -> Awaitable[None] | None:
        """An announcement; an awaitable comes back only when there are too many and the caller has to wait."""
        try:
            task = asyncio.create_task(self._fetch(ident(message_id)))
        except BadMessage as bad:
            self._drop(bad.reason)
            return None
        self.waiting += 1
        if self._queue.full():
            return self._queue.put(task)
        self._queue.put_nowait(task)
        return None

    async def _work(self) -> None:
        while True:
            task = await self._queue.get()
            try:
                waiting = self._read(await task)
                if waiting is not None:
                    await waiting
            except BadMessage as bad:
                self._drop(bad.reason)
            except asyncio.CancelledError:
                task.cancel()
                raise
            except Exception as error:
                # The text may be a person's: not logged.
                _log.error("%s: a message could not be read: %s", self._name, type(error).__name__)
            finally:
                self.waiting -= 1
                self._queue.task_done()

    async def _fetch(self, message_id: str) -> Payload:
        refusals = 0
        loop = asyncio.get_running_loop()
        until = loop.time() + self._timing.fetch
        while refusals < REFUSALS and loop.time() < until:
            line = self._line()
            if line is not None and line.open:
                try:
                    return await line.call(line.gateway.message(message_id), self._timeout)
                except BROKEN as error:  # there will be another line
                    _log.debug("a message is fetched again: %s", type(error).__name__)
                except Exception:  # an answer, but not the message
                    refusals += 1
            await asyncio.sleep(self._timing.fetch_gap)
        raise BadMessage("gone")

    def _drop(self, reason: str) -> None:
        self.dropped[reason] += 1
        count = self.dropped[reason]
        if reason != "no_text" and count & (count - 1) == 0:  # a flood must not become a flood of lines
            _log.warning("%s: message dropped, %s, %d so far", self._name, reason, count)
