"""Outbox to channel: claim, check again, send, record. Two lanes a channel, so that no tip delays an alert."""

import asyncio
from collections.abc import Iterable, Mapping
from uuid import uuid4

from bot.config import Pacing
from bot.events import Channel
from bot.sender.lane import LaneWorker
from bot.sender.pacing import Breaker, Pacer

__all__ = ["Sender"]


class Sender:
    """All lanes of one process. `run()` works until `stop()`; `run(drain=True)` until nothing is due."""

    def __init__(self, channels: Iterable[Channel], pacing: Mapping[str, Pacing], *, owner: str = "") -> None:
        owner = owner or uuid4().hex[:12]
        self.workers: list[LaneWorker] = []
        self._breakers: dict[str, Breaker] = {}
        for channel in channels:
            limits = pacing[channel.name]
            breaker = Breaker()
            for urgent in (True, False):
                pacer = Pacer(channel.name, limits, urgent=urgent)
                self.workers.append(LaneWorker(channel, limits, pacer, breaker, owner, urgent=urgent))
            self._breakers[channel.name] = breaker
        self._tasks: list[asyncio.Task[None]] = []

    def start(self) -> None:
        self._tasks = [asyncio.create_task(worker.run()) for worker in self.workers]

    async def stop(self) -> None:
        """Claim nothing more, finish what is in flight, record it: leaves no row in `sending`."""
        for worker in self.workers:
            worker.stop()
        await asyncio.gather(*self._tasks)
        self._tasks = []

    async def run(self, *, drain: bool = False) -> None:
        """Work in this task; with `drain`, return once nothing is due (what waits for later stays)."""
        await asyncio.gather(*(worker.run(drain=drain) for worker in self.workers))

    def stalled(self, seconds: float) -> list[str]:
        """Lanes that have work but have not turned for that long: names for /healthz."""
        return [worker.name for worker in self.workers if worker.idle_for() > seconds]

    def resting(self) -> dict[str, float]:
        """Channels whose tips rest because of sends in doubt, with the seconds that are left."""
        return {name: left for name, breaker in self._breakers.items() if (left := breaker.remaining()) > 0}

    def crashed(self) -> list[str]:
        """Lanes whose task has ended although nobody stopped it."""
        return [worker.name for worker, task in zip(self.workers, self._tasks, strict=False) if task.done()]
