"""An account under risk control, as operators tell of it. A MODEL: no network publishes its rules.

What it punishes stands in `Rules`; where the numbers come from and what they cannot tell: docs/risk-control.md.
"""

import random
from collections import Counter, deque
from collections.abc import Callable, Sequence
from datetime import timedelta
from itertools import pairwise
from typing import NamedTuple

from aiohttp.web import AbstractRouteDef

from bot import clock
from bot.errors import Unknown
from bot.events import Health, Inbox, Limits, Line, Outgoing, Receipt


class Rules(NamedTuple):
    """The account is frozen for the day when one of these is overstepped."""

    per_minute: int = 15
    per_hour: int = 500
    haste_seconds: float = 2.0  # three sends in a row closer than that
    even_seconds: float = 0.15  # ten gaps in a row that differ by less: a machine
    doubts: int = 5  # goes on although so many in a row were not answered
    lost: float = 0.005  # share that is blocked in silence: no answer, and not delivered
    late: float = 0.01  # share that is delivered, but the answer never comes


class Account:
    """A channel whose network is the model; `pass_time` moves the simulated clock."""

    limits = Limits(text_max=4500, unit="chars", parts=frozenset({"text"}))

    def __init__(self, name: str, rules: Rules, pass_time: Callable[[float], None], seed: int) -> None:
        self.name = name
        self.frozen = ""  # why
        self.arrived: Counter[str] = Counter()
        self._rules, self._pass = rules, pass_time
        self._random = random.Random(seed)
        self._times: deque[float] = deque(maxlen=rules.per_hour + 1)
        self._doubts = 0
        self._since = clock.now()

    def routes(self) -> Sequence[AbstractRouteDef]:
        return ()

    async def start(self, inbox: Inbox) -> None:
        """Nothing to connect to."""

    async def stop(self) -> None:
        """Nothing to close."""

    def health(self) -> Health:
        return Health(Line.LOGGED_OUT if self.frozen else Line.ONLINE, self._since)

    async def send(self, out: Outgoing) -> Receipt:
        self._watch()
        chance = self._random.random()
        if self.frozen or chance < self._rules.lost:
            self._doubts += 1
            self._pass(20.0)
            raise Unknown("timeout")
        self.arrived[out.chat.id] += 1
        if chance < self._rules.lost + self._rules.late:
            self._doubts += 1
            self._pass(20.0)
            raise Unknown("timeout")
        self._doubts = 0
        self._pass(self._random.uniform(0.3, 1.5))
        return Receipt(None, clock.now())

    def _watch(self) -> None:
        """What the other side notices of one more send."""
        rules, now = self._rules, clock.monotonic()
        self._times.append(now)
        times = list(self._times)
        gaps = [after - before for before, after in pairwise(times[-11:])]
        reasons = {
            "per minute": sum(now - at < 60 for at in times) > rules.per_minute,
            "per hour": sum(now - at < 3600 for at in times) > rules.per_hour,
            "haste": len(gaps) >= 3 and max(gaps[-3:]) < rules.haste_seconds,
            "evenness": len(gaps) == 10 and max(gaps) - min(gaps) < rules.even_seconds,
            "went on in doubt": self._doubts >= rules.doubts,
        }
        self.frozen = self.frozen or next((reason for reason, holds in reasons.items() if holds), "")


class Day(NamedTuple):
    """What became of one simulated day. `hours`: when the last message left, on the clock of the union."""

    frozen: str
    arrived: int
    twice: int
    status: dict[str, int]
    last: timedelta
