"""One live websocket: reads its frames, writes calls, notices when the other side has gone silent."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import Any, Literal

import msgspec
from aiohttp import ClientError, ClientWebSocketResponse, WSMsgType
from aiohttp.web import WebSocketResponse

from bot.channels.onebot.calls import WAITED, Calls
from bot.channels.onebot.frames import MAX_ANSWER, MAX_EVENT, BadFrame, Frame, decode
from bot.channels.onebot.timing import Timing
from bot.errors import Permanent, Retryable, Unknown

MAX_MESSAGE = 64 << 20  # beyond it aiohttp closes the socket; what is merely too large for us is dropped

_WORDS = (WSMsgType.TEXT, WSMsgType.BINARY)

Socket = ClientWebSocketResponse[Literal[False]] | WebSocketResponse[Literal[False]]
OnFrame = Callable[["Link", Frame, int], Awaitable[None] | None]

_log = logging.getLogger(__name__)
_encode = msgspec.json.Encoder().encode


class Link:
    """A socket from the moment that it is open until it is gone for good."""

    def __init__(
        self, socket: Socket, timing: Timing, timeout: float, on_frame: OnFrame, on_bad: Callable[[str], None]
    ) -> None:
        self.calls = Calls(timeout)
        self.ready = False  # the account behind it is the right one
        self.logged_in = True
        self.refused = False
        self._socket = socket
        self._timing = timing
        self._on_frame = on_frame
        self._on_bad = on_bad
        self._silence: asyncio.TimerHandle | None = None
        self._patience = 0.0
        self._last = 0.0
        self._held_back = False
        self._suspect = False
        self._broken = asyncio.Event()
        self._gone = asyncio.Event()

    async def run(self) -> None:
        """Read until the socket ends, from either side; open calls then have an unknown outcome."""
        reader = asyncio.ensure_future(self._read())
        broken = asyncio.ensure_future(self._broken.wait())
        try:
            await asyncio.wait({reader, broken}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            await self._end(reader, broken)

    async def gone(self) -> None:
        """Wait until the socket is closed."""
        await self._gone.wait()

    def drop(self) -> None:
        """Give the line up; `run` returns soon after."""
        self._broken.set()

    async def call(self, action: str, params: dict[str, Any], echo: str) -> Frame:
        """One call and its answer. Retryable: it never left. Unknown: it left, and no answer came."""
        if self._socket.closed or self._broken.is_set():
            raise Retryable("offline", "没有连接")
        try:
            frame = _encode({"action": action, "params": params, "echo": echo})
        except (UnicodeError, OverflowError, TypeError):
            raise Permanent("bad_request", "内容无法编码") from None
        call = self.calls.open(echo)
        try:
            # From here on the outcome is unknown: even a failing write may have carried the frame away.
            await self._socket.send_frame(frame, WSMsgType.TEXT)
            call.writer = None
            return await call.answer
        except asyncio.CancelledError:
            if not call.expired or (task := asyncio.current_task()) is None or task.uncancel() > 0:
                raise
            raise Unknown("timeout", WAITED) from None
        except (ClientError, OSError, RuntimeError):
            raise Unknown("dropped", "发出时连接断了，可能已经发出") from None
        finally:
            self.calls.close(echo)

    def watch(self, interval: float) -> None:
        """A heartbeat named its interval: from now on, silence for several of them ends the line."""
        self._patience = min(max(interval, 0.01), 600.0) * self._timing.silent_beats
        if self._silence is None:
            self._listen_on(self._patience)

    async def _read(self) -> None:
        now = asyncio.get_running_loop().time
        async for message in self._socket:
            self._last = now()
            self._suspect = False
            if message.type not in _WORDS:
                break
            waiting = self._take(message.data)
            if waiting is not None:
                self._held_back = True
                await waiting
                self._held_back = False
                self._last = now()

    def _take(self, data: bytes) -> Awaitable[None] | None:
        # Only an answer may be large, and only while one is due; a flood of large events is not even decoded.
        if len(data) > MAX_EVENT and (len(data) > MAX_ANSWER or not len(self.calls)):
            self._on_bad("oversized")
            return None
        try:
            return self._on_frame(self, decode(data), len(data))
        except BadFrame as bad:
            self._on_bad(bad.reason)
            return None

    def _listen_on(self, delay: float) -> None:
        self._silence = asyncio.get_running_loop().call_later(delay, self._check_silence)

    def _check_silence(self) -> None:
        quiet = asyncio.get_running_loop().time() - self._last
        if self._held_back:  # we are the slow ones: the heartbeats wait behind a flood
            self._listen_on(self._patience)
        elif quiet < self._patience:
            self._listen_on(self._patience - quiet)
        elif not self._suspect:  # perhaps it was our own loop that slept: let it read what has piled up
            self._suspect = True
            self._listen_on(self._patience / 10)
        else:
            _log.warning("no heartbeat for %.1f s: the line is given up", quiet)
            self.drop()

    async def _end(self, *tasks: asyncio.Future[Any]) -> None:
        self._broken.set()
        if self._silence is not None:
            self._silence.cancel()
        self.calls.fail_all(Unknown("dropped", "连接断了，可能已经发出"))
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        try:
            async with asyncio.timeout(self._timing.close):
                await self._socket.close()
        except (TimeoutError, ClientError, OSError, RuntimeError):
            _log.debug("the socket could not be closed in good order")
        finally:
            self._gone.set()
