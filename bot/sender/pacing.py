"""How fast an account may speak without being taken for a robot, and when to stop and ask a person.

No chat network publishes its limits. The defaults (3 to 8 s between tips, 12 a minute, a cap a day) are
the cautious end of what operators of QQ accounts report. Alerts never wait; replies only for the minute's
tokens, so that someone who writes 帮助 a hundred times cannot get the account frozen.
"""

import random
from collections import deque
from datetime import datetime, timedelta

from bot import clock
from bot.actions.delivery import accounts
from bot.actions.delivery.accounts import Caps
from bot.config import Pacing

URGENT_PER_MINUTE = 60
UNKNOWNS_IN_A_ROW = 3
PAUSE_SECONDS = 600.0


class Pacer:
    """Tells how many messages may go now, and after how many seconds to ask again."""

    def __init__(self, channel: str, pacing: Pacing, *, urgent: bool, rng: random.Random | None = None) -> None:
        self._channel = channel
        self._pacing = pacing
        self._caps = Caps(**pacing.model_dump(include=set(Caps._fields)))
        self._urgent = urgent
        self._random = rng or random.Random()
        self._recent: deque[float] = deque()
        self._next = 0.0

    async def allowance(self, wanted: int) -> tuple[int, float]:
        """(how many may go now, seconds until it is worth asking again when that is fewer than wanted)."""
        pacing = self._pacing
        at = clock.monotonic()
        while self._recent and self._recent[0] <= at - 60:
            self._recent.popleft()
        if not self._urgent and at < self._next:
            return 0, self._next - at
        per_minute = max(pacing.per_minute, URGENT_PER_MINUTE) if self._urgent else pacing.per_minute
        if pacing.per_minute:
            wanted = min(wanted, per_minute - len(self._recent))
            if wanted <= 0:
                return 0, self._recent[0] + 60 - at
        if not self._urgent:
            for cap, since, pause in await self._caps_of_today():
                wanted = min(wanted, cap - await accounts.sent_since(self._channel, since))
                if wanted <= 0:
                    return 0, pause
        if pacing.gap_seconds[1] and not self._urgent:
            wanted = 1
        return wanted, 0.0

    def spent(self, count: int) -> None:
        """`count` messages leave now."""
        at = clock.monotonic()
        if self._pacing.per_minute:
            self._recent.extend([at] * count)
        self._next = at + self._random.uniform(*self._pacing.gap_seconds)

    async def _caps_of_today(self) -> list[tuple[int, datetime, float]]:
        """(how many, counted since when, seconds until it is worth asking again), counted in the database.

        So a restart forgets nothing of it. Replies and alerts count as well, although they do not wait.
        """
        now, found = clock.now(), []
        if self._caps.per_hour:
            found.append((self._caps.per_hour, now - timedelta(hours=1), 60.0))
        if self._caps.per_day:
            today = accounts.midnight(now)
            tomorrow = (today + timedelta(days=1) - now).total_seconds()
            cap = self._caps.day(await accounts.first_day(self._channel, now), now)
            found.append((cap, today, max(1.0, tomorrow)))
        return found


class Breaker:
    """Three unknowns in a row on one account: stop the tips for ten minutes, a person should look."""

    def __init__(self) -> None:
        self._row = 0
        self._until = 0.0

    def saw(self, *, unknown: bool) -> None:
        self._row = self._row + 1 if unknown else 0
        if self._row >= UNKNOWNS_IN_A_ROW:
            self._until = clock.monotonic() + PAUSE_SECONDS
            self._row = 0

    def remaining(self) -> float:
        """Seconds until tips may go again; 0 when they may."""
        return max(0.0, self._until - clock.monotonic())
