"""Events are handled in order within a chat and side by side across chats, without a task for each.

A chat always falls into the same lane. A slow handler holds up its lane only; when a lane is full, the
socket's reader waits, so a flood is slowed down at its source. Nobody can hold up the others of a lane by
writing without end: what one sender has waiting beyond the first few goes behind what others have just written
(start-time fair queueing, with a sender as the flow), and beyond `PER_SENDER` it is let go and counted. An event
that the network repeats while it still waits is the same event.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import Generic, NamedTuple, TypeVar

Item = TypeVar("Item")

LANES = 16
DEPTH = 4096  # per lane; so deep that answers and heartbeats behind a flood are not held up by it
PER_SENDER = 512  # waiting in one lane; nobody writes that much before the first of it is handled
TOGETHER = 8  # what one sender has waiting is handled in order of arrival up to this many
_BREATH = 8  # items after which a busy lane lets the loop run once

_log = logging.getLogger(__name__)


class _Entry(NamedTuple, Generic[Item]):
    """Compared by turn and arrival alone: two entries never arrive as the same number."""

    turn: int
    arrived: int
    sender: str
    mark: str
    item: Item


class _Lane(Generic[Item]):
    """A queue ordered by (turn, arrival). A sender's turn never goes back, so their own order is kept."""

    def __init__(self, depth: int) -> None:
        self.queue: asyncio.PriorityQueue[_Entry[Item]] = asyncio.PriorityQueue(depth)
        self._turn = 0  # of what was taken last
        self._arrived = 0
        self._senders: dict[str, tuple[int, int]] = {}  # who has something waiting: how much, and their last turn
        self._marks: set[str] = set()  # of what waits

    def knows(self, mark: str) -> bool:
        return mark in self._marks

    def entry(self, sender: str, mark: str, item: Item) -> _Entry[Item] | None:
        """The item with its place; None when its sender has too much waiting. No sender: never held back."""
        self._arrived += 1
        turn = self._turn
        if sender:
            waiting, last = self._senders.get(sender, (0, 0))
            if waiting >= PER_SENDER:
                return None
            turn = max(last, self._turn + waiting // TOGETHER)
            self._senders[sender] = waiting + 1, turn
        if mark:
            self._marks.add(mark)
        return _Entry(turn, self._arrived, sender, mark, item)

    async def take(self) -> Item:
        entry = await self.queue.get()
        self._turn = max(self._turn, entry.turn)
        self._marks.discard(entry.mark)
        if entry.sender:
            waiting, last = self._senders[entry.sender]
            if waiting > 1:
                self._senders[entry.sender] = waiting - 1, last
            else:
                del self._senders[entry.sender]
        return entry.item


class Lanes(Generic[Item]):
    """A fixed set of queues, each with one worker."""

    def __init__(self, handle: Callable[[Item], Awaitable[None]], *, lanes: int = LANES, depth: int = DEPTH) -> None:
        self._handle = handle
        self._lanes: list[_Lane[Item]] = [_Lane(depth) for _ in range(lanes)]
        self._workers: list[asyncio.Task[None]] = []
        self.let_go = 0

    def start(self) -> None:
        self._workers = [asyncio.create_task(self._work(lane)) for lane in self._lanes]

    def put(self, key: str, item: Item, sender: str = "", mark: str = "") -> Awaitable[None] | None:
        """Queue an item; an awaitable comes back only when the lane is full and the caller has to wait.

        `mark` tells an event from every other: one that waits already is not queued again.
        """
        lane = self._lanes[hash(key) % len(self._lanes)]
        if mark and lane.knows(mark):
            return None
        entry = lane.entry(sender, mark, item)
        if entry is None:
            self._drop()
            return None
        if lane.queue.full():
            return lane.queue.put(entry)
        lane.queue.put_nowait(entry)
        return None

    def waiting(self) -> int:
        """How many items no handler has begun yet."""
        return sum(lane.queue.qsize() for lane in self._lanes)

    async def idle(self) -> None:
        """Wait until everything that was put in is handled."""
        for lane in self._lanes:
            await lane.queue.join()

    async def stop(self, grace: float) -> None:
        """Finish what was read (it exists nowhere else), at most for `grace` seconds."""
        try:
            async with asyncio.timeout(grace):
                await self.idle()
        except TimeoutError:
            _log.warning("stopped with %d events not handled", self.waiting())
        for worker in self._workers:
            worker.cancel()
        await asyncio.gather(*self._workers, return_exceptions=True)
        self._workers = []

    def _drop(self) -> None:
        self.let_go += 1
        if self.let_go & (self.let_go - 1) == 0:  # 1, 2, 4, 8 …
            _log.warning("one sender floods, %d of their messages were let go so far", self.let_go)

    async def _work(self, lane: _Lane[Item]) -> None:
        done = 0
        while True:
            item = await lane.take()
            try:
                await self._handle(item)
            except Exception as error:
                # By contract nothing is raised; if it is, the lane lives on. The text may be a person's: not logged.
                _log.error("an event could not be handled: %s", type(error).__name__)
            finally:
                lane.queue.task_done()
            done += 1
            if done % _BREATH == 0:
                await asyncio.sleep(0)
