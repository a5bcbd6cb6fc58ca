"""Events are handled in order within a chat and side by side across chats, without a task for each.

A chat always falls into the same lane. A slow handler holds up its lane only; when a lane is full, the
socket's reader waits, so a flood is slowed down at its source and nothing is dropped.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import Generic, TypeVar

Item = TypeVar("Item")

LANES = 16
DEPTH = 4096  # per lane; so deep that answers and heartbeats behind a flood are not held up by it
_BREATH = 8  # items after which a busy lane lets the loop run once

_log = logging.getLogger(__name__)


class Lanes(Generic[Item]):
    """A fixed set of queues, each with one worker."""

    def __init__(self, handle: Callable[[Item], Awaitable[None]], *, lanes: int = LANES, depth: int = DEPTH) -> None:
        self._handle = handle
        self._queues: list[asyncio.Queue[Item]] = [asyncio.Queue(depth) for _ in range(lanes)]
        self._workers: list[asyncio.Task[None]] = []

    def start(self) -> None:
        self._workers = [asyncio.create_task(self._work(queue)) for queue in self._queues]

    def put(self, key: str, item: Item) -> Awaitable[None] | None:
        """Queue an item; an awaitable comes back only when the lane is full and the caller has to wait."""
        queue = self._queues[hash(key) % len(self._queues)]
        if queue.full():
            return queue.put(item)
        queue.put_nowait(item)
        return None

    async def stop(self, grace: float) -> None:
        """Finish what was read (it exists nowhere else), at most for `grace` seconds."""
        try:
            async with asyncio.timeout(grace):
                for queue in self._queues:
                    await queue.join()
        except TimeoutError:
            left = sum(queue.qsize() for queue in self._queues)
            _log.warning("stopped with %d events not handled", left)
        for worker in self._workers:
            worker.cancel()
        await asyncio.gather(*self._workers, return_exceptions=True)
        self._workers = []

    async def _work(self, queue: asyncio.Queue[Item]) -> None:
        done = 0
        while True:
            item = await queue.get()
            try:
                await self._handle(item)
            except Exception as error:
                # By contract nothing is raised; if it is, the lane lives on. The text may be a person's: not logged.
                _log.error("an event could not be handled: %s", type(error).__name__)
            finally:
                queue.task_done()
            done += 1
            if done % _BREATH == 0:
                await asyncio.sleep(0)
