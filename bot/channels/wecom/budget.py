"""Twenty messages a minute for one robot, and not one more: WeCom refuses the rest.

Counted from the answer, not from when it was sent: so the other side, which counts when it takes a message, can
never see twenty-one in its minute, however long the way was.
"""

from collections import deque
from collections.abc import Callable

from bot import clock

A_MINUTE = 20
SPARE = 4  # kept for calling people, so that tips can never delay an alert


class Budget:
    """Of one robot."""

    def __init__(self, period: float, now: Callable[[], float] = clock.monotonic) -> None:
        self._period = period
        self._now = now
        self._under_way = 0
        self._answered: deque[float] = deque()

    def take(self, wanted: int, *, urgent: bool) -> float:
        """0.0 when so many may go now (then call `done`), else after how many seconds to ask again."""
        at = self._now()
        while self._answered and self._answered[0] <= at - self._period:
            self._answered.popleft()
        most = A_MINUTE if urgent else A_MINUTE - SPARE
        excess = self._under_way + len(self._answered) + wanted - most
        if excess <= 0:
            self._under_way += wanted
            return 0.0
        if excess > len(self._answered):
            return self._period
        return max(0.001, self._answered[excess - 1] + self._period - at)

    def done(self, count: int) -> None:
        """So many that were taken have been answered, or given up."""
        self._under_way -= count
        self._answered.extend([self._now()] * count)
