"""Which groups the account is in, asked on each new line and again and again; only what changed is asked in full."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Iterable, Sequence

from bot.channels.common.text import clean
from bot.channels.wechaty.line import Line
from bot.channels.wechaty.timing import Timing
from bot.events import GroupInfo

_log = logging.getLogger(__name__)
SIDE_BY_SIDE = 8


class Rooms:
    """Lives as long as its line."""

    def __init__(
        self, line: Line, timing: Timing, timeout: float, learnt: Callable[[Sequence[GroupInfo]], Awaitable[None]]
    ) -> None:
        self._line = line
        self._timing = timing
        self._timeout = timeout
        self._learnt = learnt
        self._known: dict[str, GroupInfo] = {}
        self._wanted = asyncio.Event()
        self._free = asyncio.Semaphore(SIDE_BY_SIDE)

    def changed(self, room_id: str) -> None:
        """Something happened in a group: ask about it soon."""
        self._known.pop(room_id, None)
        self.ask_soon()

    def ask_soon(self) -> None:
        self._wanted.set()

    async def keep(self) -> None:
        while True:
            self._wanted.clear()
            if self._line.account:
                await self._ask()
            await asyncio.sleep(self._timing.refresh_gap)
            try:
                async with asyncio.timeout(self._timing.refresh):
                    await self._wanted.wait()
            except TimeoutError:
                self._known.clear()

    async def _ask(self) -> None:
        try:
            ids: Iterable[str] = await self._line.call(self._line.gateway.room_list(), self._timeout)
            found = await asyncio.gather(*map(self._about, ids))
        except Exception as problem:  # the line watches itself; here it is only told
            _log.warning("the list of groups could not be read: %s", type(problem).__name__)
        else:
            await self._learnt(found)

    async def _about(self, room_id: str) -> GroupInfo:
        """One that cannot be read now is a group all the same; its name comes with the next round."""
        if room_id not in self._known:
            try:
                async with self._free:
                    room = await self._line.call(self._line.gateway.room_payload(room_id), self._timeout)
            except Exception:
                return GroupInfo(room_id, "")
            self._known[room_id] = GroupInfo(room_id, clean(str(room.topic)), len(room.member_ids) or None)
        return self._known[room_id]
