"""Quiet hours: when people sleep, a bot keeps silent. Wall-clock times of the union's own zone."""

import re
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from functools import lru_cache

_TIME = r"([01]?\d|2[0-4])[:\uff1a]([0-5]\d)"
_SPAN = re.compile(rf"{_TIME}\s*[-–—~\uff5e至到]\s*{_TIME}")
_HELP = '→ 写成“21:30-07:00”这样；不要安静时段就写 ""'


@dataclass(frozen=True)
class QuietHours:
    """From `start` up to, but without, `end`; over midnight when `end` is the smaller. None: never quiet."""

    start: time | None = None
    end: time | None = None

    def covers(self, local: datetime) -> bool:
        """Is this moment (wall clock) quiet?"""
        if self.start is None or self.end is None:
            return False
        at = local.time()
        if self.start < self.end:
            return self.start <= at < self.end
        return at >= self.start or at < self.end

    def end_after(self, local: datetime) -> datetime:
        """The first moment from `local` on that is not quiet: `local` itself when it is not."""
        if self.end is None or not self.covers(local):
            return local
        day = local.date() if local.time() < self.end else local.date() + timedelta(days=1)
        return datetime.combine(day, self.end, local.tzinfo)

    def start_after(self, local: datetime) -> datetime | None:
        """When it is quiet next; None: never."""
        if self.start is None:
            return None
        day = local.date() if local.time() < self.start else local.date() + timedelta(days=1)
        return datetime.combine(day, self.start, local.tzinfo)

    def __str__(self) -> str:
        if self.start is None or self.end is None:
            return ""
        return f"{self.start:%H:%M}-{self.end:%H:%M}"


@lru_cache(maxsize=64)
def parse(text: str) -> QuietHours:
    """Read "21:30-07:00"; "" means none. Raises ValueError with a Chinese sentence."""
    if not text.strip():
        return QuietHours()
    found = _SPAN.fullmatch(text.strip())
    if not found:
        raise ValueError(f"看不懂安静时段“{text}”{_HELP}")
    start, end = _time(found[1], found[2]), _time(found[3], found[4])
    if start == end:
        raise ValueError(f"安静时段“{text}”的起止相同{_HELP}")
    return QuietHours(start, end)


def _time(hour: str, minute: str) -> time:
    if int(hour) == 24 and int(minute):
        raise ValueError(f"没有 {hour}:{minute} 这个时刻{_HELP}")
    return time(int(hour) % 24, int(minute))
