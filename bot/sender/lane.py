"""One lane: takes due deliveries of one channel, keeps a window of them in flight, records in batches."""

import asyncio
import logging
from datetime import timedelta

from bot import clock
from bot.actions.delivery import claiming, outbox
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
LINGER_SECONDS = 0.02  # how long an outcome waits for others, to be written together


class LaneWorker:
    def __init__(
        self, channel: Channel, pacing: Pacing, pacer: Pacer, breaker: Breaker, owner: str, *, urgent: bool
    ) -> None:
        first, last = (0, outbox.URGENT) if urgent else (outbox.URGENT + 1, 9)
        self.name = f"{channel.name}/{'urgent' if urgent else 'tips'}"
        self._channel = channel
        self._lane = claiming.Lane(
            channel.name, first, last, owner, LEASE, pacing.per_group_day, canary=pacing.canary and not urgent
        )
        self._window = URGENT_WINDOW if urgent else pacing.window
        self._pacer = pacer
        self._breaker = breaker
        self._urgent = urgent
        self._woken = asyncio.Event()
        self._stopping = False
        self._in_flight: dict[int, tuple[asyncio.Task[None], float]] = {}  # by delivery, with when it began
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
            return await self.turn()
        except Exception:
            log.exception("lane %s could not use the database, trying again", self.name)
            return POLL_SECONDS

    async def turn(self) -> float:
        """Record what is done and claim what fits, in one commit; returns seconds until there may be more.

        What is in flight and what is claimed never exceed the window, so a crash leaves at most one window in doubt.
        """
        self._give_up_overdue()
        batch = self._done[:]
        free = self._window - len(self._in_flight) - (len(self._done) - len(batch))
        lane, allowed, pause = await self._room(free)
        claimed = await claiming.record_and_claim(lane, batch, allowed) if batch or allowed > 0 else []
        del self._done[: len(batch)]
        if not claimed:
            return pause
        self._pacer.spent(len(claimed))
        for ready in claimed:
            task = asyncio.create_task(self._deliver(ready))
            self._in_flight[ready.id] = (task, clock.monotonic())
        return 0.0

    async def _room(self, free: int) -> tuple[claiming.Lane, int, float]:
        """Which lane may claim how much now, and how long to wait when that is nothing."""
        if self._channel.health().state is not Line.ONLINE or self._paused():
            return self._lane, 0, POLL_SECONDS
        if free <= 0 or (self._in_flight and free < self._window // 2):
            return self._lane, 0, POLL_SECONDS  # sends that end wake us
        allowed, pause = await self._pacer.allowance(free)
        if allowed > 0:
            return self._lane, allowed, POLL_SECONDS
        if not self._urgent:
            return self._lane, 0, max(pause, 0.01)
        return self._lane._replace(last=outbox.PRIORITY["alert"]), free, POLL_SECONDS  # only replies wait for a token

    def _give_up_overdue(self) -> None:
        """A channel that keeps a send for ever has a bug: the lane must not stand still for it."""
        if self._in_flight:
            limit = clock.monotonic() - SEND_SECONDS
            for task, since in self._in_flight.values():
                if since < limit:
                    task.cancel()

    def _paused(self) -> bool:
        return not self._urgent and self._breaker.remaining() > 0

    async def _deliver(self, ready: outbox.Ready) -> None:
        result: Receipt | SendError = Unknown("timeout")  # if it is given up
        try:
            out = Outgoing(str(ready.id), ready.chat, degrade(ready.parts, self._channel.limits), ready.request)
            result = await self._channel.send(out)
        except SendError as error:
            log.warning("delivery %d on %s: %s", ready.id, self.name, error.code)
            result = error
        except Exception:
            log.exception("channel %s broke its promise on delivery %d", self._channel.name, ready.id)
            result = Unknown("bug")
        finally:
            self._finished(ready, result)

    def _finished(self, ready: outbox.Ready, result: Receipt | SendError) -> None:
        """Keep what came of it; wake the lane when there is a batch to write, or soon after."""
        del self._in_flight[ready.id]
        self._breaker.saw(unknown=isinstance(result, Unknown))
        self._done.append(outbox.Outcome(ready.id, ready.purpose, ready.attempts, result, ready.lease))
        if len(self._done) >= self._window // 2 or not self._in_flight:
            self._woken.set()
        elif len(self._done) == 1:
            asyncio.get_running_loop().call_later(LINGER_SECONDS, self._woken.set)

    async def _sleep(self, seconds: float) -> None:
        try:
            async with asyncio.timeout(seconds):
                await self._woken.wait()
        except TimeoutError:
            return

    async def landed(self) -> None:
        """Wait for all that is on its way."""
        if self._in_flight:
            await asyncio.wait([task for task, _ in self._in_flight.values()])

    async def _finish(self) -> None:
        await self.landed()
        await claiming.record_and_claim(self._lane, self._done, 0)
        self._done = []
