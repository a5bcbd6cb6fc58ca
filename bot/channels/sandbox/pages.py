"""The browser pages that look at the sandbox, and how one that is too slow is kept from eating the memory."""

import asyncio
import contextlib
from collections import deque
from collections.abc import AsyncIterator, Callable

from aiohttp import ClientConnectionError, WSCloseCode
from aiohttp.web import Request, WebSocketResponse

from bot.channels.sandbox.frames import FRAME_MAX

PAGES_MAX = 32
BACKLOG_MAX = 500


class Page:
    """One open page. Frames queue up here; behind by too many, it gets everything afresh instead."""

    def __init__(self, hello: Callable[[], bytes]) -> None:
        # Deflating thousands of small frames a second costs more than loopback bandwidth ever will.
        self.socket = WebSocketResponse(heartbeat=30, max_msg_size=FRAME_MAX, timeout=2, compress=False)
        self._hello = hello
        self._backlog: deque[bytes] = deque()
        self._stale = True
        self._news = asyncio.Event()
        self._news.set()

    def push(self, frame: bytes) -> None:
        """Queue a frame for this page; never waits."""
        if self._stale:
            return  # the coming hello holds it already
        if len(self._backlog) >= BACKLOG_MAX:
            self._backlog.clear()
            self._stale = True
        else:
            self._backlog.append(frame)
        self._news.set()

    async def answer(self, frame: bytes) -> None:
        """Send what concerns this page alone, and wait: who asks faster than they read is slowed down."""
        with contextlib.suppress(ClientConnectionError, ConnectionResetError):
            await self.socket.send_str(frame.decode())

    async def write(self) -> None:
        """Send what is queued, until cancelled or the page is gone."""
        with contextlib.suppress(ClientConnectionError, ConnectionResetError):
            while not self.socket.closed:
                await self._news.wait()
                self._news.clear()
                await self._flush()

    async def _flush(self) -> None:
        while self._stale or self._backlog:
            if self._stale:
                frame, self._stale = self._hello(), False
            else:
                frame = self._backlog.popleft()
            await self.socket.send_str(frame.decode())


class Pages:
    """All open pages."""

    def __init__(self, hello: Callable[[], bytes]) -> None:
        self._hello = hello
        self._open: set[Page] = set()

    def __len__(self) -> int:
        return len(self._open)

    @property
    def full(self) -> bool:
        return len(self._open) >= PAGES_MAX

    @contextlib.asynccontextmanager
    async def opened(self, request: Request) -> AsyncIterator[Page]:
        """A page for as long as its connection lasts."""
        page = Page(self._hello)
        await page.socket.prepare(request)
        self._open.add(page)
        writer = asyncio.create_task(page.write())
        try:
            yield page
        finally:
            self._open.discard(page)
            writer.cancel()
            await asyncio.gather(writer, return_exceptions=True)

    def push(self, frame: bytes) -> None:
        for page in self._open:
            page.push(frame)

    async def close(self) -> None:
        """Say goodbye to all, so that no open page delays a shutdown."""
        goodbyes = (page.socket.close(code=WSCloseCode.GOING_AWAY) for page in list(self._open))
        await asyncio.gather(*goodbyes, return_exceptions=True)
