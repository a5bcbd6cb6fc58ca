"""Calls that wait for their answer, matched by `echo`; and answers that come too late to be waited for.

The echo of a send carries the delivery's `ref`, so that an answer after our time-out, or after our own
restart, still finds its delivery. A word drawn at start keeps the runs apart: an answer with this run's
word that nobody waits for is a duplicate or forged.
"""

import asyncio
import re
import secrets
from collections import OrderedDict

from bot.channels.onebot.frames import Frame
from bot.errors import SendError, Unknown

_SEND_ECHO = re.compile(r"(?P<ref>.{1,200})/(?P<run>[0-9a-f]{8})\.[0-9]{1,12}", re.DOTALL)
_REMEMBERED = 50_000
WAITED = "等不到回应，可能已经发出"


class Echoes:
    """Makes echoes, and remembers which sends of this run are still unanswered."""

    def __init__(self) -> None:
        self._run = secrets.token_hex(4)
        self._count = 0
        self._unanswered: OrderedDict[str, Echoes | None] = OrderedDict()

    def make(self, ref: str) -> str:
        self._count += 1
        echo = f"{ref}/{self._run}.{self._count}"
        self._unanswered[echo] = None
        if len(self._unanswered) > _REMEMBERED:
            self._unanswered.popitem(last=False)
        return echo

    def answered(self, echo: object) -> None:
        if isinstance(echo, str):
            self._unanswered.pop(echo, None)

    def late_ref(self, echo: object) -> str | None:
        """The delivery that a late answer belongs to, once; None for what is not ours."""
        found = _SEND_ECHO.fullmatch(echo) if isinstance(echo, str) else None
        if found is None:
            return None
        if found["run"] == self._run and self._unanswered.pop(found[0], self) is self:
            return None
        return found["ref"]


class Call:
    """One call on its way. `writer` is its task until the frame has left, `answer` takes over from there."""

    __slots__ = ("answer", "deadline", "expired", "writer")

    def __init__(self, deadline: float) -> None:
        self.answer: asyncio.Future[Frame] = asyncio.get_running_loop().create_future()
        self.deadline = deadline
        self.expired = False
        self.writer = asyncio.current_task()


class Calls:
    """The open calls of one socket; they end with it.

    All of them have the same patience, so they run out in the order in which they were opened, and one
    timer does for all: a timer each would be a sixth of the cost of a broadcast.
    """

    def __init__(self, patience: float) -> None:
        self._patience = patience
        self._open: dict[str, Call] = {}
        self._timer: asyncio.TimerHandle | None = None

    def __len__(self) -> int:
        return len(self._open)

    def open(self, echo: str) -> Call:
        """Must be called in the task that will write the frame."""
        loop = asyncio.get_running_loop()
        call = self._open[echo] = Call(loop.time() + self._patience)
        if self._timer is None:
            self._timer = loop.call_at(call.deadline, self._expire)
        return call

    def close(self, echo: str) -> None:
        call = self._open.pop(echo, None)
        if call is not None and call.answer.done() and not call.answer.cancelled():
            call.answer.exception()  # it failed while the frame was still being written: nobody reads it now

    def settle(self, answer: Frame) -> bool:
        """Hand an answer to whoever waits for it; False if nobody does."""
        echo = answer.echo
        call = self._open.pop(echo, None) if isinstance(echo, str) else None
        if call is None or call.answer.done():
            return False
        call.answer.set_result(answer)
        return True

    def fail_all(self, error: SendError) -> None:
        for call in self._open.values():
            if not call.answer.done():
                call.answer.set_exception(type(error)(error.code))
        self._open.clear()
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _expire(self) -> None:
        loop = asyncio.get_running_loop()
        self._timer = None
        for call in list(self._open.values()):
            if call.deadline > loop.time():
                self._timer = loop.call_at(call.deadline, self._expire)
                return
            if call.expired:
                continue
            call.expired = True
            if call.writer is not None:
                call.writer.cancel()  # stuck in a socket that takes no more
            elif not call.answer.done():
                call.answer.set_exception(Unknown("timeout", WAITED))
