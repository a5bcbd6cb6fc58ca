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
from bot.errors import SendError

_SEND_ECHO = re.compile(r"(?P<ref>.{1,200})/(?P<run>[0-9a-f]{8})\.[0-9]{1,12}", re.DOTALL)
_REMEMBERED = 50_000


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


class Calls:
    """The open calls of one socket; they end with it."""

    def __init__(self) -> None:
        self._open: dict[str, asyncio.Future[Frame]] = {}

    def __len__(self) -> int:
        return len(self._open)

    def open(self, echo: str) -> asyncio.Future[Frame]:
        future = asyncio.get_running_loop().create_future()
        self._open[echo] = future
        return future

    def close(self, echo: str) -> None:
        self._open.pop(echo, None)

    def settle(self, answer: Frame) -> bool:
        """Hand an answer to whoever waits for it; False if nobody does."""
        echo = answer.echo
        future = self._open.pop(echo, None) if isinstance(echo, str) else None
        if future is None or future.done():
            return False
        future.set_result(answer)
        return True

    def fail_all(self, error: SendError) -> None:
        for future in self._open.values():
            if not future.done():
                future.set_exception(type(error)(error.code))
        self._open.clear()
