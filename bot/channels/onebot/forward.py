"""Forward mode: we dial the implementation, and dial again whenever the line is lost."""

import asyncio
from collections.abc import Awaitable, Callable

from aiohttp import ClientError, ClientSession, WSServerHandshakeError

from bot.channels.common.backoff import Backoff
from bot.channels.common.condition import Condition
from bot.channels.onebot.link import MAX_MESSAGE, Link, Socket
from bot.channels.onebot.timing import Timing
from bot.config import OneBot
from bot.events import Line

WRONG_TOKEN = "访问口令不对：请核对 config.toml 和 NapCat 里的 token"


class Forward:
    """Keeps one line up until its task is cancelled."""

    def __init__(
        self, config: OneBot, timing: Timing, condition: Condition, serve: Callable[[Socket], Awaitable[Link]]
    ) -> None:
        self._config = config
        self._timing = timing
        self._condition = condition
        self._serve = serve
        self._backoff = Backoff(timing.backoff_first, timing.backoff_max)

    async def run(self) -> None:
        async with ClientSession() as session:
            while True:
                wait = await self._attempt(session)
                await asyncio.sleep(wait)

    async def _attempt(self, session: ClientSession) -> float:
        """One dial and the whole life of its line; returns how long to wait before the next."""
        try:
            async with asyncio.timeout(self._config.timeout_seconds):
                socket = await self._dial(session)
        except WSServerHandshakeError as error:
            return self._not_let_in(error.status)
        except (ClientError, OSError, ValueError):
            self._condition.report(Line.OFFLINE, "连不上 NapCat，正在重试")
            return self._backoff.next()
        return await self._live(socket)

    async def _dial(self, session: ClientSession) -> Socket:
        return await session.ws_connect(
            self._config.url,
            headers={"Authorization": f"Bearer {self._config.token}"},
            heartbeat=self._timing.ping,
            max_msg_size=MAX_MESSAGE,
            decode_text=False,
        )

    async def _live(self, socket: Socket) -> float:
        loop = asyncio.get_running_loop()
        began = loop.time()
        link = await self._serve(socket)
        if link.refused:
            return self._timing.refused
        if loop.time() - began >= self._timing.stable:
            self._backoff.reset()
        return self._backoff.next()

    def _not_let_in(self, status: int) -> float:
        if status in (401, 403):
            self._condition.report(Line.REFUSED, WRONG_TOKEN)
            return self._timing.refused
        self._condition.report(Line.OFFLINE, f"对方拒绝连接(HTTP {status}),正在重试")
        return self._backoff.next()
