"""What the clock starts: APScheduler calls each job; each job asks an action to do the work and is safe to repeat."""

import asyncio
import logging
from collections.abc import Awaitable, Callable

from apscheduler.schedulers.asyncio import AsyncIOScheduler

from bot import clock

log = logging.getLogger(__name__)
Job = Callable[[], Awaitable[object]]


class Clockwork:
    """Runs jobs at their intervals and remembers when each last came through, for /healthz."""

    def __init__(self) -> None:
        self._scheduler = AsyncIOScheduler(timezone=clock.zone())
        self._last: dict[str, tuple[float, float]] = {}
        self._running = 0
        self._resting = asyncio.Event()
        self._resting.set()

    def every(self, seconds: float, name: str, job: Job) -> None:
        """Call `job` every so many seconds, never twice at once; a missed beat is made up for by one call."""
        self._last[name] = (clock.monotonic(), seconds)

        async def beat() -> None:
            self._running += 1
            self._resting.clear()
            try:
                await job()
            except Exception:
                log.exception("job %s failed, it is tried again in %s s", name, seconds)
            else:
                self._last[name] = (clock.monotonic(), seconds)
            finally:
                self._running -= 1
                if not self._running:
                    self._resting.set()

        self._scheduler.add_job(
            beat, "interval", seconds=seconds, id=name, max_instances=1, coalesce=True, misfire_grace_time=None
        )

    def start(self) -> None:
        now = clock.monotonic()
        self._last = {name: (now, seconds) for name, (_, seconds) in self._last.items()}
        self._scheduler.start()

    async def stop(self) -> None:
        """Start no more; let what runs come to its end, for APScheduler's own shutdown would cancel it half-way."""
        if self._scheduler.running:
            self._scheduler.pause()
            await self._resting.wait()
            self._scheduler.shutdown(wait=False)

    def overdue(self) -> list[str]:
        """Jobs that have not come through for five intervals (at least half a minute)."""
        now = clock.monotonic()
        return [name for name, (last, seconds) in self._last.items() if now - last > max(30.0, 5 * seconds)]
