"""Slows down who guesses: each failure makes the next try wait longer. Nobody is ever locked out for good.

A try is counted before it is judged, so a hundred at once are no better than a hundred in a row. Keys are blind
indexes: the table tells neither names nor addresses.
"""

from collections.abc import Sequence
from datetime import timedelta

from bot import clock
from bot.errors import BadInput
from bot.models import Throttle, db, keys, marks
from bot.models.fields import from_ms, to_ms

FREE = 3  # tries before one has to wait
MEMORY = timedelta(hours=24)  # failures older than this are forgotten
REMEMBER = timedelta(days=90)  # how long an address is known, if it is kept so long


def key(kind: str, *values: object) -> str:
    """The key's id is in it, so that the marks of a key that was changed can be told and dropped."""
    ring = keys.current()
    return f"{kind}:{marks.as_text(ring.key_id)}:{ring.index('|'.join(map(str, values)))}"


async def take(names: Sequence[str], longest: timedelta) -> None:
    """Count a try under each key. Raises BadInput, and counts nothing, if one of them has to wait still.

    After `FREE` failures the wait doubles with each, from two seconds up to `longest`.
    """
    now = clock.now()
    async with db.transaction():
        for name in sorted(names):
            row = (await db.fetch(_COUNT, name, to_ms(now), to_ms(now - MEMORY)))[0]
            before = row["failures"] - 1
            if before >= FREE:
                left = _wait(before, longest) - (now - from_ms(row["before"]))
                if left > timedelta():
                    raise BadInput(f"试得太多了，请过 {_spoken(left)}再试。")
        await Throttle.filter(key__in=list(names)).update(since=now)


# `since` stays as it was until all keys agree: it is the moment of the last try that was let through.
_COUNT = (
    "INSERT INTO throttle (key, failures, since) VALUES (?, 1, ?)"
    " ON CONFLICT (key) DO UPDATE SET failures = CASE WHEN throttle.since < ? THEN 1 ELSE throttle.failures + 1 END"
    " RETURNING failures, since AS before"
)


def _wait(failures: int, longest: timedelta) -> timedelta:
    return min(timedelta(seconds=2 ** min(failures - FREE + 1, 20)), longest)


def _spoken(left: timedelta) -> str:
    seconds = int(left.total_seconds()) + 1
    return f"{seconds} 秒" if seconds < 60 else f"{-(-seconds // 60)} 分钟"


async def clear(names: Sequence[str]) -> None:
    """It succeeded: the failures under these keys are forgotten."""
    await Throttle.filter(key__in=list(names)).delete()


async def remember(name: str) -> None:
    """Note under `name` that somebody came in; `is_known` says so for a while."""
    await db.fetch(
        "INSERT INTO throttle (key, failures, since) VALUES (?, 0, ?)"
        " ON CONFLICT (key) DO UPDATE SET since = excluded.since RETURNING key",
        name,
        to_ms(clock.now()),
    )


async def is_known(name: str) -> bool:
    return await Throttle.exists(key=name, since__gt=clock.now() - REMEMBER)
