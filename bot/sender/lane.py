"""One lane: takes due deliveries of one channel, keeps a window of them in flight, records in batches."""

import asyncio
import logging
from datetime import timedelta

from bot import clock
from bot.actions import claiming, outbox
from bot.config import Pacing
from bot.content.parts import degrade
from bot.errors import SendError, Unknown
from bot.events import Channel, Line, Outgoing, Receipt
from bot.sender.pacing import Breaker, Pacer

log = logging.getLogger(__name__)

POLL_SECONDS = 1.0  # how late another process's rows are noticed; our own wake us at once
SEND_SECONDS = 150.0  # channels have shorter limits of their own; this one is for a channel with a bug
LEASE = timedelta(seconds=SEND_SECONDS + 60)
URGENT_WINDOW = 64


class LaneWorker:
    def __init__(
        self, channel: Channel, pacing: Pacing, pacer: Pacer, breaker: Breaker, owner: str, *, urgent: bool
    ) -> None:
        first, last = (0, outbox.URGENT) if urgent else (outbox.URGENT + 1, 9)
        self.name = f"{channel.name}/{'urgent' if urgent else 'tips'}"
        self._channel = channel
        self._lane = claiming.Lane(channel.name, first, last, owner, LEASE, pacing.per_group_day)
        self._window = URGENT_WINDOW if urgent else pacing.window
        self._pacer = pacer
        self._breaker = breaker
        self._urgent = urgent
        self._woken = asyncio.Event()
        self._stopping = False
        self._in_flight: set[asyncio.Task[None]] = set()
        self._done: list[outbox.Outcome] = []
        self._turned = clock.monotonic()

    def stop(self) -> None:
        self._stopping = True
        self._woken.set()

    def idle_for(self) -> float:
        """Seconds since the lane last turned; it turns at least every `POLL_SECONDS`."""
        return clock.monotonic() - self._turned

    async def run(self, *, drain: bool = False) -> None:
        """Until stopped; a database error is logged and tried again, never the end of the lane."""
        unsubscribe = outbox.listen(self._woken.set)
        try:
            while not self._stopping:
                self._turned = clock.monotonic()
                self._woken.clear()
                pause = await self._guarded_turn()
                if drain and not self._in_flight and not self._done and pause > 0:
                    return
                if pause > 0 or self._in_flight:
                    await self._sleep(min(pause, POLL_SECONDS) if pause > 0 else POLL_SECONDS)
            await self._finish()
        finally:
            unsubscribe()

    async def _guarded_turn(self) -> float:
        try:
            return await self._turn()
        except SendError:
            raise
        except Exception:
            log.exception("lane %s could not use the database, trying again", self.name)
            return POLL_SECONDS

    async def _turn(self) -> float:
        """Record what is done, claim what fits; returns seconds until there may be more, 0 for at once."""
        await self._record()
        # What is answered but not yet written still counts: a crash leaves at most one window in doubt.
        busy = len(self._in_flight) + len(self._done)
        free = self._window - busy
        if self._channel.health().state is not Line.ONLINE or self._paused():
            return POLL_SECONDS
        if free <= 0 or (busy and free < self._window // 2):
            return POLL_SECONDS  # a finished send wakes us
        allowed, pause = await self._pacer.allowance(free)
        if allowed <= 0:
            return max(pause, 0.01)
        claimed = await claiming.claim(self._lane, allowed)
        if not claimed:
            return POLL_SECONDS
        self._pacer.spent(len(claimed))
        for ready in claimed:
            task = asyncio.create_task(self._deliver(ready))
            self._in_flight.add(task)
            task.add_done_callback(self._in_flight.discard)
        return 0.0

    def _paused(self) -> bool:
        return not self._urgent and self._breaker.remaining() > 0

    async def _deliver(self, ready: outbox.Ready) -> None:
        out = Outgoing(str(ready.id), ready.chat, degrade(ready.parts, self._channel.limits))
        try:
            async with asyncio.timeout(SEND_SECONDS):
                result = await self._channel.send(out)
        except SendError as error:
            log.warning("delivery %d on %s: %s", ready.id, self.name, error.code)
            self._finished(ready, error)
        except TimeoutError:
            self._finished(ready, Unknown("timeout"))
        except Exception:
            log.exception("channel %s broke its promise on delivery %d", self._channel.name, ready.id)
            self._finished(ready, Unknown("bug"))
        else:
            self._finished(ready, result)

    def _finished(self, ready: outbox.Ready, result: Receipt | SendError) -> None:
        self._breaker.saw(unknown=isinstance(result, Unknown))
        self._done.append(outbox.Outcome(ready.id, ready.purpose, ready.attempts, result, ready.lease))
        self._woken.set()

    async def _record(self) -> None:
        """Write what is done, at least one second's worth at a time; on an error it stays for the next turn."""
        if not self._done:
            return
        batch = self._done[:]
        await outbox.record(batch)
        del self._done[: len(batch)]

    async def _sleep(self, seconds: float) -> None:
        try:
            async with asyncio.timeout(seconds):
                await self._woken.wait()
        except TimeoutError:
            return

    async def _finish(self) -> None:
        if self._in_flight:
            await asyncio.wait(set(self._in_flight))
        await self._record()
