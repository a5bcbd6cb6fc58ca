"""One connection to a gateway from dialling until it is gone: reads its events, bounds its calls, watches its pulse.

A gateway that is frozen, or that answers calls while its events go nowhere, looks alive to gRPC. So it is asked for a
sign of life again and again (ding), and any event counts as one (dong).
"""

import asyncio
import itertools
import logging
import ssl
from collections.abc import Awaitable, Callable, Coroutine
from enum import Enum
from typing import Any, TypeVar

from grpclib.const import Status
from grpclib.exceptions import GRPCError

from bot.channels.wechaty.gateway import Event, Gateway
from bot.channels.wechaty.outcomes import Broken
from bot.channels.wechaty.timing import Timing

T = TypeVar("T")
_log = logging.getLogger(__name__)


class Ending(Enum):
    """Why a line ended, in words for the console."""

    LOST = "连不上微信网关，正在重试"
    TAKEN = "微信网关正被另一个程序占用，正在重试"
    WRONG_TOKEN = "访问口令不对：请核对 config.toml 和网关的 token"
    WRONG_CERTIFICATE = "网关的证书不对：请核对 tls、ca_file 和 server_name"
    WRONG_ACCOUNT = "登录的微信号不是这个渠道的：请核对 self_id 和登录的账号"

    @property
    def refused(self) -> bool:
        return self in (Ending.WRONG_TOKEN, Ending.WRONG_CERTIFICATE, Ending.WRONG_ACCOUNT)


class Line:
    """`up` is set once the gateway has shown that both calls and events come through."""

    def __init__(
        self, gateway: Gateway, timing: Timing, hear: Callable[["Line", Event], Awaitable[None] | None]
    ) -> None:
        self.gateway = gateway
        self.account = ""  # who is logged in; empty: nobody
        self.up = asyncio.Event()
        self._timing = timing
        self._hear = hear
        self._heard = asyncio.Event()
        self._held_back = False
        self._ending: asyncio.Future[Ending] = asyncio.get_running_loop().create_future()

    @property
    def open(self) -> bool:
        return not self._ending.done()

    def drop(self, ending: Ending = Ending.LOST) -> None:
        """Give the line up; `run` returns soon after, and open calls raise Broken at once."""
        if self.open:
            self._ending.set_result(ending)

    async def run(self) -> Ending:
        tasks = [asyncio.create_task(self._guard(work)) for work in (self._listen(), self._keep_alive())]
        try:
            return await asyncio.shield(self._ending)
        finally:
            self.drop()
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            self.gateway.close()

    async def call(
        self, work: Coroutine[Any, Any, T], seconds: float, late: Callable[["asyncio.Task[T]"], None] | None = None
    ) -> T:
        """The answer, or TimeoutError, Broken, or what gRPC raises. With `late`, a call that ran out of time stays
        open while the line does, and is handed over when it is done."""
        task = asyncio.create_task(work)
        waiting: set[asyncio.Future[Any]] = {task, self._ending}
        try:
            await asyncio.wait(waiting, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
        except asyncio.CancelledError:
            _abandon(task)
            raise
        if task.done():
            return task.result()
        if self.open and late is not None:
            self._ending.add_done_callback(lambda _: task.cancel())
            task.add_done_callback(late)
        else:
            _abandon(task)
        raise TimeoutError if self.open else Broken

    async def _guard(self, work: Coroutine[Any, Any, None]) -> None:
        """Whatever ends a task ends the line. Error texts may hold the token: only their kind is told."""
        try:
            await work
            self.drop()
        except Exception as error:
            _log.debug("the line ended: %s", type(error).__name__)
            self.drop(_reason(error))

    async def _listen(self) -> None:
        async for event in self.gateway.events():
            self._heard.set()
            waiting = self._hear(self, event)
            if waiting is not None:
                self._held_back = True
                await waiting
                self._held_back = False

    async def _keep_alive(self) -> None:
        await self.call(self.gateway.start(), self._timing.start)
        for number in itertools.count(1):
            if not (await self._pulse(number) or await self._pulse(number)):
                _log.warning("no sign of life from the gateway: the line is given up")
                return
            self.up.set()
            await asyncio.sleep(self._timing.ding)

    async def _pulse(self, number: int) -> bool:
        """Whether it lives. (Asked twice before it is given up: perhaps it was our own loop that slept.)"""
        if self.up.is_set():
            self._heard.clear()
        try:
            await self.call(self.gateway.ding(f"songnuan {number}"), self._timing.dong)
            async with asyncio.timeout(self._timing.dong):
                await self._heard.wait()
        except TimeoutError:
            return self._held_back  # we are the slow ones: its signs wait behind a flood
        return True


def _abandon(task: "asyncio.Task[Any]") -> None:
    """Nobody waits for it any more, and its error is nobody's business."""
    task.cancel()
    task.add_done_callback(lambda done: done.cancelled() or done.exception())


def _reason(error: Exception) -> Ending:
    if isinstance(error, GRPCError):
        known = {Status.UNAUTHENTICATED: Ending.WRONG_TOKEN, Status.ALREADY_EXISTS: Ending.TAKEN}
        return known.get(error.status, Ending.LOST)
    if isinstance(error, ssl.SSLCertVerificationError):
        return Ending.WRONG_CERTIFICATE
    plain = isinstance(error, ssl.SSLError) and error.reason == "WRONG_VERSION_NUMBER"  # no TLS over there
    return Ending.WRONG_CERTIFICATE if plain else Ending.LOST
