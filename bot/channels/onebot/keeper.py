"""What is asked on each new line: who are you, and which groups are you in; the groups again and again."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence

from bot.channels.onebot.frames import BadFrame, Frame
from bot.channels.onebot.incoming import groups, login
from bot.channels.onebot.link import Link
from bot.channels.onebot.outcomes import REFUSED
from bot.channels.onebot.timing import Timing
from bot.errors import SendError
from bot.events import GroupInfo

_log = logging.getLogger(__name__)


class Keeper:
    """Lives as long as its link. Nothing is sent before the account behind the line is known."""

    def __init__(self, link: Link, timing: Timing, learnt: Callable[[Sequence[GroupInfo]], Awaitable[None]]) -> None:
        self._link = link
        self._timing = timing
        self._learnt = learnt
        self._wanted = asyncio.Event()
        self._asked = 0

    async def identify(self) -> str | None:
        """The account's number, "" if the implementation will not say; None: not let in, or no answer."""
        try:
            answer = await self._call("get_login_info")
            if answer.retcode in REFUSED:
                self._link.refused = True
                return None
            return login(answer.data) if answer.status == "ok" else ""
        except (SendError, BadFrame):
            return None

    def refresh(self) -> None:
        """The groups have changed: ask soon."""
        self._wanted.set()

    async def keep_groups(self) -> None:
        while True:
            self._wanted.clear()
            if self._link.logged_in:
                await self._ask_groups()
            await asyncio.sleep(self._timing.refresh_gap)
            try:
                async with asyncio.timeout(self._timing.refresh):
                    await self._wanted.wait()
            except TimeoutError:
                continue

    async def _ask_groups(self) -> None:
        try:
            answer = await self._call("get_group_list")
            if answer.status == "ok":
                await self._learnt(groups(answer.data))
        except (SendError, BadFrame) as problem:
            _log.warning("the list of groups could not be read: %s", type(problem).__name__)

    async def _call(self, action: str) -> Frame:
        self._asked += 1
        return await self._link.call(action, {}, f"~{self._asked}")
