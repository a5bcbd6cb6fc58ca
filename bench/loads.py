"""What a load generator does at the chat network: floods, commands in flight, requests, a storm of all of them."""

import asyncio
import re
import time
from collections.abc import Sequence
from statistics import quantiles
from typing import Any, NamedTuple, Protocol

from bench import chat

_CODE = re.compile(rb"H\d{4}")


class Call(NamedTuple):
    """A send_… call that the measured program made."""

    user: int
    group: int
    message: bytes


class Wire(Protocol):
    def push(self, payload: bytes) -> None: ...

    async def flood(self, frames: list[bytes], count: int) -> None: ...


class Load:
    """One run of a load: `start`, then `called` for each call, until `result` is there."""

    def __init__(self, wire: Wire) -> None:
        self.wire = wire
        self.over: asyncio.Future[dict[str, Any]] = asyncio.get_running_loop().create_future()

    async def start(self) -> None: ...

    def called(self, call: Call) -> None: ...

    def finish(self, **found: Any) -> None:
        if not self.over.done():
            self.over.set_result({"ended": time.monotonic(), **found})

    async def result(self) -> dict[str, Any]:
        async with asyncio.timeout(300):
            return await self.over


class Flood(Load):
    """`count` ordinary messages, as fast as they are read."""

    _frames: Sequence[bytes] = ()

    def __init__(self, wire: Wire, count: int) -> None:
        super().__init__(wire)
        self.count = count
        if not Flood._frames:
            from bench.peer import framed

            Flood._frames = [framed(chat.chatter(number)) for number in range(64 * 64)]

    async def start(self) -> None:
        asyncio.get_running_loop().create_task(self._run()).add_done_callback(lambda _: self.finish())

    async def _run(self) -> None:
        await self.wire.flood(list(self._frames), self.count)


class Commands(Load):
    """`count` commands by direct message, `window` people at once; each waits for the reply to the one before."""

    _number = 10_000_000

    def __init__(self, wire: Wire, count: int, window: int, text: str) -> None:
        super().__init__(wire)
        self.count, self.window, self.text = count, window, text
        self.pushed = self.done = 0

    async def start(self) -> None:
        for at in range(min(self.window, self.count)):
            self._ask(chat.FIRST_STRANGER + at)

    def called(self, call: Call) -> None:
        self.done += 1
        if self.done == self.count:
            self.finish()
        elif self.pushed < self.count:
            self._ask(call.user)

    def _ask(self, user: int) -> None:
        self.pushed += 1
        Commands._number += 1
        self.wire.push(chat.frame(self.text, user, Commands._number))


class Calls(Load):
    """Waits until `count` calls to groups were answered; how many groups they went to is counted as well."""

    def __init__(self, wire: Wire, count: int, later: bool = True) -> None:
        super().__init__(wire)
        self.count, self.done = count, 0
        self.reached: set[int] = set()

    def called(self, call: Call) -> None:
        self.done += 1
        self.reached.add(call.group)
        if self.done == self.count:
            self.finish(groups=len(self.reached))


class Requests(Load):
    """Families who ask for help, household `first` to `first + count - 1`: frame in to alert frame out.

    Without a rate one at a time, 20 ms after the last one's alert; with `rate`, that many a second for as
    long as they last, among `chatter` ordinary messages and `commands` commands a second.
    """

    def __init__(self, wire: Wire, first: int, count: int, rate: int = 0, chatter: int = 0, commands: int = 0) -> None:
        super().__init__(wire)
        self.first, self.count, self.rate = first, count, rate
        self.others = {"chatter": chatter, "commands": commands}
        self.asked: dict[str, float] = {}
        self.took: list[float] = []
        self.replies = self.pushed = 0
        self._heard = asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    async def start(self) -> None:
        self._task = asyncio.create_task(self._storm() if self.rate else self._one_by_one())

    def called(self, call: Call) -> None:
        if call.user < chat.FIRST_CHAIR:
            self.replies += 1
            return
        found = _CODE.search(call.message)
        if found and (began := self.asked.pop(found[0].decode(), None)) is not None:
            self.took.append(time.monotonic() - began)
            self._heard.set()
            if len(self.took) == self.count:
                cuts = quantiles(self.took, n=100, method="inclusive")
                most = max(self.took)
                self.finish(p50=cuts[49], p99=cuts[98], most=most, replies=self.replies, others=self.pushed)

    def _ask(self, number: int) -> None:
        text = chat.NEEDS[number % len(chat.NEEDS)]
        self.asked[chat.household(number)] = time.monotonic()
        self.wire.push(chat.frame(text, chat.FIRST_FAMILY + number, 20_000_000 + number))

    async def _one_by_one(self) -> None:
        for number in range(self.first, self.first + self.count):
            self._heard.clear()
            self._ask(number)
            await self._heard.wait()
            await asyncio.sleep(0.02)

    async def _storm(self) -> None:
        seconds = self.count / self.rate
        due = [(at / self.rate, "need", at) for at in range(self.count)]
        for what, rate in self.others.items():
            due += [(at / rate, what, at) for at in range(int(rate * seconds))]
        began = time.monotonic()
        for offset, what, at in sorted(due):
            if (wait := began + offset - time.monotonic()) > 0:
                await asyncio.sleep(wait)
            if what == "need":
                self._ask(self.first + at)
            else:
                self._other(what, at)

    def _other(self, what: str, at: int) -> None:
        self.pushed += 1
        if what == "chatter":
            self.wire.push(chat.chatter(at))
        else:
            self.wire.push(chat.frame("帮助", chat.FIRST_STRANGER + 1000 + at, 30_000_000 + at))


LOADS: dict[str, Any] = {"flood": Flood, "commands": Commands, "calls": Calls, "requests": Requests}
